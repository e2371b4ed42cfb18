/**
 * Answers in the forms clients expect: JSON, plain text (stacks-core's errors), bytes, and the
 * error shape of the extended API. Source: reference/stacks-clients.md 3.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import type { HttpResponse } from '@assay/world';
import { encodeJson, type Json } from './json.ts';

const NO_HEADERS = {};

export function json(status: number, value: Json): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: bytesFromUtf8(encodeJson(value)),
  };
}

export function okJson(value: Json): HttpResponse {
  return json(200, value);
}

export function text(status: number, message: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain' }, body: bytesFromUtf8(message) };
}

export function notFound(message: string): HttpResponse {
  return text(404, message);
}

export function badRequest(message: string): HttpResponse {
  return text(400, message);
}

/** A body or a parameter that does not decode, in stacks-core's words. */
export function undecodable(message: string): HttpResponse {
  return text(400, `Failed to decode: ${message}`);
}

export function octets(body: Uint8Array): HttpResponse {
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
}

export function empty(status: number): HttpResponse {
  return { status, headers: NO_HEADERS, body: new Uint8Array(0) };
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  410: 'Gone',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
};

/** The extended API's error: `{statusCode, error, message}`. */
export function apiError(status: number, message: string, code?: string): HttpResponse {
  const error = STATUS_NAMES[status] ?? 'Error';
  return json(status, { statusCode: status, code, error, message });
}
