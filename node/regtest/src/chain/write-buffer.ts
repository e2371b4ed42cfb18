/**
 * Pending writes over a store. Everything one RPC call (or one mined run of blocks) changes is
 * committed in one atomic batch before the call is answered: after `kill -9` the state is that of
 * some answered call. Reads see the pending writes.
 */
import { bytesFromHex, bytesToHex, compareBytes } from '@assay/bytes';
import type { Store } from '@assay/store';

export interface BufferedEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export class WriteBuffer {
  readonly #store: Store;
  /** By key in hex; null removes. */
  readonly #pending = new Map<string, Uint8Array | null>();

  constructor(store: Store) {
    this.#store = store;
  }

  get isDirty(): boolean {
    return this.#pending.size > 0;
  }

  get(key: Uint8Array): Uint8Array | null {
    if (this.#pending.size > 0) {
      const pending = this.#pending.get(bytesToHex(key));
      if (pending !== undefined) return pending;
    }
    return this.#store.get(key);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#pending.set(bytesToHex(key), value);
  }

  remove(key: Uint8Array): void {
    this.#pending.set(bytesToHex(key), null);
  }

  /** Entries whose keys start with `prefix`, in key order. */
  withPrefix(prefix: Uint8Array): BufferedEntry[] {
    const stored = [...this.#store.range({ prefix })];
    const start = bytesToHex(prefix);
    const pending = [...this.#pending].filter(([key]) => key.startsWith(start));
    if (pending.length === 0) return stored;
    const entries = stored.filter(({ key }) => !this.#pending.has(bytesToHex(key)));
    for (const [key, value] of pending) {
      if (value !== null) entries.push({ key: bytesFromHex(key), value });
    }
    return entries.sort((a, b) => compareBytes(a.key, b.key));
  }

  /** Makes all pending writes durable at once. */
  commit(): void {
    if (this.#pending.size === 0) return;
    this.#store.batch((batch) => {
      for (const [key, value] of this.#pending) {
        if (value === null) batch.remove(bytesFromHex(key));
        else batch.put(bytesFromHex(key), value);
      }
    });
    this.#pending.clear();
  }
}
