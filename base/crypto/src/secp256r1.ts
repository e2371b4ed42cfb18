/**
 * ECDSA verification over P-256, the curve of passkeys, for Clarity's `secp256r1-verify`.
 * Source: SEC 2 (secp256r1), SIP-035.
 */
import { p256 } from '@noble/curves/nist.js';

/**
 * Checks a 64-byte R S signature over a 32-byte hash with a 33-byte key.
 * High-S signatures are accepted, as in stacks-core's use of the p256 crate.
 */
export function verifySecp256r1(
  hash: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (signature.length !== 64 || hash.length !== 32) return false;
  try {
    return p256.verify(signature, hash, publicKey, { prehash: false, lowS: false });
  } catch {
    return false;
  }
}
