/**
 * The simulated network: HTTP between the processes of one `SimNetwork`, with seeded latency and
 * injected faults. An exchange is two messages, request and response, and each can be lost, late
 * or cut off by a partition or a crash; the caller then sees what TCP would show: a refused
 * connection, a broken one, or silence until its timeout.
 */
import { WorldError } from './error.ts';
import { joinPieces, parseQuery, plainText } from './http.ts';
import { WORLD_LIMITS } from './limits.ts';
import { PieceQueue } from './piece-queue.ts';
import type { SimNetwork, SimWorld } from './sim.ts';
import type {
  FetchOptions,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  HttpServer,
  HttpStream,
  Net,
  TimerHandle,
} from './world.ts';

/** A server somebody opened, under `host:port`. */
export interface SimListener {
  readonly owner: SimWorld;
  readonly handler: HttpHandler;
  readonly bodyBytesMax: number;
}

export function simNet(network: SimNetwork, self: SimWorld): Net {
  return {
    async serve(options, handler): Promise<HttpServer> {
      if (!self.isAlive) return new Promise(() => {});
      const port = options.port === 0 ? network.freePort() : options.port;
      const address = `${hostKey(options.host)}:${port}`;
      if (network.findListener(address) !== null) {
        throw new WorldError('world/port-in-use', `port ${port} on ${options.host} is in use`);
      }
      const listener = { owner: self, handler, bodyBytesMax: options.bodyBytesMax };
      network.listeners.set(address, listener);
      return {
        port,
        close: async () => {
          if (network.listeners.get(address) === listener) network.listeners.delete(address);
        },
      };
    },
    fetch: async (url, options = {}) => {
      const head = await new Exchange(network, self, url, { ...options, isWhole: true }).promise;
      const pieces: Uint8Array[] = [];
      for await (const piece of head.pieces) pieces.push(piece);
      return { status: head.status, headers: head.headers, body: joinPieces(pieces) };
    },
    stream: (url, options = {}) =>
      new Exchange(network, self, url, { ...options, isWhole: false }).promise,
  };
}

type ExchangeOptions = FetchOptions & {
  readonly idleMs?: number;
  /** Everything in one message, as `fetch` gives it to its caller. */
  readonly isWhole: boolean;
};

/** One request and its answer. */
class Exchange {
  readonly promise: Promise<HttpStream>;
  readonly #network: SimNetwork;
  readonly #self: SimWorld;
  readonly #options: ExchangeOptions;
  #resolve: (response: HttpStream) => void = () => {};
  #reject: (error: WorldError) => void = () => {};
  /** The head has arrived, or nothing ever will. */
  #isSettled = false;
  #cleanups: Array<() => void> = [];
  /** The caller's end of the answer. */
  readonly #pieces = new PieceQueue(() => this.#leave());
  /** Tells the server that the caller has left. */
  readonly #gone = new AbortController();
  #server: SimWorld | null = null;
  #hasLeft = false;
  #idle: TimerHandle | null = null;
  /** Pieces overtake nobody: virtual time at which the newest arrives. */
  #arrivalMs = 0;
  #size = 0;

  constructor(network: SimNetwork, self: SimWorld, url: string, options: ExchangeOptions) {
    this.#network = network;
    this.#self = self;
    this.#options = options;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (self.isAlive) this.#start(url);
  }

