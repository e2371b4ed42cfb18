/**
 * Fills a block: the miner's own transactions first, then the mempool's, best fee first, until the
 * block's limits, the pool or the time is exhausted.
 * Called by miner.ts; what a transaction does is chainstate's business.
 */
import { assert } from '@assay/bytes';
import type { BlockBuilder, CheckedTransaction, SealedBlock } from '@assay/chainstate';
import { LIMITS } from './limits.ts';
import type { MempoolPort, MempoolWalk } from './ports.ts';

export interface AssemblyPlan {
  /** Must all fit: tenure change, coinbase. */
  readonly own: readonly CheckedTransaction[];
  readonly walk: MempoolWalk;
  /** Left out: signers refused a block because of them. */
  readonly isSuspect: (checked: CheckedTransaction) => boolean;
  /** Whether the time for assembly is over. */
  readonly isLate: () => boolean;
}

export interface Assembled {
  readonly sealed: SealedBlock;
  /** Transactions taken from the mempool. */
  readonly fromMempool: number;
}

/**
 * Null when there was nothing to put into the block (only for blocks without own transactions);
 * the builder is then aborted.
 */
export function assembleBlock(
  builder: BlockBuilder,
  plan: AssemblyPlan,
  mempool: Pick<MempoolPort, 'drop'>,
): Assembled | null {
  for (const checked of plan.own) {
    const outcome = builder.tryTransaction(checked);
    assert(
      outcome.kind === 'included' && outcome.receipt.status === 'success',
      `own ${checked.tx.payload.kind} refused: ${outcome.kind === 'skipped' ? outcome.message : outcome.receipt.vmError}`,
    );
  }
  let fromMempool = 0;
  for (let tried = 0; tried < LIMITS.candidatesPerBlockMax && !plan.isLate(); tried++) {
    const candidate = plan.walk.next();
    if (candidate === null) break;
    if (plan.isSuspect(candidate)) {
      plan.walk.skipped(candidate);
      continue;
    }
    const outcome = builder.tryTransaction(candidate);
    if (outcome.kind === 'included') {
      plan.walk.included(candidate);
      fromMempool += 1;
      continue;
    }
    plan.walk.skipped(candidate);
    if (outcome.fatal) mempool.drop(candidate.txid, outcome.code);
  }
  if (plan.own.length === 0 && fromMempool === 0) {
    builder.abort();
    return null;
  }
  return { sealed: builder.seal(), fromMempool };
}
