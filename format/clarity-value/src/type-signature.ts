/**
 * Types of Clarity values, with their sizes, admission and least supertypes.
 * Nodes are immutable and carry their measures, so that a size is a field read.
 *
 * Used by rules/clarity (type checker, costs) and by the ABI. Source: SIP-002; stacks-core
 * clarity-types/src/types/signatures.rs (rules since epoch 2.1).
 */

import { VALUE_SIZE_MAX } from './limits.ts';

/** `ST....contract` and the trait's name in it. */
export interface TraitId {
  readonly contract: string;
  readonly name: string;
}

/** Bytes a value of this type counts at most, bytes of its description, nesting. */
interface Measures {
  readonly size: number;
  readonly typeSize: number;
  readonly depth: number;
}

export type TypeSignature = Measures &
  (
    | { readonly kind: 'no-type' | 'int' | 'uint' | 'bool' | 'principal' }
    | { readonly kind: 'buffer' | 'string-ascii' | 'string-utf8'; readonly length: number }
    | ListTypeShape
    | TupleTypeShape
    | { readonly kind: 'optional'; readonly inner: TypeSignature }
    | { readonly kind: 'response'; readonly ok: TypeSignature; readonly err: TypeSignature }
    | { readonly kind: 'callable-principal'; readonly contract: string }
    | { readonly kind: 'trait'; readonly trait: TraitId }
    | { readonly kind: 'list-union'; readonly members: readonly CallableType[] }
  );

interface ListTypeShape {
  readonly kind: 'list';
  readonly entry: TypeSignature;
  readonly length: number;
}
interface TupleTypeShape {
  readonly kind: 'tuple';
  /** Ascending by key. */
  readonly fields: ReadonlyMap<string, TypeSignature>;
}
export type ListType = Measures & ListTypeShape;
export type TupleType = Measures & TupleTypeShape;
export type CallableType = Extract<TypeSignature, { kind: 'callable-principal' | 'trait' }>;

const TYPE_DEPTH_MAX = 32;

/** Thrown by constructors and supertypes; `name` is Stacks' error name. */
export class ClarityTypeError extends Error {
  readonly typeErrorName: string;
  readonly left: TypeSignature | null;
  readonly right: TypeSignature | null;

  constructor(
    typeErrorName: string,
    left: TypeSignature | null = null,
    right: TypeSignature | null = null,
  ) {
    super(typeErrorName);
    this.typeErrorName = typeErrorName;
    this.left = left;
    this.right = right;
  }
}

const NO_TYPE: TypeSignature = { kind: 'no-type', size: 1, typeSize: 1, depth: 1 };
const INT: TypeSignature = { kind: 'int', size: 16, typeSize: 1, depth: 1 };
const UINT: TypeSignature = { kind: 'uint', size: 16, typeSize: 1, depth: 1 };
const BOOL: TypeSignature = { kind: 'bool', size: 1, typeSize: 1, depth: 1 };
const PRINCIPAL: TypeSignature = { kind: 'principal', size: 148, typeSize: 1, depth: 1 };

