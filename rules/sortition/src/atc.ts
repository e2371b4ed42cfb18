/**
 * The null miner. When the bids of a block fall behind the median of the window, there is a chance
 * that nobody wins; the chance grows with the shortfall (assumed total commit with carryover).
 * Called by `decide-burn-block.ts`. Numbers are unsigned 64.64 fixed point.
 * Source: SIP-021; stacks-core `burn/atc.rs`, `burn/sortition.rs` (facts).
 */
import { NULL_MINER_ADVANTAGE } from './atc.table.ts';

export const FIXED_ONE = 1n << 64n;

/** Carryover, and whether it fell (only then the null miner plays). */
export interface Carryover {
  readonly atc: bigint;
  readonly fell: boolean;
}

/**
 * `min(1, blockBurn / medianBurn)`.
 *
 * @param medianBurn median over the window of the sums of bids per block
 * @consensus
 */
export function computeCarryover(blockBurn: bigint, medianBurn: bigint): Carryover {
  if (medianBurn === 0n) return { atc: 0n, fell: true };
  if (blockBurn >= medianBurn) return { atc: FIXED_ONE, fell: false };
  return { atc: (blockBurn << 64n) / medianBurn, fell: true };
}

/** The advantage of the null miner at a carryover: a step of the table. @consensus */
export function nullMinerAdvantage(atc: bigint): bigint {
  const clamped = atc < FIXED_ONE ? atc : FIXED_ONE;
  const index = Number((clamped * 1024n) >> 64n);
  return NULL_MINER_ADVANTAGE[Math.min(index, NULL_MINER_ADVANTAGE.length - 1)]!;
}

/** `(1 - atc) + atc * advantage(atc)`, at most 1. @consensus */
export function nullMinerProbability(atc: bigint): bigint {
  if (atc > FIXED_ONE) return 0n;
  const sum = FIXED_ONE - atc + ((atc * nullMinerAdvantage(atc)) >> 64n);
  return sum < FIXED_ONE ? sum : FIXED_ONE;
}

/**
 * The part of [0, 2^256) on which the null miner wins: everything below the answer.
 * @consensus
 */
export function nullMinerRangeEnd(atc: bigint): bigint {
  const probability = nullMinerProbability(atc);
  return (probability >= FIXED_ONE ? FIXED_ONE - 1n : probability) << 192n;
}
