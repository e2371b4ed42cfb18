/**
 * Every native function as something that can be written: which type it gives, and its source for
 * a wanted type. The writer chooses among them; a native missing here is never tried.
 */
import { Ty, type TypeSignature, typesEqual } from '@assay/clarity-value';
import { randomType } from './values.ts';
import type { Writer } from './writer.ts';

export interface Form {
  /** The native it is about. */
  readonly name: string;
  /** Not allowed where nothing may be written. */
  readonly writes: boolean;
  /** A type it can give. */
  readonly gives: (w: Writer) => TypeSignature;
  /** Null when it cannot give the type. */
  readonly source: (w: Writer, type: TypeSignature) => string | null;
}

type Source = (w: Writer) => string;

/** Always of one type. */
const one = (name: string, type: TypeSignature, source: Source, writes = false): Form => ({
  name,
  writes,
  gives: () => type,
  source: (w, wanted) => (typesEqual(wanted, type) ? source(w) : null),
});
const writing = (name: string, type: TypeSignature, source: Source) =>
  one(name, type, source, true);

const number = (w: Writer) => w.dice.pick([Ty.int, Ty.uint]);
const isNumber = (type: TypeSignature) => type.kind === 'int' || type.kind === 'uint';

const numeric = (names: string, source: (w: Writer, t: TypeSignature, name: string) => string) =>
  names.split(' ').map(
    (name): Form => ({
      name,
      writes: false,
      gives: number,
      source: (w, type) => (isNumber(type) ? source(w, type, name) : null),
    }),
  );

const some = (w: Writer, type: TypeSignature, least: number, most: number) =>
  Array.from({ length: least + w.dice.below(most - least + 1) }, () => w.expr(type)).join(' ');

const ARITHMETIC: readonly Form[] = [
  ...numeric('+ - * / bit-and bit-or bit-xor', (w, t, name) => `(${name} ${some(w, t, 1, 3)})`),
  ...numeric('mod pow xor', (w, t, name) => `(${name} ${w.expr(t)} ${w.expr(t)})`),
  ...numeric('sqrti log2 bit-not', (w, t, name) => `(${name} ${w.expr(t)})`),
  ...numeric(
    'bit-shift-left bit-shift-right',
    (w, t, name) => `(${name} ${w.expr(t)} ${w.expr(Ty.uint)})`,
  ),
  one('to-int', Ty.int, (w) => `(to-int ${w.expr(Ty.uint)})`),
  one('to-uint', Ty.uint, (w) => `(to-uint ${w.expr(Ty.int)})`),
  ...(['int', 'uint'] as const).flatMap((kind) => [
    ...['le', 'be'].map((end) =>
      one(
        `buff-to-${kind}-${end}`,
        Ty[kind],
        (w) => `(buff-to-${kind}-${end} ${w.expr(Ty.buffer(w.dice.pick([0, 1, 5, 16])))})`,
      ),
    ),
    one(
      `string-to-${kind}?`,
      Ty.optional(Ty[kind]),
      (w) => `(string-to-${kind}? ${digits(w, kind)})`,
    ),
  ]),
  one('int-to-ascii', Ty.ascii(40), (w) => `(int-to-ascii ${w.expr(number(w))})`),
  one('int-to-utf8', Ty.utf8(40), (w) => `(int-to-utf8 ${w.expr(number(w))})`),
];

/** Text that may be a number. */
function digits(w: Writer, kind: 'int' | 'uint'): string {
  if (w.dice.chance(0.4)) return w.expr(w.dice.pick([Ty.ascii(5), Ty.utf8(3)]));
  const sign = kind === 'int' && w.dice.chance(0.5) ? '-' : '';
  return `${w.dice.pick(['', 'u'])}"${sign}${w.dice.below(1000)}"`;
}

const comparable = (w: Writer) =>
  w.dice.pick(
    w.version >= 2 ? [Ty.int, Ty.uint, Ty.ascii(5), Ty.utf8(3), Ty.buffer(5)] : [Ty.int, Ty.uint],
  );

const bool = (name: string, source: Source) => one(name, Ty.bool, source);

const LOGIC: readonly Form[] = [
  ...['<', '<=', '>', '>='].map((name) =>
    bool(name, (w) => {
      const type = comparable(w);
      return `(${name} ${w.expr(type)} ${w.expr(type)})`;
    }),
  ),
  bool('and', (w) => `(and ${some(w, Ty.bool, 1, 3)})`),
  bool('or', (w) => `(or ${some(w, Ty.bool, 1, 3)})`),
  bool('not', (w) => `(not ${w.expr(Ty.bool)})`),
  bool('is-eq', (w) => `(is-eq ${some(w, randomType(w.dice, 1), 1, 3)})`),
  bool('is-some', (w) => `(is-some ${w.expr(Ty.optional(randomType(w.dice, 1)))})`),
  bool('is-none', (w) => `(is-none ${w.expr(Ty.optional(randomType(w.dice, 1)))})`),
  bool('is-ok', (w) => `(is-ok ${w.expr(randomResponse(w))})`),
  bool('is-err', (w) => `(is-err ${w.expr(randomResponse(w))})`),
  bool('is-standard', (w) => `(is-standard ${w.expr(Ty.principal)})`),
];

