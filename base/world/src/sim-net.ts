/**
 * The simulated network: HTTP between the processes of one `SimNetwork`, with seeded latency and
 * injected faults. An exchange is two messages, request and response, and each can be lost, late
 * or cut off by a partition or a crash; the caller then sees what TCP would show: a refused
 * connection, a broken one, or silence until its timeout.
 */
import { WorldError } from './error.ts';
import { parseQuery, plainText } from './http.ts';
import { WORLD_LIMITS } from './limits.ts';
import type { SimNetwork, SimWorld } from './sim.ts';
import type { HttpHandler, HttpRequest, HttpResponse, HttpServer, Net } from './world.ts';

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
    fetch: (url, options = {}) => new Exchange(network, self, url, options).promise,
  };
}

type FetchOptions = NonNullable<Parameters<Net['fetch']>[1]>;

/** One request and its answer. */
class Exchange {
  readonly promise: Promise<HttpResponse>;
  readonly #network: SimNetwork;
  readonly #self: SimWorld;
  #resolve: (response: HttpResponse) => void = () => {};
  #reject: (error: WorldError) => void = () => {};
  #isSettled = false;
  #cleanups: Array<() => void> = [];
  readonly #bodyBytesMax: number;

  constructor(network: SimNetwork, self: SimWorld, url: string, options: FetchOptions) {
    this.#network = network;
    this.#self = self;
    this.#bodyBytesMax = options.bodyBytesMax ?? WORLD_LIMITS.fetchBodyBytesMax;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (self.isAlive) this.#start(url, options);
  }

  #start(url: string, options: FetchOptions): void {
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
    const timer = this.#self.timers.after(timeoutMs, () =>
      this.#fail('world/timeout', `${target.host} did not answer in ${timeoutMs} ms`),
    );
    const onAbort = () => this.#fail('world/aborted', `request to ${target.host} was aborted`);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    this.#cleanups = [
      () => timer.cancel(),
      () => options.signal?.removeEventListener('abort', onAbort),
    ];
    const request: HttpRequest = {
      method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
      path: target.pathname,
      query: parseQuery(target.search.slice(1)),
      headers: lowercased(options.headers ?? {}, target.host),
      body: options.body === undefined ? new Uint8Array(0) : options.body.slice(),
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
    answer.then((response) => {
      if (owner.isAlive) this.#sendResponse(owner, response);
    });
  }

  #breakOff(owner: SimWorld): void {
    this.#fail('world/unreachable', `${owner.name} broke off`);
  }

  #sendResponse(owner: SimWorld, response: HttpResponse): void {
    const body = response.body.slice();
    const delayMs = this.#network.transit(owner.name, this.#self.name);
    this.#network.note('response', `${owner.name}>${this.#self.name} ${response.status}`, body);
    if (delayMs === null) return;
    this.#network.schedule(delayMs, () => {
      if (body.length > this.#bodyBytesMax) {
        this.#fail('world/too-large', `${owner.name} sent over ${this.#bodyBytesMax} bytes`);
        return;
      }
      const headers = Object.fromEntries(lowercased(response.headers, null));
      this.#settle(() => this.#resolve({ status: response.status, headers, body }));
    });
  }

  #fail(code: WorldError['code'], message: string): void {
    this.#settle(() => this.#reject(new WorldError(code, message)));
  }

  /** A crashed caller never learns the outcome. */
  #settle(finish: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    for (const cleanup of this.#cleanups) cleanup();
    if (this.#self.isAlive) finish();
  }
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
