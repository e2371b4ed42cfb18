/**
 * Sortitions and the forks of tenures, as signers read them. Hashes here carry 0x.
 * Source: reference/stacks.md 5; stacks-core `net/api/getsortition.rs`,
 * `get_tenures_fork_info.rs` (facts).
 */
import { ByteWriter, bytesEqual, bytesToHex } from '@assay/bytes';
import type { Snapshot } from '@assay/sortition';
import type { HttpResponse } from '@assay/world';
import type { Json } from '../json.ts';
import { RPC_LIMITS } from '../limits.ts';
import type { RpcDeps } from '../ports.ts';
import { json, notFound, okJson, undecodable } from '../reply.ts';
import { type Route, type RouteRequest, route } from '../router.ts';
import {
  hashParam,
  heightParam,
  hex0x,
  invalidPath,
  type Parsed,
  parseHash,
} from '../state-request.ts';
import { canonicalTenureEnd, canonicalTenureStart, lastSortitionBefore } from '../tenure.ts';

/** What was asked for, found or not; `name` as stacks-core prints its queries. */
interface Query {
  readonly name: string;
  readonly found: Snapshot | null;
}

export function sortitionRoutes(deps: RpcDeps): Route[] {
  return [
    route('GET', '/v3/sortitions', () => one(deps, { name: 'Latest', found: tip(deps) })),
    route('GET', '/v3/sortitions/latest_and_last', () => latestAndLast(deps)),
    route('GET', '/v3/sortitions/:key/:value', (request) => {
      const query = parseQuery(deps, request);
      return query.ok ? one(deps, query.value) : query.response;
    }),
    route('GET', '/v3/tenures/fork_info/:start/:stop', (request) => forkInfo(deps, request)),
  ];
}

function parseQuery(deps: RpcDeps, request: RouteRequest): Parsed<Query> {
  const { key, value } = request.params as { key: string; value: string };
  const byHash = (
    name: string,
    size: number,
    look: (hash: Uint8Array) => Snapshot | null,
  ): Parsed<Query> => {
    const hash = parseHash(value, size);
    return hash === null
      ? { ok: false, response: undecodable(`bad length ${value.length} for hex string`) }
      : { ok: true, value: { name: `${name}(${bytesToHex(hash)})`, found: look(hash) } };
  };
  if (!/^[a-z_]{1,15}$/.test(key) || !/^(0x)?[0-9a-f]{1,64}$/.test(value)) {
    return { ok: false, response: invalidPath(request) };
  }
  if (key === 'consensus') {
    return byHash('ConsensusHash', 20, (hash) => deps.burn.byConsensusHash(hash));
  }
  if (key === 'burn')
    return byHash('BurnchainHeaderHash', 32, (hash) => deps.burn.byBurnHash(hash));
  if (key !== 'burn_height') {
    return { ok: false, response: undecodable(`Unknown query param: ${key}`) };
  }
  const height = heightParam(request, 'value');
  if (!height.ok) return { ok: false, response: undecodable('invalid digit found in string') };
  const found = deps.burn.atHeight(height.value);
  return { ok: true, value: { name: `BlockHeight(${height.value})`, found } };
}

function one(deps: RpcDeps, { name, found }: Query): HttpResponse {
  return found === null
    ? notFound(`Could not find snapshot ${name}\n`)
    : okJson([sortitionJson(deps, found)]);
}

function tip(deps: RpcDeps): Snapshot | null {
  return deps.burn.isInitialized ? deps.burn.tip : null;
}

function latestAndLast(deps: RpcDeps): HttpResponse {
  const latest = tip(deps);
  if (latest === null) return notFound('Could not find snapshot LatestAndLast\n');
  const last = lastSortitionBefore(deps, latest);
  const both = last === null ? [latest] : [latest, last];
  return okJson(both.map((snapshot) => sortitionJson(deps, snapshot)));
}

/** Snapshot of the tenure that the winner builds on. */
function parentSnapshot(deps: RpcDeps, snapshot: Snapshot): Snapshot | null {
  if (snapshot.winner === null) return null;
  const { parentBlockHeight } = snapshot.winner;
  if (parentBlockHeight === 0) return deps.burn.first;
  let cursor: Snapshot | null = snapshot;
  while (cursor !== null && cursor.burnHeight > parentBlockHeight) {
    const canonical = deps.burn.atHeight(cursor.burnHeight);
    if (canonical !== null && bytesEqual(canonical.sortitionId, cursor.sortitionId)) {
      return deps.burn.atHeight(parentBlockHeight);
    }
    cursor = deps.burn.bySortitionId(cursor.parentSortitionId);
  }
  return cursor;
}

