/**
 * Reward cycle arithmetic: which cycle, phase and signer set a burn height belongs to.
 * Called by sortition (commit outputs), coordinator (signer sets), chainstate, signer and rpc.
 * Source: SIP-007, SIP-021; stacks-core `stackslib/src/burnchains/mod.rs` (facts).
 *
 * Quirk: the block with index 0 ends the prepare phase of the old cycle for payouts,
 * but already belongs to the new cycle for signing.
 */
export interface PoxParams {
  /** Burn height of the genesis snapshot; sortitions start at the next one. */
  readonly firstBurnHeight: number;
  readonly rewardCycleLength: number;
  /** Blocks at the end of a cycle in which commits burn and the next signer set is fixed. */
  readonly prepareLength: number;
  /** Payout outputs of a block commit in the reward phase. */
  readonly outputsPerCommit: number;
}

/** Offset inside the cycle, 0 .. rewardCycleLength-1. Null before the first burn height. */
export function rewardCycleIndex(pox: PoxParams, burnHeight: number): number | null {
  const effective = burnHeight - pox.firstBurnHeight;
  return effective < 0 ? null : effective % pox.rewardCycleLength;
}

/** The cycle whose signers sign blocks of tenures won at `burnHeight`. Null before the start. */
export function rewardCycleAt(
  pox: Pick<PoxParams, 'firstBurnHeight' | 'rewardCycleLength'>,
  burnHeight: number,
): number | null {
  const effective = burnHeight - pox.firstBurnHeight;
  return effective < 0 ? null : Math.floor(effective / pox.rewardCycleLength);
}

/** First burn height whose commits pay the stackers of `cycle` (index 1). */
export function rewardCycleStart(pox: PoxParams, cycle: number): number {
  return pox.firstBurnHeight + cycle * pox.rewardCycleLength + 1;
}

/** First burn height whose tenure the signers of `cycle` sign (index 0). */
export function signingCycleStart(pox: PoxParams, cycle: number): number {
  return pox.firstBurnHeight + cycle * pox.rewardCycleLength;
}

/** First burn height of the prepare phase that fixes the set of `cycle + 1`. */
export function preparePhaseStart(pox: PoxParams, cycle: number): number {
  return rewardCycleStart(pox, cycle) + pox.rewardCycleLength - pox.prepareLength;
}

/** Commits at this height burn (index 0, or in the last `prepareLength` blocks before it). */
export function isPreparePhase(pox: PoxParams, burnHeight: number): boolean {
  if (burnHeight <= pox.firstBurnHeight) return false;
  const index = (burnHeight - pox.firstBurnHeight) % pox.rewardCycleLength;
  return index === 0 || index > pox.rewardCycleLength - pox.prepareLength;
}

/** As `isPreparePhase` without the index 0 block, which already signs for the new cycle. */
export function isSigningPreparePhase(pox: PoxParams, burnHeight: number): boolean {
  return isPreparePhase(pox, burnHeight) && rewardCycleIndex(pox, burnHeight) !== 0;
}

/** The cycle that the prepare phase around `burnHeight` prepares. Null in a reward phase. */
export function preparedCycleAt(pox: PoxParams, burnHeight: number): number | null {
  if (!isPreparePhase(pox, burnHeight)) return null;
  const cycle = rewardCycleAt(pox, burnHeight);
  if (cycle === null) return null;
  return rewardCycleIndex(pox, burnHeight) === 0 ? cycle : cycle + 1;
}

/** Payout slots of a cycle; also the ceiling of signer weight. */
export function rewardSlots(pox: PoxParams): number {
  return (pox.rewardCycleLength - pox.prepareLength) * pox.outputsPerCommit;
}
