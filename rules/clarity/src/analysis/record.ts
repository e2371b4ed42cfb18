/**
 * What analysis learns about a contract and others need to know: types of its functions, its traits.
 * Kept in the side store as JSON; the contract interface is made from it when somebody asks.
 *
 * Source: stacks-core clarity/src/vm/analysis/types.rs (ContractAnalysis).
 */
import { type TraitId, Ty, type TypeSignature } from '@assay/clarity-value';
import type { MethodSignature, Parameter } from '../compile/contract.ts';

export interface FunctionTypes {
  readonly access: 'public' | 'private' | 'read-only';
  readonly args: readonly Parameter[];
  readonly returns: TypeSignature;
}

export type TraitMethods = ReadonlyMap<string, MethodSignature>;

export interface AnalysisRecord {
  readonly functions: ReadonlyMap<string, FunctionTypes>;
  readonly traits: ReadonlyMap<string, TraitMethods>;
  readonly implemented: readonly TraitId[];
  readonly variables: ReadonlyMap<string, TypeSignature>;
  readonly dataVars: ReadonlyMap<string, TypeSignature>;
  readonly maps: ReadonlyMap<
    string,
    { readonly key: TypeSignature; readonly value: TypeSignature }
  >;
  readonly fts: ReadonlySet<string>;
  readonly nfts: ReadonlyMap<string, TypeSignature>;
}

/** Types of contracts deployed before. */
export type RecordLoader = (contractId: string) => AnalysisRecord | null;

/** Kinds by name; others with their parts, where a number stands for an entry of the table. */
type TypeJson = string | readonly [string, ...unknown[]];

/**
 * Types as a table in which each different type stands once: a type that contains itself twice, and
 * that one twice again, takes one entry per level and not one per leaf.
 */
class TypeTable {
  readonly entries: TypeJson[] = [];
  readonly #byType = new Map<TypeSignature, number>();
  readonly #byText = new Map<string, number>();

  add(type: TypeSignature): number {
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    const json = this.#parts(type);
    const text = JSON.stringify(json);
    let index = this.#byText.get(text);
    if (index === undefined) {
      index = this.entries.push(json) - 1;
      this.#byText.set(text, index);
    }
    this.#byType.set(type, index);
    return index;
  }

  #parts(type: TypeSignature): TypeJson {
    switch (type.kind) {
      case 'buffer':
      case 'string-ascii':
      case 'string-utf8':
        return [type.kind, type.length];
      case 'list':
        return ['list', this.add(type.entry), type.length];
      case 'tuple':
        return ['tuple', [...type.fields].map(([name, field]) => [name, this.add(field)])];
      case 'optional':
        return ['optional', this.add(type.inner)];
      case 'response':
        return ['response', this.add(type.ok), this.add(type.err)];
      case 'callable-principal':
        return ['callable-principal', type.contract];
      case 'trait':
        return ['trait', type.trait.contract, type.trait.name];
      case 'list-union':
        return ['list-union', type.members.map((member) => this.add(member))];
      default:
        return type.kind;
    }
  }
}

type TypeReader = (json: unknown) => TypeSignature;

/** Our own JSON: trusted. A number is an entry of the table; older records have the type in place. */
function typeReader(entries: readonly unknown[]): TypeReader {
  const types: TypeSignature[] = [];
  const read: TypeReader = (json) => (typeof json === 'number' ? types[json]! : make(json));
  function make(json: unknown): TypeSignature {
    if (typeof json === 'string') return plainType(json);
    const [kind, a, b] = json as [string, unknown, unknown];
    switch (kind) {
      case 'buffer':
        return Ty.buffer(a as number);
      case 'string-ascii':
        return Ty.ascii(a as number);
      case 'string-utf8':
        return Ty.utf8(a as number);
      case 'list':
        return Ty.list(read(a), b as number);
      case 'tuple':
        return Ty.tuple(
          (a as [string, unknown][]).map(([name, field]) => [name, read(field)] as const),
        );
      case 'optional':
        return Ty.optional(read(a));
      case 'response':
        return Ty.response(read(a), read(b));
      case 'trait':
        return Ty.trait({ contract: a as string, name: b as string });
      case 'callable-principal':
        return Ty.callablePrincipal(a as string);
      default:
        return Ty.principal;
    }
  }
  for (const entry of entries) types.push(make(entry));
  return read;
}