  #start(url: string): void {
    const options = this.#options;
    const target = URL.canParse(url) ? new URL(url) : null;
    if (target === null || target.protocol !== 'http:') {
      this.#fail('world/unreachable', `not an http URL: ${url}`);
      return;
    }
    if (options.signal?.aborted) {
      this.#fail('world/aborted', `request to ${target.host} was aborted`);
      return;
    }
    const timeoutMs = options.timeoutMs ?? WORLD_LIMITS.fetchTimeoutMs;
    const timer = this.#self.timers.after(timeoutMs, () => {
      if (!this.#isSettled) {
        this.#fail('world/timeout', `${target.host} did not answer in ${timeoutMs} ms`);
      }
    });
    const onAbort = () => this.#fail('world/aborted', `request to ${target.host} was aborted`);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    this.#cleanups = [
      () => timer.cancel(),
      () => this.#idle?.cancel(),
      () => options.signal?.removeEventListener('abort', onAbort),
    ];
    const request: HttpRequest = {
      method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
      path: target.pathname,
      query: parseQuery(target.search.slice(1)),
      headers: lowercased(options.headers ?? {}, target.host),
      body: options.body === undefined ? new Uint8Array(0) : options.body.slice(),
      signal: this.#gone.signal,
    };
    this.#sendRequest(`${hostKey(target.hostname)}:${target.port || '80'}`, request);
  }

  #sendRequest(address: string, request: HttpRequest): void {
    const network = this.#network;
    const owner = network.findListener(address)?.owner.name ?? address;
    const delayMs = network.transit(this.#self.name, owner);
    network.note(
      'request',
      `${this.#self.name}>${owner} ${request.method} ${request.path}`,
      request.body,
    );
    if (delayMs === null) return; // lost: silence until the timeout
    network.schedule(delayMs, () => {
      if (this.#isSettled) return;
      const listener = network.findListener(address);
      if (listener === null) {
        this.#fail('world/unreachable', `nobody listens on ${address}`);
        return;
      }
      this.#arrive(listener, request);
    });
  }

  #arrive(listener: SimListener, request: HttpRequest): void {
    const { owner } = listener;
    this.#server = owner;
    const onCrash = () => this.#network.schedule(0, () => this.#breakOff(owner));
    owner.onCrash.add(onCrash);
    this.#cleanups.push(() => owner.onCrash.delete(onCrash));
    const answer =
      request.body.length > listener.bodyBytesMax
        ? Promise.resolve(plainText(413, `request body exceeds ${listener.bodyBytesMax} bytes`))
        : Promise.resolve()
            .then(() => listener.handler(request))
            .catch((cause) => {
              this.#network.failures.push({ process: owner.name, cause });
              return plainText(500, 'internal error');
            });
    answer.then((response) => this.#answer(owner, response));
  }

  async #answer(owner: SimWorld, response: HttpResponse): Promise<void> {
    const { status } = response;
    const headers = Object.fromEntries(lowercased(response.headers, null));
    const isOpen = () => owner.isAlive && !this.#gone.signal.aborted;
    if (!isOpen()) return;
    if (response.stream === undefined || this.#options.isWhole) {
      const body = await wholeBody(response).catch(() => null);
      if (!isOpen()) return;
      this.#send(owner, `${status}`, body ?? new Uint8Array(0), () => {
        if (body === null) this.#breakOff(owner);
        else this.#settle({ status, headers, body });
      });
      return;
    }
    this.#send(owner, `${status}`, new Uint8Array(0), () => this.#settle({ status, headers }));
    try {
      for await (const piece of response.stream) {
        if (!isOpen()) return;
        const copy = piece.slice();
        this.#send(owner, 'piece', copy, () => this.#take(copy, owner));
      }
    } catch {
      if (isOpen()) this.#send(owner, 'broken', new Uint8Array(0), () => this.#breakOff(owner));
      return;
    }
    if (isOpen()) this.#send(owner, 'end', new Uint8Array(0), () => this.#end(null));
  }

  /** A message from server to caller, in order; a lost one is silence from then on. */
  #send(owner: SimWorld, what: string, body: Uint8Array, arrive: () => void): void {
    const network = this.#network;
    const delayMs = network.transit(owner.name, this.#self.name);
    network.note('response', `${owner.name}>${this.#self.name} ${what}`, body);
    if (delayMs === null) this.#arrivalMs = Number.POSITIVE_INFINITY;
    this.#arrivalMs = Math.max(this.#arrivalMs, network.nowMs + (delayMs ?? 0));
    if (this.#arrivalMs < Number.POSITIVE_INFINITY) {
      network.schedule(this.#arrivalMs - network.nowMs, arrive);
    }
  }

  #settle(head: Omit<HttpStream, 'pieces'> & { readonly body?: Uint8Array }): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { status, headers, body } = head;
    if (body === undefined) this.#watchSilence();
    else if (body.length > this.#bodyBytesMax) {
      this.#isSettled = false;
      this.#fail('world/too-large', `${this.#server?.name} sent over ${this.#bodyBytesMax} bytes`);
      return;
    } else {
      this.#pieces.push(body);
      this.#end(null);
    }
    if (this.#self.isAlive) this.#resolve({ status, headers, pieces: this.#pieces });
  }

  #take(piece: Uint8Array, owner: SimWorld): void {
    this.#size += piece.length;
    if (this.#size > this.#bodyBytesMax) {
      this.#fail('world/too-large', `${owner.name} sent over ${this.#bodyBytesMax} bytes`);
    } else if (this.#self.isAlive) {
      this.#pieces.push(piece);
      this.#watchSilence();
    }
  }

  #watchSilence(): void {
    this.#idle?.cancel();
    if (this.#pieces.isEnded) return;
    const idleMs = this.#options.idleMs ?? WORLD_LIMITS.streamIdleMs;
    this.#idle = this.#self.timers.after(idleMs, () =>
      this.#fail('world/timeout', `${this.#server?.name} was silent for ${idleMs} ms`),
    );
  }

  get #bodyBytesMax(): number {
    return this.#options.bodyBytesMax ?? WORLD_LIMITS.fetchBodyBytesMax;
  }

  #breakOff(owner: SimWorld): void {
    this.#fail('world/unreachable', `${owner.name} broke off`);
  }

  #fail(code: WorldError['code'], message: string): void {
    const error = new WorldError(code, message);
    if (!this.#isSettled) {
      this.#isSettled = true;
      if (this.#self.isAlive) this.#reject(error);
    }
    this.#leave();
    this.#end(error);
  }

  /** Null: the whole answer is here. A crashed caller never learns the outcome. */
  #end(error: WorldError | null): void {
    for (const cleanup of this.#cleanups) cleanup();
    this.#cleanups = [];
    if (this.#self.isAlive && !this.#pieces.isEnded) this.#pieces.end(error);
  }

  /** The caller closes the connection; the server notices when the news arrives. */
  #leave(): void {
    const server = this.#server;
    if (server === null || this.#pieces.isEnded || this.#hasLeft) return;
    this.#hasLeft = true;
    const delayMs = this.#network.transit(this.#self.name, server.name);
    if (delayMs !== null) this.#network.schedule(delayMs, () => this.#gone.abort());
  }
}

async function wholeBody({ body, stream }: HttpResponse): Promise<Uint8Array> {
  if (stream === undefined) return body.slice();
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece.slice());
  return joinPieces(pieces);
}

function lowercased(
  headers: Readonly<Record<string, string>>,
  host: string | null,
): Map<string, string> {
  const out = new Map<string, string>();
  if (host !== null) out.set('host', host);
  for (const [name, value] of Object.entries(headers)) out.set(name.toLowerCase(), value);
  return out;
}

/** All loopback and wildcard names are one host: the simulation's machine. */
function hostKey(host: string): string {
  return host === 'localhost' || host === '0.0.0.0' || host === '[::1]' || host === '::'
    ? '127.0.0.1'
    : host;
}
