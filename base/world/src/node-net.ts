/**
 * HTTP over TCP with keep-alive, both directions, every wait and every body bounded.
 * Used through `World.net`; the simulated twin is `sim-net.ts`.
 */
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WorldError } from './error.ts';
import { joinPieces, parseQuery, plainText } from './http.ts';
import { WORLD_LIMITS } from './limits.ts';
import type {
  FetchOptions,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  HttpServer,
  HttpStream,
  Net,
} from './world.ts';

export function nodeNet(): Net {
  const agentOptions = {
    keepAlive: true,
    maxFreeSockets: WORLD_LIMITS.agentFreeSocketsMax,
    timeout: WORLD_LIMITS.agentIdleMs,
  };
  const agents = { http: new Agent(agentOptions), https: new TlsAgent(agentOptions) };
  return {
    serve: (options, handler) => serve(options, handler),
    fetch: (url, options = {}) => fetchWhole(agents, url, options),
    stream: (url, options = {}) => fetchPieces(agents, url, options),
  };
}

// ---- client ---------------------------------------------------------------------------------

interface Agents {
  readonly http: Agent;
  readonly https: TlsAgent;
}

async function fetchWhole(
  agents: Agents,
  url: string,
  options: FetchOptions,
): Promise<HttpResponse> {
  const bodyBytesMax = options.bodyBytesMax ?? WORLD_LIMITS.fetchBodyBytesMax;
  return exchange(agents, { url, options, isRetry: false }, async (incoming, { host }) => {
    const body = await collectBody(incoming, bodyBytesMax).catch((cause) => {
      throw new WorldError('world/unreachable', `${host} broke off`, { cause });
    });
    if (body === null)
      throw new WorldError('world/too-large', `${host} sent over ${bodyBytesMax} B`);
    return { ...headOf(incoming), body };
  });
}

async function fetchPieces(
  agents: Agents,
  url: string,
  options: NonNullable<Parameters<Net['stream']>[1]>,
): Promise<HttpStream> {
  return exchange(agents, { url, options, isRetry: false }, async (incoming, { host }) => ({
    ...headOf(incoming),
    pieces: piecesOf(incoming, host, options),
  }));
}

/** The body as it comes. Whoever leaves the loop destroys the connection. */
async function* piecesOf(
  incoming: IncomingMessage,
  host: string,
  options: NonNullable<Parameters<Net['stream']>[1]>,
): AsyncGenerator<Uint8Array> {
  const bodyBytesMax = options.bodyBytesMax ?? WORLD_LIMITS.fetchBodyBytesMax;
  const idleMs = options.idleMs ?? WORLD_LIMITS.streamIdleMs;
  const cut = (code: 'world/timeout' | 'world/aborted', message: string) =>
    incoming.destroy(new WorldError(code, message));
  const onAbort = () => cut('world/aborted', `request to ${host} was aborted`);
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const onSilence = () => cut('world/timeout', `${host} was silent for ${idleMs} ms`);
  let timer = setTimeout(onSilence, idleMs);
  let size = 0;
  try {
    for await (const piece of incoming as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      size += piece.length;
      if (size > bodyBytesMax) {
        throw new WorldError('world/too-large', `${host} sent over ${bodyBytesMax} B`);
      }
      yield piece;
      timer = setTimeout(onSilence, idleMs);
    }
    if (!incoming.complete) throw new WorldError('world/unreachable', `${host} broke off`);
  } catch (cause) {
    if (cause instanceof WorldError) throw cause;
    throw new WorldError('world/unreachable', `${host} broke off`, { cause });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
    incoming.destroy();
  }
}

interface Attempt {
  readonly url: string;
  readonly options: FetchOptions;
  readonly isRetry: boolean;
}

/**
 * Sends a request and lets `read` make something of the answer; `timeoutMs` bounds both.
 * A connection kept alive may be closed by the server at the moment we reuse it; such a request
 * never reached the handler, so it is sent once more on a fresh connection.
 */
function exchange<T>(
  agents: Agents,
  { url, options, isRetry }: Attempt,
  read: (incoming: IncomingMessage, target: URL) => Promise<T>,
): Promise<T> {
  const target = URL.canParse(url) ? new URL(url) : null;
  if (target === null || (target.protocol !== 'http:' && target.protocol !== 'https:')) {
    return Promise.reject(new WorldError('world/unreachable', `not an http URL: ${url}`));
  }
  const timeoutMs = options.timeoutMs ?? WORLD_LIMITS.fetchTimeoutMs;
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const agent = target.protocol === 'https:' ? agents.https : agents.http;

  return new Promise((resolve, reject) => {
    if (options.signal?.aborted) {
      reject(new WorldError('world/aborted', `request to ${target.host} was aborted`));
      return;
    }
    const body = options.body;
    const outgoing = send(target, {
      method: options.method ?? (body === undefined ? 'GET' : 'POST'),
      agent,
      headers: {
        ...options.headers,
        ...(body === undefined ? {} : { 'content-length': String(body.length) }),
      },
    });
    let isSettled = false;
    const settle = (finish: () => void) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      finish();
    };
    const fail = (error: WorldError) =>
      settle(() => {
        outgoing.destroy();
        reject(error);
      });
    const onAbort = () =>
      fail(new WorldError('world/aborted', `request to ${target.host} was aborted`));
    const timer = setTimeout(
      () =>
        fail(new WorldError('world/timeout', `${target.host} did not answer in ${timeoutMs} ms`)),
      timeoutMs,
    );
    options.signal?.addEventListener('abort', onAbort, { once: true });

    outgoing.on('error', (cause) => {
      const code = (cause as { code?: string }).code;
      if (!isRetry && outgoing.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE')) {
        settle(() => resolve(exchange(agents, { url, options, isRetry: true }, read)));
        return;
      }
      fail(new WorldError('world/unreachable', `cannot reach ${target.host}`, { cause }));
    });
    outgoing.on('response', (incoming) => {
      incoming.on('error', (cause) =>
        fail(new WorldError('world/unreachable', `${target.host} broke off`, { cause })),
      );
      read(incoming, target).then((value) => settle(() => resolve(value)), fail);
    });
    outgoing.end(body);
  });
}

