/**
 * A store in memory: tests, simulation, browsers. Keys are kept as strings of one character per
 * byte, whose order is that of the bytes.
 */
import { boundsOf } from './key-range.ts';
import { PendingBatch } from './pending-batch.ts';
import { PrefixedStore } from './prefixed.ts';
import { SortedKeys } from './sorted-keys.ts';
import type { Batch, KeyRange, Store } from './store.ts';

function toText(key: Uint8Array): string {
  return String.fromCharCode(...key);
}

function toBytes(key: string): Uint8Array {
  const out = new Uint8Array(key.length);
  for (let i = 0; i < key.length; i++) out[i] = key.charCodeAt(i);
  return out;
}

export class MemoryStore implements Store {
  readonly #values = new Map<string, Uint8Array>();
  readonly #keys = new SortedKeys();
  readonly #pending = new PendingBatch();

  get(key: Uint8Array): Uint8Array | null {
    return this.#values.get(toText(key)) ?? null;
  }

  has(key: Uint8Array): boolean {
    return this.#values.has(toText(key));
  }

  range(range: KeyRange): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
    const { start, end } = boundsOf(range);
    const last = end === undefined ? undefined : toText(end);
    const limit = range.limit ?? Number.POSITIVE_INFINITY;
    // Materialised at once: later writes do not show in an iteration that has begun.
    return this.#keys
      .slice(toText(start), last, range.reverse === true, limit)
      .map((key) => ({ key: toBytes(key), value: this.#values.get(key)! }));
  }

  batch(write: (batch: Batch) => void): void {
    this.#pending.run(write, (changes) => {
      for (const [key, value] of changes) this.#apply(toText(key), value);
    });
  }

  #apply(key: string, value: Uint8Array | null): void {
    if (value === null) {
      if (this.#values.delete(key)) this.#keys.remove(key);
      return;
    }
    if (!this.#values.has(key)) this.#keys.add(key);
    this.#values.set(key, value.slice());
  }

  prefixed(prefix: Uint8Array): Store {
    return new PrefixedStore(this, prefix);
  }

  async close(): Promise<void> {}
}
