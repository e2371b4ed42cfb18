/**
 * Reads fields out of a node's JSON with the type we expect; a wrong one is a `TypeError` that names
 * the field. Numbers may come as numbers or decimal strings, hex with or without 0x.
 */
import { bytesFromHex, isHex } from '@assay/bytes';

export type JsonObject = Readonly<Record<string, unknown>>;

function wrong(name: string, wanted: string, value: unknown): never {
  throw new TypeError(`field ${name}: expected ${wanted}, got ${JSON.stringify(value)}`);
}

export function textAt(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === 'string' ? value : wrong(name, 'text', value);
}

export function numberAt(object: JsonObject, name: string): number {
  const value = object[name];
  return typeof value === 'number' ? value : wrong(name, 'a number', value);
}

export function flagAt(object: JsonObject, name: string): boolean {
  const value = object[name];
  return typeof value === 'boolean' ? value : wrong(name, 'a boolean', value);
}

/** Decimal text, `0x` hex, or a safe JSON number. */
export function bigintAt(object: JsonObject, name: string): bigint {
  const value = object[name];
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^(0x[0-9a-fA-F]+|[0-9]+)$/.test(value)) return BigInt(value);
  return wrong(name, 'an integer', value);
}

export function bytesAt(object: JsonObject, name: string): Uint8Array {
  return hexValue(object[name]) ?? wrong(name, 'hex', object[name]);
}

export function bytesOrNullAt(object: JsonObject, name: string): Uint8Array | null {
  const value = object[name];
  return value === null || value === undefined ? null : bytesAt(object, name);
}

export function textOrNullAt(object: JsonObject, name: string): string | null {
  const value = object[name];
  return value === null || value === undefined ? null : textAt(object, name);
}

export function objectAt(object: JsonObject, name: string): JsonObject {
  return objectOrNullAt(object, name) ?? wrong(name, 'an object', object[name]);
}

export function objectOrNullAt(object: JsonObject, name: string): JsonObject | null {
  const value = object[name];
  return typeof value === 'object' && value !== null ? (value as JsonObject) : null;
}

export function listAt(object: JsonObject, name: string): readonly JsonObject[] {
  const value = object[name];
  return Array.isArray(value) ? (value as JsonObject[]) : wrong(name, 'a list', value);
}

export function hexValue(value: unknown): Uint8Array | null {
  if (typeof value !== 'string') return null;
  const digits = value.startsWith('0x') ? value.slice(2) : value;
  return isHex(digits) ? bytesFromHex(digits) : null;
}