function headOf(incoming: IncomingMessage) {
  return { status: incoming.statusCode ?? 0, headers: Object.fromEntries(headersOf(incoming)) };
}

/** Null when the body exceeds `bytesMax`; rejects when the connection breaks. */
function collectBody(incoming: IncomingMessage, bytesMax: number): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    const announced = Number(incoming.headers['content-length'] ?? 0);
    if (announced > bytesMax) {
      resolve(null);
      return;
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    incoming.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > bytesMax) {
        incoming.pause();
        resolve(null);
        return;
      }
      chunks.push(chunk);
    });
    incoming.on('end', () => resolve(joinPieces(chunks)));
    incoming.on('aborted', () => reject(new Error('connection closed')));
    incoming.on('error', reject);
  });
}

function headersOf(incoming: IncomingMessage): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value === undefined) continue;
    headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

// ---- server ---------------------------------------------------------------------------------

function serve(
  options: { readonly host: string; readonly port: number; readonly bodyBytesMax: number },
  handler: HttpHandler,
): Promise<HttpServer> {
  const server = createServer(
    {
      keepAliveTimeout: WORLD_LIMITS.serverKeepAliveMs,
      requestTimeout: WORLD_LIMITS.serverRequestMs,
      maxHeaderSize: WORLD_LIMITS.headerBytesMax,
    },
    (incoming, outgoing) => {
      answer(incoming, outgoing, options.bodyBytesMax, handler).catch(() => outgoing.destroy());
    },
  );
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const isTaken = (cause as { code?: string }).code === 'EADDRINUSE';
      reject(
        new WorldError(
          isTaken ? 'world/port-in-use' : 'world/cannot-listen',
          isTaken
            ? `port ${options.port} on ${options.host} is in use`
            : `cannot listen on ${options.host}:${options.port}`,
          { cause },
        ),
      );
    });
    server.listen(options.port, options.host, () => {
      server.removeAllListeners('error');
      server.on('error', () => {});
      const { port } = server.address() as AddressInfo;
      resolve({ port, close: () => closeServer(server) });
    });
  });
}

function closeServer(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    const cut = setTimeout(() => server.closeAllConnections(), WORLD_LIMITS.serverCloseGraceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  bodyBytesMax: number,
  handler: HttpHandler,
): Promise<void> {
  const body = await collectBody(incoming, bodyBytesMax);
  if (body === null) {
    outgoing.setHeader('connection', 'close');
    respond(outgoing, plainText(413, `request body exceeds ${bodyBytesMax} bytes`));
    return;
  }
  const gone = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  let response: HttpResponse;
  try {
    response = await handler(requestOf(incoming, body, gone.signal));
  } catch {
    response = plainText(500, 'internal error');
  }
  if (response.stream === undefined) respond(outgoing, response);
  else await respondInPieces(outgoing, response, response.stream);
}

/** Throws when the iterator does: the caller's connection is then cut, not closed in order. */
async function respondInPieces(
  outgoing: ServerResponse,
  { status, headers }: HttpResponse,
  stream: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (!outgoing.destroyed) {
    outgoing.writeHead(status, headers);
    outgoing.flushHeaders();
  }
  for await (const piece of stream) {
    if (outgoing.destroyed) break;
    if (!outgoing.write(piece)) await drained(outgoing);
  }
  if (!outgoing.destroyed) outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.on('drain', done);
    outgoing.on('close', done);
  });
}

function respond(outgoing: ServerResponse, response: HttpResponse): void {
  if (outgoing.destroyed) return;
  const headers: Record<string, string> = { ...response.headers };
  if (response.status !== 204 && response.status !== 304) {
    headers['content-length'] = String(response.body.length);
  }
  outgoing.writeHead(response.status, headers);
  outgoing.end(response.body);
}

function requestOf(incoming: IncomingMessage, body: Uint8Array, signal: AbortSignal): HttpRequest {
  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: parseQuery(mark < 0 ? '' : target.slice(mark + 1)),
    headers: headersOf(incoming),
    body,
    signal,
  };
}
