/**
 * Private keys as text. 66 hex digits ending in 01 mean "hash the short public key" and are what
 * every current tool writes; 64 digits mean the long form, as stacks.js and stacks-core read them.
 */
import { bytesFromHex, bytesToHex, isHex, ok, type Result } from '@assay/bytes';
import { isValidPrivateKey, publicKeyFromPrivate } from '@assay/crypto';
import type { SigningKey } from '@assay/wire';
import { fail, type WalletError } from './wallet-error.ts';

/**
 * 64 or 66 hex digits, with or without `0x`. The text never appears in the error.
 * @rejects wallet/private-key
 */
export function parsePrivateKey(text: string): Result<SigningKey, WalletError> {
  const hex = text.startsWith('0x') ? text.slice(2) : text;
  if (!isHex(hex) || (hex.length !== 64 && hex.length !== 66)) {
    return fail('wallet/private-key', 'A private key is 64 hex digits, or 66 ending in 01.');
  }
  const bytes = bytesFromHex(hex);
  if (bytes.length === 33 && bytes[32] !== 1) {
    return fail('wallet/private-key', 'A private key of 66 hex digits must end in 01.');
  }
  const privateKey = bytes.subarray(0, 32);
  if (!isValidPrivateKey(privateKey)) {
    return fail('wallet/private-key', 'The private key is out of range.');
  }
  return ok({ privateKey, compressed: bytes.length === 33 });
}

/** The hex form: 66 digits for a compressed key, else 64. Secret. */
export function formatPrivateKey(key: SigningKey): string {
  return bytesToHex(key.privateKey) + (key.compressed ? '01' : '');
}

/** 33 or 65 bytes, as the key's form asks. */
export function publicKeyOf(key: SigningKey): Uint8Array {
  return publicKeyFromPrivate(key.privateKey, key.compressed);
}
