/**
 * Changes collected before they are applied, so that a batch is all or nothing in every adapter and
 * reads inside of it see the store as it was. A batch begun within a batch joins it: both become
 * durable together, or neither. Called by memory.ts and lmdb.ts.
 */
import { assert } from '@assay/bytes';
import type { Batch } from './store.ts';

/** LMDB takes up to 1,978 bytes; every adapter refuses the same keys. */
export const KEY_BYTES_MAX = 1_024;

/** `value` null: removed. */
export type Change = readonly [key: Uint8Array, value: Uint8Array | null];

export class PendingBatch implements Batch {
  #changes: Change[] | null = null;

  /** Collects what `write` does; the outermost call hands it to `apply`. */
  run(write: (batch: Batch) => void, apply: (changes: readonly Change[]) => void): void {
    const outer = this.#changes;
    const changes: Change[] = outer ?? [];
    const mark = changes.length;
    this.#changes = changes;
    try {
      write(this);
    } catch (cause) {
      // Only what the throwing batch did is undone; an outer one may go on without it.
      changes.length = mark;
      throw cause;
    } finally {
      this.#changes = outer;
    }
    if (outer === null && changes.length > 0) apply(changes);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#collect([key, value]);
  }

  remove(key: Uint8Array): void {
    this.#collect([key, null]);
  }

  #collect(change: Change): void {
    assert(this.#changes !== null, 'the batch has ended');
    const { length } = change[0];
    assert(length > 0 && length <= KEY_BYTES_MAX, `a key of ${length} bytes`);
    this.#changes.push(change);
  }
}
