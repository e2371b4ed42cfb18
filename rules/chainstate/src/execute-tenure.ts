/**
 * The two transactions of a tenure's miner, and what the node writes into boot contracts when a
 * tenure starts: the beacon, and the signers when a reward cycle starts.
 * Source: SIP-021; docs/protocol.md.
 */
import { assert } from '@assay/bytes';
import { writeTenureHeight } from '@assay/clarity';
import type { NakamotoCoinbasePayload, TenureChangePayload, TransactionPayload } from '@assay/wire';
import { principalText } from './addresses.ts';
import type { CheckedTransaction } from './checked-transaction.ts';
import type { ExecutionFrame } from './execution-frame.ts';
import { setBeacon, setSigners } from './system-calls.ts';
import { costAfter, startTenure, tenureChangeFault } from './tenure.ts';

/**
 * Null when the payload may stand at this place of the block: a tenure change only first, a
 * coinbase only second and only behind the start of a tenure, where nothing else may stand.
 */
export function placeFault(frame: ExecutionFrame, payload: TransactionPayload): string | null {
  const { index, tenure, parent } = frame;
  const isChange = payload.kind === 'tenure-change';
  const isCoinbase = payload.kind === 'nakamoto-coinbase';
  if (isChange) return index === 0 ? null : 'a tenure change is the first transaction of a block';
  const coinbaseIsDue = tenure.isStart && index === 1;
  if (isCoinbase) return coinbaseIsDue ? null : 'a coinbase follows the start of a tenure';
  if (coinbaseIsDue) return 'the second transaction of a tenure is its coinbase';
  if (index === 0 && parent.height === 0) return 'the first block starts a tenure';
  return null;
}

/** Null when done; a sentence when it does not fit (nothing is written then). */
export function executeTenureChange(
  frame: ExecutionFrame,
  checked: CheckedTransaction,
  change: TenureChangePayload,
): string | null {
  const { parent, context, network, meter } = frame;
  if (checked.sponsor !== null) return 'a tenure change has no sponsor';
  const fault = tenureChangeFault(change, parent, context);
  if (fault) return fault;
  frame.movesBurnView = true;
  meter.reset(costAfter(change.cause, meter.total()));
  if (change.cause !== 'block-found') return null;
  frame.tenure = startTenure(parent, context.burnView, network, checked.origin);
  frame.info.tenureHeight = frame.tenure.height;
  writeTenureHeight(frame.db, frame.tenure.height);
  setBeacon(frame, context.burnView);
  if (context.signers.cycle !== parent.rewardCycle) setSigners(frame, context.signers);
  return null;
}

export function executeCoinbase(frame: ExecutionFrame, payload: NakamotoCoinbasePayload): void {
  assert(frame.tenure.isStart, 'a coinbase was checked to follow a tenure start');
  const { recipient, vrfProof } = payload;
  frame.tenure = {
    ...frame.tenure,
    vrfProof,
    rewardRecipient: recipient ? principalText(recipient) : frame.tenure.minerAddress,
  };
}
