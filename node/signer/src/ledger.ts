/**
 * What a signer must never forget, on disk before it is said: which blocks it signed at which height and
 * in which tenures, and its verdicts. After `kill -9` it neither signs a rival nor judges twice.
 */
import { ByteReader, ByteWriter, bytesFromUtf8, concatBytes } from '@assay/bytes';
import type { VerdictEntry } from '@assay/jobs';
import { decodeVerdictChunk, encodeVerdictChunk } from '@assay/jobs';
import type { Store } from '@assay/store';

export interface SignedBlock {
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  readonly signedAtMs: number;
  /** Of the sortition that elected its miner. */
  readonly burnHeight: number;
  /** 20 bytes. */
  readonly consensusHash: Uint8Array;
}

const SIGNED = bytesFromUtf8('at/');
const TENURE = bytesFromUtf8('in/');
const VERDICT = bytesFromUtf8('verdict/');
const ORDER = bytesFromUtf8('order/');

/** Of all tenures; the block's hash keeps two of one height apart. */
function heightKey(chainLength: number): Uint8Array {
  return concatBytes(SIGNED, new ByteWriter(8).u64(chainLength).finish());
}

function decodeSigned(value: Uint8Array): SignedBlock {
  const reader = new ByteReader(value);
  return {
    blockHash: reader.take(32),
    signedAtMs: reader.u64Safe(),
    burnHeight: reader.u64Safe(),
    consensusHash: reader.take(20),
  };
}

export class Ledger {
  readonly #store: Store;
  #nextOrder: number;

  constructor(store: Store) {
    this.#store = store;
    const [last] = store.range({ prefix: ORDER, reverse: true, limit: 1 });
    this.#nextOrder = last === undefined ? 0 : new ByteReader(last.key, ORDER.length).u32() + 1;
  }

  /** The blocks we signed at this height, in whatever tenure. */
  signedAt(chainLength: number): SignedBlock[] {
    const range = this.#store.range({ prefix: heightKey(chainLength) });
    return [...range].map(({ value }) => decodeSigned(value));
  }

  /** Whether we signed a block of this tenure. */
  hasSignedIn(consensusHash: Uint8Array): boolean {
    return this.#store.has(concatBytes(TENURE, consensusHash));
  }

  /** Durable on return. */
  recordSigned(chainLength: number, signed: SignedBlock): void {
    const { blockHash, signedAtMs, burnHeight, consensusHash } = signed;
    const writer = new ByteWriter(68).raw(blockHash).u64(signedAtMs).u64(burnHeight);
    const value = writer.raw(consensusHash).finish();
    this.#store.batch((batch) => {
      batch.put(concatBytes(heightKey(chainLength), blockHash), value);
      batch.put(concatBytes(TENURE, consensusHash), new Uint8Array());
    });
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
