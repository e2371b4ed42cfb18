/**
 * Lists, buffers and strings: building, cutting, searching, mapping.
 *
 * Source: stacks-core clarity/src/vm/functions/sequences.rs; clarity-types SequenceData.
 */
import { concatBytes } from '@assay/bytes';
import { leastSupertype, supertypeOrKnown, Ty } from '@assay/clarity-value';
import type { PlainNative } from '../compile/plain.ts';
import { charge, costRuntime } from '../costs/charge.ts';
import { checkError } from '../errors.ts';
import { admitsValue, consList, sanitizeAllAs, sanitizeAs } from '../exec/sanitize.ts';
import {
  asciiValue,
  bufferValue,
  type ListV,
  NONE,
  someValue,
  typeOfValue,
  type Utf8V,
  utf8Value,
  type Value,
  valueSize,
  valuesEqual,
} from '../value.ts';
import { badType, special, unreachableType, wrongArity } from './special.ts';
import type { SpecialCall, SpecialNative } from './table.ts';

type SequenceV = Extract<Value, { type: 'list' | 'buffer' | 'string-ascii' | 'string-utf8' }>;

function asSequence(value: Value): SequenceV {
  switch (value.type) {
    case 'list':
    case 'buffer':
    case 'string-ascii':
    case 'string-utf8':
      return value;
    default:
      throw unreachableType('Expected sequence');
  }
}

function sequenceLength(value: SequenceV): number {
  if (value.type === 'list') return value.items.length;
  return value.type === 'string-utf8' ? value.length : value.value.length;
}

const oneCodePoint = (text: string): Utf8V => ({ type: 'string-utf8', value: text, length: 1 });

/** Elements as values: bytes and characters are sequences of length one. */
function elements(value: SequenceV): readonly Value[] {
  switch (value.type) {
    case 'list':
      return value.items;
    case 'buffer':
      return Array.from(value.value, (byte) => bufferValue(Uint8Array.of(byte)));
    case 'string-ascii':
      return value.value.split('').map(asciiValue);
    case 'string-utf8':
      return [...value.value].map(oneCodePoint);
  }
}

function slice(value: SequenceV, from: number, to: number): Value {
  switch (value.type) {
    case 'list':
      return consList(value.items.slice(from, to));
    case 'buffer':
      return bufferValue(value.value.slice(from, to));
    case 'string-ascii':
      return asciiValue(value.value.slice(from, to));
    case 'string-utf8':
      if (value.length === value.value.length) return utf8Value(value.value.slice(from, to));
      return utf8Value([...value.value].slice(from, to).join(''));
  }
}

const listCons: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const codes = args.map((arg) => c.owned(arg, scope, k + 1));
  return special(call, 0, (f) => {
    const items: Value[] = new Array(codes.length);
    for (let i = 0; i < codes.length; i++) items[i] = codes[i]!(f);
    let size = 0;
    for (let i = 0; i < items.length; i++) size += valueSize(items[i]!);
    charge(f.x.m, 'listCons', size);
    return consList(items);
  });
};

const fold: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const name = args[0];
  if (args.length !== 3 || name?.kind !== 'atom') return wrongArity(call);
  const sequence = c.owned(args[1]!, scope, k + 1);
  const initial = c.owned(args[2]!, scope, k + 1);
  const apply = c.applier(name.name, 2, scope, k + 1);
  return special(call, costRuntime('fold', 0) + costRuntime('lookupFunction', 0), (f) => {
    const input = asSequence(sequence(f));
    let acc = initial(f);
    const items = elements(input);
    for (let i = 0; i < items.length; i++) acc = apply(f, [items[i]!, acc]);
    return acc;
  });
};

const map: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const name = args[0];
  if (args.length < 2 || name?.kind !== 'atom') return wrongArity(call);
  const sequences = args.slice(1).map((arg) => c.owned(arg, scope, k + 1));
  const apply = c.applier(name.name, sequences.length, scope, k + 1);
  const cost = costRuntime('map', args.length) + costRuntime('lookupFunction', 0);
  return special(call, cost, (f) => {
    const inputs = sequences.map((code) => elements(asSequence(code(f))));
    return consList(mapRows(inputs).map((row) => apply(f, row)));
  });
};

/**
 * Argument lists, element by element. Quirk (until epoch 4.0): the first list is cut one element
 * too late, but rows that are not as long as the first one end the mapping.
 */
function mapRows(inputs: readonly (readonly Value[])[]): Value[][] {
  const rows: Value[][] = [];
  let shortest = Number.POSITIVE_INFINITY;
  for (const input of inputs) {
    shortest = Math.min(shortest, input.length);
    for (let i = 0; i < input.length && i <= shortest; i++) {
      if (i >= rows.length) rows.push([input[i]!]);
      else rows[i]!.push(input[i]!);
    }
  }
  const width = rows[0]?.length ?? 0;
  const end = rows.findIndex((row) => row.length !== width);
  return end < 0 ? rows : rows.slice(0, end);
}

