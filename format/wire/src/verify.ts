/**
 * Checks the signatures of a transaction: recovers every key and compares the hash of all keys
 * with the account named in the condition.
 * Called by chainstate and the mempool. Source: SIP-005, SIP-027; stacks-codec transaction.rs.
 */
import { bytesEqual, err, ok, type Result } from '@assay/bytes';
import type { Address } from '@assay/clarity-value';
import { convertPublicKey, isLowS, isValidPublicKey, recoverPublicKey } from '@assay/crypto';
import { addressOfSigner, hashPublicKeys } from './address-hash.ts';
import { type WireError, wireError } from './door.ts';
import { type AuthFlag, initialSighash, postsignSighash, presignSighash } from './sighash.ts';
import {
  AUTH_FLAG,
  isSingleSig,
  isUnordered,
  type MultiSigCondition,
  type SingleSigCondition,
  type SpendingCondition,
} from './spending-condition.ts';
import type { Transaction } from './transaction.ts';

export interface VerifyOptions {
  /**
   * Differs: upstream requires low S from epoch 4.0 only. Here it is required by default, since a
   * flipped S gives the same transfer a second id, and no client makes one.
   */
  readonly allowHighS?: boolean;
}

export interface VerifiedAuth {
  readonly origin: Address;
  /** Null when the origin pays. */
  readonly sponsor: Address | null;
}

/** Where the chain of hashes stands afterwards, computed only if a sponsor needs it. */
type Verdict = Result<() => Uint8Array, WireError>;

interface Step {
  readonly start: Uint8Array;
  readonly flag: AuthFlag;
  readonly allowHighS: boolean;
}

function recover(
  condition: SpendingCondition,
  step: Step,
  signed: { readonly compressed: boolean; readonly signature: Uint8Array },
): Result<{ readonly publicKey: Uint8Array; readonly next: () => Uint8Array }, WireError> {
  const { compressed, signature } = signed;
  if (!step.allowHighS && !isLowS(signature)) {
    return err(wireError('wire/high-s', 'signature has a high S'));
  }
  const presign = presignSighash(step.start, step.flag, condition);
  const publicKey = recoverPublicKey(presign, signature, compressed);
  if (!publicKey) return err(wireError('wire/signature', 'no key gives this signature'));
  return ok({ publicKey, next: () => postsignSighash(presign, compressed, signature) });
}

const WRONG_SIGNER = wireError('wire/signer', 'signature is not by the account named');

function verifySingleSig(condition: SingleSigCondition, step: Step): Verdict {
  const signed = recover(condition, step, condition);
  if (!signed.ok) return signed;
  const hash = hashPublicKeys(condition.hashMode, [signed.value.publicKey]);
  return bytesEqual(hash, condition.signer) ? ok(signed.value.next) : err(WRONG_SIGNER);
}

function verifyMultiSig(condition: MultiSigCondition, step: Step): Verdict {
  const unordered = isUnordered(condition.hashMode);
  const keys: Uint8Array[] = [];
  let current = step.start;
  let signatures = 0;
  for (const field of condition.fields) {
    if (field.kind === 'public-key') {
      const key = field.compressed ? field.publicKey : convertPublicKey(field.publicKey, false);
      if (!key || !isValidPublicKey(key)) return err(wireError('wire/public-key', 'not a point'));
      keys.push(key);
      continue;
    }
    const signed = recover(condition, { ...step, start: current }, field);
    if (!signed.ok) return signed;
    keys.push(signed.value.publicKey);
    if (!unordered) current = signed.value.next();
    signatures++;
  }
  const required = condition.signaturesRequired;
  if (unordered ? signatures < required : signatures !== required) {
    return err(wireError('wire/signature-count', `${signatures} of ${required} signatures`));
  }
  const hash = hashPublicKeys(condition.hashMode, keys, required);
  return bytesEqual(hash, condition.signer) ? ok(() => current) : err(WRONG_SIGNER);
}

function verifyCondition(condition: SpendingCondition, step: Step): Verdict {
  return isSingleSig(condition)
    ? verifySingleSig(condition, step)
    : verifyMultiSig(condition, step);
}

/** The accounts that sign and pay, without checking that they did. */
export function authAccounts(tx: Transaction): VerifiedAuth {
  const account = ({ hashMode, signer }: SpendingCondition): Address =>
    addressOfSigner(hashMode, signer, tx.version);
  const { auth } = tx;
  return {
    origin: account(auth.origin),
    sponsor: auth.kind === 'sponsored' ? account(auth.sponsor) : null,
  };
}

/**
 * All signatures of origin and sponsor.
 * @rejects wire/high-s, wire/signature, wire/signer, wire/public-key, wire/signature-count
 * Cost: one key recovery per signature (about 40 microseconds with the native addon).
 */
export function verifyTransaction(
  tx: Transaction,
  options: VerifyOptions = {},
): Result<VerifiedAuth, WireError> {
  const allowHighS = options.allowHighS ?? false;
  const start = initialSighash(tx);
  const { auth } = tx;
  const origin = verifyCondition(auth.origin, { start, flag: AUTH_FLAG.standard, allowHighS });
  if (!origin.ok) return origin;
  if (auth.kind === 'sponsored') {
    const step = { start: origin.value(), flag: AUTH_FLAG.sponsored, allowHighS };
    const sponsor = verifyCondition(auth.sponsor, step);
    if (!sponsor.ok) return sponsor;
  }
  return ok(authAccounts(tx));
}
