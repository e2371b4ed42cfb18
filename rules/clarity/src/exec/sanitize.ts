/**
 * Values crossing a contract boundary, or put into a list, forget the types they were declared
 * with: lists and tuples get the types of their contents. Declared parameters put them back on.
 *
 * Source: stacks-core Value::sanitize_value (since epoch 2.4), callables.rs clarity2_implicit_cast.
 */
import {
  admitsType,
  formatType,
  type ListType,
  sameTrait,
  type TupleType,
  Ty,
  type TypeSignature,
} from '@assay/clarity-value';
import { checkError } from '../errors.ts';
import {
  describeValue,
  type ListV,
  listOfValues,
  type TupleV,
  tupleTypeOf,
  typeOfValue,
  type Value,
} from '../value.ts';
import type { ClarityVersion } from '../version.ts';

/** The same value with types derived from contents. */
export function sanitize(value: Value): Value {
  switch (value.type) {
    case 'some':
    case 'ok':
    case 'err': {
      const inner = sanitize(value.value);
      return inner === value.value ? value : rewrap(value.type, inner);
    }
    case 'list':
      return listOfValues(value.items.some(holdsTypes) ? value.items.map(sanitize) : value.items);
    case 'tuple': {
      const entries = new Map<string, Value>();
      for (const [name, field] of value.entries) entries.set(name, sanitize(field));
      const tuple: TupleV = { type: 'tuple', entries, tupleType: null };
      return tuple;
    }
    default:
      return value;
  }
}

function rewrap(type: 'some' | 'ok' | 'err', value: Value): Value {
  return type === 'some' ? { type, value } : { type, value };
}

function holdsTypes(value: Value): boolean {
  switch (value.type) {
    case 'list':
    case 'tuple':
      return true;
    case 'some':
    case 'ok':
    case 'err':
      return holdsTypes(value.value);
    default:
      return false;
  }
}

/**
 * The same value as a supertype has it. Quirk: a supertype of two tuples has the fields of the
 * first, and what the second has beyond them is lost here.
 *
 * @param type admits the value, but for surplus fields
 */
export function sanitizeAs(value: Value, type: TypeSignature): Value {
  switch (value.type) {
    case 'some':
      if (type.kind !== 'optional') return value;
      return { type: 'some', value: sanitizeAs(value.value, type.inner) };
    case 'ok':
    case 'err':
      if (type.kind !== 'response') return value;
      return {
        type: value.type,
        value: sanitizeAs(value.value, value.type === 'ok' ? type.ok : type.err),
      };
    case 'list':
      return type.kind === 'list' ? listOfValues(sanitizeAllAs(value.items, type.entry)) : value;
    case 'tuple': {
      if (type.kind !== 'tuple') return value;
      const entries = new Map<string, Value>();
      for (const [name, field] of type.fields) {
        const own = value.entries.get(name);
        if (own === undefined) throw checkError('ListTypesMustMatch', `no field ${name}`);
        entries.set(name, sanitizeAs(own, field));
      }
      return { type: 'tuple', entries, tupleType: null };
    }
    default:
      return value;
  }
}

export function sanitizeAllAs(items: readonly Value[], type: TypeSignature): readonly Value[] {
  for (const item of items) {
    if (holdsTypes(item)) return items.map((one) => sanitizeAs(one, type));
  }
  return items;
}

/** `(list ..)` as natives make it: entries lose declared types, the list gets their supertype. */
export function consList(items: readonly Value[]): ListV {
  const typed = listOfValues(items);
  const clean = sanitizeAllAs(items, typed.listType.entry);
  return clean === items ? typed : { type: 'list', items: clean, listType: typed.listType };
}

