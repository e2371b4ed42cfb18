/** SIP-021 "Signer behavior", from the miner's side: when a proposed block is given up. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../src/limits.ts';
import { isOver, type Standing } from '../src/patience.ts';

const FRESH: Standing = {
  isPossible: true,
  ageMs: 100,
  overtakenMs: null,
  signedWeight: 0n,
  refusedWeight: 0n,
  isRefused: false,
};
const { lastBlockMsMax, overtakenMsMax, signaturesMsMax } = LIMITS;

describe('a proposed block', () => {
  it.each<[string, Partial<Standing>, boolean]>([
    ['just made', {}, false],
    ['whose parent is not the tip', { isPossible: false, signedWeight: 2n }, true],
    ['that nobody answers', { ageMs: signaturesMsMax }, false],
    ['that nobody has answered for long', { ageMs: signaturesMsMax + 1 }, true],
    ['signed by some for long', { ageMs: signaturesMsMax + 1, signedWeight: 1n }, false],
    ['refused by few', { refusedWeight: 1n }, false],
    ['refused by many', { refusedWeight: 4n, isRefused: true }, true],
    [
      'refused by many and signed by some',
      { signedWeight: 1n, refusedWeight: 4n, isRefused: true },
      false,
    ],
    [
      'the same, when those who signed are free again',
      { signedWeight: 1n, refusedWeight: 4n, isRefused: true, ageMs: lastBlockMsMax + 1 },
      true,
    ],
  ])('%s', (_what, change, expected) => {
    expect(isOver({ ...FRESH, ...change })).toBe(expected);
  });

  it.each<[string, Partial<Standing>, boolean]>([
    ['not answered yet', {}, false],
    ['signed by some', { signedWeight: 1n, refusedWeight: 1n }, false],
    ['older than signers let in', { ageMs: lastBlockMsMax + 1, signedWeight: 1n }, true],
    ['refused by few', { refusedWeight: 1n, overtakenMs: overtakenMsMax }, false],
    ['refused by few for a while', { refusedWeight: 1n, overtakenMs: overtakenMsMax + 1 }, true],
    ['refused by many', { refusedWeight: 4n, isRefused: true }, true],
  ])('overtaken by Bitcoin and %s', (_what, change, expected) => {
    expect(isOver({ ...FRESH, overtakenMs: 10, ...change })).toBe(expected);
  });
});