const randomResponse = (w: Writer) =>
  Ty.response(randomType(w.dice, 1), w.dice.pick([Ty.uint, Ty.bool, randomType(w.dice, 0)]));

type Of<K extends TypeSignature['kind']> = Extract<TypeSignature, { kind: K }>;

const optional = (
  name: string,
  source: (w: Writer, inner: TypeSignature) => string | null,
): Form => ({
  name,
  writes: false,
  gives: (w) => Ty.optional(randomType(w.dice, 1)),
  source: (w, type) => (type.kind === 'optional' ? source(w, type.inner) : null),
});

const response = (name: string, source: (w: Writer, type: Of<'response'>) => string): Form => ({
  name,
  writes: false,
  gives: randomResponse,
  source: (w, type) => (type.kind === 'response' ? source(w, type) : null),
});

const OPTIONALS: readonly Form[] = [
  optional('some', (w, inner) => `(some ${w.expr(inner)})`),
  response('ok', (w, type) => `(ok ${w.expr(type.ok)})`),
  response('err', (w, type) => `(err ${w.expr(type.err)})`),
];

type Sequence = Of<'list' | 'buffer' | 'string-ascii' | 'string-utf8'>;

const isSequence = (type: TypeSignature): type is Sequence => 'length' in type;

/** The same kind of sequence with another length. */
function resized(type: Sequence, length: number): Sequence {
  if (type.kind === 'list') return Ty.list(type.entry, Math.max(1, length));
  if (type.kind === 'buffer') return Ty.buffer(length) as Sequence;
  return (type.kind === 'string-ascii' ? Ty.ascii(length) : Ty.utf8(length)) as Sequence;
}

function randomSequence(w: Writer): Sequence {
  return w.dice.pick([
    () => Ty.list(randomType(w.dice, w.dice.below(2)), 1 + w.dice.below(4)),
    () => Ty.buffer(w.dice.pick([1, 3, 20, 33])),
    () => Ty.ascii(w.dice.pick([1, 5, 16])),
    () => Ty.utf8(w.dice.pick([1, 3, 5])),
  ])() as Sequence;
}

const elementOf = (type: Sequence): TypeSignature =>
  type.kind === 'list' ? type.entry : resized(type, 1);

const sequence = (name: string, source: (w: Writer, type: Sequence) => string | null): Form => ({
  name,
  writes: false,
  gives: randomSequence,
  source: (w, type) => (isSequence(type) && type.length > 0 ? source(w, type) : null),
});
const maybeSequence = (name: string, source: (w: Writer, type: Sequence) => string): Form => ({
  name,
  writes: false,
  gives: (w) => Ty.optional(randomSequence(w)),
  source: (w, type) =>
    type.kind === 'optional' && isSequence(type.inner) && type.inner.length > 0
      ? source(w, type.inner)
      : null,
});

function elementAt(name: string): Form {
  return optional(name, (w, inner) => {
    const text = isSequence(inner) && inner.kind !== 'list' && inner.length === 1;
    const source: Sequence = text && w.dice.chance(0.5) ? resized(inner, 5) : Ty.list(inner, 3);
    return `(${name} ${w.expr(source)} ${w.expr(Ty.uint)})`;
  });
}

function indexOf(name: string): Form {
  return one(name, Ty.optional(Ty.uint), (w) => {
    const type = randomSequence(w);
    return `(${name} ${w.expr(type)} ${w.expr(elementOf(type))})`;
  });
}

function listItems(w: Writer, entry: TypeSignature, length: number): string {
  const rest = Array.from({ length: w.dice.below(length) }, () => w.wider(entry));
  return [w.expr(entry), ...rest].join(' ');
}

/** Natives that can be applied by `map` and `fold` to numbers. */
const APPLICABLE = ['+', '-', '*', 'xor', 'mod', '/'];

