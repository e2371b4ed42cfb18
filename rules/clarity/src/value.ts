/**
 * Values inside the VM: the shapes of `ClarityValue` with what running needs beside them.
 * Lists and typed tuples carry the type they were made with (their size is charged by it),
 * principals carry their text. `importValue` and `exportValue` convert at the door.
 *
 * Source: stacks-core clarity-types/src/types/mod.rs.
 */
import { bytesEqual, bytesFromHex, bytesToHex } from '@assay/bytes';
import {
  type ClarityValue,
  Cv,
  decodeClarityValue,
  encodeClarityValue,
  formatPrincipal,
  INT_MAX,
  INT_MIN,
  type ListType,
  leastSupertype,
  type Principal,
  parsePrincipal,
  type TraitId,
  type TupleType,
  Ty,
  type TypeSignature,
  UINT_MAX,
  VALUE_SIZE_MAX,
} from '@assay/clarity-value';
import { checkError } from './errors.ts';

export { INT_MAX, INT_MIN, UINT_MAX };

export interface IntV {
  readonly type: 'int';
  readonly value: bigint;
}
export interface UintV {
  readonly type: 'uint';
  readonly value: bigint;
}
export interface BoolV {
  readonly type: 'bool';
  readonly value: boolean;
}
export interface BufferV {
  readonly type: 'buffer';
  readonly value: Uint8Array;
}
export interface AsciiV {
  readonly type: 'string-ascii';
  readonly value: string;
}
export interface Utf8V {
  readonly type: 'string-utf8';
  readonly value: string;
  /** Code points. */
  readonly length: number;
}
export interface NoneV {
  readonly type: 'none';
}
export interface SomeV {
  readonly type: 'some';
  readonly value: Value;
}
export interface ResponseV {
  readonly type: 'ok' | 'err';
  readonly value: Value;
}
export interface PrincipalV {
  readonly type: 'principal';
  readonly version: number;
  readonly hash: Uint8Array;
  readonly contractName: string | null;
  /** `ST...` or `ST....name`: what keys, comparisons and events use. */
  readonly text: string;
  /** The consensus bytes. */
  readonly hex: string;
  /** The trait a contract stands for, when it was passed as one. */
  readonly trait: TraitId | null;
}
export interface ListV {
  readonly type: 'list';
  readonly items: readonly Value[];
  readonly listType: ListType;
}
export interface TupleV {
  readonly type: 'tuple';
  /** Ascending by key. */
  readonly entries: ReadonlyMap<string, Value>;
  /** Declared type, or null until somebody asks. */
  tupleType: TupleType | null;
}

export type Value =
  | IntV
  | UintV
  | BoolV
  | BufferV
  | AsciiV
  | Utf8V
  | NoneV
  | SomeV
  | ResponseV
  | PrincipalV
  | ListV
  | TupleV;

export const TRUE: BoolV = { type: 'bool', value: true };
export const FALSE: BoolV = { type: 'bool', value: false };
export const NONE: NoneV = { type: 'none' };
export const OK_TRUE: ResponseV = { type: 'ok', value: TRUE };

export const EMPTY_LIST_TYPE: ListType = {
  kind: 'list',
  entry: Ty.noType,
  length: 0,
  size: 6,
  typeSize: 6,
  depth: 2,
};

export const boolValue = (value: boolean): BoolV => (value ? TRUE : FALSE);
export const intValue = (value: bigint): IntV => ({ type: 'int', value });
export const uintValue = (value: bigint): UintV => ({ type: 'uint', value });
export const bufferValue = (value: Uint8Array): BufferV => ({ type: 'buffer', value });
export const asciiValue = (value: string): AsciiV => ({ type: 'string-ascii', value });
export const utf8Value = (value: string): Utf8V => ({
  type: 'string-utf8',
  value,
  length: countCodePoints(value),
});
export const okValue = (value: Value): ResponseV => ({ type: 'ok', value: checkWrapped(value) });
export const errValue = (value: Value): ResponseV => ({ type: 'err', value: checkWrapped(value) });
export const someValue = (value: Value): SomeV => ({ type: 'some', value: checkWrapped(value) });

