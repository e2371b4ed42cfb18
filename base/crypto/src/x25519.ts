/** X25519 key agreement, RFC 7748: only what names a key. Boxes are sealed and opened by HPKE (jobs). */
import { x25519 } from '@noble/curves/ed25519.js';

/** The public half of any 32 bytes. @returns 32 bytes */
export function x25519PublicKey(secret: Uint8Array): Uint8Array {
  return x25519.getPublicKey(secret);
}
