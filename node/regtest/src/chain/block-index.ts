/**
 * The tree of all blocks ever seen: heights, work, validity. Which leaf is best is decided here,
 * by most work, then by who came first.
 * Source: Bitcoin Core chain.h, validation.cpp (FindMostWorkChain, ResetBlockFailureFlags).
 */
import {
  type BitcoinBlockHeader,
  bitcoinBlockWork,
  decodeBitcoinHeader,
  encodeBitcoinHeader,
  hashToDisplayHex,
} from '@assay/bitcoin';
import { assert, ByteReader, ByteWriter } from '@assay/bytes';
import { LIMITS } from '../limits.ts';

export interface BlockEntry {
  /** Internal order. */
  readonly hash: Uint8Array;
  /** Display order; the key of the index. */
  readonly id: string;
  readonly header: BitcoinBlockHeader;
  readonly parent: BlockEntry | null;
  readonly burnHeight: number;
  /** Work of this block and all below. */
  readonly chainWork: bigint;
  readonly txCount: number;
  readonly sizeBytes: number;
  /** Order of arrival; 0 for genesis. */
  readonly sequence: number;
  /** Itself found invalid, or declared so by `invalidateblock`. */
  isFailed: boolean;
  /** It or a block below it failed. */
  isInvalid: boolean;
}

export class BlockIndex {
  readonly #entries = new Map<string, BlockEntry>();

  get size(): number {
    return this.#entries.size;
  }

  /** In order of arrival. */
  all(): Iterable<BlockEntry> {
    return this.#entries.values();
  }

  /** By hash in display order. */
  get(id: string): BlockEntry | null {
    return this.#entries.get(id) ?? null;
  }

  /** The parent must be known, except for genesis. */
  add(block: {
    readonly hash: Uint8Array;
    readonly header: BitcoinBlockHeader;
    readonly txCount: number;
    readonly sizeBytes: number;
  }): BlockEntry {
    const parent = this.get(hashToDisplayHex(block.header.prevHash));
    assert(parent !== null || this.size === 0, 'a block is indexed after its parent');
    const entry: BlockEntry = {
      ...block,
      id: hashToDisplayHex(block.hash),
      parent,
      burnHeight: parent === null ? 0 : parent.burnHeight + 1,
      chainWork: (parent?.chainWork ?? 0n) + bitcoinBlockWork(block.header.bits),
      sequence: this.size,
      isFailed: false,
      isInvalid: parent?.isInvalid ?? false,
    };
    this.#entries.set(entry.id, entry);
    return entry;
  }

  /** Most work among valid blocks; the earliest of equals. */
  best(): BlockEntry {
    let best: BlockEntry | null = null;
    for (const entry of this.#entries.values()) {
      if (!entry.isInvalid && (best === null || entry.chainWork > best.chainWork)) best = entry;
    }
    assert(best !== null, 'genesis is always valid');
    return best;
  }

  /** @returns entries whose stored flag changed */
  fail(entry: BlockEntry): BlockEntry[] {
    entry.isFailed = true;
    this.#spread();
    return [entry];
  }

  /** Forgets failures of a block, of what is below it and of what is above it. */
  forgive(entry: BlockEntry): BlockEntry[] {
    const changed: BlockEntry[] = [];
    for (const other of this.#entries.values()) {
      if (!other.isFailed) continue;
      const [low, high] = other.burnHeight < entry.burnHeight ? [other, entry] : [entry, other];
      if (ancestorAt(high, low.burnHeight) !== low) continue;
      other.isFailed = false;
      changed.push(other);
    }
    this.#spread();
    return changed;
  }

  /** Parents arrive before children, so one pass suffices. */
  #spread(): void {
    for (const entry of this.#entries.values()) {
      entry.isInvalid = entry.isFailed || (entry.parent?.isInvalid ?? false);
    }
  }

  /** Blocks without children, in order of arrival. */
  leaves(): BlockEntry[] {
    const parents = new Set<BlockEntry>();
    for (const { parent } of this.#entries.values()) if (parent !== null) parents.add(parent);
    return [...this.#entries.values()].filter((entry) => !parents.has(entry));
  }
}

/** Null above the entry. */
export function ancestorAt(entry: BlockEntry, burnHeight: number): BlockEntry | null {
  if (burnHeight > entry.burnHeight) return null;
  let at: BlockEntry = entry;
  while (at.burnHeight > burnHeight) at = at.parent!;
  return at;
}

/** Median time of the eleven blocks up to this one; the clock of lock times (BIP113). */
export function medianTimeSecs(entry: BlockEntry): number {
  const times: number[] = [];
  let at: BlockEntry | null = entry;
  while (at !== null && times.length < LIMITS.medianTimeBlocks) {
    times.push(at.header.timeSecs);
    at = at.parent;
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1]!;
}

/** Header, order of arrival, counts and the failure flag: what the index cannot recompute. */
export function encodeEntry(entry: BlockEntry): Uint8Array {
  const writer = new ByteWriter(96).u32(entry.sequence).u32(entry.txCount).u32(entry.sizeBytes);
  return writer
    .u8(entry.isFailed ? 1 : 0)
    .raw(encodeBitcoinHeader(entry.header))
    .finish();
}

export interface StoredEntry {
  readonly sequence: number;
  readonly txCount: number;
  readonly sizeBytes: number;
  readonly isFailed: boolean;
  readonly header: BitcoinBlockHeader;
}

export function decodeEntry(bytes: Uint8Array): StoredEntry {
  const reader = new ByteReader(bytes);
  const sequence = reader.u32();
  const txCount = reader.u32();
  const sizeBytes = reader.u32();
  const isFailed = reader.u8() === 1;
  const header = decodeBitcoinHeader(reader.take(80).slice());
  assert(header.ok, 'a stored header decodes');
  return { sequence, txCount, sizeBytes, isFailed, header: header.value };
}