const ERR_UINTS = [0n, 1n, 2n, 3n, 4n].map(
  (code): ResponseV => ({ type: 'err', value: { type: 'uint', value: code } }),
);
/** `(err u0)` to `(err u4)`. */
export const errUint = (code: 0 | 1 | 2 | 3 | 4): ResponseV => ERR_UINTS[code]!;

export function countCodePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      count--;
      i++;
    }
  }
  return count;
}

/** What `some`, `ok` and `err` demand of their content: room for one more byte and level. */
function checkWrapped(value: Value): Value {
  switch (value.type) {
    case 'int':
    case 'uint':
    case 'bool':
    case 'none':
    case 'principal':
      return value;
    default:
      if (valueSize(value) + 1 > 1048576) throw checkError('ValueTooLarge');
      if (valueDepth(value) + 1 > 32) throw checkError('TypeSignatureTooDeep');
      return value;
  }
}

const PRINCIPAL_CACHE_MAX = 4096;
const principalsByText = new Map<string, PrincipalV>();
const principalsByKey = new Map<string, PrincipalV>();

function remember<K>(cache: Map<K, PrincipalV>, key: K, value: PrincipalV): PrincipalV {
  if (cache.size >= PRINCIPAL_CACHE_MAX) cache.clear();
  cache.set(key, value);
  return value;
}

/** @param text a valid `ST...` or `ST....name` */
export function principalValue(text: string): PrincipalV {
  const known = principalsByText.get(text);
  if (known !== undefined) return known;
  const parsed = parsePrincipal(text);
  if (!parsed.ok) throw checkError('BadPrincipal', `not a principal: ${text}`);
  return remember(principalsByText, text, newPrincipal(parsed.value));
}

export const contractValue = principalValue;

/** From the parts on the wire; the text is computed once per principal. */
export function principalFromParts(
  version: number,
  hash: Uint8Array,
  contractName: string | null,
): PrincipalV {
  let key = String.fromCharCode(version);
  for (let i = 0; i < 20; i++) key += String.fromCharCode(hash[i]!);
  if (contractName !== null) key += contractName;
  const known = principalsByKey.get(key);
  if (known !== undefined) return known;
  const principal = newPrincipal({ version, hash: hash.slice(), contractName });
  return remember(principalsByKey, key, principal);
}

const principalsByHex = new Map<string, PrincipalV>();

/** From consensus bytes in hex; null when they are not exactly a principal. */
export function principalFromHex(hex: string): PrincipalV | null {
  const known = principalsByHex.get(hex);
  if (known !== undefined) return known;
  const value = decodeClarityValue(bytesFromHex(hex));
  if (!value.ok || value.value.type !== 'principal') return null;
  return remember(principalsByHex, hex, newPrincipal(value.value));
}

function newPrincipal(parts: Principal): PrincipalV {
  const { version, hash, contractName } = parts;
  const hex = bytesToHex(encodeClarityValue({ type: 'principal', version, hash, contractName }));
  const text = formatPrincipal(parts);
  return { type: 'principal', version, hash, contractName, text, hex, trait: null };
}

/** Bytes a value counts for costs and memory: the size of its own type. */
export function valueSize(value: Value): number {
  switch (value.type) {
    case 'int':
    case 'uint':
      return 16;
    case 'bool':
      return 1;
    case 'principal':
      return value.trait === null ? 148 : 276;
    case 'buffer':
    case 'string-ascii':
      return 4 + value.value.length;
    case 'string-utf8':
      return 4 + 4 * value.length;
    case 'none':
      return 2;
    case 'some':
    case 'ok':
    case 'err':
      return 1 + valueSize(value.value);
    case 'list':
      return value.listType.size;
    case 'tuple': {
      const { size } = tupleTypeOf(value);
      // Quirk: `merge` can make a tuple above the limit; counting its size is what fails.
      if (size > VALUE_SIZE_MAX) throw checkError('InterpreterFailure', 'value too large to count');
      return size;
    }
  }
}

