/**
 * Contracts: interface, source, read-only calls, map entries, data variables, constants, traits, and
 * the raw state below them.
 * A read-only call that fails is an answer (200, `okay: false`), not an HTTP error.
 * Source: reference/stacks.md 5; stacks-clients.md 1.2, 1.5, 3.
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import type { ReadOnlyFailure, StateView } from '@assay/chainstate';
import {
  type ClarityValue,
  decodeClarityValue,
  encodeClarityValue,
  isClarityName,
  parsePrincipal,
} from '@assay/clarity-value';
import type { HttpResponse } from '@assay/world';
import { refuseUnauthorized } from '../auth.ts';
import type { Json } from '../json.ts';
import { RPC_LIMITS } from '../limits.ts';
import type { RpcDeps, RpcOptions } from '../ports.ts';
import { notFound, okJson, text, undecodable } from '../reply.ts';
import { type Route, type RouteRequest, route } from '../router.ts';
import {
  contractParam,
  hashParam,
  hex0x,
  invalidPath,
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

export function contractRoutes(deps: RpcDeps, { authToken }: RpcOptions): Route[] {
  const at =
    (answer: (target: Target, request: RouteRequest) => HttpResponse) =>
    (request: RouteRequest): HttpResponse => {
      const found = target(deps, request);
      return found.ok ? answer(found.value, request) : found.response;
    };
  return [
    route('GET', '/v2/contracts/interface/:address/:contract', at(contractInterface)),
    route('GET', '/v2/contracts/source/:address/:contract', at(contractSource)),
    route('POST', '/v2/contracts/call-read/:address/:contract/:name', at(callRead('read-only'))),
    route('POST', '/v3/contracts/fast-call-read/:address/:contract/:name', (request) => {
      return refuseUnauthorized(request, authToken) ?? at(callRead('tenure'))(request);
    }),
    route('POST', '/v2/map_entry/:address/:contract/:name', at(mapEntry)),
    route('GET', '/v2/data_var/:address/:contract/:name', at(dataVar)),
    route('GET', '/v2/constant_val/:address/:contract/:name', at(constantValue)),
    route('GET', '/v2/traits/:address/:contract/:traitAddress/:traitContract/:trait', at(hasTrait)),
    route('GET', '/v2/clarity/metadata/:address/:contract/:key', at(metadata)),
    route('GET', '/v2/clarity/marf/:keyHash', (request) => marfValue(deps, request)),
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

/** @param budget `tenure` for the route that asks for the token: many times a stranger's */
function callRead(budget: 'read-only' | 'tenure') {
  return ({ view, contractId }: Target, request: RouteRequest): HttpResponse => {
    const name = nameParam(request, 'name');
    if (!name.ok) return name.response;
    const body = parseCallBody(request.body);
    if (!body.ok) return body.response;
    const { sender, sponsor, args } = body.value;
    const outcome = view.callReadOnly({
      contractId,
      functionName: name.value,
      args,
      sender,
      budget,
      ...(sponsor === undefined ? {} : { sponsor }),
    });
    if (outcome.ok) return okJson({ okay: true, result: serialized(outcome.value) });
    const cause = causeOf(outcome.error, { contractId, functionName: name.value });
    return okJson({ okay: false, cause });
  };
}

/** Failures as stacks-core 4.0 prints them, as far as their parts are known here. */
function causeOf(
  { name, kind, message }: ReadOnlyFailure,
  call: { readonly contractId: string; readonly functionName: string },
): string {
  if (name === 'NotReadOnly') return name;
  if (name === 'NoSuchContract') return `RuntimeCheck(NoSuchContract("${call.contractId}"))`;
  if (name === 'UndefinedFunction') {
    return `RuntimeCheck(UndefinedFunction("${call.functionName}"))`;
  }
  if (kind === 'runtime') return `${name}: ${message}`;
  return `RuntimeCheck(${name}(${JSON.stringify(message)}))`;
}

/** `{sender, sponsor?, arguments: [hex]}`; hex with or without 0x. */
function parseCallBody(bytes: Uint8Array): Parsed<CallBody> {
  const refuse = (why: string): Parsed<never> => ({ ok: false, response: undecodable(why) });
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
    if (value === null) return refuse('Failed to deserialize argument value');
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
  if (typeof raw !== 'string') return undecodable('Failed to parse JSON body');
  if (key === null) return undecodable('Failed to deserialize key value');
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
  if (!isClarityName(name)) return invalidPath(request);
  const found = view.constant(contractId, name);
  return found === null ? notFound('Constant not found') : okJson({ data: serialized(found) });
}

/** Whether a contract has all functions of a trait, whether or not it says so itself. */
function hasTrait({ view, contractId }: Target, request: RouteRequest): HttpResponse {
  const definer = contractParam(request, 'traitAddress', 'traitContract');
  if (!definer.ok) return definer.response;
  const name = nameParam(request, 'trait');
  if (!name.ok) return name.response;
  const found = view.implementsTrait(contractId, { contract: definer.value, name: name.value });
  return found === null
    ? notFound('No contract analysis found or trait definition not found')
    : okJson({ is_implemented: found });
}

/** Contracts in stacks-core's own parsed form, which other nodes do not have. */
const INTERNAL_FORMS = new Set(['analysis', 'vm-metadata::9::contract']);

function metadata({ view, contractId }: Target, request: RouteRequest): HttpResponse {
  const { key } = request.params as { key: string };
  if (INTERNAL_FORMS.has(key)) {
    const instead = `/v2/contracts/interface/${contractId.replace('.', '/')}`;
    return text(501, `${key} is stacks-core's internal form of a contract; see ${instead}`);
  }
  const [, kind = '', name = ''] = /^vm-metadata::(\d{1,2})::(.{1,128})$/.exec(key) ?? [];
  if (kind === '' || (kind !== '9' && !isClarityName(name))) return invalidPath(request);
  if (!['5', '6', '7', '8', '9'].includes(kind)) return undecodable('Invalid metadata type');
  if (kind === '9' && !['contract-size', 'contract-src', 'contract-data-size'].includes(name)) {
    return undecodable('Invalid metadata var name');
  }
  const found = view.contractMetadata(contractId, key);
  return found === null ? notFound('Metadata not found') : okJson({ data: found });
}

/** A value by the hash of its key: what a client can ask that knows only a proof's path. */
function marfValue(deps: RpcDeps, request: RouteRequest): HttpResponse {
  const path = hashParam(request, 'keyHash', 32);
  if (!path.ok) return path.response;
  const view = stateView(deps, request);
  if (!view.ok) return view.response;
  const found = view.value.valueByPath(path.value);
  if (found === null) return notFound('Marf key hash not found');
  const proof = wantsProof(request) ? view.value.proveByPath(path.value) : null;
  return okJson({ data: `0x${found}`, marf_proof: proof === null ? undefined : hex0x(proof) });
}

function proofOf(view: StateView, key: string): string {
  const proof = view.prove(key);
  return proof === null ? '' : hex0x(proof);
}
