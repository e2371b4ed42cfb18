/**
 * The parts of a request that many state reads share: which block to read at (`?tip=`), whether to
 * add a proof (`?proof=`), and the principal or contract in the path.
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';
import type { StateView, StoredHeader } from '@assay/chainstate';
import { isClarityName, isContractName, parsePrincipal } from '@assay/clarity-value';
import type { HttpResponse } from '@assay/world';
import type { RpcDeps } from './ports.ts';
import { badRequest, notFound, undecodable } from './reply.ts';
import type { RouteRequest } from './router.ts';

/** Either what was asked for, or the answer that refuses. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly response: HttpResponse };

const parsed = <T>(value: T): Parsed<T> => ({ ok: true, value });
const refused = (response: HttpResponse): Parsed<never> => ({ ok: false, response });

/**
 * The block at `?tip=`: by default, for `latest`, and for what is no block id, the canonical tip (as in
 * stacks-core). Null when the named block is not applied here.
 */
export function requestedTip(deps: RpcDeps, request: RouteRequest): StoredHeader | null {
  const id = parseHash(request.query.get('tip') ?? '', 32);
  return id === null ? deps.coordinator.tip() : deps.chain.header(id);
}

/** The state at `?tip=`. @param missing what a 404 says; stacks-core has two ways to say it */
export function stateView(
  deps: RpcDeps,
  request: RouteRequest,
  missing: (tip: string) => string = () => 'Chain tip not found',
): Parsed<StateView> {
  const header = requestedTip(deps, request);
  return header === null
    ? refused(notFound(missing(request.query.get('tip') ?? '')))
    : parsed(deps.chain.view(header.blockId));
}

/** Proofs come by default and with `?proof=1`, as in stacks-core. */
export function wantsProof(request: RouteRequest): boolean {
  return (request.query.get('proof') ?? '1') === '1';
}

/** A path that has the right pattern and impossible parts. */
export function invalidPath(request: RouteRequest): HttpResponse {
  return badRequest(`Invalid path parameters for '${request.path}'`);
}

/** `ADDR` or `ADDR.name`. */
export function principalParam(request: RouteRequest, name: string): Parsed<string> {
  const principal = request.params[name]!;
  if (parsePrincipal(principal).ok) return parsed(principal);
  const isShaped = /^[0-9A-Z]{28,41}(\.[a-zA-Z][a-zA-Z0-9_-]*)?$/.test(principal);
  return refused(
    isShaped ? undecodable('Failed to parse `principal` field') : invalidPath(request),
  );
}

/** Two segments, an address and a contract's name, as one id. */
export function contractParam(
  request: RouteRequest,
  addressName = 'address',
  contractName = 'contract',
): Parsed<string> {
  const address = request.params[addressName]!;
  const contract = request.params[contractName]!;
  const isShaped = /^[0-9A-Z]{28,41}$/.test(address) && isContractName(contract);
  if (!isShaped) return refused(invalidPath(request));
  return parsePrincipal(address).ok
    ? parsed(`${address}.${contract}`)
    : refused(badRequest(`Failed to decode \`${addressName}\``));
}

export function nameParam(request: RouteRequest, name: string): Parsed<string> {
  const value = request.params[name]!;
  return isClarityName(value) ? parsed(value) : refused(invalidPath(request));
}

/** Hex with or without 0x of exactly `size` bytes, else null. */
export function parseHash(textValue: string, size: number): Uint8Array | null {
  const hex = textValue.startsWith('0x') ? textValue.slice(2) : textValue;
  return hex.length === 2 * size && isHex(hex) ? bytesFromHex(hex) : null;
}

export function hashParam(request: RouteRequest, name: string, size: number): Parsed<Uint8Array> {
  const hash = parseHash(request.params[name]!, size);
  return hash === null ? refused(invalidPath(request)) : parsed(hash);
}

export function heightParam(request: RouteRequest, name: string): Parsed<number> {
  const value = request.params[name]!;
  return /^[0-9]{1,10}$/.test(value) ? parsed(Number(value)) : refused(invalidPath(request));
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
