/**
 * JSON with one spelling per value: keys ascending by UTF-16 code unit, no white space, integers
 * only, strings as `JSON.stringify` writes them. A subset of RFC 8785. Hashes of it name models
 * and evidence tables.
 */
import { assert } from '@assay/bytes';

/** Plain data of strings, safe integers, booleans, null, arrays and objects. */
export function encodeCanonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    assert(Number.isSafeInteger(value), `canonical JSON holds integers only, not ${value}`);
    return String(value === 0 ? 0 : value);
  }
  if (Array.isArray(value)) return `[${value.map(encodeCanonicalJson).join(',')}]`;
  assert(typeof value === 'object', `canonical JSON cannot hold a ${typeof value}`);
  const record = value as Readonly<Record<string, unknown>>;
  const fields = Object.keys(record)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${encodeCanonicalJson(record[key])}`);
  return `{${fields.join(',')}}`;
}
