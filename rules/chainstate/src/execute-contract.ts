/**
 * Transactions that run Clarity: contract calls, deploys, and Infer, which is a call of
 * `.inference request`. What the contract did is undone when it fails, answers `(err ..)` or breaks
 * a post-condition; fee and nonce stay.
 */

import { assert, type Result } from '@assay/bytes';
import {
  type AssetMap,
  type CallOutcome,
  type ClarityError,
  type ClarityEvent,
  type ClarityFailure,
  type ClarityVersion,
  type ContractInterface,
  type Cost,
  costDifference,
  type DeployOutcome,
} from '@assay/clarity';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { inferArguments } from '@assay/wire';
import { addressText, principalText } from './addresses.ts';
import type { CheckedTransaction } from './checked-transaction.ts';
import type { ExecutionFrame } from './execution-frame.ts';
import { payFee, raiseNonces } from './fees.ts';
import { checkPostConditions } from './post-conditions.ts';
import { type Processed, refuse } from './processed.ts';
import type { Receipt, TransactionStatus } from './receipt.ts';

/** What a payload did, before post-conditions. */
interface Ran {
  readonly status: TransactionStatus;
  readonly result: ClarityValue;
  readonly events: readonly ClarityEvent[];
  readonly assetMap: AssetMap | null;
  readonly vmError: string | null;
  readonly contractInterface: ContractInterface | null;
}

const ERR_NONE: ClarityValue = Cv.err(Cv.none());
const OK_TRUE: ClarityValue = Cv.ok(Cv.bool(true));

function describe(error: ClarityError): string {
  const at = error.span ? ` at line ${error.span.startLine}` : '';
  return `${error.name}: ${error.message}${at}`;
}

function failed(error: ClarityError): Ran {
  return {
    status: 'abort_by_response',
    result: ERR_NONE,
    events: [],
    assetMap: null,
    vmError: describe(error),
    contractInterface: null,
  };
}

function called(outcome: CallOutcome): Ran {
  const { result, events, assetMap, committed } = outcome;
  return {
    status: committed ? 'success' : 'abort_by_response',
    result,
    events: committed ? events : [],
    assetMap: committed ? assetMap : null,
    vmError: null,
    contractInterface: null,
  };
}

function call(
  frame: ExecutionFrame,
  checked: CheckedTransaction,
): Result<CallOutcome, ClarityFailure> {
  const { payload } = checked.tx;
  const sponsor = checked.sponsor === null ? {} : { sponsor: checked.sponsor };
  if (payload.kind === 'infer') {
    return frame.vm().callPublic({
      contractId: `${frame.network.bootAddress}.inference`,
      functionName: 'request',
      args: inferArguments(payload),
      sender: checked.origin,
      ...sponsor,
    });
  }
  assert(payload.kind === 'contract-call', 'not a call');
  return frame.vm().callPublic({
    contractId: principalText(payload.contract),
    functionName: payload.functionName,
    args: payload.args,
    sender: checked.origin,
    ...sponsor,
  });
}

/** Id, source and language of a contract that a transaction deploys. */
function deployment(frame: ExecutionFrame, checked: CheckedTransaction) {
  const { payload } = checked.tx;
  assert(
    payload.kind === 'smart-contract' || payload.kind === 'versioned-smart-contract',
    'not a deploy',
  );
  return {
    contractId: `${checked.origin}.${payload.contractName}`,
    source: payload.source,
    clarityVersion:
      payload.kind === 'smart-contract' ? frame.rules.clarityDefault : payload.clarityVersion,
  };
}

function deployed(frame: ExecutionFrame, outcome: DeployOutcome): Ran {
  return {
    status: 'success',
    result: OK_TRUE,
    events: outcome.events,
    assetMap: outcome.assetMap,
    vmError: null,
    contractInterface: frame.vm().contractInterface(outcome.contractId),
  };
}

type Attempt = { readonly ran: Ran } | { readonly tooExpensive: ClarityError };