function plainType(kind: string): TypeSignature {
  switch (kind) {
    case 'int':
      return Ty.int;
    case 'uint':
      return Ty.uint;
    case 'bool':
      return Ty.bool;
    case 'principal':
      return Ty.principal;
    default:
      return Ty.noType;
  }
}

interface RecordJson {
  /** Absent in older records. */
  readonly types?: readonly TypeJson[];
  readonly functions: readonly [string, FunctionTypes['access'], [string, unknown][], unknown][];
  readonly traits: readonly [string, [string, unknown[], unknown][]][];
  readonly implemented: readonly TraitId[];
  readonly constants?: readonly [string, unknown][];
  readonly dataVars?: readonly [string, unknown][];
  readonly maps?: readonly [string, unknown, unknown][];
  readonly fts?: readonly string[];
  readonly nfts?: readonly [string, unknown][];
}

export function recordToText(record: AnalysisRecord): string {
  const table = new TypeTable();
  const json: RecordJson = {
    types: table.entries,
    functions: [...record.functions].map(([name, fn]) => [
      name,
      fn.access,
      fn.args.map((arg) => [arg.name, table.add(arg.type)]),
      table.add(fn.returns),
    ]),
    traits: [...record.traits].map(([name, methods]) => [
      name,
      [...methods].map(([method, { args, returns }]) => [
        method,
        args.map((arg) => table.add(arg)),
        table.add(returns),
      ]),
    ]),
    implemented: record.implemented,
    constants: [...record.variables].map(([name, type]) => [name, table.add(type)]),
    dataVars: [...record.dataVars].map(([name, type]) => [name, table.add(type)]),
    maps: [...record.maps].map(([name, map]) => [name, table.add(map.key), table.add(map.value)]),
    fts: [...record.fts],
    nfts: [...record.nfts].map(([name, type]) => [name, table.add(type)]),
  };
  return JSON.stringify(json);
}

export function recordFromText(text: string): AnalysisRecord {
  const json = JSON.parse(text) as RecordJson;
  const read = typeReader(json.types ?? []);
  const named = (pairs: readonly [string, unknown][] = []) =>
    new Map(pairs.map(([name, type]) => [name, read(type)]));
  return {
    functions: new Map(
      json.functions.map(([name, access, args, returns]) => [
        name,
        {
          access,
          args: args.map(([arg, type]) => ({ name: arg, type: read(type) })),
          returns: read(returns),
        },
      ]),
    ),
    traits: new Map(
      json.traits.map(([name, methods]) => [
        name,
        new Map(
          methods.map(([method, args, returns]) => [
            method,
            { args: args.map(read), returns: read(returns) },
          ]),
        ),
      ]),
    ),
    implemented: json.implemented,
    variables: named(json.constants),
    dataVars: named(json.dataVars),
    maps: new Map(
      json.maps?.map(([name, key, value]) => [name, { key: read(key), value: read(value) }]),
    ),
    fts: new Set(json.fts),
    nfts: named(json.nfts),
  };
}

/** Sum of description sizes: what looking the function up costs. */
export function functionTypeSize(fn: {
  args: readonly { type: TypeSignature }[];
  returns: TypeSignature;
}) {
  return fn.args.reduce((sum, arg) => sum + arg.type.typeSize, fn.returns.typeSize);
}

export function methodTypeSize(method: MethodSignature): number {
  return method.args.reduce((sum, arg) => sum + arg.typeSize, method.returns.typeSize);
}

export function traitTypeSize(methods: TraitMethods): number {
  let size = 0;
  for (const method of methods.values()) size += methodTypeSize(method);
  return size;
}
