/**
 * Adds signatures to a transaction; each function returns a new one. The wallet's builders sit on
 * top; tests and the miner sign here directly.
 * Source: SIP-005 "Transaction Signing and Verifying", SIP-027.
 */
import { assert } from '@assay/bytes';
import { convertPublicKey, publicKeyFromPrivate, signRecoverable } from '@assay/crypto';
import { hashPublicKeys } from './address-hash.ts';
import { type AuthFlag, initialSighash, presignSighash, sighashAfter } from './sighash.ts';
import {
  AUTH_FLAG,
  type AuthField,
  type HashMode,
  isSingleSig,
  type MultiSigCondition,
  type MultiSigMode,
  type SingleSigCondition,
  type SingleSigMode,
  type SpendingCondition,
} from './spending-condition.ts';
import type { Transaction } from './transaction.ts';

/** A key and the form in which its public key is hashed into the address. */
export interface SigningKey {
  /** 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
  readonly compressed: boolean;
}

export interface ConditionFields {
  readonly nonce: bigint;
  readonly feeMicro: bigint;
}

/** An unsigned condition of one key. */
export function singleSigCondition(
  publicKey: Uint8Array,
  { nonce, feeMicro }: ConditionFields,
  hashMode: SingleSigMode = 'p2pkh',
): SingleSigCondition {
  const compressed = publicKey.length === 33;
  assert(compressed || hashMode === 'p2pkh', 'segwit needs a compressed key');
  const signer = hashPublicKeys(hashMode, [publicKey]);
  return { hashMode, signer, nonce, feeMicro, compressed, signature: new Uint8Array(65) };
}

/** An unsigned condition of several keys; `publicKeys` in the order of the address. */
export function multiSigCondition(
  publicKeys: readonly Uint8Array[],
  signaturesRequired: number,
  { nonce, feeMicro }: ConditionFields,
  hashMode: MultiSigMode,
): MultiSigCondition {
  assert(signaturesRequired >= 1 && signaturesRequired <= publicKeys.length, 'm of n out of range');
  const signer = hashPublicKeys(hashMode, publicKeys, signaturesRequired);
  return { hashMode, signer, nonce, feeMicro, fields: [], signaturesRequired };
}

function signatureFor(
  condition: SpendingCondition,
  start: Uint8Array,
  flag: AuthFlag,
  key: SigningKey,
): Uint8Array {
  return signRecoverable(presignSighash(start, flag, condition), key.privateKey);
}

function signed(
  condition: SpendingCondition,
  start: Uint8Array,
  flag: AuthFlag,
  key: SigningKey,
): SpendingCondition {
  if (isSingleSig(condition)) {
    return { ...condition, signature: signatureFor(condition, start, flag, key) };
  }
  const current = sighashAfter(condition, start, flag);
  const signature = signatureFor(condition, current, flag, key);
  const field: AuthField = { kind: 'signature', compressed: key.compressed, signature };
  return { ...condition, fields: [...condition.fields, field] };
}

function withKey(condition: SpendingCondition, publicKey: Uint8Array): SpendingCondition {
  assert(!isSingleSig(condition), 'only multisig conditions carry public keys');
  const short = convertPublicKey(publicKey, true);
  assert(short, 'not a public key');
  const compressed = publicKey.length === 33;
  const field: AuthField = { kind: 'public-key', compressed, publicKey: short };
  return { ...condition, fields: [...condition.fields, field] };
}

function sponsorOf(tx: Transaction): SpendingCondition {
  assert(tx.auth.kind === 'sponsored', 'transaction has no sponsor');
  return tx.auth.sponsor;
}

function replaceOrigin(tx: Transaction, origin: SpendingCondition): Transaction {
  return { ...tx, auth: { ...tx.auth, origin } };
}

function replaceSponsor(tx: Transaction, sponsor: SpendingCondition): Transaction {
  return { ...tx, auth: { kind: 'sponsored', origin: tx.auth.origin, sponsor } };
}

/** Signs as the origin; in a multisig condition, as the next key in order. */
export function signOrigin(tx: Transaction, key: SigningKey): Transaction {
  const start = initialSighash(tx);
  return replaceOrigin(tx, signed(tx.auth.origin, start, AUTH_FLAG.standard, key));
}

/** Adds the key of an origin who does not sign. */
export function appendOriginKey(tx: Transaction, publicKey: Uint8Array): Transaction {
  return replaceOrigin(tx, withKey(tx.auth.origin, publicKey));
}

/** Puts a sponsor, unsigned, in place. The origin's signature stays valid. */
export function setSponsor(tx: Transaction, sponsor: SpendingCondition): Transaction {
  assert(tx.auth.kind === 'sponsored', 'the origin did not ask for a sponsor');
  return replaceSponsor(tx, sponsor);
}

/** Signs as the sponsor, over what the origin signed. */
export function signSponsor(tx: Transaction, key: SigningKey): Transaction {
  const start = sighashAfter(tx.auth.origin, initialSighash(tx), AUTH_FLAG.standard);
  return replaceSponsor(tx, signed(sponsorOf(tx), start, AUTH_FLAG.sponsored, key));
}

/** Adds the key of a sponsor who does not sign. */
export function appendSponsorKey(tx: Transaction, publicKey: Uint8Array): Transaction {
  return replaceSponsor(tx, withKey(sponsorOf(tx), publicKey));
}

/** The 20-byte hash a single key has in a mode, for comparing with a condition. */
export function signerHash(key: SigningKey, hashMode: HashMode): Uint8Array {
  return hashPublicKeys(hashMode, [publicKeyFromPrivate(key.privateKey, key.compressed)]);
}
