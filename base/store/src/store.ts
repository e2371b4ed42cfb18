/**
 * An ordered key-value store of bytes. Reads are synchronous (consensus code stays synchronous);
 * writes are atomic batches. Keys sort by unsigned bytes. Adapters: memory (tests, simulation,
 * browser) at this door, LMDB at `@assay/store/lmdb`.
 */
export interface Store {
  /** The stored bytes (do not mutate), or null. */
  get(key: Uint8Array): Uint8Array | null;
  has(key: Uint8Array): boolean;
  /**
   * Entries of a range in key order. An iteration sees the store as it was when it began, whatever
   * is written meanwhile.
   */
  range(range: KeyRange): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>;
  /**
   * Runs `write` and commits everything it put or removed atomically; when it throws, nothing
   * is changed. On return the batch is durable (fsync) unless the store was opened with `durable: false`.
   * Reads inside see the store as it was before. A batch begun inside joins the outer one, also
   * through prefixed views: several rooms commit together. Keys and values must not be changed
   * until it returns.
   */
  batch(write: (batch: Batch) => void): void;
  /** A view of the same store whose keys are all prefixed: rooms share one file without collisions. */
  prefixed(prefix: Uint8Array): Store;
  close(): Promise<void>;
}

export interface Batch {
  put(key: Uint8Array, value: Uint8Array): void;
  remove(key: Uint8Array): void;
}

export interface KeyRange {
  /** Inclusive. */
  readonly start?: Uint8Array;
  /** Exclusive. */
  readonly end?: Uint8Array;
  /** Only keys with this prefix (instead of start and end). */
  readonly prefix?: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
}
