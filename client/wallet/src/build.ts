/**
 * Unsigned transactions from what a user asks for. Every builder checks its input and returns one
 * clear error; what it returns needs only signatures.
 * Called by the CLI, the host and the tests; `sign.ts` comes next.
 */
import { bytesFromUtf8, ok, type Result } from '@assay/bytes';
import {
  type ClarityValue,
  isClarityName,
  isContractName,
  type Principal,
  parsePrincipal,
} from '@assay/clarity-value';
import { isValidPublicKey } from '@assay/crypto';
import {
  type AnchorMode,
  type MultiSigMode,
  multiSigCondition,
  type PostCondition,
  type PostConditionMode,
  type SingleSigMode,
  type SpendingCondition,
  singleSigCondition,
  type Transaction,
  type TransactionPayload,
} from '@assay/wire';
import { checkMultiSigKeys } from './address.ts';
import { LIMITS } from './limits.ts';
import type { WalletNetwork } from './network.ts';
import { fail, type WalletError } from './wallet-error.ts';

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Who sends: one key, or several of which some must sign. */
export type Origin =
  | { readonly publicKey: Uint8Array; readonly hashMode?: SingleSigMode }
  | {
      readonly publicKeys: readonly Uint8Array[];
      readonly signaturesRequired: number;
      readonly hashMode: MultiSigMode;
    };

/** What every transaction needs. */
export interface TransactionOptions {
  readonly network: WalletNetwork;
  readonly origin: Origin;
  readonly nonce: bigint;
  /** u64; zero when a sponsor will pay. */
  readonly feeMicro: bigint;
  /** Leaves room for a sponsor. Default false. */
  readonly sponsored?: boolean;
  /** Default `deny`: nothing leaves the account that no post-condition allows. */
  readonly postConditionMode?: PostConditionMode;
  readonly postConditions?: readonly PostCondition[];
  /** Default `any`. */
  readonly anchorMode?: AnchorMode;
}

/** The sentinel an origin signs while its sponsor is unknown. */
const NO_SPONSOR: SpendingCondition = {
  hashMode: 'p2pkh',
  signer: new Uint8Array(20),
  nonce: 0n,
  feeMicro: 0n,
  compressed: true,
  signature: new Uint8Array(65),
};

/** @rejects wallet/public-key, wallet/multi-sig */
export function conditionFor(
  origin: Origin,
  fields: { readonly nonce: bigint; readonly feeMicro: bigint },
): Result<SpendingCondition, WalletError> {
  if (fields.nonce < 0n || fields.nonce > U64_MAX) {
    return fail('wallet/nonce', 'The nonce does not fit 64 bits.');
  }
  if (fields.feeMicro < 0n || fields.feeMicro > U64_MAX) {
    return fail('wallet/fee', 'The fee does not fit 64 bits.');
  }
  if ('publicKeys' in origin) {
    const checked = checkMultiSigKeys(origin);
    if (!checked.ok) return checked;
    const { publicKeys, signaturesRequired, hashMode } = origin;
    return ok(multiSigCondition(publicKeys, signaturesRequired, fields, hashMode));
  }
  if (!isValidPublicKey(origin.publicKey)) {
    return fail('wallet/public-key', 'The public key is not a point of secp256k1.');
  }
  if (origin.hashMode === 'p2wpkh' && origin.publicKey.length !== 33) {
    return fail('wallet/public-key', 'Segwit accounts need compressed public keys.');
  }
  return ok(singleSigCondition(origin.publicKey, fields, origin.hashMode));
}

/** Wraps any payload; the builders below make the usual ones. */
export function buildTransaction(
  payload: TransactionPayload,
  options: TransactionOptions,
): Result<Transaction, WalletError> {
  const condition = conditionFor(options.origin, options);
  if (!condition.ok) return condition;
  const origin = condition.value;
  return ok({
    version: options.network.transactionVersion,
    chainId: options.network.chainId,
    auth: options.sponsored
      ? { kind: 'sponsored', origin, sponsor: NO_SPONSOR }
      : { kind: 'standard', origin },
    anchorMode: options.anchorMode ?? 'any',
    postConditionMode: options.postConditionMode ?? 'deny',
    postConditions: options.postConditions ?? [],
    payload,
  });
}

