/**
 * Tuples: made, read, merged. Source: stacks-core clarity/src/vm/functions/tuples.rs.
 */
import { mergeTupleTypes, type TupleType, Ty, type TypeSignature } from '@assay/clarity-value';
import type { PlainNative } from '../compile/plain.ts';
import { charge, costRuntime } from '../costs/charge.ts';
import { checkError } from '../errors.ts';
import type { Code } from '../exec/exec.ts';
import {
  someValue,
  type TupleV,
  tupleOfEntries,
  tupleTypeOf,
  typeOfValue,
  type Value,
} from '../value.ts';
import { special, unreachableType, wrongArity } from './special.ts';
import type { SpecialNative } from './table.ts';

const tuple: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length === 0) return wrongArity(call);
  const names: string[] = [];
  const codes: Code[] = [];
  for (const pair of args) {
    if (pair.kind !== 'list' || pair.items.length !== 2 || pair.items[0]?.kind !== 'atom') {
      return wrongArity(call);
    }
    names.push(pair.items[0].name);
    codes.push(c.owned(pair.items[1]!, scope, k + 1));
  }
  const cost = costRuntime('tupleCons', names.length);
  // Fields are evaluated as written and stored by name.
  const order = names.map((_, i) => i).sort((a, b) => (names[a]! < names[b]! ? -1 : 1));
  if (new Set(names).size !== names.length) {
    return special(call, 0, () => {
      throw checkError('DuplicateTupleField');
    });
  }
  const sorted = order.map((i) => names[i]!);
  // The tuples made here are mostly of one type: it is kept while the types of the fields stay.
  const fieldTypes: TypeSignature[] = new Array(order.length);
  let tupleType: TupleType | null = null;
  return special(call, 0, (f) => {
    const values: Value[] = new Array(codes.length);
    for (let i = 0; i < codes.length; i++) values[i] = codes[i]!(f);
    f.x.m.addRuntime(cost);
    const entries = new Map<string, Value>();
    for (let i = 0; i < order.length; i++) {
      const value = values[order[i]!]!;
      entries.set(sorted[i]!, value);
      const type = typeOfValue(value);
      if (fieldTypes[i] !== type) {
        fieldTypes[i] = type;
        tupleType = null;
      }
    }
    tupleType ??= Ty.tuple(sorted.map((name, i) => [name, fieldTypes[i]!] as const));
    return { type: 'tuple', entries, tupleType };
  });
};

const get: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const name = args[0];
  if (args.length !== 2 || name?.kind !== 'atom') return wrongArity(call);
  const input = c.owned(args[1]!, scope, k + 1);
  const key = name.name;
  return special(call, 0, (f) => {
    const value = input(f);
    if (value.type === 'none') return value;
    const target = value.type === 'some' ? value.value : value;
    if (target.type !== 'tuple') throw unreachableType('Expected tuple');
    charge(f.x.m, 'tupleGet', target.entries.size);
    const field = target.entries.get(key);
    if (field === undefined) throw checkError('NoSuchTupleField', `no field ${key}`);
    return value.type === 'some' ? someValue(field) : field;
  });
};

/** Of a base type, what merging it with another gave last. */
const mergedTypes = new WeakMap<TupleType, { update: TupleType; merged: TupleType }>();

function mergeTypes(base: TupleType, update: TupleType): TupleType {
  const known = mergedTypes.get(base);
  if (known?.update === update) return known.merged;
  const merged = mergeTupleTypes(base, update);
  mergedTypes.set(base, { update, merged });
  return merged;
}

function merge(base: Value, update: Value): Value {
  if (base.type !== 'tuple' || update.type !== 'tuple') throw unreachableType('Expected tuple');
  const entries = new Map(base.entries);
  for (const [name, field] of update.entries) entries.set(name, field);
  // Fields that only change keep their places.
  const merged: TupleV =
    entries.size === base.entries.size
      ? { type: 'tuple', entries, tupleType: null }
      : tupleOfEntries([...entries]);
  merged.tupleType = mergeTypes(tupleTypeOf(base), tupleTypeOf(update));
  return merged;
}

export const TUPLE_SPECIALS: readonly [string, SpecialNative][] = [
  ['tuple', tuple],
  ['get', get],
];

export const TUPLE_PLAIN: readonly PlainNative[] = [
  { name: 'merge', cost: 'tupleMerge', input: 'serialized', arity: 2, two: merge },
];
