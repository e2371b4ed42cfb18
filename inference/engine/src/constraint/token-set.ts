/** Which tokens of a vocabulary keep a text inside a grammar. */
import type { TokenSet } from '../engine.ts';
import type { AutomatonState } from './automaton.ts';

/** One bit per id. */
export class PackedTokenSet implements TokenSet {
  readonly #words: Uint32Array;
  readonly size: number;

  private constructor(words: Uint32Array, size: number) {
    this.#words = words;
    this.size = size;
  }

  static of(ids: readonly number[]): PackedTokenSet {
    const max = ids.reduce((most, id) => Math.max(most, id), -1);
    const words = new Uint32Array((max >>> 5) + 1);
    let size = 0;
    for (const id of ids) {
      const bit = 1 << (id & 31);
      if ((words[id >>> 5]! & bit) === 0) size += 1;
      words[id >>> 5]! |= bit;
    }
    return new PackedTokenSet(words, size);
  }

  has(id: number): boolean {
    return ((this.#words[id >>> 5] ?? 0) & (1 << (id & 31))) !== 0;
  }

  *ids(): Iterable<number> {
    for (let word = 0; word < this.#words.length; word++) {
      for (let bits = this.#words[word]!; bits !== 0; bits &= bits - 1) {
        yield (word << 5) + (31 - Math.clz32(bits & -bits));
      }
    }
  }
}

/** Tokens in the order of their bytes, so that tokens that begin alike are looked at once. */
export class SortedVocabulary {
  readonly pieces: readonly Uint8Array[];
  readonly #ids: Int32Array;
  /** `#shared[i]`: bytes that token `i` of the order has in common with the one before it. */
  readonly #shared: Int32Array;

  constructor(pieces: readonly Uint8Array[]) {
    this.pieces = pieces;
    const ids = pieces.flatMap((piece, id) => (piece.length === 0 ? [] : [id]));
    ids.sort((a, b) => compare(pieces[a]!, pieces[b]!) || a - b);
    this.#ids = Int32Array.from(ids);
    this.#shared = Int32Array.from(ids, (id, i) =>
      i === 0 ? 0 : sharedPrefix(pieces[ids[i - 1]!]!, pieces[id]!),
    );
  }

  /** Tokens whose bytes can come next, and `also`. */
  allowedFrom(start: AutomatonState, also: readonly number[]): TokenSet {
    const allowed = [...also];
    /** `path[d]`: the state after the first `d` bytes of the token before. */
    const path: (AutomatonState | null)[] = [start];
    let walked = 0;
    for (let i = 0; i < this.#ids.length; i++) {
      const piece = this.pieces[this.#ids[i]!]!;
      let depth = Math.min(walked, this.#shared[i]!);
      let state: AutomatonState | null = path[depth]!;
      while (state !== null && depth < piece.length) {
        state = state.step(piece[depth]!);
        depth += 1;
        path[depth] = state;
      }
      walked = depth;
      if (state !== null) allowed.push(this.#ids[i]!);
    }
    return PackedTokenSet.of(allowed);
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const at = sharedPrefix(a, b);
  return (a[at] ?? -1) - (b[at] ?? -1);
}

function sharedPrefix(a: Uint8Array, b: Uint8Array): number {
  let size = 0;
  while (size < a.length && size < b.length && a[size] === b[size]) size += 1;
  return size;
}