function attempt(frame: ExecutionFrame, checked: CheckedTransaction): Attempt {
  const { kind } = checked.tx.payload;
  if (kind === 'contract-call' || kind === 'infer') {
    const outcome = call(frame, checked);
    if (outcome.ok) return { ran: called(outcome.value) };
    return classify(outcome.error.error);
  }
  const { contractId, source, clarityVersion } = deployment(frame, checked);
  const outcome = frame.vm().deploy({
    contractId,
    source,
    clarityVersion: clarityVersion as ClarityVersion,
    ...(checked.sponsor === null ? {} : { sponsor: checked.sponsor }),
  });
  return outcome.ok ? { ran: deployed(frame, outcome.value) } : classify(outcome.error.error);
}

function classify(error: ClarityError): Attempt {
  return error.kind === 'cost' ? { tooExpensive: error } : { ran: failed(error) };
}

/** Applies post-conditions to what was committed. */
function judge(checked: CheckedTransaction, ran: Ran): Ran {
  if (ran.status !== 'success' || ran.assetMap === null) return ran;
  const { postConditions, postConditionMode } = checked.tx;
  const fault = checkPostConditions(
    postConditions,
    postConditionMode,
    checked.origin,
    ran.assetMap,
  );
  if (fault === null) return ran;
  return {
    ...ran,
    status: 'abort_by_post_condition',
    events: [],
    vmError: fault,
    contractInterface: null,
  };
}

function receiptOf(checked: CheckedTransaction, ran: Ran, cost: Cost): Receipt {
  return {
    txid: checked.txid,
    status: ran.status,
    result: ran.result,
    events: ran.events,
    cost,
    vmError: ran.vmError,
    feeMicro: checked.feeMicro,
    contractInterface: ran.contractInterface,
  };
}

/** Why a deploy cannot even be tried; such a transaction makes a block invalid. */
function deployFault(frame: ExecutionFrame, checked: CheckedTransaction): string | null {
  const { kind } = checked.tx.payload;
  if (kind !== 'smart-contract' && kind !== 'versioned-smart-contract') return null;
  const { contractId, clarityVersion } = deployment(frame, checked);
  if (clarityVersion > frame.rules.clarityMax) return `Clarity ${clarityVersion} is not known yet`;
  return frame.vm().hasContract(contractId) ? `${contractId} exists already` : null;
}

/** A call of a contract whose address belongs to another network. */
function foreignAddress(frame: ExecutionFrame, checked: CheckedTransaction): string | null {
  const { payload } = checked.tx;
  if (payload.kind !== 'contract-call') return null;
  const { version, hash } = payload.contract;
  const { singleSig, multiSig } = frame.network.addressVersions;
  return version === singleSig || version === multiSig ? null : addressText(version, hash);
}

export function executeContract(frame: ExecutionFrame, checked: CheckedTransaction): Processed {
  const { db, meter } = frame;
  const foreign = foreignAddress(frame, checked);
  if (foreign) return refuse('chainstate/address-version', `${foreign} is of another network`);
  const fault = deployFault(frame, checked);
  if (fault) return refuse('chainstate/contract-exists', fault);
  const before = meter.total();
  const feesBefore = frame.feesMicro;
  const hadWholeBudget = before.runtime === 0 && before.readCount === 0 && before.writeCount === 0;
  db.begin();
  payFee(frame, checked);
  db.begin();
  const tried = attempt(frame, checked);
  if ('tooExpensive' in tried) {
    db.rollback();
    db.rollback();
    meter.reset(before);
    frame.feesMicro = feesBefore;
    const message = hadWholeBudget
      ? 'the transaction costs more than a whole tenure may'
      : 'the budget of the tenure is too far spent for this transaction';
    return refuse('chainstate/cost-limit', message, hadWholeBudget);
  }
  const ran = judge(checked, tried.ran);
  if (ran.status === 'success') db.commit();
  else db.rollback();
  raiseNonces(frame, checked);
  db.commit();
  meter.resetMemory();
  const cost = costDifference(meter.total(), before);
  return { included: true, receipt: receiptOf(checked, ran, cost) };
}
