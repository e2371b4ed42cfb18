/**
 * What signatures of a transaction cover. The chain of hashes starts at the transaction with empty
 * authorization; each signer adds flag, fee and nonce, then key form and signature.
 * Source: SIP-005 "Transaction Signing and Verifying"; stacks-codec/src/transaction.rs.
 */
import { sha512_256 } from '@assay/crypto';
import {
  type AUTH_FLAG,
  isSingleSig,
  isUnordered,
  type SpendingCondition,
  type TransactionAuth,
} from './spending-condition.ts';
import { encodeWithAuth, type Transaction } from './transaction.ts';

export type AuthFlag = (typeof AUTH_FLAG)[keyof typeof AUTH_FLAG];

const NO_SIGNATURE = new Uint8Array(65);

/** What an origin signs in place of a sponsor it does not know yet. */
const UNKNOWN_SPONSOR: SpendingCondition = {
  hashMode: 'p2pkh',
  signer: new Uint8Array(20),
  nonce: 0n,
  feeMicro: 0n,
  compressed: true,
  signature: NO_SIGNATURE,
};

function clearCondition(condition: SpendingCondition): SpendingCondition {
  return isSingleSig(condition)
    ? { ...condition, nonce: 0n, feeMicro: 0n, signature: NO_SIGNATURE }
    : { ...condition, nonce: 0n, feeMicro: 0n, fields: [] };
}

function clearAuth(auth: TransactionAuth): TransactionAuth {
  const origin = clearCondition(auth.origin);
  return auth.kind === 'standard'
    ? { kind: 'standard', origin }
    : { kind: 'sponsored', origin, sponsor: UNKNOWN_SPONSOR };
}

/** Where the chain starts: the id of the transaction with its authorization cleared. */
export function initialSighash(tx: Transaction): Uint8Array {
  return sha512_256(encodeWithAuth(tx, clearAuth(tx.auth)));
}

/** The 32 bytes a key signs. */
export function presignSighash(
  current: Uint8Array,
  flag: AuthFlag,
  condition: SpendingCondition,
): Uint8Array {
  const buffer = new Uint8Array(49);
  const view = new DataView(buffer.buffer);
  buffer.set(current);
  buffer[32] = flag;
  view.setBigUint64(33, condition.feeMicro);
  view.setBigUint64(41, condition.nonce);
  return sha512_256(buffer);
}

/** Where the chain stands after a signature. */
export function postsignSighash(
  presign: Uint8Array,
  compressed: boolean,
  signature: Uint8Array,
): Uint8Array {
  const buffer = new Uint8Array(98);
  buffer.set(presign);
  buffer[32] = compressed ? 0 : 1;
  buffer.set(signature, 33);
  return sha512_256(buffer);
}

/** The hash that the next signer of a condition starts from, given the signatures in it. */
export function sighashAfter(
  condition: SpendingCondition,
  start: Uint8Array,
  flag: AuthFlag,
): Uint8Array {
  if (isSingleSig(condition)) {
    const presign = presignSighash(start, flag, condition);
    return postsignSighash(presign, condition.compressed, condition.signature);
  }
  if (isUnordered(condition.hashMode)) return start;
  let current = start;
  for (const field of condition.fields) {
    if (field.kind !== 'signature') continue;
    const presign = presignSighash(current, flag, condition);
    current = postsignSighash(presign, field.compressed, field.signature);
  }
  return current;
}
