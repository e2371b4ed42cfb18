/**
 * Everything that is not a pure function enters a service through a `World`: time, randomness,
 * timers, HTTP and files. `nodeWorld()` is the real one; `SimWorld` runs a whole network in one
 * process from a seed. Every service takes a `World` and touches no other source of nondeterminism.
 */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly net: Net;
  readonly files: Files;
}

export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
}

export interface Random {
  /** `size` unpredictable bytes (pseudo-random, from the seed, in a simulation). */
  bytes(size: number): Uint8Array;
}

export interface TimerHandle {
  cancel(): void;
}

export interface Timers {
  after(delayMs: number, action: () => void): TimerHandle;
  every(intervalMs: number, action: () => void): TimerHandle;
  /** Resolves after `delayMs`; resolves early, with `false`, when `signal` aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<boolean>;
}

/** One HTTP request as services see it: bytes in, bytes out. Header names are lowercase. */
export interface HttpRequest {
  readonly method: string;
  /** Path without query, e.g. `/v2/info`. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** Aborts when the caller leaves before it has the whole answer. Both adapters set it. */
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /**
   * Instead of `body` (then empty), for answers that grow: every piece is sent as it comes. When the
   * caller leaves, the iterator's `return` runs; when the iterator throws, the caller sees the
   * connection break. `Net.fetch` collects the pieces, `Net.stream` hands them on.
   */
  readonly stream?: AsyncIterable<Uint8Array>;
}

/** An answer that arrives piece by piece. */
export interface HttpStream {
  readonly status: number;
  /** Names are lowercase. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The pieces in order, cut as the network cut them. Leaving the loop early closes the connection.
   * Throws WorldError `world/unreachable` (broke off), `world/timeout` (silent for `idleMs`),
   * `world/too-large`, `world/aborted`. Read at most once.
   */
  readonly pieces: AsyncIterable<Uint8Array>;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpServer {
  /** The port really bound (differs from the one asked for when that was 0). */
  readonly port: number;
  close(): Promise<void>;
}

export interface Net {
  /**
   * Serves HTTP. The body is bounded by `bodyBytesMax` (413 beyond) before it reaches the handler.
   * @throws WorldError `world/port-in-use`
   */
  serve(
    options: { readonly host: string; readonly port: number; readonly bodyBytesMax: number },
    handler: HttpHandler,
  ): Promise<HttpServer>;
  /**
   * Sends one request to an absolute `http://` or (real world only) `https://` URL.
   * @throws WorldError `world/unreachable`, `world/timeout`
   */
  fetch(url: string, options?: FetchOptions): Promise<HttpResponse>;
  /**
   * As `fetch`, but resolves when the head of the answer is there. `timeoutMs` bounds the wait for it,
   * `idleMs` every wait for a further piece, `bodyBytesMax` the sum of all pieces.
   * @throws WorldError as `fetch`
   */
  stream(
    url: string,
    options?: FetchOptions & {
      /** Default 60 s. */
      readonly idleMs?: number;
    },
  ): Promise<HttpStream>;
}

export interface FetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Responses larger than this fail with `world/too-large`. Default 64 MiB. */
  readonly bodyBytesMax?: number;
}

/** Small files a service keeps (configuration, keys, models). Databases go through `@assay/store`. */
export interface Files {
  /** Null when the file does not exist. */
  read(path: string): Promise<Uint8Array | null>;
  /** Atomic and durable: temp file, fsync, rename. `mode` defaults to 0o600. */
  write(path: string, bytes: Uint8Array, mode?: number): Promise<void>;
  remove(path: string): Promise<void>;
  list(folder: string): Promise<string[]>;
}
