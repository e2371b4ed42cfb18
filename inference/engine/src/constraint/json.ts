/**
 * JSON texts as a grammar over bytes (RFC 8259), with room for the white space that models like: after
 * `{ [ , :` and before `} ]` nothing, one space, or a line break and an indentation. Numbers are bounded
 * in digits, so that no answer is one number without end.
 */
import { byteIn, choice, literal, maybe, type Node, oneOf, repeat, sequence } from './grammar.ts';

const INDENT_MAX = 20;
const DIGITS_MAX = 15;

export const SPACE: Node = choice(
  sequence(),
  literal(' '),
  sequence(literal('\n'), repeat(oneOf(' \t'), 0, INDENT_MAX)),
);

const TAIL = byteIn([0x80, 0xbf]);
const HEX = oneOf('0123456789abcdefABCDEF');

/** One character of a string: UTF-8 without overlong forms and surrogates, or an escape. */
const CHARACTER: Node = choice(
  byteIn([0x20, 0x21], [0x23, 0x5b], [0x5d, 0x7e]),
  sequence(byteIn([0xc2, 0xdf]), TAIL),
  sequence(byteIn([0xe0, 0xe0]), byteIn([0xa0, 0xbf]), TAIL),
  sequence(byteIn([0xe1, 0xec], [0xee, 0xef]), TAIL, TAIL),
  sequence(byteIn([0xed, 0xed]), byteIn([0x80, 0x9f]), TAIL),
  sequence(byteIn([0xf0, 0xf0]), byteIn([0x90, 0xbf]), TAIL, TAIL),
  sequence(byteIn([0xf1, 0xf3]), TAIL, TAIL, TAIL),
  sequence(byteIn([0xf4, 0xf4]), byteIn([0x80, 0x8f]), TAIL, TAIL),
  sequence(literal('\\'), choice(oneOf('"\\/bfnrt'), sequence(literal('u'), HEX, HEX, HEX, HEX))),
);

export function jsonString(min = 0, max: number = Number.POSITIVE_INFINITY): Node {
  return sequence(literal('"'), repeat(CHARACTER, min, max), literal('"'));
}

const DIGIT = byteIn([0x30, 0x39]);

export const INTEGER: Node = sequence(
  maybe(literal('-')),
  choice(literal('0'), sequence(byteIn([0x31, 0x39]), repeat(DIGIT, 0, DIGITS_MAX - 1))),
);

export const NUMBER: Node = sequence(
  INTEGER,
  maybe(literal('.'), repeat(DIGIT, 1, DIGITS_MAX)),
  maybe(oneOf('eE'), maybe(oneOf('+-')), repeat(DIGIT, 1, 2)),
);

export const BOOLEAN: Node = choice(literal('true'), literal('false'));
export const NULL: Node = literal('null');

/** `[…]` with `min` to `max` items. */
export function jsonArray(item: Node, min = 0, max: number = Number.POSITIVE_INFINITY): Node {
  const more = sequence(literal(','), SPACE, item);
  const some = sequence(item, repeat(more, Math.max(0, min - 1), max - 1), SPACE);
  const items = max === 0 ? sequence() : min === 0 ? choice(sequence(), some) : some;
  return sequence(literal('['), SPACE, items, literal(']'));
}

/** An object with any keys and values of one kind. */
export function jsonMap(value: Node): Node {
  const pair = sequence(jsonString(), literal(':'), SPACE, value);
  const more = repeat(sequence(literal(','), SPACE, pair), 0, Number.POSITIVE_INFINITY);
  return sequence(literal('{'), SPACE, maybe(pair, more, SPACE), literal('}'));
}

/** Any JSON value. */
export const VALUE: Node = { kind: 'named', target: () => ANY };
const ANY: Node = choice(jsonMap(VALUE), jsonArray(VALUE), jsonString(), NUMBER, BOOLEAN, NULL);
