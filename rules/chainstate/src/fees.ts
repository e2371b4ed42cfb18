/**
 * Fee and nonces: what every included transaction does to its accounts, before and after its payload.
 * Who pays is the sponsor, else the origin. Fees wait in the tenure's account until they mature.
 */
import { debitStx, writeNonce } from '@assay/clarity';
import type { CheckedTransaction } from './checked-transaction.ts';
import type { ExecutionFrame } from './execution-frame.ts';

/** A fee of nothing writes the payer's balance too: the state root is over what was written. */
export function payFee(frame: ExecutionFrame, checked: CheckedTransaction): void {
  const payer = checked.sponsor ?? checked.origin;
  debitStx(frame.db, payer, checked.feeMicro, frame.context.burnView.burnHeight);
  frame.feesMicro += checked.feeMicro;
}

export function raiseNonces(frame: ExecutionFrame, checked: CheckedTransaction): void {
  const { origin, sponsor } = checked;
  writeNonce(frame.db, origin, checked.originNonce + 1n);
  if (sponsor !== null && sponsor !== origin) {
    writeNonce(frame.db, sponsor, checked.sponsorNonce! + 1n);
  }
}
