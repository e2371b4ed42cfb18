/**
 * One exchange with a node, over whatever carries HTTP: `world.net.fetch` in processes and
 * simulations, `fromBrowserFetch(fetch)` in pages. Answers that make no sense throw `ClientError`;
 * failures of the network throw what the carrier throws (`WorldError`).
 */
import { bytesFromUtf8, utf8FromBytes } from '@assay/bytes';
import type { HttpResponse, Net } from '@assay/world';
import { CLIENT_LIMITS } from './limits.ts';

export type FetchPort = Net['fetch'];

export class ClientError extends Error {
  override readonly name = 'ClientError';
  /** `client/status`: an answer with an unexpected status. `client/malformed`: not its shape. */
  readonly code: 'client/status' | 'client/malformed';
  readonly status: number;
  /** What the node said, shortened. */
  readonly body: string;

  constructor(code: ClientError['code'], request: string, answer: HttpResponse) {
    const body = (utf8FromBytes(answer.body) ?? '').slice(0, 500);
    super(`${request} answered ${answer.status}: ${body}`);
    this.code = code;
    this.status = answer.status;
    this.body = body;
  }
}

export interface TransportOptions {
  /** `http://127.0.0.1:20443` */
  readonly baseUrl: string;
  readonly fetch: FetchPort;
  /** Sent as `authorization` on routes that need it. Secret. */
  readonly authToken?: string;
  readonly timeoutMs?: number;
}

export interface Call {
  readonly method?: 'GET' | 'POST';
  /** Path with query. */
  readonly path: string;
  readonly body?: Uint8Array;
  readonly contentType?: string;
  readonly isAuthorized?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export class Transport {
  readonly #options: TransportOptions;
  readonly #baseUrl: string;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
  }

  /** The answer, whatever its status. */
  send(call: Call): Promise<HttpResponse> {
    const { fetch, authToken, timeoutMs } = this.#options;
    const headers: Record<string, string> = { ...call.headers };
    if (call.body !== undefined) headers['content-type'] = call.contentType ?? 'application/json';
    if (call.isAuthorized && authToken !== undefined) headers.authorization = authToken;
    return fetch(`${this.#baseUrl}${call.path}`, {
      method: call.method ?? (call.body === undefined ? 'GET' : 'POST'),
      headers,
      timeoutMs: call.timeoutMs ?? timeoutMs ?? CLIENT_LIMITS.timeoutMs,
      bodyBytesMax: CLIENT_LIMITS.answerBytesMax,
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  }

  /** The JSON of a 2xx answer. @throws ClientError */
  async json(call: Call): Promise<Record<string, unknown>> {
    const answer = await this.send(call);
    if (!isOk(answer)) throw new ClientError('client/status', call.path, answer);
    return parseObject(call.path, answer);
  }

  /** As `json`; null for 404. */
  async jsonOrNull(call: Call): Promise<Record<string, unknown> | null> {
    const answer = await this.send(call);
    if (answer.status === 404) return null;
    if (!isOk(answer)) throw new ClientError('client/status', call.path, answer);
    return parseObject(call.path, answer);
  }

  /** Bytes of a 2xx answer; null for 404. */
  async bytesOrNull(call: Call): Promise<Uint8Array | null> {
    const answer = await this.send(call);
    if (answer.status === 404) return null;
    if (!isOk(answer)) throw new ClientError('client/status', call.path, answer);
    return answer.body;
  }
}

export function isOk(answer: HttpResponse): boolean {
  return answer.status >= 200 && answer.status < 300;
}

export function jsonBody(value: unknown): Uint8Array {
  return bytesFromUtf8(JSON.stringify(value));
}

/** Lists are objects too: index them by number. @throws ClientError */
export function parseObject(request: string, answer: HttpResponse): Record<string, unknown> {
  const value = parseAny(request, answer);
  if (typeof value !== 'object' || value === null) {
    throw new ClientError('client/malformed', request, answer);
  }
  return value as Record<string, unknown>;
}

export function parseAny(request: string, answer: HttpResponse): unknown {
  try {
    return JSON.parse(utf8FromBytes(answer.body) ?? '');
  } catch {
    throw new ClientError('client/malformed', request, answer);
  }
}

/** The part of a page's `fetch` that is used. */
export type BrowserFetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    body?: Uint8Array;
    signal?: AbortSignal;
  },
) => Promise<{
  readonly status: number;
  readonly headers: { forEach(each: (value: string, name: string) => void): void };
  arrayBuffer(): Promise<ArrayBuffer>;
}>;

/** Makes a page's `fetch` the carrier; the browser itself bounds time and size. */
export function fromBrowserFetch(fetch: BrowserFetch): FetchPort {
  return async (url, options = {}) => {
    const answer = await fetch(url, {
      method: options.method ?? 'GET',
      headers: { ...options.headers },
      ...(options.body === undefined ? {} : { body: options.body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const headers: Record<string, string> = {};
    answer.headers.forEach((value, name) => {
      headers[name.toLowerCase()] = value;
    });
    return { status: answer.status, headers, body: new Uint8Array(await answer.arrayBuffer()) };
  };
}
