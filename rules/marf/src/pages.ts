/**
 * Pages of nodes: the unit that is read, cached and written. An address is `page * 4096 + offset`
 * within one block's pages, so a node is found by (block, address).
 *
 * ```
 * p | u32 block | u32 page     node records | u32 checksum
 * v | u32 block | u32 number   a large value, UTF-8
 * ```
 * Called by look-up.ts and proof.ts (read) and open-block.ts (write).
 */
import { assert, ByteWriter, utf8FromBytes } from '@assay/bytes';
import type { Batch, Store } from '@assay/store';
import { LIMITS } from './limits.ts';
import { readU32, writeU32 } from './record.ts';

const PAGE = 0x70;
const VALUE = 0x76;
const OFFSET_BITS = 12;
const OFFSET_MASK = (1 << OFFSET_BITS) - 1;
/** Pages of one block, so that (block, page) is one safe integer and an address one u32. */
const PAGES_PER_BLOCK_MAX = 2 ** 20;
const CHECKSUM_BYTES = 4;

export function pageOf(address: number): number {
  return address >>> OFFSET_BITS;
}

export function offsetOf(address: number): number {
  return address & OFFSET_MASK;
}

function key(kind: number, block: number, number: number): Uint8Array {
  const out = new Uint8Array(9);
  out[0] = kind;
  writeU32(out, 1, block);
  writeU32(out, 5, number);
  return out;
}

/** Finds accidents of the disk, not attacks: those find that no root matches. */
function checksumOf(page: Uint8Array, length: number): number {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let sum = 0x811c9dc5 ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    sum = Math.imul(sum ^ view.getUint32(at), 0x01000193);
    sum ^= sum >>> 15;
  }
  for (; at < length; at++) sum = Math.imul(sum ^ page[at]!, 0x01000193);
  return (sum ^ (sum >>> 13)) >>> 0;
}

export class Pages {
  readonly #store: Store;
  readonly #generationMax: number;
  /** Two generations: what is not asked for while the young one fills is dropped. */
  #young = new Map<number, Uint8Array>();
  #old = new Map<number, Uint8Array>();

  constructor(store: Store, pagesMax: number) {
    this.#store = store;
    this.#generationMax = Math.max(1, Math.floor(pagesMax / 2));
  }

  /** Without its checksum. */
  read(block: number, page: number): Uint8Array {
    const id = block * PAGES_PER_BLOCK_MAX + page;
    const young = this.#young.get(id);
    if (young !== undefined) return young;
    const bytes = this.#old.get(id) ?? this.#load(block, page);
    this.#remember(id, bytes);
    return bytes;
  }

  #load(block: number, page: number): Uint8Array {
    const stored = this.#store.get(key(PAGE, block, page));
    assert(stored !== null, `MARF page ${block}/${page} is missing`);
    const length = stored.length - CHECKSUM_BYTES;
    const isWhole = length > 0 && readU32(stored, length) === checksumOf(stored, length);
    assert(isWhole, `MARF page ${block}/${page} is damaged`);
    return stored.subarray(0, length);
  }

  #remember(id: number, bytes: Uint8Array): void {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, bytes);
  }

  readValue(block: number, number: number): string {
    const bytes = this.#store.get(key(VALUE, block, number));
    const value = bytes === null ? null : utf8FromBytes(bytes);
    assert(value !== null, `MARF value ${block}/${number} is missing or damaged`);
    return value;
  }

  writer(block: number): PageWriter {
    return new PageWriter(block);
  }

  /** Keeps what `writer` filled, once its batch is committed. */
  adopt(writer: PageWriter): void {
    writer.pages.forEach((page, number) => {
      const bytes = page.subarray(0, page.length - CHECKSUM_BYTES);
      this.#remember(writer.block * PAGES_PER_BLOCK_MAX + number, bytes);
    });
  }

  /** Keys of everything a block stored here. */
  keysOf(block: number): Uint8Array[] {
    return [PAGE, VALUE].flatMap((kind) => {
      const prefix = new ByteWriter(5).u8(kind).u32(block).finish();
      return [...this.#store.range({ prefix })].map((entry) => entry.key.slice());
    });
  }

  forget(block: number): void {
    for (const generation of [this.#young, this.#old]) {
      for (const id of [...generation.keys()]) {
        if (Math.floor(id / PAGES_PER_BLOCK_MAX) === block) generation.delete(id);
      }
    }
  }
}

/** Lays records of one block into pages, in the order they come. */
export class PageWriter {
  readonly block: number;
  /** Finished pages, checksum included. */
  readonly pages: Uint8Array[] = [];
  /** The page being filled; callers write at the offset `place` gives. */
  current = new Uint8Array(LIMITS.pageBytesMax);
  readonly #values: Uint8Array[] = [];
  #at = 0;

  constructor(block: number) {
    this.block = block;
  }

  /** Room for `size` bytes in `current`; returns the address. */
  place(size: number): number {
    const max = LIMITS.pageBytesMax - CHECKSUM_BYTES;
    assert(size <= max, `a MARF record of ${size} bytes fits no page`);
    if (this.#at + size > max) this.#finishPage();
    const address = this.pages.length * (OFFSET_MASK + 1) + this.#at;
    this.#at += size;
    return address;
  }

  /** Stores a large value; returns its number. */
  placeValue(value: Uint8Array): number {
    return this.#values.push(value) - 1;
  }

  #finishPage(): void {
    const length = this.#at;
    const page = this.current.slice(0, length + CHECKSUM_BYTES);
    writeU32(page, length, checksumOf(page, length));
    assert(this.pages.push(page) <= PAGES_PER_BLOCK_MAX, 'a block writes too many MARF pages');
    this.#at = 0;
  }

  writeTo(batch: Batch): void {
    if (this.#at > 0) this.#finishPage();
    this.pages.forEach((page, number) => {
      batch.put(key(PAGE, this.block, number), page);
    });
    this.#values.forEach((value, number) => {
      batch.put(key(VALUE, this.block, number), value);
    });
  }
}
