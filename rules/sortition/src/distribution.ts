/**
 * Weights of the bids: each miner's commits of the last blocks are linked by the outputs they
 * spend, and a bid counts as the smaller of itself and the median of its chain. Then every bid
 * gets its share of [0, 2^256).
 * Called by `decide-burn-block.ts` with the window of the fork. Pure arithmetic.
 * Source: SIP-001, SIP-021; stacks-core `burn/distribution.rs` (facts).
 */
import { assert, bytesToHex } from '@assay/bytes';
import { chainedOutputIndex, type SpentOutput } from './op.ts';

export const U256_MAX = (1n << 256n) - 1n;

/** What a commit contributes to a window, in time or late. */
export interface LinkableCommit {
  readonly txid: Uint8Array;
  readonly input: SpentOutput;
}

export interface WindowCommit extends LinkableCommit {
  readonly burnFeeSats: bigint;
}

/** One Bitcoin block of the window. */
export interface WindowBlock<C extends WindowCommit> {
  /** Bids that counted, by position. */
  readonly commits: readonly C[];
  /** Commits made for this block that arrived in the next one. */
  readonly missed: readonly LinkableCommit[];
  /** Prepare phase: commits have one output. */
  readonly singleOutput: boolean;
}

export interface BidSample<C> {
  readonly commit: C;
  /** `min(last bid, median)`: the weight. */
  readonly weight: bigint;
  readonly median: bigint;
  /** Blocks of the window in which this miner's chain has a commit, this one included. */
  readonly frequency: number;
  /** The bid wins when `rangeStart <= index < rangeEnd`. */
  readonly rangeStart: bigint;
  readonly rangeEnd: bigint;
}

/**
 * @param window ascending by height; the last block holds the bids to weigh
 * @returns      one sample per bid, in the order of the bids
 * @consensus
 * Cost: O(bids x window)
 */
export function computeBidSamples<C extends WindowCommit>(
  window: readonly WindowBlock<C>[],
  outputsPerCommit: number,
): BidSample<C>[] {
  const current = window[window.length - 1];
  assert(current !== undefined, 'a window has at least one block');
  const chains = current.commits.map((commit) => new CommitChain(commit));
  for (let i = window.length - 2; i >= 0; i--) linkBlock(chains, window[i]!, outputsPerCommit);
  const weighed = chains.map((chain) => chain.weigh(window.length));
  return withRanges(weighed);
}

/** The commits of one miner through the window, newest first. */
class CommitChain<C extends WindowCommit> {
  readonly commit: C;
  readonly burns: bigint[];
  end: LinkableCommit;

  constructor(commit: C) {
    this.commit = commit;
    this.burns = [commit.burnFeeSats];
    this.end = commit;
  }

  /** Blocks without a link count as a bid of 1. */
  weigh(windowLength: number): Omit<BidSample<C>, 'rangeStart' | 'rangeEnd'> {
    const sorted = [...this.burns];
    while (sorted.length < windowLength) sorted.push(1n);
    const median = medianOf(sorted);
    const last = this.commit.burnFeeSats;
    return {
      commit: this.commit,
      weight: median < last ? median : last,
      median,
      frequency: this.burns.length,
    };
  }
}

function linkBlock<C extends WindowCommit>(
  chains: readonly CommitChain<C>[],
  block: WindowBlock<C>,
  outputsPerCommit: number,
): void {
  const expected = chainedOutputIndex(block.singleOutput, outputsPerCommit);
  const commits = new Map(block.commits.map((commit) => [bytesToHex(commit.txid), commit]));
  const missed = new Map(block.missed.map((commit) => [bytesToHex(commit.txid), commit]));
  for (const chain of chains) {
    if (chain.end.input.index !== expected) continue;
    const key = bytesToHex(chain.end.input.txid);
    const commit = commits.get(key);
    const late = commit === undefined ? missed.get(key) : undefined;
    if (commit !== undefined) {
      // A commit continues one chain only: the first that claims it.
      commits.delete(key);
      chain.burns.push(commit.burnFeeSats);
      chain.end = commit;
    } else if (late !== undefined) {
      missed.delete(key);
      chain.burns.push(1n);
      chain.end = late;
    }
  }
}

/** Mean of the two middle values (rounded down) for an even count. Sorts a copy. */
export function medianOf(values: readonly bigint[]): bigint {
  if (values.length === 0) return 0n;
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle]! + sorted[middle - 1]!) / 2n;
}

/** Cumulative weights scaled to 2^256 - 1 with 512-bit intermediates. */
function withRanges<C>(
  samples: readonly Omit<BidSample<C>, 'rangeStart' | 'rangeEnd'>[],
): BidSample<C>[] {
  if (samples.length === 1) return [{ ...samples[0]!, rangeStart: 0n, rangeEnd: U256_MAX }];
  const total = samples.reduce((sum, sample) => sum + sample.weight, 0n);
  let sum = 0n;
  let last = 0n;
  return samples.map((sample) => {
    sum += sample.weight;
    const rangeStart = last;
    last = (U256_MAX * sum) / total;
    return { ...sample, rangeStart, rangeEnd: last };
  });
}

/**
 * Index of the sample that an index of [0, 2^256) falls on; null without samples. A single sample
 * always wins.
 * @consensus
 */
export function pickSample(
  samples: readonly { readonly rangeStart: bigint; readonly rangeEnd: bigint }[],
  index: bigint,
): number | null {
  if (samples.length === 0) return null;
  if (samples.length === 1) return 0;
  const at = samples.findIndex(
    ({ rangeStart, rangeEnd }) => rangeStart <= index && index < rangeEnd,
  );
  // Differs: the very last point of the line belongs to nobody upstream and stops the node there.
  return at < 0 ? samples.length - 1 : at;
}
