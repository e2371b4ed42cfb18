/**
 * The store on disk: LMDB, memory-mapped, one writer. A batch is one transaction; on return it has
 * reached the disk (fsync) unless the store was opened with `durable: false`.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { boundsOf } from './key-range.ts';
import { PendingBatch } from './pending-batch.ts';
import { PrefixedStore } from './prefixed.ts';
import type { Batch, KeyRange, Store } from './store.ts';

export interface LmdbOptions {
  /** The database file; its folder is made when missing. */
  readonly path: string;
  /** False skips the fsync: for caches that can be rebuilt. Default true. */
  readonly durable?: boolean;
  /** Address space reserved; grows by itself when exceeded. Default 1 GiB. */
  readonly mapSizeBytes?: number;
}

/** A plain `Uint8Array` over the bytes of a Buffer: callers must not get Node's class. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

class LmdbStore implements Store {
  readonly #db: RootDatabase<Uint8Array, Uint8Array>;
  readonly #pending = new PendingBatch();

  constructor(db: RootDatabase<Uint8Array, Uint8Array>) {
    this.#db = db;
  }

  get(key: Uint8Array): Uint8Array | null {
    const value = this.#db.getBinary(key);
    return value === undefined ? null : plain(value);
  }

  has(key: Uint8Array): boolean {
    return this.#db.doesExist(key);
  }

  *range(range: KeyRange): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
    const { start, end } = boundsOf(range);
    const limit = range.limit === undefined ? {} : { limit: range.limit };
    const bounds =
      range.reverse === true
        ? {
            reverse: true,
            ...(end === undefined ? {} : { start: end, exclusiveStart: true }),
            end: start,
            inclusiveEnd: true,
          }
        : { start, ...(end === undefined ? {} : { end }) };
    for (const { key, value } of this.#db.getRange({ ...bounds, ...limit, snapshot: true })) {
      yield { key: plain(key), value: plain(value) };
    }
  }

  batch(write: (batch: Batch) => void): void {
    this.#pending.run(write, (changes) => {
      this.#db.transactionSync(() => {
        for (const [key, value] of changes) {
          if (value === null) this.#db.removeSync(key);
          else this.#db.putSync(key, value);
        }
      });
    });
  }

  prefixed(prefix: Uint8Array): Store {
    return new PrefixedStore(this, prefix);
  }

  async close(): Promise<void> {
    await this.#db.close();
  }
}

/** Opens or creates; the file is locked against a second process that would write. */
export function openLmdbStore(options: LmdbOptions): Store {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  const db = open<Uint8Array, Uint8Array>({
    path: options.path,
    encoding: 'binary',
    keyEncoding: 'binary',
    noSubdir: true,
    mapSize: options.mapSizeBytes ?? 1 << 30,
    noSync: options.durable === false,
    overlappingSync: false,
  });
  return new LmdbStore(db);
}
