import { describe, expect, it } from 'vitest';
import { computeBidSamples, U256_MAX, type WindowCommit } from '../src/index.ts';

/** The windows of the reference's distribution tests: commits by number, chained by number. */
function hash(n: number): Uint8Array {
  const out = new Uint8Array(32);
  new DataView(out.buffer).setBigUint64(0, BigInt(n));
  return out;
}
const unchained = new Uint8Array(32).fill(1);
type Row = readonly [burn: number, txid: number, input: number | null];

function commit([burn, txid, input]: Row, index = 3): WindowCommit {
  const spent = { txid: input === null ? unchained : hash(input), index };
  return { txid: hash(txid), input: spent, burnFeeSats: BigInt(burn) };
}
const rising: Row[][] = [
  [
    [3, 1, null],
    [1, 2, null],
  ],
  [
    [4, 3, 1],
    [3, 4, 2],
  ],
  [
    [5, 5, 3],
    [3, 6, 4],
  ],
  [
    [4, 7, 5],
    [3, 8, 6],
  ],
  [
    [5, 9, 7],
    [3, 10, 8],
  ],
  [
    [4, 11, 9],
    [3, 12, 10],
  ],
];
const weights = (samples: readonly { weight: bigint }[]) => samples.map((s) => Number(s.weight));

describe('SIP-001 windowed min-median, tests of the reference implementation', () => {
  it('takes the median of six chained commits', () => {
    const window = rising.map((rows) => ({
      commits: rows.map((row) => commit(row)),
      missed: [],
      singleOutput: false,
    }));
    expect(weights(computeBidSamples(window, 2))).toEqual([4, 3]);
  });

  it('takes the last bid when it is below the median', () => {
    const rows = rising.map((block, i) =>
      block.map(([burn, txid, input], j): Row => {
        if (i < 5) return [j === 0 ? burn : 4, txid, input];
        return [j === 0 ? 3 : 1, txid, input];
      }),
    );
    const window = rows.map((block) => ({
      commits: block.map((row) => commit(row)),
      missed: [],
      singleOutput: false,
    }));
    expect(weights(computeBidSamples(window, 2))).toEqual([3, 1]);
  });

  it('counts a missed commit as a bid of one and goes on behind it', () => {
    const late = (txid: number, input: number) => ({
      txid: hash(txid),
      input: { txid: hash(input), index: 3 },
    });
    const missed = [[], [], [late(6, 4)], [], [late(9, 7)], []];
    const window = rising.map((rows, i) => ({
      commits: rows.filter(([, txid]) => txid !== 6 && txid !== 9).map((row) => commit(row)),
      missed: missed[i]!,
      singleOutput: false,
    }));
    expect(weights(computeBidSamples(window, 2))).toEqual([4, 3]);
  });

  it('expects output 2 behind a prepare phase commit', () => {
    const build = (fixed: boolean) =>
      rising.map((rows, i) => ({
        commits: rows.map((row) => commit(row, fixed && i >= 4 ? 2 : 3)),
        missed: [],
        singleOutput: i >= 3,
      }));
    expect(weights(computeBidSamples(build(false), 2))).toEqual([1, 1]);
    expect(weights(computeBidSamples(build(true), 2))).toEqual([4, 3]);
  });
});

describe('SIP-001 ranges, fixtures of the reference implementation', () => {
  const single = (...burns: bigint[]) =>
    computeBidSamples(
      [
        {
          commits: burns.map((burn, i) => ({ ...commit([0, i + 1, null]), burnFeeSats: burn })),
          missed: [],
          singleOutput: false,
        },
      ],
      2,
    );

  it('gives everything to a lone bid', () => {
    expect(single(12_345n)[0]).toMatchObject({ rangeStart: 0n, rangeEnd: U256_MAX });
  });

  it('halves the line between equal bids', () => {
    const [a, b] = single(12_345n, 12_345n);
    const half = 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffn;
    expect([a!.rangeEnd, b!.rangeStart, b!.rangeEnd]).toEqual([half, half, U256_MAX]);
  });

  it('cuts 12345, 12345, 23456 in 512-bit fixed point', () => {
    const samples = single(12_345n, 12_345n, 23_456n);
    const first = 0x41a3ed94d3cb0a8470989faf596c8b650963dded799a7c1a3ed94d3cb0a84709n;
    const second = 0x8347db29a7961508e1313f5eb2d916ca12c7bbdaf334f8347db29a7961508e12n;
    expect(samples.map((s) => s.rangeEnd)).toEqual([first, second, U256_MAX]);
  });
});
