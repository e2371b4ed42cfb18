/**
 * One model server over HTTP: JSON in, JSON or a stream of events out. Every wait and every size is
 * bounded, busy servers are asked again with growing pauses, and what goes wrong becomes an
 * `EngineError` by code. The API key leaves in a header and is told nobody else.
 */
import { bytesFromUtf8, concatBytes, utf8FromBytes } from '@assay/bytes';
import { type HttpResponse, type World, WorldError } from '@assay/world';
import { EngineError } from '../engine.ts';
import { ENGINE_LIMITS } from '../limits.ts';
import { eventsOf, linesOf } from './event-stream.ts';
import { at, type Json, type JsonObject } from './json.ts';

export interface ServerOptions {
  readonly world: Pick<World, 'net' | 'timers'>;
  /** E.g. `http://127.0.0.1:8080`; without credentials. */
  readonly baseUrl: string;
  /** Sent as `Authorization: Bearer`. Secret. */
  readonly apiKey?: string;
  /** For one answer. Default `ENGINE_LIMITS.requestTimeoutMs`. */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export class ServerClient {
  readonly #options: ServerOptions;
  readonly #base: string;

  /** @throws EngineError engine/refused for a URL that is none */
  constructor(options: ServerOptions) {
    const url = URL.canParse(options.baseUrl) ? new URL(options.baseUrl) : null;
    if (url === null || !/^https?:$/.test(url.protocol) || url.username || url.password) {
      throw new EngineError('engine/refused', 'the base URL must be http(s)://host[:port][/path]');
    }
    this.#options = options;
    this.#base = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  }

  /** @throws EngineError */
  get(path: string, options: CallOptions = {}): Promise<Json> {
    return this.#call('GET', path, null, options);
  }

  /** @throws EngineError */
  post(path: string, body: JsonObject, options: CallOptions = {}): Promise<Json> {
    return this.#call('POST', path, body, options);
  }

  /** Null instead of an error when the server refuses: for probing. */
  async try(path: string, body: JsonObject | null): Promise<Json | null> {
    try {
      return await this.#call(body === null ? 'GET' : 'POST', path, body, {});
    } catch (error) {
      if (error instanceof EngineError && error.code === 'engine/refused') return null;
      throw error;
    }
  }

  /** The values of an event stream (`data: …`), without the closing `[DONE]`. @throws EngineError */
  events(path: string, body: JsonObject, options: CallOptions = {}): AsyncIterable<Json> {
    return this.#stream(path, body, options, eventsOf);
  }

  /** The values of a stream with one JSON value per line. @throws EngineError */
  lines(path: string, body: JsonObject, options: CallOptions = {}): AsyncIterable<Json> {
    return this.#stream(path, body, options, linesOf);
  }

  async *#stream(
    path: string,
    body: JsonObject,
    options: CallOptions,
    split: (pieces: AsyncIterable<Uint8Array>) => AsyncIterable<string>,
  ): AsyncIterable<Json> {
    try {
      const { net } = this.#options.world;
      const answer = await net.stream(this.#base + path, {
        ...this.#request('POST', body, options),
        idleMs: ENGINE_LIMITS.streamIdleMs,
      });
      if (answer.status !== 200) {
        const pieces: Uint8Array[] = [];
        for await (const piece of answer.pieces) pieces.push(piece);
        throw refusal(answer.status, concatBytes(...pieces));
      }
      for await (const text of split(answer.pieces)) {
        const value = parseJson(text);
        const error = at(value, 'error');
        if (error !== undefined) throw new EngineError('engine/failed', told(value));
        yield value;
      }
    } catch (error) {
      throw asEngineError(error);
    }
  }

  async #call(
    method: string,
    path: string,
    body: JsonObject | null,
    options: CallOptions,
  ): Promise<Json> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#once(method, path, body, options);
      if (!(outcome instanceof EngineError)) return outcome;
      const last = attempt >= ENGINE_LIMITS.attemptsMax;
      if (last || outcome.code !== 'engine/unavailable') throw outcome;
      const pauseMs = ENGINE_LIMITS.retryMs * 2 ** (attempt - 1);
      const slept = await this.#options.world.timers.sleep(pauseMs, options.signal);
      if (!slept) throw new EngineError('engine/aborted', 'aborted between two attempts');
    }
  }

  async #once(
    method: string,
    path: string,
    body: JsonObject | null,
    options: CallOptions,
  ): Promise<Json | EngineError> {
    try {
      const request = this.#request(method, body, options);
      const answer: HttpResponse = await this.#options.world.net.fetch(this.#base + path, request);
      if (answer.status !== 200) return refusal(answer.status, answer.body);
      return parseJson(utf8FromBytes(answer.body) ?? '');
    } catch (error) {
      return asEngineError(error);
    }
  }

  #request(method: string, body: JsonObject | null, options: CallOptions) {
    const { apiKey, timeoutMs } = this.#options;
    return {
      method,
      headers: {
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      ...(body === null ? {} : { body: bytesFromUtf8(JSON.stringify(body)) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      timeoutMs: options.timeoutMs ?? timeoutMs ?? ENGINE_LIMITS.requestTimeoutMs,
      bodyBytesMax: ENGINE_LIMITS.answerBytesMax,
    };
  }
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new EngineError('engine/misbehaved', 'the server did not answer with JSON');
  }
}

/** Busy and broken servers may do better later; everything else is an answer. */
const TRY_AGAIN: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

function refusal(status: number, body: Uint8Array): EngineError {
  const text = utf8FromBytes(body) ?? '';
  let message = text;
  try {
    message = told(JSON.parse(text) as Json);
  } catch {
    // Servers and proxies also refuse in plain text or HTML.
  }
  const shown = `${status}: ${message.slice(0, ENGINE_LIMITS.serverMessageCharsMax)}`;
  if (status === 401 || status === 403) {
    return new EngineError('engine/refused', `${status}: the server does not accept the API key`);
  }
  if (/context (size|length|window)|maximum context|max_model_len/i.test(message) && status < 500) {
    return new EngineError('engine/prompt-too-long', shown);
  }
  return new EngineError(TRY_AGAIN.has(status) ? 'engine/unavailable' : 'engine/refused', shown);
}

/** The sentence in `{"error": {"message": …}}`, `{"error": …}` or `{"message": …}`. */
function told(value: Json): string {
  const found = at(value, 'error.message') ?? at(value, 'error') ?? at(value, 'message');
  return typeof found === 'string' ? found : JSON.stringify(found ?? value);
}

const BY_WORLD_CODE: Readonly<Record<string, EngineError['code']>> = {
  'world/unreachable': 'engine/unavailable',
  'world/timeout': 'engine/timeout',
  'world/aborted': 'engine/aborted',
  'world/too-large': 'engine/misbehaved',
};

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (!(error instanceof WorldError)) throw error;
  const code = BY_WORLD_CODE[error.code] ?? 'engine/failed';
  return new EngineError(code, error.message, { cause: error });
}
