/**
 * Blocks and tenures. Blocks travel as bytes, tenures as their blocks newest first.
 * Source: reference/stacks.md 5; openapi of stacks-core docs/rpc (CC0).
 */
import { bytesEqual, bytesToHex, concatBytes } from '@assay/bytes';
import type { StoredHeader } from '@assay/chainstate';
import type { Snapshot } from '@assay/sortition';
import { blockId, decodeBlock } from '@assay/wire';
import type { HttpResponse } from '@assay/world';
import { refuseUnauthorized } from '../auth.ts';
import { headerJson } from '../block-json.ts';
import { RPC_LIMITS } from '../limits.ts';
import type { RpcDeps, RpcOptions } from '../ports.ts';
import { notFound, octets, okJson, text, undecodable } from '../reply.ts';
import { type Route, type RouteRequest, route } from '../router.ts';
import { hashParam, heightParam, parseHash, requestedTip } from '../state-request.ts';
import { canonicalTenureEnd, lastSortitionBefore } from '../tenure.ts';

export function blockRoutes(deps: RpcDeps, options: RpcOptions): Route[] {
  return [
    route('GET', '/v3/blocks/:id', (request) => {
      const id = hashParam(request, 'id', 32);
      if (!id.ok) return id.response;
      const bytes = deps.chain.blockBytes(id.value);
      return bytes === null ? notFound(`No such block ${bytesToHex(id.value)}\n`) : octets(bytes);
    }),
    route('GET', '/v3/blocks/height/:height', (request) => blockAtHeight(deps, request)),
    route('POST', '/v3/blocks/upload', (request) => upload(deps, options, request)),
    route('GET', '/v3/tenures/info', () => tenureInfo(deps)),
    route('GET', '/v3/tenures/:id', (request) => tenure(deps, request)),
    route('GET', '/v3/tenures/tip/:consensusHash', (request) =>
      tenureTip(deps, request, (end) => okJson({ Nakamoto: headerJson(end.header) })),
    ),
    route('GET', '/v3/tenures/tip_metadata/:consensusHash', (request) =>
      tenureTip(deps, request, (end) =>
        okJson({
          anchored_header: { Nakamoto: headerJson(end.header) },
          burn_view: bytesToHex(end.burnView.consensusHash),
        }),
      ),
    ),
    route('GET', '/v3/tenures/blocks/:consensusHash', (request) => {
      const hash = hashParam(request, 'consensusHash', 20);
      if (!hash.ok) return hash.response;
      const missing = `No block snapshot found for tenure '${bytesToHex(hash.value)}'`;
      return tenureBlocks(deps, deps.burn.byConsensusHash(hash.value), missing);
    }),
    route('GET', '/v3/tenures/blocks/hash/:burnHash', (request) => {
      const hash = hashParam(request, 'burnHash', 32);
      if (!hash.ok) return hash.response;
      const missing = `No sortition id found for burn block hash '${bytesToHex(hash.value)}'`;
      return tenureBlocks(deps, deps.burn.byBurnHash(hash.value), missing);
    }),
    route('GET', '/v3/tenures/blocks/height/:burnHeight', (request) => {
      const height = heightParam(request, 'burnHeight');
      if (!height.ok) return height.response;
      const missing = `No block snapshot found for burn block height '${height.value}'`;
      return tenureBlocks(deps, deps.burn.atHeight(height.value), missing);
    }),
  ];
}

function blockAtHeight(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const height = heightParam(request, 'height');
  if (!height.ok) return height.response;
  const from = requestedTip(deps, request);
  if (from === null) return notFound(`No such block #${height.value}\n`);
  const id = height.value > from.height ? null : deps.chain.ancestorAt(from.blockId, height.value);
  const bytes = id === null ? null : deps.chain.blockBytes(id);
  return bytes === null ? notFound(`No such block #${height.value}\n`) : octets(bytes);
}