const filter: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const name = args[0];
  if (args.length !== 2 || name?.kind !== 'atom') return wrongArity(call);
  const sequence = c.owned(args[1]!, scope, k + 1);
  const apply = c.applier(name.name, 1, scope, k + 1);
  const lookup = costRuntime('lookupFunction', 0);
  return special(call, costRuntime('filter', 0), (f) => {
    const input = asSequence(sequence(f));
    f.x.m.addRuntime(lookup);
    const kept: Value[] = [];
    for (const item of elements(input)) {
      const keep = apply(f, [item]);
      if (keep.type !== 'bool') throw badType('bool', keep);
      if (keep.value) kept.push(item);
    }
    return rebuild(input, kept);
  });
};

/** A sequence like `model` of these elements; a list keeps its type. */
function rebuild(model: SequenceV, items: readonly Value[]): Value {
  switch (model.type) {
    case 'list':
      return { type: 'list', items, listType: model.listType };
    case 'buffer':
      return bufferValue(
        concatBytes(...items.map((item) => (item as { value: Uint8Array }).value)),
      );
    case 'string-ascii':
      return asciiValue(items.map((item) => (item as { value: string }).value).join(''));
    case 'string-utf8':
      return utf8Value(items.map((item) => (item as { value: string }).value).join(''));
  }
}

/** Whether evaluating the expression yields a variable that is copied, at a cost, later. */
export function isBorrowed(call: SpecialCall, index: number): boolean {
  const expr = call.args[index];
  if (expr?.kind !== 'atom') return false;
  const local = call.scope.lookup(expr.name);
  return local !== null ? !local.callableOnly : call.c.contract.constants.has(expr.name);
}

const append: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 2) return wrongArity(call);
  const sequence = c.owned(args[0]!, scope, k + 1);
  const element = c.code(args[1]!, scope, k + 1);
  const borrowed = isBorrowed(call, 1);
  return special(call, 0, (f) => {
    const list = sequence(f);
    if (list.type !== 'list') throw unreachableType('Expected list application');
    const item = element(f);
    const size = valueSize(item);
    const { entry, length } = list.listType;
    charge(f.x.m, 'append', Math.max(entry.size, size));
    if (borrowed) f.x.m.addRuntime(1 + 2 * size);
    if (entry.kind === 'no-type') return consList([item]);
    const type = typeOfValue(item);
    const next = type === entry ? entry : leastSupertype(entry, type);
    const items = [...list.items, sanitizeAs(item, next)];
    return { type: 'list', items, listType: Ty.list(next, length + 1) };
  });
};

const concat: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 2) return wrongArity(call);
  const left = c.owned(args[0]!, scope, k + 1);
  const right = c.owned(args[1]!, scope, k + 1);
  return special(call, 0, (f) => {
    const a = asSequence(left(f));
    const b = asSequence(right(f));
    charge(f.x.m, 'concat', sequenceLength(a) + sequenceLength(b));
    return joinSequences(a, b);
  });
};

function joinSequences(a: SequenceV, b: SequenceV): Value {
  if (a.type === 'list' && b.type === 'list') return joinLists(a, b);
  if (a.type === 'buffer' && b.type === 'buffer') return bufferValue(concatBytes(a.value, b.value));
  if (a.type === 'string-ascii' && b.type === 'string-ascii') return asciiValue(a.value + b.value);
  if (a.type === 'string-utf8' && b.type === 'string-utf8') {
    return { type: 'string-utf8', value: a.value + b.value, length: a.length + b.length };
  }
  throw checkError('TypeError', 'sequences of different types');
}

function joinLists(a: ListV, b: ListV): Value {
  const entry = supertypeOrKnown(a.listType.entry, b.listType.entry);
  const items = [...a.items, ...sanitizeAllAs(b.items, entry)];
  return { type: 'list', items, listType: Ty.list(entry, a.listType.length + b.listType.length) };
}

const asMaxLen: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const limit = args[1];
  if (args.length !== 2 || limit?.kind !== 'literal' || limit.value.type !== 'uint') {
    return wrongArity(call);
  }
  const sequence = c.owned(args[0]!, scope, k + 1);
  const max = limit.value.value;
  const cost = costRuntime('asMaxLen', 0);
  return special(call, 0, (f) => {
    const raw = sequence(f);
    f.x.m.addRuntime(cost);
    const value = asSequence(raw);
    if (BigInt(sequenceLength(value)) > max) return NONE;
    if (value.type !== 'list') return someValue(value);
    // The bound wraps at 32 bits, as upstream casts it.
    const bound = Number(max & 0xffffffffn);
    const { entry, length } = value.listType;
    if (bound > length) return someValue(value);
    return someValue({ ...value, listType: Ty.list(entry, bound) });
  });
};

const sliceNative: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 3) return wrongArity(call);
  const sequence = c.owned(args[0]!, scope, k + 1);
  const from = c.code(args[1]!, scope, k + 1);
  const to = c.code(args[2]!, scope, k + 1);
  return special(call, 0, (f) => {
    const raw = sequence(f);
    const left = from(f);
    const right = to(f);
    const value = asSequence(raw);
    if (left.type !== 'uint' || right.type !== 'uint') {
      f.x.m.addRuntime(costRuntime('slice', 0));
      throw unreachableType('Bad type construction');
    }
    if (left.value > 0xffffffffn || right.value > 0xffffffffn) return NONE;
    const start = Number(left.value);
    const end = Number(right.value);
    const length = sequenceLength(value);
    if (start >= length || end > length || end < start) return NONE;
    charge(f.x.m, 'slice', 0);
    return someValue(slice(value, start, end));
  });
};