/** Constructors. Lengths are checked against the largest value; `string-utf8` counts code points. */
export const Ty = {
  noType: NO_TYPE,
  int: INT,
  uint: UINT,
  bool: BOOL,
  principal: PRINCIPAL,
  buffer(length: number): TypeSignature {
    if (length > VALUE_SIZE_MAX) throw new ClarityTypeError('ValueTooLarge');
    if (length < 0) throw new ClarityTypeError('ValueOutOfBounds');
    return { kind: 'buffer', length, size: 4 + length, typeSize: 5, depth: 1 };
  },
  ascii(length: number): TypeSignature {
    if (length > VALUE_SIZE_MAX) throw new ClarityTypeError('ValueTooLarge');
    if (length < 0) throw new ClarityTypeError('ValueOutOfBounds');
    return { kind: 'string-ascii', length, size: 4 + length, typeSize: 5, depth: 1 };
  },
  utf8(length: number): TypeSignature {
    if (length > VALUE_SIZE_MAX / 4) throw new ClarityTypeError('ValueTooLarge');
    if (length < 0) throw new ClarityTypeError('ValueOutOfBounds');
    return { kind: 'string-utf8', length, size: 4 + 4 * length, typeSize: 5, depth: 1 };
  },
  list(entry: TypeSignature, length: number): ListType {
    const depth = 1 + entry.depth;
    if (depth > TYPE_DEPTH_MAX) throw new ClarityTypeError('TypeSignatureTooDeep');
    const typeSize = entry.typeSize + 5;
    const size = entry.size * length + typeSize;
    if (size > VALUE_SIZE_MAX || typeSize > VALUE_SIZE_MAX)
      throw new ClarityTypeError('ValueTooLarge');
    return { kind: 'list', entry, length, size, typeSize, depth };
  },
  optional(inner: TypeSignature): TypeSignature {
    const size = 1 + inner.size;
    const depth = 1 + inner.depth;
    if (size > VALUE_SIZE_MAX) throw new ClarityTypeError('ValueTooLarge');
    if (depth > TYPE_DEPTH_MAX) throw new ClarityTypeError('TypeSignatureTooDeep');
    return { kind: 'optional', inner, size, typeSize: inner.typeSize + 1, depth };
  },
  response(ok: TypeSignature, err: TypeSignature): TypeSignature {
    const size = 1 + Math.max(ok.size, err.size);
    const depth = 1 + Math.max(ok.depth, err.depth);
    if (size > VALUE_SIZE_MAX) throw new ClarityTypeError('ValueTooLarge');
    if (depth > TYPE_DEPTH_MAX) throw new ClarityTypeError('TypeSignatureTooDeep');
    return { kind: 'response', ok, err, size, typeSize: ok.typeSize + err.typeSize + 1, depth };
  },
  /** @param fields any order; sorted here. Duplicates must have been rejected. */
  tuple(fields: Iterable<readonly [string, TypeSignature]>): TupleType {
    return tupleOf(sortedFields(fields));
  },
  callablePrincipal(contract: string): CallableType {
    return { kind: 'callable-principal', contract, size: 148, typeSize: 1, depth: 1 };
  },
  trait(trait: TraitId): CallableType {
    return { kind: 'trait', trait, size: 276, typeSize: 1, depth: 1 };
  },
} as const;

/** `a < b` by code unit: names are ASCII, so this is byte order. */
function sortedFields(
  fields: Iterable<readonly [string, TypeSignature]>,
): Map<string, TypeSignature> {
  const list = [...fields];
  list.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  return new Map(list);
}

function tupleOf(fields: ReadonlyMap<string, TypeSignature>): TupleType {
  if (fields.size === 0) throw new ClarityTypeError('EmptyTuplesNotAllowed');
  const measures = measureTuple(fields);
  if (measures === null) throw new ClarityTypeError('ValueTooLarge');
  if (measures.depth > TYPE_DEPTH_MAX) throw new ClarityTypeError('TypeSignatureTooDeep');
  return { kind: 'tuple', fields, ...measures };
}

function measureTuple(fields: ReadonlyMap<string, TypeSignature>): Measures | null {
  let typeSize = 2 * fields.size;
  let valueSize = 2 * fields.size;
  let depth = 0;
  for (const [name, type] of fields) {
    typeSize += type.typeSize + name.length;
    valueSize += type.size + name.length;
    if (type.depth > depth) depth = type.depth;
  }
  const size = valueSize + typeSize;
  if (typeSize > VALUE_SIZE_MAX || size > VALUE_SIZE_MAX) return null;
  return { size, typeSize, depth: 1 + depth };
}

/** Fields of `update` replace those of `base`. Not size-checked (as upstream before epoch 4.0). */
export function mergeTupleTypes(base: TupleType, update: TupleType): TupleType {
  const fields = sortedFields([...new Map([...base.fields, ...update.fields])]);
  let typeSize = 2 * fields.size;
  let valueSize = 2 * fields.size;
  let depth = 0;
  for (const [name, type] of fields) {
    typeSize += type.typeSize + name.length;
    valueSize += type.size + name.length;
    if (type.depth > depth) depth = type.depth;
  }
  return { kind: 'tuple', fields, size: valueSize + typeSize, typeSize, depth: 1 + depth };
}

