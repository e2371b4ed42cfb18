/**
 * The contract interface (ABI) in exactly the JSON of `/v2/contracts/interface`.
 *
 * Source: stacks-core clarity/src/vm/analysis/contract_interface_builder/mod.rs.
 */
import type { TypeSignature } from '@assay/clarity-value';
import type { ClarityVersion } from '../version.ts';
import type { Checker } from './checker.ts';

export type AbiType =
  | 'none'
  | 'int128'
  | 'uint128'
  | 'bool'
  | 'principal'
  | 'trait_reference'
  | { readonly buffer: { readonly length: number } }
  | { readonly 'string-ascii': { readonly length: number } }
  | { readonly 'string-utf8': { readonly length: number } }
  | { readonly list: { readonly type: AbiType; readonly length: number } }
  | { readonly tuple: readonly { readonly name: string; readonly type: AbiType }[] }
  | { readonly optional: AbiType }
  | { readonly response: { readonly ok: AbiType; readonly error: AbiType } };

export interface AbiFunction {
  readonly name: string;
  readonly access: 'private' | 'public' | 'read_only';
  readonly args: readonly { readonly name: string; readonly type: AbiType }[];
  readonly outputs: { readonly type: AbiType };
}

export interface ContractInterface {
  readonly functions: readonly AbiFunction[];
  readonly variables: readonly {
    readonly name: string;
    readonly type: AbiType;
    readonly access: 'constant' | 'variable';
  }[];
  readonly maps: readonly {
    readonly name: string;
    readonly key: AbiType;
    readonly value: AbiType;
  }[];
  readonly fungible_tokens: readonly { readonly name: string }[];
  readonly non_fungible_tokens: readonly { readonly name: string; readonly type: AbiType }[];
  readonly epoch: string;
  readonly clarity_version: string;
}

export function abiType(type: TypeSignature): AbiType {
  switch (type.kind) {
    case 'no-type':
      return 'none';
    case 'int':
      return 'int128';
    case 'uint':
      return 'uint128';
    case 'bool':
      return 'bool';
    case 'principal':
    case 'callable-principal':
    case 'list-union':
      return 'principal';
    case 'trait':
      return 'trait_reference';
    case 'buffer':
      return { buffer: { length: type.length } };
    case 'string-ascii':
      return { 'string-ascii': { length: type.length } };
    case 'string-utf8':
      return { 'string-utf8': { length: type.length } };
    case 'list':
      return { list: { type: abiType(type.entry), length: type.length } };
    case 'tuple':
      return { tuple: [...type.fields].map(([name, field]) => ({ name, type: abiType(field) })) };
    case 'optional':
      return { optional: abiType(type.inner) };
    case 'response':
      return { response: { ok: abiType(type.ok), error: abiType(type.err) } };
  }
}

function byName<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Functions by access and then by name, constants before variables: upstream's order. */
export function buildInterface(c: Checker, version: ClarityVersion): ContractInterface {
  const functions: AbiFunction[] = [];
  for (const access of ['private', 'public', 'read-only'] as const) {
    for (const [name, fn] of byName(c.functions)) {
      if (fn.access !== access) continue;
      functions.push({
        name,
        access: access === 'read-only' ? 'read_only' : access,
        args: fn.args.map((arg) => ({ name: arg.name, type: abiType(arg.type) })),
        outputs: { type: abiType(fn.returns) },
      });
    }
  }
  return {
    functions,
    variables: [
      ...byName(c.variables).map(([name, type]) => ({
        name,
        type: abiType(type),
        access: 'constant' as const,
      })),
      ...byName(c.dataVars).map(([name, type]) => ({
        name,
        type: abiType(type),
        access: 'variable' as const,
      })),
    ],
    maps: byName(c.maps).map(([name, { key, value }]) => ({
      name,
      key: abiType(key),
      value: abiType(value),
    })),
    fungible_tokens: [...c.fts].sort().map((name) => ({ name })),
    non_fungible_tokens: byName(c.nfts).map(([name, type]) => ({ name, type: abiType(type) })),
    epoch: 'Epoch34',
    clarity_version: `Clarity${version}`,
  };
}

export function interfaceFromText(text: string): ContractInterface {
  return JSON.parse(text) as ContractInterface;
}
