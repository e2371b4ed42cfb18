/**
 * What analysis learns about a contract and others need to know: types of its functions, its traits.
 * Kept in the side store as JSON; types are written as nested arrays.
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
}

type TypeJson = string | readonly [string, ...unknown[]];

export function typeToJson(type: TypeSignature): TypeJson {
  switch (type.kind) {
    case 'buffer':
    case 'string-ascii':
    case 'string-utf8':
      return [type.kind, type.length];
    case 'list':
      return ['list', typeToJson(type.entry), type.length];
    case 'tuple':
      return ['tuple', [...type.fields].map(([name, field]) => [name, typeToJson(field)])];
    case 'optional':
      return ['optional', typeToJson(type.inner)];
    case 'response':
      return ['response', typeToJson(type.ok), typeToJson(type.err)];
    case 'callable-principal':
      return ['callable-principal', type.contract];
    case 'trait':
      return ['trait', type.trait.contract, type.trait.name];
    case 'list-union':
      return ['list-union', type.members.map(typeToJson)];
    default:
      return type.kind;
  }
}

/** Our own JSON: trusted. */
export function typeFromJson(json: unknown): TypeSignature {
  if (typeof json === 'string') {
    switch (json) {
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
  const [kind, a, b] = json as [string, unknown, unknown];
  switch (kind) {
    case 'buffer':
      return Ty.buffer(a as number);
    case 'string-ascii':
      return Ty.ascii(a as number);
    case 'string-utf8':
      return Ty.utf8(a as number);
    case 'list':
      return Ty.list(typeFromJson(a), b as number);
    case 'tuple':
      return Ty.tuple(
        (a as [string, unknown][]).map(([name, field]) => [name, typeFromJson(field)] as const),
      );
    case 'optional':
      return Ty.optional(typeFromJson(a));
    case 'response':
      return Ty.response(typeFromJson(a), typeFromJson(b));
    case 'trait':
      return Ty.trait({ contract: a as string, name: b as string });
    case 'callable-principal':
      return Ty.callablePrincipal(a as string);
    default:
      return Ty.principal;
  }
}

interface RecordJson {
  readonly functions: readonly [string, FunctionTypes['access'], [string, unknown][], unknown][];
  readonly traits: readonly [string, [string, unknown[], unknown][]][];
  readonly implemented: readonly TraitId[];
}

export function recordToText(record: AnalysisRecord): string {
  const json: RecordJson = {
    functions: [...record.functions].map(([name, fn]) => [
      name,
      fn.access,
      fn.args.map((arg) => [arg.name, typeToJson(arg.type)]),
      typeToJson(fn.returns),
    ]),
    traits: [...record.traits].map(([name, methods]) => [
      name,
      [...methods].map(([method, { args, returns }]) => [
        method,
        args.map(typeToJson),
        typeToJson(returns),
      ]),
    ]),
    implemented: record.implemented,
  };
  return JSON.stringify(json);
}

export function recordFromText(text: string): AnalysisRecord {
  const json = JSON.parse(text) as RecordJson;
  return {
    functions: new Map(
      json.functions.map(([name, access, args, returns]) => [
        name,
        {
          access,
          args: args.map(([arg, type]) => ({ name: arg, type: typeFromJson(type) })),
          returns: typeFromJson(returns),
        },
      ]),
    ),
    traits: new Map(
      json.traits.map(([name, methods]) => [
        name,
        new Map(
          methods.map(([method, args, returns]) => [
            method,
            { args: args.map(typeFromJson), returns: typeFromJson(returns) },
          ]),
        ),
      ]),
    ),
    implemented: json.implemented,
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
