/**
 * How many micro-STX a tenure's coinbase mints, as steps over the burn height.
 * Called by chainstate when a tenure starts (for every sortition since the last one that won).
 * Source: SIP-029; stacks-core `stacks-common/src/types/mod.rs` (facts).
 */
export interface EmissionStep {
  /** Burn blocks after `firstBurnHeight` from which this amount holds. */
  readonly fromOffset: number;
  readonly coinbaseMicro: bigint;
}

export const MICRO_PER_STX = 1_000_000n;

/**
 * Coinbase of the tenure won at a burn height; heights before the first count as offset 0.
 *
 * @param steps ascending by `fromOffset`
 * @consensus
 */
export function coinbaseMicroAt(
  steps: readonly EmissionStep[],
  firstBurnHeight: number,
  burnHeight: number,
): bigint {
  const offset = Math.max(0, burnHeight - firstBurnHeight);
  let amount = 0n;
  for (const step of steps) {
    if (step.fromOffset > offset) break;
    amount = step.coinbaseMicro;
  }
  return amount;
}
