/**
 * Seeded pseudo-randomness of the simulation: sfc32 (Chris Doty-Humphrey's small fast counter),
 * keyed by a text so that every process has a stream of its own. Not for secrets.
 */
import type { Random } from './world.ts';

export interface SimRandom extends Random {
  /** Uniform in 0 .. bound - 1; bound <= 2^32. */
  below(bound: number): number;
  /** True with probability `chance` (0..1). */
  chance(chance: number): boolean;
}

export function simRandom(key: string): SimRandom {
  let [a, b, c, count] = keyToState(key);
  const next = (): number => {
    const out = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  return {
    bytes(size) {
      const out = new Uint8Array(size);
      for (let at = 0; at < size; at += 4) {
        const word = next();
        for (let i = 0; i < 4 && at + i < size; i++) out[at + i] = word >>> (8 * i);
      }
      return out;
    },
    below: (bound) => Math.floor((next() / 4294967296) * bound),
    chance: (chance) => next() / 4294967296 < chance,
  };
}

/** FNV-1a over the text from four offsets. */
function keyToState(key: string): [number, number, number, number] {
  const word = (offset: number): number => {
    let hash = 0x811c9dc5 ^ offset;
    for (let i = 0; i < key.length; i++) {
      hash ^= key.charCodeAt(i);
      hash = Math.imul(hash, 0x01000193);
    }
    return hash | 0;
  };
  return [word(1), word(0x9e3779b9), word(0x85ebca6b), word(0xc2b2ae35) | 1];
}
