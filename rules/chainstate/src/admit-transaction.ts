/**
 * Whether the mempool should take a transaction, judged against the state after one block. Policy,
 * not consensus; the answers are Stacks' reasons, in Stacks' order of checks.
 * Source: reference/stacks-clients.md 3; stacks-core `core/mempool.rs` (facts).
 */
import { err, ok, type Result } from '@assay/bytes';
import { Cv, clarityValueToString } from '@assay/clarity-value';
import { FEE_RATE_MICRO_MIN, type NetworkParams, rulesAt } from '@assay/params';
import type { ContractCallPayload, InferPayload, TokenTransferPayload } from '@assay/wire';
import { addressText, principalText } from './addresses.ts';
import { argumentFits } from './argument-fit.ts';
import type { CheckedTransaction } from './checked-transaction.ts';
import { LIMITS } from './limits.ts';
import { poisonRejection, reject, type TransactionRejection } from './rejection.ts';
import type { StateView } from './state-view.ts';

type Fault = TransactionRejection | null;

function hex128(value: bigint): string {
  return `0x${value.toString(16).padStart(32, '0')}`;
}

function fundsFault(who: string, expected: bigint, actual: bigint): Fault {
  if (actual >= expected) return null;
  return reject(
    'funds',
    'NotEnoughFunds',
    `${who} has ${actual} micro-STX, the transaction needs ${expected}`,
    { expected: hex128(expected), actual: hex128(actual) },
  );
}

function feeFault(checked: CheckedTransaction): Fault {
  const free = checked.tx.payload.kind === 'infer' ? LIMITS.inferFreeBytes : 0;
  const size = BigInt(checked.bytes.length - free);
  const least = size * FEE_RATE_MICRO_MIN;
  if (checked.feeMicro >= least) return null;
  return reject('fee', 'FeeTooLow', `the fee is ${checked.feeMicro}, at least ${least} is asked`, {
    expected: Number(least),
    actual: Number(checked.feeMicro),
  });
}

function nonceFault(view: StateView, who: string, actual: bigint, isOrigin: boolean): Fault {
  const expected = view.account(who).nonce;
  const data = {
    expected: Number(expected),
    actual: Number(actual),
    is_origin: isOrigin,
    principal: who,
  };
  if (actual < expected) {
    const message = `nonce ${actual} is used already, the next of ${who} is ${expected}`;
    return reject('bad-nonce', 'BadNonce', message, data);
  }
  const highest = expected + 1n + BigInt(LIMITS.mempoolChainingMax);
  if (actual <= highest) return null;
  const message = 'Nonce would exceed chaining limit in mempool';
  const limit = { ...data, expected: Number(highest) };
  return reject('chaining', 'TooMuchChaining', message, { message, ...limit });
}

function accountFault(view: StateView, checked: CheckedTransaction): Fault {
  const { origin, sponsor } = checked;
  const originFault = nonceFault(view, origin, checked.originNonce, true);
  if (originFault) return originFault;
  if (sponsor !== null && sponsor !== origin) {
    const fault = nonceFault(view, sponsor, checked.sponsorNonce!, false);
    if (fault) return fault;
  }
  // What a transfer needs is asked together with its amount.
  if (checked.tx.payload.kind === 'token-transfer') return null;
  const payer = sponsor ?? origin;
  return fundsFault(payer, checked.feeMicro, view.account(payer).balanceMicro);
}

function isOfNetwork(network: NetworkParams, version: number): boolean {
  const { singleSig, multiSig } = network.addressVersions;
  return version === singleSig || version === multiSig;
}

function addressFault(network: NetworkParams, at: { version: number; hash: Uint8Array }): Fault {
  if (isOfNetwork(network, at.version)) return null;
  const text = addressText(at.version, at.hash);
  return reject('address-version', 'BadAddressVersionByte', `${text} is of another network`);
}

interface Question {
  readonly network: NetworkParams;
  readonly view: StateView;
  readonly checked: CheckedTransaction;
}

/** What the origin needs: `amount`, and the fee when nobody else pays it. */
function spendFault({ view, checked }: Question, amount: bigint): Fault {
  const { origin, sponsor, feeMicro } = checked;
  const needed = sponsor === null || sponsor === origin ? amount + feeMicro : amount;
  return fundsFault(origin, needed, view.account(origin).balanceMicro);
}

/** What no state could mend; asked before anything else. */
function transferFormFault({ network, checked }: Question): Fault {
  const { tx, origin } = checked;
  const { payload } = tx;
  if (payload.kind !== 'token-transfer') return null;
  const recipient = principalText(payload.recipient);
  if (recipient === origin) {
    const message = 'recipient and sender are the same account';
    return reject('self', 'TransferRecipientCannotEqualSender', message, { recipient });
  }
  if (payload.amountMicro === 0n) {
    return reject('amount', 'TransferAmountMustBePositive', 'the amount is zero');
  }
  return addressFault(network, payload.recipient);
}