export function valueDepth(value: Value): number {
  switch (value.type) {
    case 'none':
      return 2;
    case 'some':
    case 'ok':
    case 'err':
      return 1 + valueDepth(value.value);
    case 'list':
      return value.listType.depth;
    case 'tuple':
      return tupleTypeOf(value).depth;
    default:
      return 1;
  }
}

export function tupleTypeOf(value: TupleV): TupleType {
  if (value.tupleType !== null) return value.tupleType;
  const fields: [string, TypeSignature][] = [];
  for (const [name, field] of value.entries) fields.push([name, typeOfValue(field)]);
  const type = Ty.tuple(fields);
  value.tupleType = type;
  return type;
}

const OPTIONAL_UNKNOWN = Ty.optional(Ty.noType);
const SMALL_BUFFERS: TypeSignature[] = Array.from({ length: 66 }, (_, i) => Ty.buffer(i));

/** The type of exactly this value. */
export function typeOfValue(value: Value): TypeSignature {
  switch (value.type) {
    case 'int':
      return Ty.int;
    case 'uint':
      return Ty.uint;
    case 'bool':
      return Ty.bool;
    case 'principal':
      return value.trait === null ? Ty.principal : Ty.trait(value.trait);
    case 'buffer':
      return SMALL_BUFFERS[value.value.length] ?? Ty.buffer(value.value.length);
    case 'string-ascii':
      return Ty.ascii(value.value.length);
    case 'string-utf8':
      return Ty.utf8(value.length);
    case 'none':
      return OPTIONAL_UNKNOWN;
    case 'some':
      return Ty.optional(typeOfValue(value.value));
    case 'ok':
      return Ty.response(typeOfValue(value.value), Ty.noType);
    case 'err':
      return Ty.response(Ty.noType, typeOfValue(value.value));
    case 'list':
      return value.listType;
    case 'tuple':
      return tupleTypeOf(value);
  }
}

/** A literal contract principal is a callable; everything else as `typeOfValue`. */
export function literalTypeOf(value: Value): TypeSignature {
  if (value.type === 'principal' && value.contractName !== null) {
    return Ty.callablePrincipal(value.text);
  }
  return typeOfValue(value);
}

/** `(list ..)` of values: the entry type is their least supertype. */
export function listOfValues(items: readonly Value[]): ListV {
  return { type: 'list', items, listType: parentListType(items) };
}

const uintLists = new Map<number, ListType>();
const intLists = new Map<number, ListType>();

function cachedListType(cache: Map<number, ListType>, entry: TypeSignature, n: number): ListType {
  let type = cache.get(n);
  if (type === undefined) {
    type = Ty.list(entry, n);
    if (cache.size < 8192) cache.set(n, type);
  }
  return type;
}

export function parentListType(items: readonly Value[]): ListType {
  const n = items.length;
  if (n === 0) return EMPTY_LIST_TYPE;
  const first = items[0]!.type;
  if (first === 'uint' || first === 'int') {
    let same = true;
    for (let i = 1; i < n && same; i++) same = items[i]!.type === first;
    if (same) {
      return first === 'uint'
        ? cachedListType(uintLists, Ty.uint, n)
        : cachedListType(intLists, Ty.int, n);
    }
  }
  let entry = typeOfValue(items[0]!);
  for (let i = 1; i < n; i++) {
    const next = typeOfValue(items[i]!);
    if (next !== entry) entry = leastSupertype(entry, next);
  }
  return Ty.list(entry, n);
}

/** Ascending by key; `entries` may come in any order, keys distinct. */
export function tupleOfEntries(entries: [string, Value][]): TupleV {
  let sorted = true;
  for (let i = 1; i < entries.length && sorted; i++) sorted = entries[i - 1]![0] < entries[i]![0];
  if (!sorted) entries.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  return { type: 'tuple', entries: new Map(entries), tupleType: null };
}

