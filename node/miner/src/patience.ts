/**
 * How long a miner goes on asking for signatures over one block. Pure.
 *
 * Whoever has signed a block signs no other one at its height for a while, so a block that somebody signed
 * is worth waiting for: neither a refusal by others nor a new sortition ends it at once. A block that nobody
 * has signed yet is worth it while nobody has refused it either: signers may just be slow.
 * Source: stacks-core docs/signer-flows.md, `tenure_last_block_proposal_timeout` (facts).
 */
import { LIMITS } from './limits.ts';

export interface Standing {
  /** Whether the parent is the tip and Bitcoin still has what the block stands on. */
  readonly isPossible: boolean;
  /** Since it was made. */
  readonly ageMs: number;
  /** Since we learned of a newer sortition; null: it was made under the newest one. */
  readonly overtakenMs: number | null;
  readonly signedWeight: bigint;
  readonly refusedWeight: bigint;
  /** Whether so many refused that the others are not enough. */
  readonly isRefused: boolean;
}

export function isOver(standing: Standing): boolean {
  const { isPossible, ageMs, overtakenMs, signedWeight, refusedWeight, isRefused } = standing;
  if (!isPossible) return true;
  const isOld = ageMs > LIMITS.lastBlockMsMax;
  if (overtakenMs !== null && isOld) return true;
  if (signedWeight > 0n) return isRefused && isOld;
  if (isRefused || ageMs > LIMITS.signaturesMsMax) return true;
  return overtakenMs !== null && refusedWeight > 0n && overtakenMs > LIMITS.overtakenMsMax;
}
