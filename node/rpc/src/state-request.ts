/**
 * The parts of a request that many state reads share: which block to read at (`?tip=`), whether to
 * add a proof (`?proof=`), and the principal or contract in the path.
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import type { StateView } from '@assay/chainstate';
import { isClarityName, isContractName, parsePrincipal } from '@assay/clarity-value';
import type { HttpResponse } from '@assay/world';
import type { RpcDeps } from './ports.ts';
import { badRequest, notFound } from './reply.ts';
import type { RouteRequest } from './router.ts';

/** Either what was asked for, or the answer that refuses. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly response: HttpResponse };

const parsed = <T>(value: T): Parsed<T> => ({ ok: true, value });
const refused = (response: HttpResponse): Parsed<never> => ({ ok: false, response });

/** The state at `?tip=`: a block id, `latest`, or by default the canonical tip. */
export function stateView(deps: RpcDeps, request: RouteRequest): Parsed<StateView> {
  const tip = request.query.get('tip');
  if (tip === undefined || tip === '' || tip === 'latest') {
    return parsed(deps.chain.view(deps.coordinator.tip().blockId));
  }
  const id = parseHash(tip, 32);
  if (id === null) return refused(badRequest('tip is not a block id'));
  if (deps.chain.header(id) === null) return refused(notFound('Chain tip not found'));
  return parsed(deps.chain.view(id));
}

/** Proofs come unless `?proof=0` or `false`, as in stacks-core. */
export function wantsProof(request: RouteRequest): boolean {
  const proof = request.query.get('proof');
  return proof !== '0' && proof !== 'false';
}

/** `ADDR` or `ADDR.name`. */
export function principalParam(request: RouteRequest, name: string): Parsed<string> {
  const principal = request.params[name]!;
  return parsePrincipal(principal).ok
    ? parsed(principal)
    : refused(badRequest('Invalid principal address'));
}

/** `:address/:contract` as one id. */
export function contractParam(request: RouteRequest): Parsed<string> {
  const { address, contract } = request.params as { address: string; contract: string };
  const principal = parsePrincipal(address);
  if (!principal.ok || principal.value.contractName !== null) {
    return refused(badRequest('Invalid contract address'));
  }
  if (!isContractName(contract)) return refused(badRequest('Invalid contract name'));
  return parsed(`${address}.${contract}`);
}

export function nameParam(request: RouteRequest, name: string): Parsed<string> {
  const value = request.params[name]!;
  return isClarityName(value) ? parsed(value) : refused(badRequest(`Invalid name ${name}`));
}

/** Hex with or without 0x of exactly `size` bytes, else null. */
export function parseHash(textValue: string, size: number): Uint8Array | null {
  const hex = textValue.startsWith('0x') ? textValue.slice(2) : textValue;
  return hex.length === 2 * size && isHex(hex) ? bytesFromHex(hex) : null;
}

export function hashParam(request: RouteRequest, name: string, size: number): Parsed<Uint8Array> {
  const hash = parseHash(request.params[name]!, size);
  return hash === null
    ? refused(badRequest(`${name} must be ${2 * size} hex digits`))
    : parsed(hash);
}

export function heightParam(request: RouteRequest, name: string): Parsed<number> {
  const value = request.params[name]!;
  return /^[0-9]{1,10}$/.test(value)
    ? parsed(Number(value))
    : refused(badRequest(`${name} must be a number`));
}

export const hex0x = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`;

/** 16 bytes big-endian with 0x, as stacks-core prints u128. */
export const uint128Hex = (value: bigint): string => `0x${value.toString(16).padStart(32, '0')}`;

/** The body as JSON; null when it is not. */
export function parseJsonBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}