export function valuesEqual(a: Value, b: Value): boolean {
  if (a === b) return true;
  switch (a.type) {
    case 'int':
    case 'uint':
    case 'bool':
    case 'string-ascii':
    case 'string-utf8':
      return b.type === a.type && a.value === (b as typeof a).value;
    case 'buffer':
      return b.type === 'buffer' && bytesEqual(a.value, b.value);
    case 'principal':
      return (
        b.type === 'principal' && a.text === b.text && (a.trait === null) === (b.trait === null)
      );
    case 'none':
      return b.type === 'none';
    case 'some':
    case 'ok':
    case 'err':
      return b.type === a.type && valuesEqual(a.value, (b as typeof a).value);
    case 'list': {
      if (b.type !== 'list' || a.items.length !== b.items.length) return false;
      for (let i = 0; i < a.items.length; i++) {
        if (!valuesEqual(a.items[i]!, b.items[i]!)) return false;
      }
      return true;
    }
    case 'tuple': {
      if (b.type !== 'tuple' || a.entries.size !== b.entries.size) return false;
      for (const [name, field] of a.entries) {
        const other = b.entries.get(name);
        if (other === undefined || !valuesEqual(field, other)) return false;
      }
      return true;
    }
  }
}

/** From the outside. Lists and tuples get the type of their contents. */
export function importValue(value: ClarityValue): Value {
  switch (value.type) {
    case 'int':
    case 'uint':
    case 'buffer':
    case 'string-ascii':
      return value;
    case 'bool':
      return value.value ? TRUE : FALSE;
    case 'none':
      return NONE;
    case 'string-utf8':
      return utf8Value(value.value);
    case 'some':
      return someValue(importValue(value.value));
    case 'ok':
    case 'err':
      return { type: value.type, value: checkWrapped(importValue(value.value)) };
    case 'principal':
      return principalFromParts(value.version, value.hash, value.contractName);
    case 'list':
      return listOfValues(value.items.map(importValue));
    case 'tuple': {
      const tuple = tupleOfEntries([...value.entries].map(([k, v]) => [k, importValue(v)]));
      tupleTypeOf(tuple);
      return tuple;
    }
  }
}

/** Plain data again. */
export function exportValue(value: Value): ClarityValue {
  switch (value.type) {
    case 'int':
    case 'uint':
    case 'buffer':
    case 'string-ascii':
      return value;
    case 'bool':
      return Cv.bool(value.value);
    case 'none':
      return Cv.none();
    case 'string-utf8':
      return { type: 'string-utf8', value: value.value };
    case 'some':
      return { type: 'some', value: exportValue(value.value) };
    case 'ok':
      return { type: 'ok', value: exportValue(value.value) };
    case 'err':
      return { type: 'err', value: exportValue(value.value) };
    case 'principal': {
      const { version, hash, contractName } = value;
      return { type: 'principal', version, hash, contractName };
    }
    case 'list':
      return { type: 'list', items: value.items.map(exportValue) };
    case 'tuple': {
      const entries = new Map<string, ClarityValue>();
      for (const [name, field] of value.entries) entries.set(name, exportValue(field));
      return { type: 'tuple', entries };
    }
  }
}

/** For messages only. */
export function describeValue(value: Value): string {
  if (value.type === 'buffer') return `0x${bytesToHex(value.value)}`;
  if (value.type === 'principal') return value.text;
  if (value.type === 'list') return `list of ${value.items.length}`;
  if (value.type === 'tuple') return `tuple of ${[...value.entries.keys()].join(', ')}`;
  if (value.type === 'none') return 'none';
  if (value.type === 'some' || value.type === 'ok' || value.type === 'err') {
    return `(${value.type} ${describeValue(value.value)})`;
  }
  return value.type === 'uint' ? `u${value.value}` : String(value.value);
}