export function sameTrait(a: TraitId, b: TraitId): boolean {
  return a.name === b.name && a.contract === b.contract;
}

/** Structural equality. */
export function typesEqual(a: TypeSignature, b: TypeSignature): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'buffer':
    case 'string-ascii':
    case 'string-utf8':
      return a.length === (b as typeof a).length;
    case 'list':
      return a.length === (b as typeof a).length && typesEqual(a.entry, (b as typeof a).entry);
    case 'tuple': {
      const other = (b as typeof a).fields;
      if (a.fields.size !== other.size) return false;
      for (const [name, type] of a.fields) {
        const match = other.get(name);
        if (match === undefined || !typesEqual(type, match)) return false;
      }
      return true;
    }
    case 'optional':
      return typesEqual(a.inner, (b as typeof a).inner);
    case 'response':
      return typesEqual(a.ok, (b as typeof a).ok) && typesEqual(a.err, (b as typeof a).err);
    case 'callable-principal':
      return a.contract === (b as typeof a).contract;
    case 'trait':
      return sameTrait(a.trait, (b as typeof a).trait);
    case 'list-union': {
      const members = (b as typeof a).members;
      return a.members.length === members.length && a.members.every((m) => hasMember(members, m));
    }
    default:
      return true;
  }
}

function hasMember(members: readonly CallableType[], one: CallableType): boolean {
  return members.some((member) => typesEqual(member, one));
}

/** Principal literals count as principals; a union of them too. */
export function concretize(type: TypeSignature): TypeSignature {
  if (type.kind === 'callable-principal') return PRINCIPAL;
  if (type.kind === 'list-union') {
    if (type.members.some((m) => m.kind === 'trait'))
      throw new ClarityTypeError('TypeError', type, null);
    return PRINCIPAL;
  }
  return type;
}

/** Whether a value of type `other` may stand where `type` is expected. */
export function admitsType(type: TypeSignature, given: TypeSignature): boolean {
  if (type === given && type.kind !== 'no-type') return true;
  let other = given;
  if (other.kind === 'callable-principal') other = PRINCIPAL;
  else if (other.kind === 'list-union') {
    if (other.members.some((m) => m.kind === 'trait')) return false;
    other = PRINCIPAL;
  }
  switch (type.kind) {
    case 'list':
      if (other.kind !== 'list') return false;
      if (other.length === 0) return true;
      return type.length >= other.length && admitsType(type.entry, other.entry);
    case 'buffer':
    case 'string-ascii':
    case 'string-utf8':
      return other.kind === type.kind && type.length >= other.length;
    case 'optional':
      if (other.kind !== 'optional') return false;
      return other.inner.kind === 'no-type' || admitsType(type.inner, other.inner);
    case 'response':
      if (other.kind !== 'response') return false;
      if (other.ok.kind === 'no-type') return admitsType(type.err, other.err);
      if (other.err.kind === 'no-type') return admitsType(type.ok, other.ok);
      return admitsType(type.err, other.err) && admitsType(type.ok, other.ok);
    case 'tuple': {
      if (other.kind !== 'tuple' || type.fields.size !== other.fields.size) return false;
      for (const [name, field] of type.fields) {
        const match = other.fields.get(name);
        if (match === undefined || !admitsType(field, match)) return false;
      }
      return true;
    }
    case 'no-type':
      throw new ClarityTypeError('CouldNotDetermineType');
    default:
      return typesEqual(other, type);
  }
}

function factorOutNoType(a: TypeSignature, b: TypeSignature): TypeSignature {
  if (a.kind === 'no-type') return b;
  if (b.kind === 'no-type') return a;
  return leastSupertype(a, b);
}

/** Supertype of list entries and optional contents, where one side may be unknown. */
export { factorOutNoType as supertypeOrKnown };

function mismatch(a: TypeSignature, b: TypeSignature): never {
  throw new ClarityTypeError('TypeError', a, b);
}

