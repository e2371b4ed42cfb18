/**
 * Strict DER of ECDSA signatures as Bitcoin wants it (BIP66), to and from 64 bytes R S.
 * Called by signing and by input verification.
 */
import { concatBytes } from '@assay/bytes';

/** 64 bytes R S to DER, without the hash type byte. */
export function encodeDerSignature(rs: Uint8Array): Uint8Array {
  const body = concatBytes(derInteger(rs.subarray(0, 32)), derInteger(rs.subarray(32, 64)));
  return concatBytes(Uint8Array.of(0x30, body.length), body);
}

function derInteger(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at++;
  const sign = bytes[at]! >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  const body = concatBytes(sign, bytes.subarray(at));
  return concatBytes(Uint8Array.of(2, body.length), body);
}

/** DER without the hash type byte to 64 bytes R S; null unless strictly encoded and 256 bits. */
export function decodeDerSignature(der: Uint8Array): Uint8Array | null {
  if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2)
    return null;
  const out = new Uint8Array(64);
  const afterR = readInteger(der, 2, out, 0);
  if (afterR === null) return null;
  const afterS = readInteger(der, afterR, out, 32);
  return afterS === der.length ? out : null;
}

/** Copies one integer right-aligned to `out[at..at+32]`; the offset behind it, or null. */
function readInteger(der: Uint8Array, from: number, out: Uint8Array, at: number): number | null {
  const size = der[from + 1];
  const start = from + 2;
  if (der[from] !== 2 || size === undefined || size === 0 || start + size > der.length) return null;
  const first = der[start]!;
  if (first >= 0x80) return null; // negative
  const padded = size > 1 && first === 0;
  if (padded && der[start + 1]! < 0x80) return null; // needless zero
  const digits = der.subarray(padded ? start + 1 : start, start + size);
  if (digits.length > 32) return null;
  out.set(digits, at + 32 - digits.length);
  return start + size;
}
