/**
 * What is kept about applied blocks besides their state: headers, bytes, receipts, side records of
 * contracts, and the indexes by height, tenure, parent and transaction. All of one block is written
 * in one batch; a header that is present means that the block is applied.
 */
import { bytesFromUtf8, bytesToHex, concatBytes, utf8FromBytes } from '@assay/bytes';
import type { Batch, Store } from '@assay/store';
import type { Transaction } from '@assay/wire';
import { LIMITS } from './limits.ts';
import type { MaturedReward, Receipt } from './receipt.ts';
import { decodeReceipts, encodeReceipts } from './receipt-codec.ts';
import type { StoredHeader } from './stored-header.ts';
import { decodeRecord, encodeRecord } from './tagged-json.ts';

/** First byte of every key; never reuse a letter. */
const TABLE = {
  header: 'h',
  block: 'b',
  receipts: 'r',
  rewards: 'm',
  children: 'k',
  heights: 'l',
  tenures: 't',
  tenureHeights: 'n',
  transactions: 'x',
  metadata: 'd',
  meta: 'g',
} as const;

const PRESENT = Uint8Array.of(1);

function key(table: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(bytesFromUtf8(table), ...parts);
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** Everything one block adds to the index. */
export interface IndexedBlock {
  readonly header: StoredHeader;
  readonly bytes: Uint8Array;
  readonly txids: readonly Uint8Array[];
  readonly receipts: readonly Receipt[];
  readonly rewards: readonly MaturedReward[];
  /** Keyed by `contract id \n key`. */
  readonly metadata: ReadonlyMap<string, string>;
}

export class ChainIndex {
  readonly #store: Store;
  readonly #headers = new Map<string, StoredHeader>();

  constructor(store: Store) {
    this.#store = store;
  }

  put(block: IndexedBlock): void {
    this.#store.batch((batch) => this.#write(batch, block));
    this.#remember(block.header);
  }

  #write(batch: Batch, { header, bytes, txids, receipts, rewards, metadata }: IndexedBlock): void {
    const id = header.blockId;
    batch.put(key(TABLE.header, id), encodeRecord(header));
    batch.put(key(TABLE.block, id), bytes);
    batch.put(key(TABLE.receipts, id), encodeReceipts(receipts));
    batch.put(key(TABLE.rewards, id), encodeRecord(rewards));
    batch.put(key(TABLE.children, header.parentBlockId, id), PRESENT);
    batch.put(key(TABLE.heights, u64(header.height), id), PRESENT);
    if (header.isTenureStart) {
      batch.put(key(TABLE.tenures, header.header.consensusHash, id), PRESENT);
      batch.put(key(TABLE.tenureHeights, u64(header.tenureHeight), id), PRESENT);
    }
    txids.forEach((txid, index) => {
      batch.put(key(TABLE.transactions, txid, id), u64(index));
    });
    for (const [name, value] of metadata) {
      batch.put(key(TABLE.metadata, id, bytesFromUtf8(name)), bytesFromUtf8(value));
    }
  }

  header(blockId: Uint8Array): StoredHeader | null {
    const name = bytesToHex(blockId);
    const known = this.#headers.get(name);
    if (known) return known;
    const bytes = this.#store.get(key(TABLE.header, blockId));
    if (bytes === null) return null;
    const header = decodeRecord<StoredHeader>(bytes);
    this.#remember(header);
    return header;
  }

  #remember(header: StoredHeader): void {
    if (this.#headers.size >= LIMITS.headerCacheEntries) {
      const oldest = this.#headers.keys().next().value;
      if (oldest !== undefined) this.#headers.delete(oldest);
    }
    this.#headers.set(bytesToHex(header.blockId), header);
  }

  blockBytes(blockId: Uint8Array): Uint8Array | null {
    return this.#store.get(key(TABLE.block, blockId));
  }

  /** @param transactions of that block: plain transfers are not stored but rebuilt from them */
  receipts(blockId: Uint8Array, transactions: readonly Transaction[]): Receipt[] | null {
    const bytes = this.#store.get(key(TABLE.receipts, blockId));
    return bytes === null ? null : decodeReceipts(bytes, transactions);
  }

  rewards(blockId: Uint8Array): MaturedReward[] | null {
    const bytes = this.#store.get(key(TABLE.rewards, blockId));
    return bytes === null ? null : decodeRecord<MaturedReward[]>(bytes);
  }

  /** A side record that the block wrote about a contract it deployed. */
  metadata(blockId: Uint8Array, contractId: string, name: string): string | null {
    const bytes = this.#store.get(
      key(TABLE.metadata, blockId, bytesFromUtf8(`${contractId}\n${name}`)),
    );
    return bytes === null ? null : utf8FromBytes(bytes);
  }

  children(blockId: Uint8Array): Uint8Array[] {
    return this.#ids(key(TABLE.children, blockId));
  }

  atHeight(height: number): Uint8Array[] {
    return this.#ids(key(TABLE.heights, u64(height)));
  }

  tenureStarts(consensusHash: Uint8Array): Uint8Array[] {
    return this.#ids(key(TABLE.tenures, consensusHash));
  }

  /** First blocks of the n-th tenure, on all forks. */
  tenureStartsAt(tenureHeight: number): Uint8Array[] {
    return this.#ids(key(TABLE.tenureHeights, u64(tenureHeight)));
  }

  transactionBlocks(txid: Uint8Array): { blockId: Uint8Array; index: number }[] {
    const prefix = key(TABLE.transactions, txid);
    return [...this.#store.range({ prefix })].map((entry) => ({
      blockId: entry.key.slice(prefix.length),
      index: Number(new DataView(entry.value.buffer, entry.value.byteOffset).getBigUint64(0)),
    }));
  }

  #ids(prefix: Uint8Array): Uint8Array[] {
    return [...this.#store.range({ prefix })].map((entry) => entry.key.slice(prefix.length));
  }

  /** Which genesis this store belongs to: its file's hash and the block id; null when empty. */
  genesis(): { readonly fileHash: Uint8Array; readonly blockId: Uint8Array } | null {
    const bytes = this.#store.get(key(TABLE.meta));
    return bytes === null ? null : { fileHash: bytes.slice(0, 32), blockId: bytes.slice(32) };
  }

  putGenesis(fileHash: Uint8Array, block: IndexedBlock): void {
    this.#store.batch((batch) => {
      this.#write(batch, block);
      batch.put(key(TABLE.meta), concatBytes(fileHash, block.header.blockId));
    });
    this.#remember(block.header);
  }
}
