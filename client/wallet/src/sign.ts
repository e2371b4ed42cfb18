/**
 * Signing with checks: a key that does not belong to the account is told so instead of making a
 * transaction that the node refuses.
 * Source: SIP-005, SIP-018, SIP-027.
 */
import { bytesEqual, ok, type Result } from '@assay/bytes';
import type { ClarityValue } from '@assay/clarity-value';
import { signRecoverable, vrsToRsv } from '@assay/crypto';
import {
  appendOriginKey,
  appendSponsorKey,
  isSingleSig,
  type SigningKey,
  type SpendingCondition,
  type StructuredDomain,
  setSponsor,
  signerHash,
  signOrigin,
  signSponsor,
  structuredDataHash,
  type Transaction,
} from '@assay/wire';
import { conditionFor, type Origin } from './build.ts';
import { publicKeyOf } from './private-key.ts';
import { fail, type WalletError } from './wallet-error.ts';

function checkSingleSig(
  condition: SpendingCondition,
  key: SigningKey,
): { readonly ok: false; readonly error: WalletError } | null {
  if (!isSingleSig(condition)) {
    return fail('wallet/multi-sig', 'The account needs several keys; use signMultiSig.');
  }
  const fits =
    condition.compressed === key.compressed &&
    bytesEqual(signerHash(key, condition.hashMode), condition.signer);
  return fits ? null : fail('wallet/wrong-key', 'The key does not belong to this account.');
}

/** Signs as the only key of the origin. @rejects wallet/wrong-key, wallet/multi-sig */
export function signTransaction(
  tx: Transaction,
  key: SigningKey,
): Result<Transaction, WalletError> {
  return checkSingleSig(tx.auth.origin, key) ?? ok(signOrigin(tx, key));
}

interface Appenders {
  readonly sign: (tx: Transaction, key: SigningKey) => Transaction;
  readonly append: (tx: Transaction, publicKey: Uint8Array) => Transaction;
}

/** Walks the account's keys in order: a signature where a private key is at hand, else the key. */
function signAll(
  tx: Transaction,
  publicKeys: readonly Uint8Array[],
  keys: readonly SigningKey[],
  { sign, append }: Appenders,
): Transaction {
  let current = tx;
  for (const publicKey of publicKeys) {
    const key = keys.find((candidate) => bytesEqual(publicKeyOf(candidate), publicKey));
    current = key ? sign(current, key) : append(current, publicKey);
  }
  return current;
}

function checkMultiSig(
  condition: SpendingCondition,
  publicKeys: readonly Uint8Array[],
  keys: readonly SigningKey[],
): { readonly ok: false; readonly error: WalletError } | null {
  if (isSingleSig(condition)) return fail('wallet/multi-sig', 'The account has a single key.');
  const { hashMode, signaturesRequired } = condition;
  const rebuilt = conditionFor({ publicKeys, signaturesRequired, hashMode }, condition);
  if (!rebuilt.ok) return rebuilt;
  if (!bytesEqual(rebuilt.value.signer, condition.signer)) {
    return fail('wallet/wrong-key', 'These public keys, in this order, are another account.');
  }
  const mine = keys.map(publicKeyOf);
  if (mine.some((key) => !publicKeys.some((other) => bytesEqual(key, other)))) {
    return fail('wallet/wrong-key', 'A key does not belong to this account.');
  }
  if (new Set(mine.map(String)).size !== signaturesRequired) {
    return fail('wallet/multi-sig', `Exactly ${signaturesRequired} different keys must sign.`);
  }
  return null;
}

/**
 * Signs as several keys of the origin at once.
 * @param publicKeys all keys of the account, in its order
 * @param keys exactly as many as the account requires
 * @rejects wallet/multi-sig, wallet/wrong-key, wallet/public-key
 */
export function signMultiSig(
  tx: Transaction,
  publicKeys: readonly Uint8Array[],
  keys: readonly SigningKey[],
): Result<Transaction, WalletError> {
  const fault = checkMultiSig(tx.auth.origin, publicKeys, keys);
  if (fault) return fault;
  return ok(signAll(tx, publicKeys, keys, { sign: signOrigin, append: appendOriginKey }));
}

export interface SponsorOptions {
  readonly sponsor: Origin;
  readonly nonce: bigint;
  /** u64, paid by the sponsor. */
  readonly feeMicro: bigint;
  /** One key, or as many as a multisig sponsor requires. */
  readonly keys: readonly SigningKey[];
}

/**
 * Pays for a transaction that its origin has signed.
 * @rejects wallet/not-sponsored, wallet/wrong-key, wallet/multi-sig
 */
export function sponsorTransaction(
  tx: Transaction,
  { sponsor, nonce, feeMicro, keys }: SponsorOptions,
): Result<Transaction, WalletError> {
  if (tx.auth.kind !== 'sponsored') {
    return fail('wallet/not-sponsored', 'The origin did not leave room for a sponsor.');
  }
  const condition = conditionFor(sponsor, { nonce, feeMicro });
  if (!condition.ok) return condition;
  const placed = setSponsor(tx, condition.value);
  if ('publicKeys' in sponsor) {
    const fault = checkMultiSig(condition.value, sponsor.publicKeys, keys);
    if (fault) return fault;
    const appenders = { sign: signSponsor, append: appendSponsorKey };
    return ok(signAll(placed, sponsor.publicKeys, keys, appenders));
  }
  const key = keys[0];
  if (!key) return fail('wallet/wrong-key', 'A sponsor needs a key.');
  return checkSingleSig(condition.value, key) ?? ok(signSponsor(placed, key));
}

/** SIP-018 signature, 65 bytes R S V: the order Clarity's `secp256k1-recover?` reads. */
export function signStructuredData(
  key: SigningKey,
  domain: StructuredDomain,
  message: ClarityValue,
): Uint8Array {
  return vrsToRsv(signRecoverable(structuredDataHash(domain, message), key.privateKey));
}
