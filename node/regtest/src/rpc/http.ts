/**
 * The HTTP door: POST with optional basic authentication, wallets by path, and the headers browsers
 * ask for. A plain `HttpHandler`, so it runs in any world.
 * Source: Bitcoin Core httprpc.cpp; Fetch standard (CORS).
 */
import { bytesEqual, bytesFromUtf8, utf8FromBytes } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import type { HttpHandler, HttpRequest, HttpResponse } from '@assay/world';
import type { RpcDispatcher } from './dispatch.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-max-age': '86400',
};

/** @param credentials  null: anybody may call */
export function rpcHandler(
  dispatcher: RpcDispatcher,
  credentials: Credentials | null,
): HttpHandler {
  return async (request) => {
    if (request.method === 'OPTIONS') return preflight(request);
    if (request.method !== 'POST') {
      return respond(405, 'JSONRPC server handles only POST requests', 'text/plain');
    }
    const walletName = walletOfPath(request.path);
    if (walletName === undefined) return respond(404, '', 'text/plain');
    if (credentials !== null && !isAuthorized(request, credentials)) {
      const { status, headers, body } = respond(401, '', 'text/plain');
      return { status, headers: { ...headers, 'www-authenticate': 'Basic realm="jsonrpc"' }, body };
    }
    const answer = await dispatcher.answer(utf8FromBytes(request.body) ?? '', walletName);
    return respond(answer.httpStatus, answer.body, 'application/json');
  };
}

function respond(status: number, text: string, type: string): HttpResponse {
  return { status, headers: { ...CORS, 'content-type': type }, body: bytesFromUtf8(text) };
}

function preflight(request: HttpRequest): HttpResponse {
  const isPrivate = request.headers.get('access-control-request-private-network') === 'true';
  const extra = isPrivate ? { 'access-control-allow-private-network': 'true' } : {};
  return { status: 204, headers: { ...CORS, ...extra }, body: new Uint8Array(0) };
}

/** Null on `/`, the name on `/wallet/<name>`, undefined elsewhere. */
function walletOfPath(path: string): string | null | undefined {
  if (path === '/' || path === '') return null;
  if (!path.startsWith('/wallet/')) return undefined;
  try {
    // All that follows is the name, a slash at the end included.
    return decodeURIComponent(path.slice('/wallet/'.length));
  } catch {
    return undefined;
  }
}

/** Compares digests, so that time tells nothing about a wrong password. */
function isAuthorized(request: HttpRequest, { username, password }: Credentials): boolean {
  const given = request.headers.get('authorization') ?? '';
  const pair = btoa(String.fromCharCode(...bytesFromUtf8(`${username}:${password}`)));
  return bytesEqual(sha256(bytesFromUtf8(given)), sha256(bytesFromUtf8(`Basic ${pair}`)));
}
