/**
 * `kill -9` for a gateway inside this process: its sockets break at once, and whatever it still wanted
 * of the network, the clock or the ledger never comes back.
 */
import type { HttpServer, World } from '@assay/world';
import type { Ledger } from '../src/index.ts';

export class Killable {
  #isDead = false;
  readonly #sockets = new AbortController();
  readonly #servers: HttpServer[] = [];

  async kill(): Promise<void> {
    this.#isDead = true;
    this.#sockets.abort();
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  #alive<T>(promise: Promise<T>): Promise<T> {
    const never = new Promise<T>(() => {});
    return promise.then(
      (value) => (this.#isDead ? never : value),
      (cause) => (this.#isDead ? never : Promise.reject(cause)),
    );
  }

  world(real: World): World {
    const { net, timers } = real;
    const signalOf = (signal?: AbortSignal) =>
      AbortSignal.any([this.#sockets.signal, ...(signal === undefined ? [] : [signal])]);
    return {
      ...real,
      timers: {
        after: timers.after.bind(timers),
        every: timers.every.bind(timers),
        sleep: (delayMs, signal) => this.#alive(timers.sleep(delayMs, signal)),
      },
      net: {
        serve: async (options, handler) => {
          const server = await net.serve(options, handler);
          this.#servers.push(server);
          return server;
        },
        fetch: (url, options = {}) =>
          this.#alive(net.fetch(url, { ...options, signal: signalOf(options.signal) })),
        stream: (url, options = {}) =>
          this.#alive(net.stream(url, { ...options, signal: signalOf(options.signal) })),
      },
    };
  }

  ledger(real: Ledger): Ledger {
    return new Proxy(real, {
      get: (target, name: keyof Ledger) => {
        const value = target[name];
        if (typeof value !== 'function') return value;
        return (...args: never[]) => {
          if (this.#isDead) return new Promise(() => {});
          return this.#alive((value as (...all: never[]) => Promise<unknown>).apply(target, args));
        };
      },
    });
  }
}
