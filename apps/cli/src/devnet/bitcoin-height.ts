/** Asks the devnet's Bitcoin where it stands. Its blocks are made by its own clock (`assay regtest`). */

const TIMEOUT_MS = 5_000;

export class BitcoinHeight {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
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
}
