/**
 * One transaction on top of a state: nonces and fee first, then the payload. A transaction that
 * cannot be part of a block leaves the state as it was; one whose contract fails is part of the
 * block, pays its fee, and changes nothing else.
 * Source: SIP-005; stacks-core `chainstate/stacks/db/transactions.rs` (facts).
 */
import { readNonce, readStxAccount, transferStx, ZERO_COST } from '@assay/clarity';
import { Cv } from '@assay/clarity-value';
import { principalText } from './addresses.ts';
import type { CheckedTransaction } from './checked-transaction.ts';
import { executeContract } from './execute-contract.ts';
import { executeCoinbase, executeTenureChange, placeFault } from './execute-tenure.ts';
import type { ExecutionFrame } from './execution-frame.ts';
import { payFee, raiseNonces } from './fees.ts';
import { type Processed, type Refusal, refuse } from './processed.ts';
import type { Receipt } from './receipt.ts';
import { transferReceipt } from './receipt-codec.ts';

const OK_TRUE = Cv.ok(Cv.bool(true));

/** The receipt of a transaction that only the miner may send. */
function minerReceipt(checked: CheckedTransaction): Receipt {
  return {
    txid: checked.txid,
    status: 'success',
    result: OK_TRUE,
    events: [],
    cost: ZERO_COST,
    vmError: null,
    feeMicro: checked.feeMicro,
    contractInterface: null,
  };
}

function nonceRefusal(who: string, actual: bigint, expected: bigint): Refusal | null {
  if (actual === expected) return null;
  const message = `${who} has nonce ${expected}, the transaction ${actual}`;
  return actual < expected
    ? refuse('chainstate/bad-nonce', message)
    : refuse('chainstate/nonce-ahead', message, false);
}

/** Both nonces, and who pays can pay. */
function checkAccounts(frame: ExecutionFrame, checked: CheckedTransaction): Refusal | null {
  const { db, context } = frame;
  const { origin, sponsor } = checked;
  const originFault = nonceRefusal(origin, checked.originNonce, readNonce(db, origin));
  if (originFault) return originFault;
  if (sponsor !== null && sponsor !== origin) {
    const fault = nonceRefusal(sponsor, checked.sponsorNonce!, readNonce(db, sponsor));
    if (fault) return fault;
  }
  if (checked.feeMicro === 0n) return null;
  const payer = sponsor ?? origin;
  const { unlockedMicro } = readStxAccount(db, payer, context.burnView.burnHeight);
  return unlockedMicro >= checked.feeMicro
    ? null
    : refuse('chainstate/fee-funds', `${payer} cannot pay the fee of ${checked.feeMicro}`, false);
}

/** The fast path: no VM, no nesting; everything that can fail is looked at before the first write. */
function executeTransfer(frame: ExecutionFrame, checked: CheckedTransaction): Processed {
  const { tx, origin, sponsor, feeMicro } = checked;
  const { payload } = tx;
  if (payload.kind !== 'token-transfer') return refuse('chainstate/kind', 'not a transfer');
  if (tx.postConditions.length > 0) {
    return refuse('chainstate/transfer-conditions', 'transfers take no post-conditions');
  }
  const amount = payload.amountMicro;
  if (amount === 0n) return refuse('chainstate/transfer-amount', 'the amount is zero');
  const recipient = principalText(payload.recipient);
  if (recipient === origin)
    return refuse('chainstate/transfer-self', 'the recipient is the sender');
  const { burnHeight } = frame.context.burnView;
  const needed = sponsor === null || sponsor === origin ? amount + feeMicro : amount;
  if (readStxAccount(frame.db, origin, burnHeight).unlockedMicro < needed) {
    return refuse('chainstate/transfer-funds', `${origin} has less than ${needed}`, false);
  }
  payFee(frame, checked);
  transferStx(frame.db, { from: origin, to: recipient, amount }, burnHeight);
  raiseNonces(frame, checked);
  return { included: true, receipt: transferReceipt(tx, origin) };
}

/** Executes one transaction. When it is not included, the frame is as before. */
export function processTransaction(frame: ExecutionFrame, checked: CheckedTransaction): Processed {
  const { payload } = checked.tx;
  const misplaced = placeFault(frame, payload);
  if (misplaced) return refuse('chainstate/misplaced', misplaced);
  const accountFault = checkAccounts(frame, checked);
  if (accountFault) return accountFault;
  const processed = execute(frame, checked);
  if (processed.included) frame.index += 1;
  return processed;
}

function execute(frame: ExecutionFrame, checked: CheckedTransaction): Processed {
  const { payload } = checked.tx;
  switch (payload.kind) {
    case 'token-transfer':
      return executeTransfer(frame, checked);
    case 'smart-contract':
    case 'versioned-smart-contract':
    case 'contract-call':
    case 'infer':
      return executeContract(frame, checked);
    case 'tenure-change': {
      const fault = executeTenureChange(frame, checked, payload);
      if (fault) return refuse('chainstate/tenure-change', fault);
      payFee(frame, checked);
      raiseNonces(frame, checked);
      return { included: true, receipt: minerReceipt(checked) };
    }
    case 'nakamoto-coinbase':
      executeCoinbase(frame, payload);
      payFee(frame, checked);
      raiseNonces(frame, checked);
      return { included: true, receipt: minerReceipt(checked) };
    case 'coinbase':
    case 'coinbase-to-alt':
    case 'poison-microblock':
      return refuse('chainstate/epoch', `payload ${payload.kind} belongs to epoch 2`);
  }
}