function transferFault(question: Question, payload: TokenTransferPayload): Fault {
  const { view, checked } = question;
  if (checked.tx.postConditions.length > 0) {
    const message = 'token transfers take no post-conditions';
    return reject('conditions', 'SignatureValidation', message, { message });
  }
  const { origin, sponsor, feeMicro } = checked;
  const fault = spendFault(question, payload.amountMicro);
  if (fault !== null || sponsor === null || sponsor === origin) return fault;
  return fundsFault(sponsor, feeMicro, view.account(sponsor).balanceMicro);
}

function callFault({ network, view }: Question, payload: ContractCallPayload): Fault {
  const foreign = addressFault(network, payload.contract);
  if (foreign) return foreign;
  const contractId = principalText(payload.contract);
  const abi = view.contractInterface(contractId);
  if (abi === null) {
    return reject('no-contract', 'NoSuchContract', `there is no contract ${contractId}`);
  }
  const { functionName, args } = payload;
  const target = abi.functions.find(
    (candidate) => candidate.name === functionName && candidate.access !== 'private',
  );
  if (!target) {
    const message = `${contractId} has no public function ${functionName}`;
    return reject('no-function', 'NoSuchPublicFunction', message);
  }
  if (target.args.length !== args.length) {
    const message = `${functionName} takes ${target.args.length} arguments, not ${args.length}`;
    return reject('arguments', 'BadFunctionArgument', message, { message });
  }
  for (const [i, parameter] of target.args.entries()) {
    if (argumentFits(parameter.type, args[i]!)) continue;
    const shown = clarityValueToString(args[i]!);
    const message = `argument ${parameter.name} of ${functionName} does not take ${shown}`;
    return reject('arguments', 'BadFunctionArgument', message, { message });
  }
  return null;
}

function deployFault({ network, view, checked }: Question): Fault {
  const { payload } = checked.tx;
  if (payload.kind !== 'smart-contract' && payload.kind !== 'versioned-smart-contract') return null;
  const identifier = `${checked.origin}.${payload.contractName}`;
  if (view.hasContract(identifier)) {
    const message = `${identifier} exists already`;
    return reject('contract-exists', 'ContractAlreadyExists', message, {
      contract_identifier: identifier,
    });
  }
  const { clarityMax } = rulesAt(network.pox.firstBurnHeight);
  if (payload.kind === 'versioned-smart-contract' && payload.clarityVersion > clarityMax) {
    const message = `Clarity ${payload.clarityVersion} is not known yet`;
    return reject('clarity-version', 'SignatureValidation', message, { message });
  }
  return null;
}

/** A request that could only fail: unknown model, nobody to serve it, no money for the escrow. */
function inferFault(question: Question, payload: InferPayload): Fault {
  const { network, view, checked } = question;
  if (payload.host) {
    const foreign = addressFault(network, payload.host);
    if (foreign) return foreign;
  }
  const ask = (contract: string, functionName: string, args: Parameters<typeof Cv.list>[0]) =>
    view.callReadOnly({
      contractId: `${network.bootAddress}.${contract}`,
      functionName,
      args,
      sender: checked.origin,
    });
  const bad = (message: string) => reject('infer', 'BadFunctionArgument', message, { message });
  const model = Cv.buffer(payload.modelId);
  const known = ask('models', 'is-known', [model]);
  if (known.ok && known.value.type === 'bool' && !known.value.value) {
    return bad('no model is registered under this id');
  }
  if (payload.host) {
    const serves = ask('hosts', 'serves', [
      Cv.principal({ ...payload.host, contractName: null }),
      model,
    ]);
    if (serves.ok && serves.value.type === 'bool' && !serves.value.value) {
      return bad('the named host does not serve this model');
    }
  } else {
    const hosts = ask('hosts', 'get-model-hosts', [model]);
    if (hosts.ok && hosts.value.type === 'list' && hosts.value.items.length === 0) {
      return bad('no host serves this model');
    }
  }
  return spendFault(question, payload.maxFeeMicro);
}

function payloadFault(question: Question): Fault {
  const { payload } = question.checked.tx;
  switch (payload.kind) {
    case 'token-transfer':
      return transferFault(question, payload);
    case 'contract-call':
      return callFault(question, payload);
    case 'smart-contract':
    case 'versioned-smart-contract':
      return deployFault(question);
    case 'infer':
      return inferFault(question, payload);
    case 'tenure-change':
      return reject('tenure', 'NoTenureChangeViaMempool', 'only miners change tenures');
    case 'nakamoto-coinbase':
    case 'coinbase':
    case 'coinbase-to-alt':
      return reject('coinbase', 'NoCoinbaseViaMempool', 'only miners claim coinbases');
    case 'poison-microblock':
      return poisonRejection();
  }
}

/** The first thing that speaks against the transaction. */
export function admitTransaction(
  checked: CheckedTransaction,
  view: StateView,
  network: NetworkParams,
): Result<void, TransactionRejection> {
  const { kind } = checked.tx.payload;
  const question: Question = { network, view, checked };
  const isMiners = kind === 'tenure-change' || kind.endsWith('coinbase');
  const fault = isMiners
    ? payloadFault(question)
    : (transferFormFault(question) ??
      feeFault(checked) ??
      accountFault(view, checked) ??
      payloadFault(question));
  return fault === null ? ok(undefined) : err(fault);
}
