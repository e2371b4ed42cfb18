/**
 * Random arguments for a function by its parameter types. Numbers, texts and principals that stand
 * in the sources, and contracts that implement the trait asked for, come often: sequences of calls
 * that get somewhere need them.
 */
import { bytesFromHex } from '@assay/bytes';
import { type ClarityValue, Cv, parsePrincipal, type TypeSignature } from '@assay/clarity-value';
import type { Dice } from '../generator/values.ts';

/** What arguments are made from. */
export class Words {
  readonly #numbers = new Set<bigint>([0n, 1n, 2n, 3n, 10n, 100n, 1000n, 1_000_000n, 100_000_000n]);
  readonly #texts = new Set<string>();
  readonly #buffers = new Set<string>();
  readonly #principals = new Set<string>();
  readonly #byTrait = new Map<string, string[]>();
  readonly #contracts: string[] = [];

  constructor(accounts: readonly string[]) {
    for (const account of accounts) this.#principals.add(account);
  }

  addSource(source: string): void {
    for (const [, digits] of source.matchAll(/[ (]u?(\d{1,38})(?=[\s)},])/g)) {
      this.#numbers.add(BigInt(digits!));
    }
    for (const [, text] of source.matchAll(/"((?:[ -!#-[\]-~]){0,64})"/g)) this.#texts.add(text!);
    for (const [, hex] of source.matchAll(/0x((?:[0-9a-f]{2}){0,64})(?=[\s)},])/g)) {
      this.#buffers.add(hex!);
    }
    for (const [, text] of source.matchAll(/'(S[0-9A-Z]{27,41})(?=[\s)},])/g)) {
      if (parsePrincipal(text!).ok) this.#principals.add(text!);
    }
  }

  addContract(id: string, implemented: Iterable<string>): void {
    this.#contracts.push(id);
    for (const trait of implemented) {
      const known = this.#byTrait.get(trait);
      if (known === undefined) this.#byTrait.set(trait, [id]);
      else known.push(id);
    }
  }

  number(dice: Dice, signed: boolean): bigint {
    const roll = dice.next();
    if (roll < 0.45) return dice.pick([...this.#numbers]);
    if (roll < 0.7) return BigInt(dice.below(8));
    if (roll < 0.95) return BigInt(dice.below(10 ** (1 + dice.below(9))));
    if (signed && dice.chance(0.5)) return -BigInt(dice.below(1000));
    return dice.pick([2n ** 64n, 2n ** 127n - 1n]);
  }

  text(dice: Dice, most: number): string {
    const known = this.#texts.size > 0 && dice.chance(0.6) ? dice.pick([...this.#texts]) : null;
    return (known ?? 'abc-xyz 0'.repeat(1 + dice.below(3))).slice(0, dice.chance(0.8) ? most : 3);
  }

  buffer(dice: Dice, most: number): Uint8Array {
    if (this.#buffers.size > 0 && dice.chance(0.5)) {
      const known = bytesFromHex(dice.pick([...this.#buffers]));
      if (known.length <= most) return known;
    }
    const length = dice.chance(0.7) ? Math.min(most, 600) : dice.below(Math.min(most, 600) + 1);
    const few = dice.chance(0.5);
    return Uint8Array.from({ length }, () => (few ? dice.below(3) : dice.below(256)));
  }

  principal(dice: Dice): string {
    if (this.#contracts.length > 0 && dice.chance(0.25)) return dice.pick(this.#contracts);
    return dice.pick([...this.#principals]);
  }

  contractOf(dice: Dice, trait: string): string {
    const fitting = this.#byTrait.get(trait);
    if (fitting !== undefined && dice.chance(0.85)) return dice.pick(fitting);
    // A trait is often met without being claimed.
    return dice.pick(this.#contracts);
  }

  sender(dice: Dice): string {
    return dice.pick([...this.#principals]);
  }
}

const LIST_MOST = 6;

export function randomArgument(dice: Dice, words: Words, type: TypeSignature): ClarityValue {
  const make = (inner: TypeSignature) => randomArgument(dice, words, inner);
  switch (type.kind) {
    case 'int':
      return Cv.int(words.number(dice, true));
    case 'uint':
      return Cv.uint(words.number(dice, false));
    case 'bool':
      return Cv.bool(dice.chance(0.6));
    case 'buffer':
      return Cv.buffer(words.buffer(dice, type.length));
    case 'string-ascii':
      return Cv.ascii(words.text(dice, type.length));
    case 'string-utf8':
      return Cv.utf8(words.text(dice, type.length));
    case 'trait':
      return Cv.principal(words.contractOf(dice, `${type.trait.contract}.${type.trait.name}`));
    case 'optional':
      return dice.chance(0.35) ? Cv.none() : Cv.some(make(type.inner));
    case 'response':
      return dice.chance(0.7) ? Cv.ok(make(type.ok)) : Cv.err(make(type.err));
    case 'list': {
      const length = dice.below(Math.min(type.length, LIST_MOST) + 1);
      return Cv.list(Array.from({ length }, () => make(type.entry)));
    }
    case 'tuple':
      return Cv.tuple(
        Object.fromEntries([...type.fields].map(([name, field]) => [name, make(field)])),
      );
    default:
      return Cv.principal(words.principal(dice));
  }
}
