/**
 * Content by SHA-256: prompts given by hash, transcripts, opened sketches, openings of judges. Only
 * what somebody announced is taken (a receipt, a verdict, an open or pending request), so that nobody
 * can fill the disk; when the store is full the oldest leaves.
 *
 * Store layout: `c|hash` -> bytes; `o|sequence u64` -> hash, size u32; `r|hash` -> request id u128,
 * for content that belongs to one answer; `s|request id u128` -> hash of the sketch its host opened.
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
const REQUEST = bytesFromUtf8('r|');
const SKETCH = bytesFromUtf8('s|');

/** Why content is taken: as part of the answer to a request (its sketch, perhaps), or as a prompt. */
export type Announcement = { readonly requestId: bigint; readonly isSketch: boolean } | 'prompt';

export class ContentStore {
  readonly #store: Store;
  readonly #announced: (hash: Uint8Array) => Announcement | null;
  readonly #sizeBytesMax: number;
  #sizeBytes = 0;
  #sequence = 0n;

  constructor(
    store: Store,
    announced: (hash: Uint8Array) => Announcement | null,
    sizeBytesMax: number = RPC_LIMITS.contentStoreBytesMax,
  ) {
    this.#store = store;
    this.#announced = announced;
    this.#sizeBytesMax = sizeBytesMax;
    for (const { key, value } of store.range({ prefix: ORDER })) {
      this.#sizeBytes += new ByteReader(value, 32).u32();
      this.#sequence = new ByteReader(key, ORDER.length).u64() + 1n;
    }
  }

  get(hash: Uint8Array): Uint8Array | null {
    return this.#store.get(concatBytes(CONTENT, hash));
  }

  /** The request whose answer this content is part of; null for prompts and unknown hashes. */
  requestOf(hash: Uint8Array): bigint | null {
    const value = this.#store.get(concatBytes(REQUEST, hash));
    return value === null ? null : new ByteReader(value).u128();
  }

  /** The opened sketch of a request; kept when the receipt has left its slot. */
  sketchOf(requestId: bigint): Uint8Array | null {
    return this.#store.get(concatBytes(SKETCH, new ByteWriter(16).u128(requestId).finish()));
  }

  put(bytes: Uint8Array): ContentOutcome {
    if (bytes.length > RPC_LIMITS.contentBytesMax) return { kind: 'too-large' };
    const hash = sha256(bytes);
    if (this.#store.has(concatBytes(CONTENT, hash))) return { kind: 'known', hash };
    const announcement = this.#announced(hash);
    if (announcement === null) return { kind: 'not-announced', hash };
    const leaving = this.#oldest(this.#sizeBytes + bytes.length - this.#sizeBytesMax);
    this.#store.batch((batch) => {
      for (const old of leaving) {
        batch.remove(old.key);
        batch.remove(concatBytes(CONTENT, old.hash));
        batch.remove(concatBytes(REQUEST, old.hash));
      }
      batch.put(concatBytes(CONTENT, hash), bytes);
      if (announcement !== 'prompt') {
        const id = new ByteWriter(16).u128(announcement.requestId).finish();
        batch.put(concatBytes(REQUEST, hash), id);
        if (announcement.isSketch) batch.put(concatBytes(SKETCH, id), hash);
      }
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
