/**
 * Content by SHA-256: prompts given by hash, transcripts. Only what somebody announced is taken
 * (a receipt, an open request, a pending request), so that nobody can fill the disk; when the store
 * is full the oldest leaves.
 *
 * Store layout: `c|hash` -> bytes; `o|sequence u64` -> hash, size u32; `n` -> next sequence.
 */
import { ByteReader, ByteWriter, bytesFromUtf8, concatBytes } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import type { Store } from '@assay/store';
import { RPC_LIMITS } from '../limits.ts';

export type ContentOutcome =
  | { readonly kind: 'stored'; readonly hash: Uint8Array }
  | { readonly kind: 'known'; readonly hash: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-announced'; readonly hash: Uint8Array };

const CONTENT = bytesFromUtf8('c|');
const ORDER = bytesFromUtf8('o|');

export class ContentStore {
  readonly #store: Store;
  readonly #isAnnounced: (hash: Uint8Array) => boolean;
  readonly #sizeBytesMax: number;
  #sizeBytes = 0;
  #sequence = 0n;

  constructor(
    store: Store,
    isAnnounced: (hash: Uint8Array) => boolean,
    sizeBytesMax: number = RPC_LIMITS.contentStoreBytesMax,
  ) {
    this.#store = store;
    this.#isAnnounced = isAnnounced;
    this.#sizeBytesMax = sizeBytesMax;
    for (const { key, value } of store.range({ prefix: ORDER })) {
      this.#sizeBytes += new ByteReader(value, 32).u32();
      this.#sequence = new ByteReader(key, ORDER.length).u64() + 1n;
    }
  }

  get(hash: Uint8Array): Uint8Array | null {
    return this.#store.get(concatBytes(CONTENT, hash));
  }

  put(bytes: Uint8Array): ContentOutcome {
    if (bytes.length > RPC_LIMITS.contentBytesMax) return { kind: 'too-large' };
    const hash = sha256(bytes);
    if (this.#store.has(concatBytes(CONTENT, hash))) return { kind: 'known', hash };
    if (!this.#isAnnounced(hash)) return { kind: 'not-announced', hash };
    const leaving = this.#oldest(this.#sizeBytes + bytes.length - this.#sizeBytesMax);
    this.#store.batch((batch) => {
      for (const old of leaving) {
        batch.remove(old.key);
        batch.remove(concatBytes(CONTENT, old.hash));
      }
      batch.put(concatBytes(CONTENT, hash), bytes);
      const order = new ByteWriter(8).u64(this.#sequence).finish();
      const entry = new ByteWriter(36).raw(hash).u32(bytes.length).finish();
      batch.put(concatBytes(ORDER, order), entry);
    });
    this.#sequence += 1n;
    this.#sizeBytes += bytes.length;
    for (const old of leaving) this.#sizeBytes -= old.size;
    return { kind: 'stored', hash };
  }

  /** The oldest items that together free `excess` bytes. */
  #oldest(excess: number): { key: Uint8Array; hash: Uint8Array; size: number }[] {
    const leaving: { key: Uint8Array; hash: Uint8Array; size: number }[] = [];
    let freed = 0;
    if (excess <= 0) return leaving;
    for (const { key, value } of this.#store.range({ prefix: ORDER })) {
      const reader = new ByteReader(value.slice());
      const item = { key: key.slice(), hash: reader.take(32), size: reader.u32() };
      leaving.push(item);
      freed += item.size;
      if (freed >= excess) break;
    }
    return leaving;
  }
}
