/** All wallets of the node, by name, kept in the store. */
import { assert, bytesToHex, utf8FromBytes } from '@assay/bytes';
import { KEYS } from '../chain/coin.ts';
import type { WriteBuffer } from '../chain/write-buffer.ts';
import { encodeWallet, Wallet, type WalletRecord } from './wallet.ts';

export class Wallets {
  readonly #buffer: WriteBuffer;
  readonly #wallets = new Map<string, Wallet>();

  constructor(buffer: WriteBuffer) {
    this.#buffer = buffer;
    for (const { value } of buffer.withPrefix(KEYS.wallets)) {
      const text = utf8FromBytes(value);
      assert(text !== null, 'a stored wallet is text');
      // Our own record, written by `save`.
      const wallet = new Wallet(JSON.parse(text) as WalletRecord);
      this.#wallets.set(wallet.name, wallet);
    }
  }

  /** Also those not loaded, by name. */
  all(): Wallet[] {
    return [...this.#wallets.values()];
  }

  loaded(): Wallet[] {
    return this.all().filter((wallet) => wallet.isLoaded);
  }

  get(name: string): Wallet | null {
    return this.#wallets.get(name) ?? null;
  }

  /** @param seed  32 bytes; null for a wallet that only watches */
  create(name: string, hasPrivateKeys: boolean, seed: Uint8Array | null): Wallet {
    assert(!this.#wallets.has(name), 'wallet names are unique');
    const seedHex = seed === null ? null : bytesToHex(seed);
    const wallet = new Wallet({
      name,
      hasPrivateKeys,
      seedHex,
      keyCount: 0,
      isLoaded: true,
      scripts: [],
    });
    this.#wallets.set(name, wallet);
    this.save(wallet);
    return wallet;
  }

  save(wallet: Wallet): void {
    this.#buffer.put(KEYS.wallet(wallet.name), encodeWallet(wallet));
  }
}
