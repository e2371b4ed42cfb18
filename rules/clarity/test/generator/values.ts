/**
 * Seeded choices, and random types and values of them, for the program generator.
 * Small sizes on purpose: limits are probed by cases of their own.
 */
import {
  type ClarityValue,
  Cv,
  clarityValueToString,
  Ty,
  type TypeSignature,
} from '@assay/clarity-value';
import { DEPLOYER, WALLET_1, WALLET_2 } from '../reference.ts';

/** Mulberry32: the same sequence on every machine. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

const LENGTHS = [0, 1, 2, 3, 5, 16, 20, 32, 33];
const PRINCIPALS = [
  DEPLOYER,
  WALLET_1,
  WALLET_2,
  `${DEPLOYER}.lib3`,
  'SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7',
];
const UTF8 = ['a', 'é', '漢', '😀', ' '];

export function randomType(dice: Dice, depth: number): TypeSignature {
  const simple = [Ty.int, Ty.uint, Ty.bool, Ty.principal];
  const roll = dice.below(depth > 0 ? 11 : 7);
  switch (roll) {
    case 4:
      return Ty.buffer(dice.pick(LENGTHS));
    case 5:
      return Ty.ascii(dice.pick(LENGTHS));
    case 6:
      return Ty.utf8(dice.pick(LENGTHS));
    case 7:
      return Ty.optional(randomType(dice, depth - 1));
    case 8:
      return Ty.response(randomType(dice, depth - 1), randomType(dice, depth - 1));
    case 9:
      return Ty.list(randomType(dice, depth - 1), dice.below(5) + 1);
    case 10: {
      const names = ['a', 'b', 'key', 'owner'].slice(0, dice.below(3) + 1);
      return Ty.tuple(names.map((name) => [name, randomType(dice, depth - 1)] as const));
    }
    default:
      return simple[roll]!;
  }
}

const EDGES = [0n, 1n, 2n, 7n, 255n, 2n ** 64n, 2n ** 127n - 1n];

function integer(dice: Dice, signed: boolean): bigint {
  const value = dice.chance(0.8) ? BigInt(dice.below(40)) : dice.pick(EDGES);
  return signed && dice.chance(0.4) ? -value : value;
}

export function randomValue(dice: Dice, type: TypeSignature): ClarityValue {
  switch (type.kind) {
    case 'int':
      return Cv.int(integer(dice, true));
    case 'uint':
      return Cv.uint(integer(dice, false));
    case 'bool':
      return Cv.bool(dice.chance(0.5));
    case 'principal':
      return Cv.principal(dice.pick(PRINCIPALS));
    case 'buffer':
      return Cv.buffer(
        Uint8Array.from({ length: length(dice, type.length) }, () => dice.below(256)),
      );
    case 'string-ascii':
      return Cv.ascii(
        Array.from({ length: length(dice, type.length) }, () =>
          dice.pick(['a', 'Z', '0', ' ', '-', '"']),
        ).join(''),
      );
    case 'string-utf8':
      return Cv.utf8(
        Array.from({ length: length(dice, type.length) }, () => dice.pick(UTF8)).join(''),
      );
    case 'optional':
      return dice.chance(0.3) ? Cv.none() : Cv.some(randomValue(dice, type.inner));
    case 'response':
      return dice.chance(0.6)
        ? Cv.ok(randomValue(dice, type.ok))
        : Cv.err(randomValue(dice, type.err));
    case 'list':
      return Cv.list(
        Array.from({ length: length(dice, type.length) }, () => randomValue(dice, type.entry)),
      );
    case 'tuple':
      return Cv.tuple(
        Object.fromEntries(
          [...type.fields].map(([name, field]) => [name, randomValue(dice, field)]),
        ),
      );
    default:
      throw new Error(`no values of ${type.kind}`);
  }
}

function length(dice: Dice, max: number): number {
  return dice.chance(0.5) ? max : dice.below(max + 1);
}

/** A value of the type, as source text. */
export function literal(dice: Dice, type: TypeSignature): string {
  return valueSource(randomValue(dice, type));
}

export function valueSource(value: ClarityValue): string {
  switch (value.type) {
    case 'principal':
      return `'${clarityValueToString(value)}`;
    case 'some':
    case 'ok':
    case 'err':
      return `(${value.type} ${valueSource(value.value)})`;
    case 'list':
      return `(list ${value.items.map(valueSource).join(' ')})`;
    case 'tuple':
      return `{${[...value.entries].map(([k, v]) => `${k}: ${valueSource(v)}`).join(', ')}}`;
    case 'string-utf8':
      return `u"${[...value.value].map(utf8Source).join('')}"`;
    default:
      return clarityValueToString(value);
  }
}

function utf8Source(char: string): string {
  const code = char.codePointAt(0)!;
  return code < 128 ? char : `\\u{${code.toString(16)}}`;
}