function readPrincipal(from: string | Principal): Result<Principal, WalletError> {
  if (typeof from !== 'string') return ok(from);
  const parsed = parsePrincipal(from);
  return parsed.ok ? parsed : fail('wallet/address', 'The address is not a valid Stacks address.');
}

function readContract(
  from: string | Principal,
): Result<Principal & { readonly contractName: string }, WalletError> {
  const parsed = readPrincipal(from);
  if (!parsed.ok) return parsed;
  const { version, hash, contractName } = parsed.value;
  if (contractName === null) {
    return fail('wallet/address', 'A contract is named as ADDRESS.contract-name.');
  }
  return ok({ version, hash, contractName });
}

function readMemo(memo: string | Uint8Array): Result<Uint8Array, WalletError> {
  const bytes = typeof memo === 'string' ? bytesFromUtf8(memo) : memo;
  if (bytes.length > LIMITS.memoBytesMax) {
    return fail('wallet/memo', `A memo has at most ${LIMITS.memoBytesMax} bytes.`);
  }
  const padded = new Uint8Array(LIMITS.memoBytesMax);
  padded.set(bytes);
  return ok(padded);
}

export interface TransferOptions extends TransactionOptions {
  /** `SP…`, `SP….name`, or a parsed principal. */
  readonly recipient: string | Principal;
  /** u64, at least 1. */
  readonly amountMicro: bigint;
  /** At most 34 bytes of UTF-8. */
  readonly memo?: string | Uint8Array;
}

/** Sends STX. @rejects wallet/address, wallet/amount, wallet/memo */
export function buildTransfer(options: TransferOptions): Result<Transaction, WalletError> {
  const recipient = readPrincipal(options.recipient);
  if (!recipient.ok) return recipient;
  const { amountMicro } = options;
  if (amountMicro < 1n || amountMicro > U64_MAX) {
    return fail('wallet/amount', 'The amount must be at least 1 micro-STX and fit 64 bits.');
  }
  const memo = readMemo(options.memo ?? '');
  if (!memo.ok) return memo;
  const payload: TransactionPayload = {
    kind: 'token-transfer',
    recipient: recipient.value,
    amountMicro,
    memo: memo.value,
  };
  return buildTransaction(payload, options);
}

export interface ContractCallOptions extends TransactionOptions {
  /** `SP….name`. */
  readonly contract: string | Principal;
  readonly functionName: string;
  readonly args: readonly ClarityValue[];
}

/** Calls a public function. @rejects wallet/address, wallet/function-name */
export function buildContractCall(options: ContractCallOptions): Result<Transaction, WalletError> {
  const contract = readContract(options.contract);
  if (!contract.ok) return contract;
  if (!isClarityName(options.functionName)) {
    return fail('wallet/function-name', 'The function name is not a Clarity name.');
  }
  const { functionName, args } = options;
  return buildTransaction(
    { kind: 'contract-call', contract: contract.value, functionName, args },
    options,
  );
}

export interface ContractDeployOptions extends TransactionOptions {
  readonly contractName: string;
  /** Printable ASCII, tabs and newlines; carriage returns are removed. */
  readonly source: string;
  /** Null leaves the version to the epoch. Default null. */
  readonly clarityVersion?: number | null;
}

/** Deploys a contract. @rejects wallet/contract-name, wallet/source */
export function buildContractDeploy(
  options: ContractDeployOptions,
): Result<Transaction, WalletError> {
  const { contractName } = options;
  if (!isContractName(contractName)) {
    return fail('wallet/contract-name', 'A contract name is 1 to 40 letters, digits, - and _.');
  }
  const source = options.source.replaceAll('\r', '');
  if (!/^[\t\n\x20-\x7e]*$/.test(source)) {
    return fail('wallet/source', 'Contract source must be printable ASCII.');
  }
  const clarityVersion = options.clarityVersion ?? null;
  const payload: TransactionPayload =
    clarityVersion === null
      ? { kind: 'smart-contract', contractName, source }
      : { kind: 'versioned-smart-contract', clarityVersion, contractName, source };
  return buildTransaction(payload, options);
}
