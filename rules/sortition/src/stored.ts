/**
 * The stored form of snapshots and operations: JSON text with bytes as hex and big integers as
 * decimal, each marked. Private to this room; never hashed, never sent.
 */
import { bytesFromHex, bytesFromUtf8, bytesToHex, utf8FromBytes } from '@assay/bytes';

function pack(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $x: bytesToHex(value) };
  if (typeof value === 'bigint') return { $n: value.toString() };
  if (Array.isArray(value)) return value.map(pack);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pack(item)]));
  }
  return value;
}

function unpack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpack);
  if (typeof value !== 'object' || value === null) return value;
  if ('$x' in value) return bytesFromHex(String(value.$x));
  if ('$n' in value) return BigInt(String(value.$n));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item)]));
}

export function encodeStored(value: unknown): Uint8Array {
  return bytesFromUtf8(JSON.stringify(pack(value)));
}

/** The inverse of `encodeStored`; the caller knows the type it stored. */
export function decodeStored<T>(bytes: Uint8Array): T {
  return unpack(JSON.parse(utf8FromBytes(bytes)!)) as T;
}
