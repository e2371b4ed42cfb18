/**
 * What a signer must never forget, on disk before it is said: which block it signed at which height of
 * which tenure, and its verdicts. After `kill -9` it neither signs a rival nor judges twice.
 */
import { ByteReader, ByteWriter, bytesFromUtf8, concatBytes } from '@assay/bytes';
import type { VerdictEntry } from '@assay/jobs';
import { decodeVerdictChunk, encodeVerdictChunk } from '@assay/jobs';
import type { Store } from '@assay/store';

export interface SignedBlock {
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  readonly signedAtMs: number;
}

const SIGNED = bytesFromUtf8('signed/');
const VERDICT = bytesFromUtf8('verdict/');
const ORDER = bytesFromUtf8('order/');

function signedKey(consensusHash: Uint8Array, chainLength: number): Uint8Array {
  return concatBytes(SIGNED, consensusHash, new ByteWriter(8).u64(chainLength).finish());
}

export class Ledger {
  readonly #store: Store;
  #nextOrder: number;

  constructor(store: Store) {
    this.#store = store;
    const [last] = store.range({ prefix: ORDER, reverse: true, limit: 1 });
    this.#nextOrder = last === undefined ? 0 : new ByteReader(last.key, ORDER.length).u32() + 1;
  }

  /** The block we signed at this height of this tenure, if any. */
  signedAt(consensusHash: Uint8Array, chainLength: number): SignedBlock | null {
    const value = this.#store.get(signedKey(consensusHash, chainLength));
    if (value === null) return null;
    const reader = new ByteReader(value);
    return { blockHash: reader.take(32), signedAtMs: reader.u64Safe() };
  }

  /** Durable on return. */
  recordSigned(consensusHash: Uint8Array, chainLength: number, signed: SignedBlock): void {
    const value = new ByteWriter(40).raw(signed.blockHash).u64(signed.signedAtMs).finish();
    this.#store.batch((batch) => batch.put(signedKey(consensusHash, chainLength), value));
  }

  verdict(commitmentHash: Uint8Array): VerdictEntry | null {
    const value = this.#store.get(concatBytes(VERDICT, commitmentHash));
    if (value === null) return null;
    const decoded = decodeVerdictChunk(value);
    return decoded.ok ? (decoded.value[0] ?? null) : null;
  }

  /** Durable on return. */
  recordVerdict(entry: VerdictEntry): void {
    const order = concatBytes(ORDER, new ByteWriter(4).u32(this.#nextOrder++).finish());
    this.#store.batch((batch) => {
      batch.put(concatBytes(VERDICT, entry.commitmentHash), encodeVerdictChunk([entry]));
      batch.put(order, entry.commitmentHash);
    });
  }

  /** The newest verdicts, oldest first. */
  recentVerdicts(count: number): VerdictEntry[] {
    const hashes = [...this.#store.range({ prefix: ORDER, reverse: true, limit: count })];
    return hashes.reverse().flatMap(({ value }) => this.verdict(value) ?? []);
  }
}
