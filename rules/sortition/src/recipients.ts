/**
 * Which two stackers a block commit pays: two slots of the cycle's list, drawn by the sortition
 * hash. The draw is that of ChaCha20 seeded with the hash and the uniform sampling of rand 0.8.
 * Called by whoever builds or checks commits in a reward phase.
 * Source: SIP-007; stacks-core `burn/mod.rs` (choose two); RFC 8439 (ChaCha20); rand 0.8
 * `UniformInt::sample_single` (widening multiply, zone by leading zeros).
 */
import { assert } from '@assay/bytes';

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

function quarterRound(s: Uint32Array, a: number, b: number, c: number, d: number): void {
  s[a] = s[a]! + s[b]!;
  s[d] = rotate(s[d]! ^ s[a]!, 16);
  s[c] = s[c]! + s[d]!;
  s[b] = rotate(s[b]! ^ s[c]!, 12);
  s[a] = s[a]! + s[b]!;
  s[d] = rotate(s[d]! ^ s[a]!, 8);
  s[c] = s[c]! + s[d]!;
  s[b] = rotate(s[b]! ^ s[c]!, 7);
}

/** One 64-byte ChaCha20 block as 16 words; 64-bit counter, zero nonce. */
export function chacha20Words(key: Uint8Array, counter: number): Uint32Array {
  assert(key.length === 32, 'ChaCha20 key of 32 bytes');
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const start = new Uint32Array(16);
  start.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  for (let i = 0; i < 8; i++) start[4 + i] = view.getUint32(4 * i, true);
  start[12] = counter;
  start[13] = Math.floor(counter / 2 ** 32);
  const s = start.slice();
  for (let round = 0; round < 10; round++) {
    quarterRound(s, 0, 4, 8, 12);
    quarterRound(s, 1, 5, 9, 13);
    quarterRound(s, 2, 6, 10, 14);
    quarterRound(s, 3, 7, 11, 15);
    quarterRound(s, 0, 5, 10, 15);
    quarterRound(s, 1, 6, 11, 12);
    quarterRound(s, 2, 7, 8, 13);
    quarterRound(s, 3, 4, 9, 14);
  }
  for (let i = 0; i < 16; i++) s[i] = s[i]! + start[i]!;
  return s;
}

/** A stream of u32 from a 32-byte seed. */
export function chachaStream(seed: Uint8Array): () => number {
  let block = 0;
  let words: Uint32Array = new Uint32Array(0);
  let at = 0;
  return () => {
    if (at === words.length) {
      words = chacha20Words(seed, block++);
      at = 0;
    }
    return words[at++]!;
  };
}

/** Uniform in [0, bound), bound of 1 to 2^32 - 1, rejecting the biased tail. */
export function uniformBelow(bound: number, nextU32: () => number): number {
  const zone = (bound << Math.clz32(bound)) - 1;
  for (;;) {
    const product = BigInt(nextU32()) * BigInt(bound);
    if (Number(product & 0xffffffffn) <= zone >>> 0) return Number(product >> 32n);
  }
}

/**
 * Two different slots below `count`, in the order drawn; all slots when there are fewer than two.
 * @consensus
 */
export function chooseTwo(sortitionHash: Uint8Array, count: number): number[] {
  if (count < 2) return Array.from({ length: count }, (_, i) => i);
  const next = chachaStream(sortitionHash);
  const first = uniformBelow(count, next);
  const second = uniformBelow(count - 1, next);
  return [first, second === first ? count - 1 : second];
}
