import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeBidSamples, pickSample, U256_MAX, type WindowBlock } from '../src/index.ts';

type Commit = {
  txid: Uint8Array;
  input: { txid: Uint8Array; index: number };
  burnFeeSats: bigint;
};

/** A miner's history: per block of the window a bid, a late commit, or nothing. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('bid' as const), sats: fc.integer({ min: 1, max: 1_000_000 }) }),
  fc.constant({ kind: 'late' as const, sats: 1 }),
  fc.constant({ kind: 'none' as const, sats: 1 }),
);
const history = fc.array(step, { minLength: 6, maxLength: 6 });

function name(miner: number, block: number): Uint8Array {
  return new Uint8Array(32).fill(1 + miner * 16 + block);
}

/** Chained as an honest wallet does: each operation spends the one before. */
function build(histories: (typeof step extends fc.Arbitrary<infer T> ? T : never)[][]) {
  const window: WindowBlock<Commit>[] = [];
  for (let block = 0; block < 6; block++) {
    const commits: Commit[] = [];
    const missed: Commit[] = [];
    histories.forEach((steps, miner) => {
      const { kind, sats } = steps[block]!;
      if (kind === 'none') return;
      let previous = block - 1;
      while (previous >= 0 && steps[previous]!.kind === 'none') previous--;
      const input = { txid: name(miner, previous < 0 ? 15 : previous), index: 3 };
      const commit = { txid: name(miner, block), input, burnFeeSats: BigInt(sats) };
      if (kind === 'bid') commits.push(commit);
      else if (block < 5) missed.push(commit);
    });
    window.push({ commits, missed, singleOutput: false });
  }
  return window;
}

describe('SIP-001 windowed min-median against a naive model', () => {
  it('weighs chained, late and absent commits alike', () => {
    fc.assert(
      fc.property(fc.array(history, { minLength: 1, maxLength: 5 }), (histories) => {
        const samples = computeBidSamples(build(histories), 2);
        const expected = histories.flatMap((steps) => {
          if (steps[5]!.kind !== 'bid') return [];
          const burns = steps.map(({ kind, sats }) => (kind === 'bid' ? sats : 1));
          const sorted = [...burns].sort((a, b) => a - b);
          const median = Math.floor((sorted[2]! + sorted[3]!) / 2);
          return [Math.min(median, burns[5]!)];
        });
        expect(samples.map((sample) => Number(sample.weight))).toEqual(expected);
        const frequencies = histories.flatMap((steps) =>
          steps[5]!.kind === 'bid' ? [steps.filter(({ kind }) => kind !== 'none').length] : [],
        );
        expect(samples.map((sample) => sample.frequency)).toEqual(frequencies);
      }),
      { numRuns: 200 },
    );
  });

  it('covers the line without gap or overlap, each index falling on its sample', () => {
    const bids = fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 20 });
    const part = fc.bigInt({ min: 0n, max: U256_MAX });
    fc.assert(
      fc.property(bids, part, (sats, index) => {
        const commits = sats.map((value, i) => ({
          txid: name(0, i),
          input: { txid: new Uint8Array(32), index: 0 },
          burnFeeSats: BigInt(value),
        }));
        const samples = computeBidSamples([{ commits, missed: [], singleOutput: false }], 2);
        expect(samples[0]!.rangeStart).toBe(0n);
        expect(samples.at(-1)!.rangeEnd).toBe(U256_MAX);
        for (let i = 1; i < samples.length; i++) {
          expect(samples[i]!.rangeStart).toBe(samples[i - 1]!.rangeEnd);
        }
        const at = pickSample(samples, index)!;
        expect(samples[at]!.rangeStart <= index).toBe(true);
        expect(index <= samples[at]!.rangeEnd).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