/** A signed block from a signer or another node; asking the node to pass it on needs the token. */
async function upload(
  deps: RpcDeps,
  { authToken }: RpcOptions,
  request: RouteRequest,
): Promise<HttpResponse> {
  const isClaimed = authToken !== null && request.headers.get('authorization') !== undefined;
  const asksBroadcast = request.query.get('broadcast') === '1';
  const isRefused = (isClaimed || asksBroadcast) && refuseUnauthorized(request, authToken) !== null;
  if (isRefused) return text(401, 'Unauthorized');
  const block = decodeBlock(request.body);
  if (!block.ok) return undecodable(`Failed to deserialize block: ${block.error.message}`);
  const id = bytesToHex(blockId(block.value.header));
  const outcome = await deps.coordinator.submitBlock(block.value);
  if (!outcome.ok) deps.log.debug('uploaded block refused', { id, code: outcome.error.code });
  return okJson({ stacks_block_id: id, accepted: outcome.ok });
}

function tenureInfo(deps: RpcDeps): HttpResponse {
  const tip = deps.coordinator.tip();
  const parentEnd = deps.chain.header(tip.previousTenureEndBlockId);
  const zeros = new Uint8Array(32);
  return okJson({
    consensus_hash: bytesToHex(tip.tenureView.consensusHash),
    tenure_start_block_id: bytesToHex(tip.tenureStartBlockId),
    parent_consensus_hash: bytesToHex(parentEnd?.tenureView.consensusHash ?? new Uint8Array(20)),
    parent_tenure_start_block_id: bytesToHex(parentEnd?.tenureStartBlockId ?? zeros),
    tip_block_id: bytesToHex(tip.blockId),
    tip_height: tip.height,
    reward_cycle: tip.rewardCycle,
  });
}

/** Blocks of the tenure from `id` down to its start (or to `?stop=`, exclusive), concatenated. */
function tenure(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const id = hashParam(request, 'id', 32);
  if (!id.ok) return id.response;
  const stop = parseHash(request.query.get('stop') ?? '', 32);
  let cursor = deps.chain.header(id.value);
  if (cursor === null) return notFound(`No such block ${bytesToHex(id.value)}\n`);
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const bytes: Uint8Array | null = deps.chain.blockBytes(cursor.blockId);
    if (bytes === null || size + bytes.length > RPC_LIMITS.tenureBytesMax) break;
    parts.push(bytes);
    size += bytes.length;
    if (cursor.isTenureStart || cursor.height === 0) break;
    if (stop !== null && bytesEqual(cursor.parentBlockId, stop)) break;
    const parent = deps.chain.header(cursor.parentBlockId);
    if (parent === null) break;
    cursor = parent;
  }
  return octets(concatBytes(...parts));
}

function tenureTip(
  deps: RpcDeps,
  request: RouteRequest,
  answer: (end: StoredHeader) => HttpResponse,
): HttpResponse {
  const consensusHash = hashParam(request, 'consensusHash', 20);
  if (!consensusHash.ok) return consensusHash.response;
  const end = canonicalTenureEnd(deps, consensusHash.value);
  return end === null
    ? notFound(`No blocks in tenure ${bytesToHex(consensusHash.value)}`)
    : answer(end);
}

/**
 * The blocks of the tenure that a sortition elected, newest first; none when its winner never began.
 * @param missing what a 404 says when there is no such sortition
 */
function tenureBlocks(deps: RpcDeps, snapshot: Snapshot | null, missing: string): HttpResponse {
  if (snapshot === null) return notFound(missing);
  const blocks = [];
  let cursor = canonicalTenureEnd(deps, snapshot.consensusHash);
  while (cursor !== null && blocks.length < RPC_LIMITS.tenureBlocksMax) {
    blocks.push({
      block_id: bytesToHex(cursor.blockId),
      header_type: 'nakamoto',
      block_hash: bytesToHex(cursor.blockHash),
      parent_block_id: bytesToHex(cursor.parentBlockId),
      height: cursor.height,
    });
    cursor = cursor.isTenureStart ? null : deps.chain.header(cursor.parentBlockId);
  }
  const last = lastSortitionBefore(deps, snapshot) ?? deps.burn.first;
  return okJson({
    consensus_hash: bytesToHex(snapshot.consensusHash),
    last_sortition_ch: bytesToHex(last.consensusHash),
    burn_block_height: snapshot.burnHeight,
    burn_block_hash: bytesToHex(snapshot.burnHeaderHash),
    stacks_blocks: blocks,
  });
}
