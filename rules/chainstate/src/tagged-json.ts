/**
 * JSON for records of this room's own database: bytes become `{"$b": hex}`, big integers
 * `{"$n": decimal}`. Never on the wire; what we read here we wrote ourselves.
 */
import { assert, bytesFromHex, bytesFromUtf8, bytesToHex, utf8FromBytes } from '@assay/bytes';

function encodeTagged(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $n: value.toString() };
  if (value instanceof Uint8Array) return { $b: bytesToHex(value) };
  return value;
}

function decodeTagged(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$n' in value) return BigInt(value.$n as string);
  if ('$b' in value) return bytesFromHex(value.$b as string);
  return value;
}

export function encodeRecord(value: unknown): Uint8Array {
  return bytesFromUtf8(JSON.stringify(value, encodeTagged));
}

/** The caller names the type it stored. */
export function decodeRecord<T>(bytes: Uint8Array): T {
  const text = utf8FromBytes(bytes);
  assert(text !== null, 'stored record is not UTF-8');
  return JSON.parse(text, decodeTagged) as T;
}
