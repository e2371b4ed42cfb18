/**
 * Two orders of the same 32 bytes. Bitcoin hashes and serialises hashes in "internal order" and
 * prints them reversed ("display order": block hashes start with zeros). Stacks stores burn header
 * hashes and burn txids as bytes in display order. This file is the only place that turns them.
 */
import { bytesFromHex, bytesToHex, isHex } from '@assay/bytes';

/** The same hash in the other order; a copy. */
export function reverseHash(hash: Uint8Array): Uint8Array {
  return hash.slice().reverse();
}

/** Internal order to the hex people see. */
export function hashToDisplayHex(hash: Uint8Array): string {
  return bytesToHex(reverseHash(hash));
}

/** The hex people see to internal order; null when it is not 64 hex digits. */
export function hashFromDisplayHex(text: string): Uint8Array | null {
  if (text.length !== 64 || !isHex(text)) return null;
  return bytesFromHex(text).reverse();
}