const SEQUENCES: readonly Form[] = [
  one('len', Ty.uint, (w) => `(len ${w.expr(randomSequence(w))})`),
  elementAt('element-at'),
  elementAt('element-at?'),
  indexOf('index-of'),
  indexOf('index-of?'),
  sequence('concat', (w, type) => {
    const half = Math.floor(type.length / 2);
    return `(concat ${w.expr(resized(type, half))} ${w.expr(resized(type, type.length - half))})`;
  }),
  sequence('append', (w, type) =>
    type.kind === 'list' && type.length > 1
      ? `(append ${w.expr(resized(type, type.length - 1))} ${w.wider(type.entry)})`
      : null,
  ),
  sequence('list', (w, type) =>
    type.kind === 'list' ? `(list ${listItems(w, type.entry, type.length)})` : null,
  ),
  sequence('filter', (w, type) => {
    const fn = w.fn([elementOf(type)], Ty.bool);
    const native = type.kind === 'list' && type.entry.kind === 'bool' ? 'not' : null;
    const chosen = native ?? fn;
    return chosen === null ? null : `(filter ${chosen} ${w.expr(type)})`;
  }),
  sequence('map', (w, type) => {
    if (type.kind !== 'list') return null;
    const { entry, length } = type;
    if (isNumber(entry) && w.dice.chance(0.5)) {
      const lists = Array.from({ length: 1 + w.dice.below(2) }, () =>
        w.expr(Ty.list(entry, length)),
      );
      return `(map ${w.dice.pick(APPLICABLE.slice(0, 3))} ${lists.join(' ')})`;
    }
    const args = Array.from({ length: 1 + w.dice.below(2) }, () => randomSequence(w));
    const fn = w.fn(args.map(elementOf), entry);
    const sources = args.map((arg) => w.expr(resized(arg, length)));
    return fn === null ? null : `(map ${fn} ${sources.join(' ')})`;
  }),
  {
    name: 'fold',
    writes: false,
    gives: (w) => w.dice.pick([Ty.int, Ty.uint, randomType(w.dice, 1)]),
    source: (w, type) => {
      if (isNumber(type) && w.dice.chance(0.5)) {
        return `(fold ${w.dice.pick(APPLICABLE)} ${w.expr(Ty.list(type, 3))} ${w.expr(type)})`;
      }
      const over = randomSequence(w);
      const fn = w.fn([elementOf(over), type], type);
      return fn === null ? null : `(fold ${fn} ${w.expr(over)} ${w.expr(type)})`;
    },
  },
  maybeSequence('as-max-len?', (w, type) => {
    const given = resized(type, type.length + w.dice.below(3));
    return `(as-max-len? ${w.expr(given)} u${type.length})`;
  }),
  maybeSequence(
    'slice?',
    (w, type) => `(slice? ${w.expr(type)} u${w.dice.below(4)} ${w.expr(Ty.uint)})`,
  ),
  maybeSequence(
    'replace-at?',
    (w, type) => `(replace-at? ${w.expr(type)} ${w.expr(Ty.uint)} ${w.expr(elementOf(type))})`,
  ),
];

const TUPLES: readonly Form[] = [
  ...['tuple', 'merge'].map(
    (name): Form => ({
      name,
      writes: false,
      gives: (w) =>
        Ty.tuple([
          ['a', randomType(w.dice, 1)],
          ['key', randomType(w.dice, 0)],
        ]),
      source: (w, type) => {
        if (type.kind !== 'tuple') return null;
        const fields = [...type.fields].map(([key, field]) => [key, w.expr(field)] as const);
        const braces = (some: typeof fields) =>
          `{${some.map(([key, source]) => `${key}: ${source}`).join(', ')}}`;
        if (name === 'tuple') {
          return `(tuple ${fields.map(([key, source]) => `(${key} ${source})`).join(' ')})`;
        }
        const cut = w.dice.below(fields.length + 1);
        const rest = cut < fields.length ? fields.slice(cut) : fields.slice(-1);
        return cut === 0
          ? `(merge ${braces(fields)} ${braces(rest)})`
          : `(merge ${braces(fields.slice(0, cut))} ${braces(rest)})`;
      },
    }),
  ),
  {
    name: 'get',
    writes: false,
    gives: (w) => randomType(w.dice, 1),
    source: (w, type) => {
      const tuple = Ty.tuple([
        ['b', type],
        ['z', Ty.uint],
      ]);
      return type.kind === 'optional' && w.dice.chance(0.5)
        ? `(get b ${w.expr(
            Ty.optional(
              Ty.tuple([
                ['b', type.inner],
                ['z', Ty.uint],
              ]),
            ),
          )})`
        : `(get b ${w.expr(tuple)})`;
    },
  },
];

export const GENERAL_FORMS: readonly Form[] = [
  ...ARITHMETIC,
  ...LOGIC,
  ...OPTIONALS,
  ...SEQUENCES,
  ...TUPLES,
];

export { bool, number, one, optional, response, writing };
