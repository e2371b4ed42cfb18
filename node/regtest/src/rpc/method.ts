/**
 * How an RPC method is declared and how it reads its parameters. Wrong types, missing and unknown
 * parameters are answered as bitcoind answers them.
 * Source: Bitcoin Core rpc/util.cpp (RPCHelpMan), rpc/server.cpp (named parameters).
 */
import { LIMITS as BITCOIN_LIMITS, COIN_SATS, hashFromDisplayHex } from '@assay/bitcoin';
import type { RegtestNode } from '../regtest-node.ts';
import { RpcError } from './error.ts';
import { isRecord, type RpcValue } from './json.ts';

export interface RpcCall {
  readonly node: RegtestNode;
  /** From `/wallet/<name>`; null on other paths. */
  readonly walletName: string | null;
  readonly params: Params;
}

export interface RpcMethod {
  /** Parameter names in order; those behind `?` are optional. `height|h` has an alias. */
  readonly params: string;
  /** One sentence. */
  readonly help: string;
  readonly run: (call: RpcCall) => RpcValue | Promise<RpcValue>;
}

export type RpcMethods = Readonly<Record<string, RpcMethod>>;

interface Signature {
  readonly required: number;
  /** Each with its aliases. */
  readonly names: readonly (readonly string[])[];
}

function signatureOf(method: RpcMethod): Signature {
  const words = method.params.split(' ').filter((word) => word.length > 0);
  const optional = words.findIndex((word) => word.startsWith('?'));
  return {
    required: optional < 0 ? words.length : optional,
    names: words.map((word) => word.replace('?', '').split('|')),
  };
}

/** `getblock "blockhash" ( verbosity )` */
export function usageOf(name: string, method: RpcMethod): string {
  const { required, names } = signatureOf(method);
  const shown = names.map(([first]) => first);
  const optional = shown.slice(required).join(' ');
  const words = [name, ...shown.slice(0, required), ...(optional ? [`( ${optional} )`] : [])];
  return `${words.join(' ')}\n\n${method.help}\n`;
}

/** Positional or named parameters, with typed access by name. */
export class Params {
  readonly #values: readonly unknown[];
  readonly #names: Signature['names'];

  constructor(name: string, method: RpcMethod, given: unknown) {
    const { required, names } = signatureOf(method);
    this.#names = names;
    this.#values = Array.isArray(given) ? given : this.#fromNames(given);
    const missing = names.slice(0, required).some((_, i) => (this.#values[i] ?? null) === null);
    if (missing || this.#values.length > names.length) {
      throw new RpcError('misc', usageOf(name, method));
    }
  }

  #fromNames(given: unknown): unknown[] {
    const values: unknown[] = [];
    if (given === undefined || given === null) return values;
    if (!isRecord(given)) {
      throw new RpcError('invalidRequest', 'Params must be an array or object');
    }
    const { args, ...named } = given;
    if (Array.isArray(args)) values.push(...args);
    for (const [name, value] of Object.entries(named)) {
      const index = this.#names.findIndex((aliases) => aliases.includes(name));
      if (index < 0) throw new RpcError('invalidParameter', `Unknown named parameter ${name}`);
      if (values[index] !== undefined) {
        throw new RpcError('invalidParameter', `Parameter ${name} specified multiple times`);
      }
      values[index] = value;
    }
    return values;
  }

  /** The value as parsed from JSON; undefined when absent or null. */
  raw(name: string): unknown {
    const index = this.#names.findIndex((aliases) => aliases.includes(name));
    return this.#values[index] ?? undefined;
  }

  #typed<T>(name: string, type: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.raw(name);
    if (value === undefined || is(value)) return value;
    const index = this.#names.findIndex((aliases) => aliases.includes(name));
    const at = `Position ${index + 1} (${name})`;
    const text = `JSON value of type ${typeName(value)} is not of expected type ${type}`;
    throw new RpcError('type', `Wrong type passed:\n{\n    "${at}": "${text}"\n}`);
  }

  string(name: string): string | undefined {
    return this.#typed(name, 'string', (value) => typeof value === 'string');
  }

  boolean(name: string): boolean | undefined {
    return this.#typed(name, 'bool', (value) => typeof value === 'boolean');
  }

  array(name: string): readonly unknown[] | undefined {
    return this.#typed(name, 'array', (value) => Array.isArray(value));
  }

  record(name: string): Record<string, unknown> | undefined {
    return this.#typed(name, 'object', isRecord);
  }

  integer(name: string): number | undefined {
    const value = this.#typed(name, 'number', (v) => typeof v === 'number');
    if (value === undefined || Number.isSafeInteger(value)) return value;
    throw new RpcError('misc', 'JSON integer out of range');
  }

  /** 0, 1, 2 or true and false. */
  verbosity(name: string, otherwise: number): number {
    const value = this.raw(name);
    if (typeof value === 'boolean') return Number(value);
    if (value === undefined || typeof value === 'number') return this.integer(name) ?? otherwise;
    const text = `JSON value of type ${typeName(value)} is not of expected type number`;
    throw new RpcError('type', text);
  }

  /** A hash in display order; bytes in internal order. */
  hash(name: string, calledThere = name): Uint8Array | undefined {
    const text = this.string(name);
    return text === undefined ? undefined : parseHash(text, calledThere);
  }
}

/** @throws RpcError -8 */
export function parseHash(text: string, name: string): Uint8Array {
  const hash = hashFromDisplayHex(text);
  if (hash !== null) return hash;
  const why =
    text.length === 64
      ? `hexadecimal string (not '${text}')`
      : `of length 64 (not ${text.length}, for '${text}')`;
  throw new RpcError('invalidParameter', `${name} must be ${why}`);
}

/** Bitcoin, as a JSON number or string, to satoshi. @throws RpcError -3 */
export function parseAmount(value: unknown): bigint {
  if (typeof value !== 'number' && typeof value !== 'string') {
    throw new RpcError('type', 'Amount is not a number or string');
  }
  const text = typeof value === 'number' ? value.toFixed(8) : value;
  const match = /^(-?)(\d{1,8})(?:\.(\d{0,8}))?$/.exec(text);
  const isExact = typeof value === 'string' || Number(text) === value;
  if (match === null || !isExact) throw new RpcError('type', 'Invalid amount');
  const sats = BigInt(match[2]!) * COIN_SATS + BigInt((match[3] ?? '').padEnd(8, '0'));
  if (match[1] === '-' || sats > BITCOIN_LIMITS.moneySatsMax)
    throw new RpcError('type', 'Amount out of range');
  return sats;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
