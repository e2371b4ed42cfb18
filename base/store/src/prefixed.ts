/** A view of a store whose keys all start with a prefix; rooms share one file without collisions. */
import { concatBytes } from '@assay/bytes';
import { withinPrefix } from './key-range.ts';
import type { Batch, KeyRange, Store } from './store.ts';

export class PrefixedStore implements Store {
  readonly #store: Store;
  readonly #prefix: Uint8Array;

  constructor(store: Store, prefix: Uint8Array) {
    this.#store = store;
    this.#prefix = prefix;
  }

  #key(key: Uint8Array): Uint8Array {
    return concatBytes(this.#prefix, key);
  }

  get(key: Uint8Array): Uint8Array | null {
    return this.#store.get(this.#key(key));
  }

  has(key: Uint8Array): boolean {
    return this.#store.has(this.#key(key));
  }

  *range(range: KeyRange): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
    for (const { key, value } of this.#store.range(withinPrefix(this.#prefix, range))) {
      yield { key: key.subarray(this.#prefix.length), value };
    }
  }

  batch(write: (batch: Batch) => void): void {
    this.#store.batch((outer) =>
      write({
        put: (key, value) => outer.put(this.#key(key), value),
        remove: (key) => outer.remove(this.#key(key)),
      }),
    );
  }

  prefixed(prefix: Uint8Array): Store {
    return new PrefixedStore(this.#store, this.#key(prefix));
  }

  /** Closes nothing: the store below belongs to whoever opened it. */
  async close(): Promise<void> {}
}