/** Whether `type` admits the value, without building the value's type where that is easy. */
export function admitsValue(type: TypeSignature, value: Value): boolean {
  switch (type.kind) {
    case 'int':
    case 'uint':
    case 'bool':
      return value.type === type.kind;
    case 'principal':
      return value.type === 'principal' && value.trait === null;
    case 'buffer':
    case 'string-ascii':
      return value.type === type.kind && value.value.length <= type.length;
    case 'string-utf8':
      return value.type === 'string-utf8' && value.length <= type.length;
    case 'optional':
      if (value.type === 'none') return true;
      return value.type === 'some' && admitsValue(type.inner, value.value);
    case 'response':
      if (value.type === 'ok') return admitsValue(type.ok, value.value);
      return value.type === 'err' && admitsValue(type.err, value.value);
    case 'list':
      return value.type === 'list' && admitsType(type, value.listType);
    case 'tuple':
      if (value.type !== 'tuple') return false;
      return value.tupleType === type || admitsType(type, tupleTypeOf(value));
    default:
      return admitsType(type, typeOfValue(value));
  }
}

export function typeMismatch(type: TypeSignature, value: Value): never {
  throw checkError('TypeValueError', `expected ${formatType(type)}, got ${describeValue(value)}`);
}

/** Checks and casts one argument to a declared parameter type. */
export function makeAcceptor(
  type: TypeSignature,
  version: ClarityVersion,
): (value: Value) => Value {
  switch (type.kind) {
    case 'int':
    case 'uint':
    case 'bool':
      return (value) => (value.type === type.kind ? value : typeMismatch(type, value));
  }
  if (version === 1) {
    if (type.kind === 'trait') return (value) => castTrait(type, value);
    return (value) => (admitsValue(type, value) ? value : typeMismatch(type, value));
  }
  return (value) => {
    const cast = castValue(type, value);
    return admitsValue(type, cast) ? cast : typeMismatch(type, value);
  };
}

function castTrait(type: TypeSignature & { kind: 'trait' }, value: Value): Value {
  if (value.type !== 'principal' || value.contractName === null) return typeMismatch(type, value);
  if (value.trait !== null && sameTrait(value.trait, type.trait)) return value;
  return { ...value, trait: type.trait };
}

const listTypes = new WeakMap<TypeSignature, Map<number, ListType>>();

/** `(list n entry)`, remembered per entry type: casts make the same few over and over. */
function listTypeOf(entry: TypeSignature, length: number): ListType {
  let byLength = listTypes.get(entry);
  if (byLength === undefined) {
    byLength = new Map();
    listTypes.set(entry, byLength);
  }
  let type = byLength.get(length);
  if (type === undefined) {
    type = Ty.list(entry, length);
    if (byLength.size < 8192) byLength.set(length, type);
  }
  return type;
}

function castValue(type: TypeSignature, value: Value): Value {
  switch (type.kind) {
    case 'optional': {
      if (value.type !== 'some') return value;
      const inner = castValue(type.inner, value.value);
      return inner === value.value ? value : { type: 'some', value: inner };
    }
    case 'response': {
      if (value.type !== 'ok' && value.type !== 'err') return value;
      const inner = castValue(value.type === 'ok' ? type.ok : type.err, value.value);
      return inner === value.value ? value : { type: value.type, value: inner };
    }
    case 'list': {
      if (value.type !== 'list') return value;
      const listType = listTypeOf(type.entry, value.listType.length);
      if (value.listType === listType) return value;
      return { type: 'list', items: castAll(type.entry, value.items), listType };
    }
    case 'tuple': {
      if (value.type !== 'tuple' || value.tupleType === type) return value;
      return castTuple(type, value);
    }
    case 'trait':
      if (value.type !== 'principal' || value.contractName === null) return value;
      return castTrait(type, value);
    default:
      return value;
  }
}

function castAll(entry: TypeSignature, items: readonly Value[]): readonly Value[] {
  switch (entry.kind) {
    case 'optional':
    case 'response':
    case 'list':
    case 'tuple':
    case 'trait':
      return items.map((item) => castValue(entry, item));
    default:
      return items;
  }
}

/**
 * Quirk: entries of lists and fields of tuples take the declared type without being checked (until
 * epoch 4.0), so a transaction can pass, say, a longer buffer inside a tuple. Natives check again.
 */
function castTuple(type: TupleType, value: TupleV): Value {
  const entries = new Map<string, Value>();
  for (const [name, field] of value.entries) {
    const fieldType = type.fields.get(name);
    if (fieldType === undefined) return typeMismatch(type, value);
    entries.set(name, castValue(fieldType, field));
  }
  return { type: 'tuple', entries, tupleType: type };
}
