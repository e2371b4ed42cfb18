/**
 * The contract interface (ABI) in exactly the JSON of `/v2/contracts/interface`.
 *
 * Source: stacks-core clarity/src/vm/analysis/contract_interface_builder/mod.rs.
 */
import type { TypeSignature } from '@assay/clarity-value';
import { LIMITS } from '../limits.ts';
import type { ClarityVersion } from '../version.ts';
import type { AnalysisRecord } from './record.ts';

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

/**
 * Parts shared by a type are shared by its ABI: writing that down as text can still take one line
 * per leaf (`canWriteInterface`).
 */
export function abiType(type: TypeSignature, known = new Map<TypeSignature, AbiType>()): AbiType {
  let abi = known.get(type);
  if (abi === undefined) {
    abi = makeAbiType(type, (inner) => abiType(inner, known));
    known.set(type, abi);
  }
  return abi;
}

function makeAbiType(type: TypeSignature, of: (inner: TypeSignature) => AbiType): AbiType {
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
      return { list: { type: of(type.entry), length: type.length } };
    case 'tuple':
      return { tuple: [...type.fields].map(([name, field]) => ({ name, type: of(field) })) };
    case 'optional':
      return { optional: of(type.inner) };
    case 'response':
      return { response: { ok: of(type.ok), error: of(type.err) } };
  }
}

/** How many types are written when these are written out in full. */
function writtenTypes(types: Iterable<TypeSignature>): number {
  const known = new Map<TypeSignature, number>();
  const count = (type: TypeSignature): number => {
    let nodes = known.get(type);
    if (nodes === undefined) {
      nodes = 1;
      for (const inner of partsOf(type)) nodes += count(inner);
      known.set(type, nodes);
    }
    return nodes;
  };
  let total = 0;
  for (const type of types) total += count(type);
  return total;
}

function partsOf(type: TypeSignature): Iterable<TypeSignature> {
  switch (type.kind) {
    case 'list':
      return [type.entry];
    case 'optional':
      return [type.inner];
    case 'response':
      return [type.ok, type.err];
    case 'tuple':
      return type.fields.values();
    default:
      return [];
  }
}

/** False for a contract whose interface would fill memory when written as text. */
export function canWriteInterface(record: AnalysisRecord): boolean {
  const types: TypeSignature[] = [
    ...record.variables.values(),
    ...record.dataVars.values(),
    ...record.nfts.values(),
  ];
  for (const { key, value } of record.maps.values()) types.push(key, value);
  for (const { args, returns } of record.functions.values()) {
    types.push(returns, ...args.map((arg) => arg.type));
  }
  return writtenTypes(types) <= LIMITS.interfaceTypes;
}

function byName<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Functions by access and then by name, constants before variables: upstream's order. */
export function buildInterface(c: AnalysisRecord, version: ClarityVersion): ContractInterface {
  const known = new Map<TypeSignature, AbiType>();
  const abi = (type: TypeSignature) => abiType(type, known);
  const functions: AbiFunction[] = [];
  for (const access of ['private', 'public', 'read-only'] as const) {
    for (const [name, fn] of byName(c.functions)) {
      if (fn.access !== access) continue;
      functions.push({
        name,
        access: access === 'read-only' ? 'read_only' : access,
        args: fn.args.map((arg) => ({ name: arg.name, type: abi(arg.type) })),
        outputs: { type: abi(fn.returns) },
      });
    }
  }
  return {
    functions,
    variables: [
      ...byName(c.variables).map(([name, type]) => ({
        name,
        type: abi(type),
        access: 'constant' as const,
      })),
      ...byName(c.dataVars).map(([name, type]) => ({
        name,
        type: abi(type),
        access: 'variable' as const,
      })),
    ],
    maps: byName(c.maps).map(([name, { key, value }]) => ({
      name,
      key: abi(key),
      value: abi(value),
    })),
    fungible_tokens: [...c.fts].sort().map((name) => ({ name })),
    non_fungible_tokens: byName(c.nfts).map(([name, type]) => ({ name, type: abi(type) })),
    epoch: 'Epoch34',
    clarity_version: `Clarity${version}`,
  };
}

/** As older nodes kept it. */
export function interfaceFromText(text: string): ContractInterface {
  return JSON.parse(text) as ContractInterface;
}
