/**
 * Makes log fields fit to be written: secrets out, bytes as hex, bigints and errors readable.
 * Called by every logger before anything leaves the process.
 */
import { bytesToHex } from '@assay/bytes';
import type { LogFields } from './logger.ts';

/** Names ending so are secrets, in any case style. Counts such as `promptTokens` are not. */
const SECRET_NAME =
  /(secret|private_?key|payment_?key|signing_?seed|mnemonic|passw(or)?d|passphrase|auth_?token|api_?key|authorization|keychain|^seed|^token|^wif)$/i;

const BYTES_SHOWN_MAX = 64;
const DEPTH_MAX = 4;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** A JSON-safe copy; secret-named fields read `[redacted]` at any depth. */
export function presentableFields(fields: LogFields): LogFields {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    out[name] = isSecretName(name) ? '[redacted]' : presentable(value, DEPTH_MAX);
  }
  return out;
}

function presentable(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    const hex = bytesToHex(value.subarray(0, BYTES_SHOWN_MAX));
    return value.length > BYTES_SHOWN_MAX ? `${hex}... (${value.length} bytes)` : hex;
  }
  if (value instanceof Error) return presentableError(value, depth);
  if (depth === 0) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => presentable(item, depth - 1));
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const out: Record<string, unknown> = {};
  for (const [name, item] of entries) {
    out[String(name)] = isSecretName(String(name)) ? '[redacted]' : presentable(item, depth - 1);
  }
  return out;
}

function presentableError(error: Error, depth: number): unknown {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code: String(code) }),
    ...(cause === undefined || depth === 0 ? {} : { cause: presentable(cause, depth - 1) }),
    stack: error.stack,
  };
}
