/**
 * Contracts: interface, source, read-only calls, map entries, data variables, constants.
 * A read-only call that fails is an answer (200, `okay: false`), not an HTTP error.
 * Source: reference/stacks.md 5; stacks-clients.md 1.2, 1.5, 3.
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import type { StateView } from '@assay/chainstate';
import {
  type ClarityValue,
  decodeClarityValue,
  encodeClarityValue,
  isClarityName,
  parsePrincipal,
} from '@assay/clarity-value';
import type { HttpResponse } from '@assay/world';
import type { Json } from '../json.ts';
import { RPC_LIMITS } from '../limits.ts';
import type { RpcDeps } from '../ports.ts';
import { badRequest, notFound, okJson } from '../reply.ts';
import { type Route, type RouteRequest, route } from '../router.ts';
import {
  contractParam,
  hex0x,
  nameParam,
  type Parsed,
  parseJsonBody,
  stateView,
  wantsProof,
} from '../state-request.ts';

interface Target {
  readonly view: StateView;
  readonly contractId: string;
}

function target(deps: RpcDeps, request: RouteRequest): Parsed<Target> {
  const contractId = contractParam(request);
  if (!contractId.ok) return contractId;
  const view = stateView(deps, request);
  if (!view.ok) return view;
  return { ok: true, value: { view: view.value, contractId: contractId.value } };
}

const serialized = (value: ClarityValue): string => hex0x(encodeClarityValue(value));

export function contractRoutes(deps: RpcDeps): Route[] {
  const at =
    (answer: (target: Target, request: RouteRequest) => HttpResponse) =>
    (request: RouteRequest): HttpResponse => {
      const found = target(deps, request);
      return found.ok ? answer(found.value, request) : found.response;
    };
  return [
    route('GET', '/v2/contracts/interface/:address/:contract', at(contractInterface)),
    route('GET', '/v2/contracts/source/:address/:contract', at(contractSource)),
    route('POST', '/v2/contracts/call-read/:address/:contract/:name', at(callRead)),
    route('POST', '/v3/contracts/fast-call-read/:address/:contract/:name', at(callRead)),
    route('POST', '/v2/map_entry/:address/:contract/:name', at(mapEntry)),
    route('GET', '/v2/data_var/:address/:contract/:name', at(dataVar)),
    route('GET', '/v2/constant_val/:address/:contract/:name', at(constantValue)),
  ];
}

function contractInterface({ view, contractId }: Target): HttpResponse {
  const found = view.contractInterface(contractId);
  if (found === null) return notFound('No contract interface data found');
  return okJson(found as unknown as Json);
}

/** `clarity_version` is ours; `proof` comes only as an empty string (source is not in the MARF). */
function contractSource({ view, contractId }: Target, request: RouteRequest): HttpResponse {
  const found = view.contractSource(contractId);
  if (found === null) return notFound('No contract source data found');
  return okJson({
    source: found.source,
    publish_height: found.publishHeight,
    proof: wantsProof(request) ? proofOf(view, `clarity-contract::${contractId}`) : undefined,
    clarity_version: found.clarityVersion,
  });
}

interface CallBody {
  readonly sender: string;
  readonly sponsor?: string;
  readonly args: readonly ClarityValue[];
}

function callRead({ view, contractId }: Target, request: RouteRequest): HttpResponse {
  const name = nameParam(request, 'name');
  if (!name.ok) return name.response;
  const body = parseCallBody(request.body);
  if (!body.ok) return body.response;
  if (!view.hasContract(contractId)) {
    const cause = `Unchecked(NoSuchContract("${contractId}"))`;
    return okJson({ okay: false, cause });
  }
  const { sender, sponsor, args } = body.value;
  const outcome = view.callReadOnly({
    contractId,
    functionName: name.value,
    args,
    sender,
    ...(sponsor === undefined ? {} : { sponsor }),
  });
  return outcome.ok
    ? okJson({ okay: true, result: serialized(outcome.value) })
    : okJson({ okay: false, cause: outcome.error.message });
}

/** `{sender, sponsor?, arguments: [hex]}`; hex with or without 0x. */
function parseCallBody(bytes: Uint8Array): Parsed<CallBody> {
  const refuse = (why: string): Parsed<never> => ({ ok: false, response: badRequest(why) });
  const raw = parseJsonBody(bytes) as {
    sender?: unknown;
    sponsor?: unknown;
    arguments?: unknown;
  } | null;
  if (raw === null || typeof raw !== 'object') return refuse('Failed to parse JSON body');
  const { sender, sponsor, arguments: list } = raw;
  if (typeof sender !== 'string' || !parsePrincipal(sender).ok) {
    return refuse('Failed to parse sender principal');
  }
  if (sponsor != null && (typeof sponsor !== 'string' || !parsePrincipal(sponsor).ok)) {
    return refuse('Failed to parse sponsor principal');
  }
  if (!Array.isArray(list) || list.length > RPC_LIMITS.callArgumentsMax) {
    return refuse('arguments must be a list of hex strings');
  }
  const args: ClarityValue[] = [];
  let size = 0;
  for (const item of list as unknown[]) {
    size += typeof item === 'string' ? item.length / 2 : 0;
    if (size > RPC_LIMITS.callArgumentsBytesMax) return refuse('arguments are too large');
    const value = typeof item === 'string' ? decodeHexValue(item) : null;
    if (value === null) return refuse(`Failed to deserialize argument ${args.length}`);
    args.push(value);
  }
  const sponsored = typeof sponsor === 'string' ? { sponsor } : {};
  return { ok: true, value: { sender, ...sponsored, args } };
}

function decodeHexValue(item: string): ClarityValue | null {
  const digits = item.startsWith('0x') ? item.slice(2) : item;
  if (!isHex(digits)) return null;
  const value = decodeClarityValue(bytesFromHex(digits));
  return value.ok ? value.value : null;
}

/** The body is a JSON string of hex. A missing map reads as none, like a missing entry. */
function mapEntry({ view, contractId }: Target, request: RouteRequest): HttpResponse {
  const name = nameParam(request, 'name');
  if (!name.ok) return name.response;
  const raw = parseJsonBody(request.body);
  const key = typeof raw === 'string' ? decodeHexValue(raw) : null;
  if (key === null) return badRequest('the body must be the key as a JSON string of hex');
  const found = view.mapEntry(contractId, name.value, key) ?? { type: 'none' as const };
  const stateKey = `vm::${contractId}::0::${name.value}::${bytesToHex(encodeClarityValue(key))}`;
  return okJson({
    data: serialized(found),
    proof: wantsProof(request) ? proofOf(view, stateKey) : undefined,
  });
}

function dataVar({ view, contractId }: Target, request: RouteRequest): HttpResponse {
  const name = nameParam(request, 'name');
  if (!name.ok) return name.response;
  const found = view.dataVar(contractId, name.value);
  if (found === null) return notFound('Data var not found');
  return okJson({
    data: serialized(found),
    proof: wantsProof(request) ? proofOf(view, `vm::${contractId}::1::${name.value}`) : undefined,
  });
}

function constantValue({ view, contractId }: Target, request: RouteRequest): HttpResponse {
  const { name } = request.params as { name: string };
  if (!isClarityName(name)) return badRequest('Invalid constant name');
  const found = view.constant(contractId, name);
  return found === null ? notFound('Constant not found') : okJson({ data: serialized(found) });
}

function proofOf(view: StateView, key: string): string {
  const proof = view.prove(key);
  return proof === null ? '' : hex0x(proof);
}