const replaceAt: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 3) return wrongArity(call);
  const sequence = c.code(args[0]!, scope, k + 1);
  const position = c.code(args[1]!, scope, k + 1);
  const element = c.code(args[2]!, scope, k + 1);
  const copies = isBorrowed(call, 0);
  const copiesElement = isBorrowed(call, 2);
  return special(call, 0, (f) => {
    const value = asSequence(sequence(f));
    const size = valueSize(value);
    charge(f.x.m, 'replaceAt', size);
    const index = position(f);
    const item = element(f);
    const unit = unitType(value);
    if (unit.kind !== 'no-type' && !admitsValue(unit, item)) throw badType('element', item);
    if (index.type !== 'uint') throw badType('uint', index);
    if (index.value > 0xffffffffffffffffn) return NONE;
    if (copies) f.x.m.addRuntime(1 + 2 * size);
    if (index.value >= BigInt(sequenceLength(value))) return NONE;
    if (copiesElement) f.x.m.addRuntime(1 + 2 * valueSize(item));
    return someValue(replaced(value, Number(index.value), item));
  });
};

function unitType(value: SequenceV) {
  switch (value.type) {
    case 'list':
      return value.listType.entry;
    case 'buffer':
      return Ty.buffer(1);
    case 'string-ascii':
      return Ty.ascii(1);
    case 'string-utf8':
      return Ty.utf8(1);
  }
}

function replaced(value: SequenceV, index: number, item: Value): Value {
  if (value.type === 'list') {
    const items = value.items.slice();
    items[index] = item;
    return { type: 'list', items, listType: value.listType };
  }
  if (item.type !== value.type || sequenceLength(item as SequenceV) !== 1) {
    throw checkError('SequenceElementArityMismatch', 'the new element must have length one');
  }
  if (value.type === 'buffer') {
    const bytes = value.value.slice();
    bytes[index] = (item as { value: Uint8Array }).value[0]!;
    return bufferValue(bytes);
  }
  const chars = value.type === 'string-utf8' ? [...value.value] : value.value.split('');
  chars[index] = (item as { value: string }).value;
  return value.type === 'string-utf8' ? utf8Value(chars.join('')) : asciiValue(chars.join(''));
}

export const SEQUENCE_SPECIALS: readonly [string, SpecialNative][] = [
  ['list', listCons],
  ['fold', fold],
  ['map', map],
  ['filter', filter],
  ['append', append],
  ['concat', concat],
  ['as-max-len?', asMaxLen],
  ['slice?', sliceNative],
  ['replace-at?', replaceAt],
];

function elementAt(sequence: Value, index: Value): Value {
  const value = asSequence(sequence);
  if (index.type !== 'uint') throw badType('uint', index);
  const length = sequenceLength(value);
  if (index.value >= BigInt(length)) return NONE;
  const at = Number(index.value);
  switch (value.type) {
    case 'list':
      return someValue(value.items[at]!);
    case 'buffer':
      return someValue(bufferValue(value.value.slice(at, at + 1)));
    case 'string-ascii':
      return someValue(asciiValue(value.value[at]!));
    case 'string-utf8':
      return someValue(
        oneCodePoint(
          value.length === value.value.length ? value.value[at]! : [...value.value][at]!,
        ),
      );
  }
}

function indexOf(sequence: Value, item: Value): Value {
  const value = asSequence(sequence);
  let index = -1;
  if (value.type === 'list') {
    index = value.items.findIndex((entry) => valuesEqual(entry, item));
  } else {
    if (item.type !== value.type) throw badType(value.type, item);
    if (sequenceLength(item) !== 1) return NONE;
    if (value.type === 'buffer') index = value.value.indexOf((item as typeof value).value[0]!);
    else if (value.type === 'string-ascii')
      index = value.value.indexOf((item as typeof value).value);
    else index = [...value.value].indexOf((item as typeof value).value);
  }
  return index < 0 ? NONE : { type: 'some', value: { type: 'uint', value: BigInt(index) } };
}

function plain2(
  name: string,
  cost: 'elementAt' | 'indexOf',
  two: (a: Value, b: Value) => Value,
): PlainNative {
  return { name, cost, input: cost === 'indexOf' ? 'serialized' : 'count', arity: 2, two };
}

export const SEQUENCE_PLAIN: readonly PlainNative[] = [
  {
    name: 'len',
    cost: 'len',
    input: 'count',
    arity: 1,
    one: (value) => ({ type: 'uint', value: BigInt(sequenceLength(asSequence(value))) }),
  },
  plain2('element-at', 'elementAt', elementAt),
  plain2('element-at?', 'elementAt', elementAt),
  plain2('index-of', 'indexOf', indexOf),
  plain2('index-of?', 'indexOf', indexOf),
];