/**
 * The smallest type that admits both.
 * @throws ClarityTypeError with `TypeError` when there is none, `SupertypeTooLarge` when it is too big
 */
export function leastSupertype(a: TypeSignature, b: TypeSignature): TypeSignature {
  if (a === b) return a;
  if (a.kind === 'tuple' && b.kind === 'tuple') return tupleSupertype(a, b);
  if (a.kind === 'list' && b.kind === 'list') {
    const entry =
      a.length === 0 ? b.entry : b.length === 0 ? a.entry : leastSupertype(a.entry, b.entry);
    try {
      return Ty.list(entry, Math.max(a.length, b.length));
    } catch {
      throw new ClarityTypeError('SupertypeTooLarge');
    }
  }
  if (a.kind === 'response' && b.kind === 'response') {
    return Ty.response(factorOutNoType(a.ok, b.ok), factorOutNoType(a.err, b.err));
  }
  if (a.kind === 'optional' && b.kind === 'optional') {
    return Ty.optional(factorOutNoType(a.inner, b.inner));
  }
  if (
    (a.kind === 'buffer' || a.kind === 'string-ascii' || a.kind === 'string-utf8') &&
    b.kind === a.kind
  ) {
    return a.length > b.length ? a : b;
  }
  if (a.kind === 'no-type') return b;
  if (b.kind === 'no-type') return a;
  const callable = callableSupertype(a, b);
  if (callable !== null) return callable;
  if (typesEqual(a, b)) return a;
  return mismatch(a, b);
}

function tupleSupertype(a: TupleType, b: TupleType): TypeSignature {
  const fields: [string, TypeSignature][] = [];
  for (const [name, type] of a.fields) {
    const match = b.fields.get(name);
    if (match === undefined) return mismatch(a, b);
    fields.push([name, leastSupertype(type, match)]);
  }
  try {
    return Ty.tuple(fields);
  } catch {
    throw new ClarityTypeError('SupertypeTooLarge');
  }
}

type Callable = Extract<TypeSignature, { kind: 'callable-principal' | 'trait' | 'list-union' }>;

function isCallable(type: TypeSignature): type is Callable {
  return type.kind === 'callable-principal' || type.kind === 'trait' || type.kind === 'list-union';
}

function callableSupertype(a: TypeSignature, b: TypeSignature): TypeSignature | null {
  if (isCallable(a) && isCallable(b)) {
    if (typesEqual(a, b)) return a;
    const members: CallableType[] = a.kind === 'list-union' ? [...a.members] : [a];
    for (const member of b.kind === 'list-union' ? b.members : [b]) {
      if (!hasMember(members, member)) members.push(member);
    }
    return { kind: 'list-union', members, size: 148, typeSize: 1, depth: 1 };
  }
  const other = a.kind === 'principal' ? b : b.kind === 'principal' ? a : null;
  if (other === null) return null;
  if (other.kind === 'callable-principal') return PRINCIPAL;
  if (other.kind === 'list-union') {
    if (other.members.every((m) => m.kind === 'callable-principal')) return PRINCIPAL;
    return mismatch(a, b);
  }
  return null;
}

/** Clarity source form: `(list 10 uint)`. */
export function formatType(type: TypeSignature): string {
  switch (type.kind) {
    case 'no-type':
      return 'UnknownType';
    case 'buffer':
      return `(buff ${type.length})`;
    case 'string-ascii':
    case 'string-utf8':
      return `(${type.kind} ${type.length})`;
    case 'list':
      return `(list ${type.length} ${formatType(type.entry)})`;
    case 'tuple': {
      const fields = [...type.fields].map(([name, field]) => `(${name} ${formatType(field)})`);
      return `(tuple ${fields.join(' ')})`;
    }
    case 'optional':
      return `(optional ${formatType(type.inner)})`;
    case 'response':
      return `(response ${formatType(type.ok)} ${formatType(type.err)})`;
    case 'callable-principal':
      return `(principal ${type.contract})`;
    case 'trait':
      return `<${type.trait.contract}.${type.trait.name}>`;
    case 'list-union':
      return 'principal';
    default:
      return type.kind;
  }
}
