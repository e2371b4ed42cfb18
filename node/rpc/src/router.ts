/**
 * Finds the route of a request and calls it, pure of sockets. Patterns are plain paths with
 * `:name` for one segment; literal segments win over names. Browsers of any origin are welcome:
 * the node serves public data, and secrets are needed only in the Authorization header.
 * Source: reference/stacks-clients.md 1.1 (preflight that echoes the headers asked for).
 */
import type { Logger } from '@assay/observe';
import type { HttpHandler, HttpRequest, HttpResponse } from '@assay/world';
import { apiError, empty, notFound, text } from './reply.ts';

export interface RouteRequest extends HttpRequest {
  /** Segments of the pattern's names, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
}

export type RouteHandler = (request: RouteRequest) => HttpResponse | Promise<HttpResponse>;

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly pattern: string;
  readonly handle: RouteHandler;
}

export function route(method: Route['method'], pattern: string, handle: RouteHandler): Route {
  return { method, pattern, handle };
}

interface CompiledRoute {
  readonly route: Route;
  readonly segments: readonly string[];
  /** Names in the pattern: fewer first. */
  readonly names: number;
}

export interface RouterOptions {
  readonly log: Logger;
  /** Called with the pattern, not the path: paths would make endless label sets. */
  readonly onAnswer?: (pattern: string, status: number, elapsedMs: number) => void;
  readonly nowMs: () => number;
}

const METHODS = 'GET,HEAD,PUT,PATCH,POST,DELETE';

export function createRouter(routes: readonly Route[], options: RouterOptions): HttpHandler {
  const bySize = compile(routes);
  return async (request) => {
    if (request.method === 'OPTIONS') return withCors(request, preflight(request));
    const startMs = options.nowMs();
    const { pattern, response } = await dispatch(bySize, request, options.log);
    options.onAnswer?.(pattern, response.status, options.nowMs() - startMs);
    const body = request.method === 'HEAD' ? new Uint8Array(0) : response.body;
    return withCors(request, { ...response, body });
  };
}

function compile(routes: readonly Route[]): ReadonlyMap<number, readonly CompiledRoute[]> {
  const bySize = new Map<number, CompiledRoute[]>();
  for (const item of routes) {
    const segments = item.pattern.split('/');
    const names = segments.filter((segment) => segment.startsWith(':')).length;
    const list = bySize.get(segments.length) ?? [];
    list.push({ route: item, segments, names });
    bySize.set(segments.length, list);
  }
  for (const list of bySize.values()) list.sort((a, b) => a.names - b.names);
  return bySize;
}

async function dispatch(
  bySize: ReadonlyMap<number, readonly CompiledRoute[]>,
  request: HttpRequest,
  log: Logger,
): Promise<{ pattern: string; response: HttpResponse }> {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const segments = splitPath(request.path);
  if (segments === null) return { pattern: 'none', response: text(400, 'malformed path') };
  const allowed = new Set<string>();
  for (const { route: found, segments: pattern } of bySize.get(segments.length) ?? []) {
    const params = match(pattern, segments);
    if (params === null) continue;
    if (found.method !== method) {
      allowed.add(found.method);
      continue;
    }
    try {
      const response = await found.handle({ ...request, params });
      return { pattern: found.pattern, response };
    } catch (cause) {
      log.error('request failed', { route: found.pattern, cause });
      return { pattern: found.pattern, response: text(500, 'internal error') };
    }
  }
  return { pattern: 'none', response: unknownRoute(request, [...allowed]) };
}

function unknownRoute(request: HttpRequest, allowed: readonly string[]): HttpResponse {
  if (allowed.length > 0) {
    const methods = allowed.join(', ');
    const answer = text(405, `Method Not Allowed. Allowed: ${methods}`);
    return { ...answer, headers: { ...answer.headers, allow: methods } };
  }
  if (request.path.startsWith('/extended')) {
    return apiError(404, `Route ${request.method}:${request.path} not found`);
  }
  return notFound('No such file or directory');
}

/** A trailing slash does not matter. Null when an escape is malformed. */
function splitPath(path: string): string[] | null {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  try {
    return trimmed.split('/').map(decodeURIComponent);
  } catch {
    return null;
  }
}

function match(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (let i = 0; i < pattern.length; i++) {
    const wanted = pattern[i]!;
    const given = segments[i]!;
    if (wanted.startsWith(':')) {
      if (given === '') return null;
      params[wanted.slice(1)] = given;
    } else if (wanted !== given) {
      return null;
    }
  }
  return params;
}

function preflight(request: HttpRequest): HttpResponse {
  const asked = request.headers.get('access-control-request-headers');
  return {
    ...empty(204),
    headers: {
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': asked ?? 'origin, content-type, authorization',
      'access-control-max-age': '86400',
    },
  };
}

function withCors(request: HttpRequest, response: HttpResponse): HttpResponse {
  const isPrivate = request.headers.get('access-control-request-private-network') === 'true';
  return {
    ...response,
    headers: {
      ...response.headers,
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'X-API-Version',
      ...(isPrivate ? { 'access-control-allow-private-network': 'true' } : {}),
    },
  };
}
