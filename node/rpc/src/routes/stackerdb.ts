/**
 * StackerDB over HTTP: slot metadata, chunks, writes.
 * Source: reference/stacks.md 2.12, 5; stacks-clients.md 1.6 (acknowledgement and its codes).
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import type { PutOutcome } from '@assay/stackerdb';
import type { SlotMetadata, StackerDbChunk } from '@assay/wire';
import type { HttpResponse } from '@assay/world';
import type { Json } from '../json.ts';
import type { RpcDeps } from '../ports.ts';
import { badRequest, notFound, octets, okJson } from '../reply.ts';
import { type Route, type RouteRequest, route } from '../router.ts';
import { contractParam, heightParam, parseJsonBody } from '../state-request.ts';

const NO_DATABASE = 'StackerDB not found';

export function stackerDbRoutes(deps: RpcDeps): Route[] {
  const base = '/v2/stackerdb/:address/:contract';
  return [
    route('GET', base, (request) => {
      const contractId = contractParam(request);
      if (!contractId.ok) return contractId.response;
      const slots = deps.stackerdb.metadata(contractId.value);
      return slots === null
        ? notFound('StackerDB contract not found')
        : okJson(slots.map(metadataJson));
    }),
    route('GET', `${base}/replicas`, (request) => {
      const contractId = contractParam(request);
      if (!contractId.ok) return contractId.response;
      const isKnown = deps.stackerdb.metadata(contractId.value) !== null;
      return isKnown ? okJson(replicas(deps, contractId.value)) : notFound(NO_DATABASE);
    }),
    route('GET', `${base}/:slot`, (request) => chunk(deps, request)),
    route('GET', `${base}/:slot/:version`, (request) => chunk(deps, request)),
    route('POST', `${base}/chunks`, (request) => put(deps, request)),
  ];
}

export function metadataJson(slot: SlotMetadata): Json {
  return {
    slot_id: slot.slotId,
    slot_version: slot.slotVersion,
    data_hash: bytesToHex(slot.dataHash),
    signature: bytesToHex(slot.signature),
  };
}

function replicas(deps: RpcDeps, contractId: string): Json {
  return (deps.neighbors?.() ?? [])
    .filter((neighbor) => neighbor.stackerdbs.includes(contractId))
    .map((neighbor) => `${neighbor.ip}:${neighbor.port}`);
}

/** The data; version and signature, which Stacks keeps in the metadata, come as headers too. */
function chunk(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const contractId = contractParam(request);
  if (!contractId.ok) return contractId.response;
  const slot = heightParam(request, 'slot');
  if (!slot.ok) return slot.response;
  let version: number | undefined;
  if (request.params.version !== undefined) {
    const asked = heightParam(request, 'version');
    if (!asked.ok) return asked.response;
    version = asked.value;
  }
  const found = deps.stackerdb.chunk(contractId.value, slot.value, version);
  if (found === null) return notFound('StackerDB contract or chunk not found');
  const answer = octets(found.data);
  const headers = {
    ...answer.headers,
    'x-slot-version': String(found.slotVersion),
    'x-slot-signature': bytesToHex(found.signature),
  };
  return { ...answer, headers };
}

function put(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const contractId = contractParam(request);
  if (!contractId.ok) return contractId.response;
  const parsed = parseChunk(request.body);
  if (parsed === null) {
    const wanted = 'the body must be {slot_id, slot_version, sig, data}';
    return badRequest(`Failed to encode or decode JSON: ${wanted}`);
  }
  const outcome = deps.stackerdb.put(contractId.value, parsed);
  return outcome === null ? notFound(NO_DATABASE) : okJson(acknowledgement(outcome));
}

/** As stacks-core, `reason` is itself JSON text. */
export function acknowledgement(outcome: PutOutcome): Json {
  if (outcome.accepted) return { accepted: true, metadata: metadataJson(outcome.metadata) };
  const { code, name, reason } = outcome.refusal;
  return {
    accepted: false,
    reason: JSON.stringify({ code, message: name, reason }),
    metadata: outcome.metadata === null ? undefined : metadataJson(outcome.metadata),
    code,
  };
}

/** `sig` as stacks-core writes it; `signature` is understood too. */
function parseChunk(body: Uint8Array): StackerDbChunk | null {
  const raw = parseJsonBody(body) as Record<string, unknown> | null;
  if (raw === null || typeof raw !== 'object') return null;
  const { slot_id: slotId, slot_version: slotVersion, data } = raw;
  const signature = raw.sig ?? raw.signature;
  if (!isU32(slotId) || !isU32(slotVersion)) return null;
  if (typeof signature !== 'string' || signature.length !== 130 || !isHex(signature)) return null;
  if (typeof data !== 'string' || !isHex(data)) return null;
  return { slotId, slotVersion, signature: bytesFromHex(signature), data: bytesFromHex(data) };
}

function isU32(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;
}
