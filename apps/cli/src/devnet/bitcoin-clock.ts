/**
 * Speaks to the devnet's Bitcoin: its height, and blocks on demand. Until the first tenure runs,
 * every transaction of the miner gets a block at once; afterwards Bitcoin's own clock goes on alone.
 */

/** Pause between looks at the mempool. */
const LOOK_MS = 100;
const TIMEOUT_MS = 5_000;

export class BitcoinClock {
  readonly #url: string;
  /** Descriptor of the script that blocks pay. */
  readonly #payee: string;

  /** @param minerPublicKey hex, compressed */
  constructor(url: string, minerPublicKey: string) {
    this.#url = url;
    this.#payee = `wpkh(${minerPublicKey})`;
  }

  async #call(method: string, params: readonly unknown[]): Promise<unknown> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${btoa('devnet:devnet')}`,
      },
      body: JSON.stringify({ jsonrpc: '1.0', id: 1, method, params }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return ((await response.json()) as { result: unknown }).result;
  }

  /** Null while Bitcoin does not answer. */
  async height(): Promise<number | null> {
    try {
      return Number(await this.#call('getblockcount', []));
    } catch {
      return null;
    }
  }

  /** Mines what waits until `isDone` says so or the signal aborts. */
  async hurry(isDone: () => boolean, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !isDone()) {
      try {
        const waiting = (await this.#call('getrawmempool', [])) as readonly string[];
        if (waiting.length > 0 && !isDone()) {
          await this.#call('generatetodescriptor', [1, this.#payee]);
        }
      } catch {
        // Not up yet, or restarting: the next look tells.
      }
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }
}
