/**
 * The set of unspent outputs, by outpoint and by script, over the write buffer.
 */
import { isUnspendable } from '@assay/bitcoin';
import { type Coin, decodeCoin, encodeCoin, KEYS, type Outpoint, outpointOfKey } from './coin.ts';
import type { KnownTransaction } from './known-transaction.ts';
import type { WriteBuffer } from './write-buffer.ts';

const EMPTY = new Uint8Array(0);

export class CoinSet {
  readonly #buffer: WriteBuffer;

  constructor(buffer: WriteBuffer) {
    this.#buffer = buffer;
  }

  get(at: Outpoint): Coin | null {
    const bytes = this.#buffer.get(KEYS.coin(at));
    return bytes === null ? null : decodeCoin(bytes);
  }

  add(at: Outpoint, coin: Coin): void {
    this.#buffer.put(KEYS.coin(at), encodeCoin(coin));
    this.#buffer.put(KEYS.coinByScript(coin.script, at), EMPTY);
  }

  remove(at: Outpoint, coin: Coin): void {
    this.#buffer.remove(KEYS.coin(at));
    this.#buffer.remove(KEYS.coinByScript(coin.script, at));
  }

  /** What a transaction makes; provably unspendable outputs are left out. */
  created(known: KnownTransaction, burnHeight: number, isCoinbase: boolean): [Outpoint, Coin][] {
    return known.tx.outputs.flatMap((output, index): [Outpoint, Coin][] =>
      isUnspendable(output.script)
        ? []
        : [
            [
              { txid: known.txid, index },
              { ...output, burnHeight, isCoinbase },
            ],
          ],
    );
  }

  /** Unspent outputs paying `script`, by outpoint. */
  ofScript(script: Uint8Array): [Outpoint, Coin][] {
    const found = this.#buffer.withPrefix(KEYS.coinsByScript(script));
    return found.map(({ key }) => {
      const at = outpointOfKey(key);
      return [at, this.get(at)!];
    });
  }

  /** The whole set, by outpoint. */
  all(): [Outpoint, Coin][] {
    return this.#buffer
      .withPrefix(KEYS.coins)
      .map(({ key, value }) => [outpointOfKey(key), decodeCoin(value)]);
  }
}
