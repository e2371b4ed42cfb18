/**
 * The tree of blocks: who descends from whom, under which root, and the ids that hashes see instead
 * of block numbers.
 *
 * ```
 * b | block id 32   u32 number | u32 height | u32 parent + 1 (0: none) | u32 jump + 1
 *                   | u32 address of the trie's root | root 32
 * i | u32 number    block id 32
 * c                 u32 next block number
 * ```
 * Numbers are local: they follow the order in which this store met the blocks.
 */
import { assert, ByteReader, ByteWriter, bytesToHex, concatBytes } from '@assay/bytes';
import type { Batch, Store } from '@assay/store';
import { LIMITS } from './limits.ts';
import { writeU32 } from './record.ts';

export interface BlockRecord {
  readonly id: Uint8Array;
  readonly number: number;
  readonly height: number;
  /** Null for a first block. */
  readonly parent: number | null;
  /** Number of an ancestor further back: any ancestor is reached in O(log height) steps. */
  readonly jump: number | null;
  /** Address of the trie's root node in this block's pages. */
  readonly rootAddress: number;
  readonly root: Uint8Array;
}

const BLOCK = 0x62;
const NUMBER = 0x69;
const COUNTER = Uint8Array.of(0x63);
const ID_WORDS = 8;

function blockKey(id: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(BLOCK), id);
}

function numberKey(number: number): Uint8Array {
  const out = new Uint8Array(5);
  out[0] = NUMBER;
  writeU32(out, 1, number);
  return out;
}

export class Blocks {
  readonly #store: Store;
  readonly #byId = new Map<string, BlockRecord>();
  readonly #byNumber = new Map<number, BlockRecord>();
  #next: number | null = null;
  /** Ids as eight words each, by block number: what hashing a node copies most. */
  #idWords = new Uint32Array(1024 * ID_WORDS);
  #isIdKnown = new Uint8Array(1024);

  constructor(store: Store) {
    this.#store = store;
  }

  find(id: Uint8Array): BlockRecord | null {
    const known = this.#byId.get(bytesToHex(id));
    if (known !== undefined) return known;
    const bytes = this.#store.get(blockKey(id));
    if (bytes === null) return null;
    const reader = new ByteReader(bytes);
    const number = reader.u32();
    const height = reader.u32();
    const parent = reader.u32();
    const jump = reader.u32();
    return this.#know({
      id: id.slice(),
      number,
      height,
      parent: parent === 0 ? null : parent - 1,
      jump: jump === 0 ? null : jump - 1,
      rootAddress: reader.u32(),
      root: reader.take(32).slice(),
    });
  }

  numbered(number: number): BlockRecord {
    const known = this.#byNumber.get(number);
    if (known !== undefined) return known;
    const id = this.#store.get(numberKey(number));
    assert(id !== null, `MARF block number ${number} is missing`);
    const record = this.find(id);
    assert(record !== null, `MARF block number ${number} has no record`);
    return record;
  }

  /** Copies the id of a block to `at` of `target`; word by word, the fastest way for 32 bytes. */
  copyId(number: number, target: DataView, at: number): void {
    if (this.#isIdKnown[number] !== 1) this.#loadId(number);
    const words = this.#idWords;
    const from = number * ID_WORDS;
    target.setUint32(at, words[from]!);
    target.setUint32(at + 4, words[from + 1]!);
    target.setUint32(at + 8, words[from + 2]!);
    target.setUint32(at + 12, words[from + 3]!);
    target.setUint32(at + 16, words[from + 4]!);
    target.setUint32(at + 20, words[from + 5]!);
    target.setUint32(at + 24, words[from + 6]!);
    target.setUint32(at + 28, words[from + 7]!);
  }

  #loadId(number: number): void {
    const { id } = this.numbered(number);
    if (number >= this.#isIdKnown.length) {
      const size = 2 ** Math.ceil(Math.log2(number + 1));
      const words = new Uint32Array(size * ID_WORDS);
      words.set(this.#idWords);
      this.#idWords = words;
      const known = new Uint8Array(size);
      known.set(this.#isIdKnown);
      this.#isIdKnown = known;
    }
    const view = new DataView(id.buffer, id.byteOffset, id.byteLength);
    for (let i = 0; i < ID_WORDS; i++) {
      this.#idWords[number * ID_WORDS + i] = view.getUint32(4 * i);
    }
    this.#isIdKnown[number] = 1;
  }

  /** The ancestor at `height`, `record` itself included; null above it. */
  ancestorAt(record: BlockRecord, height: number): BlockRecord | null {
    if (height < 0 || height > record.height) return null;
    let at = record;
    while (at.height > height) {
      const jump = at.jump === null ? null : this.numbered(at.jump);
      at = jump !== null && jump.height >= height ? jump : this.numbered(at.parent!);
    }
    return at;
  }

  /** Roots 1, 2, 4, 8, … blocks before the child of `parent`. */
  ancestorRoots(parent: BlockRecord | null): Uint8Array[] {
    if (parent === null) return [];
    const roots: Uint8Array[] = [];
    const height = parent.height + 1;
    let at = parent;
    for (let back = 1; back <= height; back *= 2) {
      at = this.ancestorAt(at, height - back)!;
      roots.push(at.root);
    }
    return roots;
  }

  /** Skips as far as the parent's two last jumps did, if they were alike (skew binary numbers). */
  jumpFrom(parent: BlockRecord | null): number | null {
    if (parent === null) return null;
    if (parent.jump === null) return parent.number;
    const two = this.numbered(parent.jump);
    if (two.jump === null) return parent.number;
    const three = this.numbered(two.jump);
    const isAlike = parent.height - two.height === two.height - three.height;
    return isAlike ? three.number : parent.number;
  }

  /** Each call gives another number, also when the block before it is not stored yet. */
  takeNumber(): number {
    if (this.#next === null) {
      const bytes = this.#store.get(COUNTER);
      this.#next = bytes === null ? 0 : new ByteReader(bytes).u32();
    }
    this.#next += 1;
    return this.#next - 1;
  }

  write(batch: Batch, record: BlockRecord): void {
    const parent = record.parent === null ? 0 : record.parent + 1;
    const jump = record.jump === null ? 0 : record.jump + 1;
    const writer = new ByteWriter(52).u32(record.number).u32(record.height).u32(parent).u32(jump);
    batch.put(blockKey(record.id), writer.u32(record.rootAddress).raw(record.root).finish());
    batch.put(numberKey(record.number), record.id);
    batch.put(COUNTER, new ByteWriter(4).u32(record.number + 1).finish());
  }

  /** Takes a written record into memory. */
  adopt(record: BlockRecord): void {
    this.#know(record);
  }

  remove(batch: Batch, record: BlockRecord): void {
    batch.remove(blockKey(record.id));
    batch.remove(numberKey(record.number));
  }

  forget(record: BlockRecord): void {
    this.#byId.delete(bytesToHex(record.id));
    this.#byNumber.delete(record.number);
    this.#isIdKnown[record.number] = 0;
  }

  #know(record: BlockRecord): BlockRecord {
    if (this.#byId.size >= LIMITS.cacheBlocksMax) {
      this.#byId.clear();
      this.#byNumber.clear();
    }
    this.#byId.set(bytesToHex(record.id), record);
    this.#byNumber.set(record.number, record);
    return record;
  }
}