function sortitionJson(deps: RpcDeps, snapshot: Snapshot): Json {
  const { winner } = snapshot;
  const last = lastSortitionBefore(deps, snapshot);
  const parent = parentSnapshot(deps, snapshot);
  return {
    burn_block_hash: hex0x(snapshot.burnHeaderHash),
    burn_block_height: snapshot.burnHeight,
    burn_header_timestamp: snapshot.timestampSecs,
    sortition_id: hex0x(snapshot.sortitionId),
    parent_sortition_id: hex0x(snapshot.parentSortitionId),
    consensus_hash: hex0x(snapshot.consensusHash),
    was_sortition: winner !== null,
    miner_pk_hash160: winner?.minerPubkeyHash ? hex0x(winner.minerPubkeyHash) : null,
    stacks_parent_ch: parent === null ? null : hex0x(parent.consensusHash),
    last_sortition_ch: last === null ? null : hex0x(last.consensusHash),
    committed_block_hash: winner === null ? null : hex0x(winner.parentTenureId),
    vrf_seed: winner === null ? null : hex0x(winner.vrfSeed),
  };
}

/** From `stop` back to `start` over sortitions with winners, at most the depth limit. */
function forkInfo(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const start = hashParam(request, 'start', 20);
  if (!start.ok) return start.response;
  const stop = hashParam(request, 'stop', 20);
  if (!stop.ok) return stop.response;
  const end = deps.burn.byConsensusHash(start.value);
  let cursor = deps.burn.byConsensusHash(stop.value);
  if (end === null || cursor === null) {
    return notFound(`Could not find snapshot ${bytesToHex(stop.value)}\n`);
  }
  const tenures: Json[] = [forkJson(deps, cursor)];
  let depth = 0;
  while (depth < RPC_LIMITS.forkInfoDepthMax && !bytesEqual(cursor.consensusHash, start.value)) {
    const parent: Snapshot | null =
      cursor.burnHeight <= end.burnHeight
        ? null
        : deps.burn.bySortitionId(cursor.parentSortitionId);
    if (parent === null) {
      return json(400, 'Supplied start and end sortitions are not in the same sortition fork');
    }
    cursor = parent;
    if (cursor.winner === null) continue;
    tenures.push(forkJson(deps, cursor));
    depth += 1;
  }
  return okJson(tenures);
}

function forkJson(deps: RpcDeps, snapshot: Snapshot): Json {
  const start =
    snapshot.winner === null ? null : canonicalTenureStart(deps, snapshot.consensusHash);
  return {
    burn_block_hash: hex0x(snapshot.burnHeaderHash),
    burn_block_height: snapshot.burnHeight,
    sortition_id: hex0x(snapshot.sortitionId),
    parent_sortition_id: hex0x(snapshot.parentSortitionId),
    consensus_hash: hex0x(snapshot.consensusHash),
    was_sortition: snapshot.winner !== null,
    first_block_mined: start === null ? null : hex0x(start.blockId),
    nakamoto_blocks: snapshot.winner === null ? null : tenureBlocksHex(deps, snapshot),
  };
}

/** `Vec<NakamotoBlock>`: a count, then the blocks, oldest first; bounded like a tenure download. */
function tenureBlocksHex(deps: RpcDeps, snapshot: Snapshot): string {
  const blocks: Uint8Array[] = [];
  let size = 0;
  let cursor = canonicalTenureEnd(deps, snapshot.consensusHash);
  while (cursor !== null) {
    const bytes = deps.chain.blockBytes(cursor.blockId);
    if (bytes === null || size + bytes.length > RPC_LIMITS.tenureBytesMax) break;
    blocks.unshift(bytes);
    size += bytes.length;
    cursor = cursor.isTenureStart ? null : deps.chain.header(cursor.parentBlockId);
  }
  const writer = new ByteWriter(size + 4);
  return hex0x(writer.vec(blocks, (w, bytes) => w.raw(bytes)).finish());
}
