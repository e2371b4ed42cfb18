/**
 * Where nodes and block records live, with a cache in front. Keys:
 *
 * ```
 * n | u32 block | u32 index   node record
 * b | block hash 32           u32 number | u32 height | u32 parent + 1 (0: none) | u32 jump + 1 | root 32 | trie hash 32
 * i | u32 number              block hash 32
 * c                           u32 next block number
 * ```
 * Called by marf.ts and open-block.ts.
 */
import { assert, ByteReader, ByteWriter, bytesToHex, concatBytes } from '@assay/bytes';
import type { Batch, Store } from '@assay/store';
import { decodeNode, type TrieNode } from './node.ts';

export interface BlockRecord {
  readonly hash: Uint8Array;
  readonly number: number;
  readonly height: number;
  /** Null for a first block. */
  readonly parent: number | null;
  /** Number of an ancestor further back: makes any ancestor reachable in O(log height) steps. */
  readonly jump: number | null;
  readonly root: Uint8Array;
  /** Hash of the trie alone, without the ancestors' roots. */
  readonly trie: Uint8Array;
}

const NODE = 0x6e;
const BLOCK = 0x62;
const NUMBER = 0x69;
const COUNTER = Uint8Array.of(0x63);

/** Numbers of nodes per block stay below this, so that an address is one safe integer. */
const NODES_PER_BLOCK_MAX = 2 ** 24;

function nodeKey(block: number, index: number): Uint8Array {
  return new ByteWriter(9).u8(NODE).u32(block).u32(index).finish();
}

function numberKey(number: number): Uint8Array {
  return new ByteWriter(5).u8(NUMBER).u32(number).finish();
}

function blockKey(hash: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(BLOCK), hash);
}

export class NodeStore {
  readonly #store: Store;
  readonly #cacheMax: number;
  /** Two generations: what was not touched while the young one filled is dropped. */
  #young = new Map<number, TrieNode>();
  #old = new Map<number, TrieNode>();
  readonly #byHash = new Map<string, BlockRecord>();
  readonly #byNumber = new Map<number, BlockRecord>();

  constructor(store: Store, cacheNodesMax: number) {
    this.#store = store;
    this.#cacheMax = Math.max(2, Math.floor(cacheNodesMax / 2));
  }

  node(block: number, index: number): TrieNode {
    const address = block * NODES_PER_BLOCK_MAX + index;
    const young = this.#young.get(address);
    if (young !== undefined) return young;
    let node = this.#old.get(address);
    if (node === undefined) {
      const bytes = this.#store.get(nodeKey(block, index));
      assert(bytes !== null, `node ${block}/${index} is missing`);
      node = decodeNode(bytes);
    }
    this.remember(block, index, node);
    return node;
  }

  remember(block: number, index: number, node: TrieNode): void {
    if (this.#young.size >= this.#cacheMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(block * NODES_PER_BLOCK_MAX + index, node);
  }

  block(hash: Uint8Array): BlockRecord | null {
    const known = this.#byHash.get(bytesToHex(hash));
    if (known !== undefined) return known;
    const bytes = this.#store.get(blockKey(hash));
    if (bytes === null) return null;
    const reader = new ByteReader(bytes);
    const number = reader.u32();
    const height = reader.u32();
    const parent = reader.u32();
    const jump = reader.u32();
    return this.#know({
      hash: hash.slice(),
      number,
      height,
      parent: parent === 0 ? null : parent - 1,
      jump: jump === 0 ? null : jump - 1,
      root: reader.take(32),
      trie: reader.take(32),
    });
  }

  blockNumbered(number: number): BlockRecord {
    const known = this.#byNumber.get(number);
    if (known !== undefined) return known;
    const hash = this.#store.get(numberKey(number));
    assert(hash !== null, `block number ${number} is missing`);
    const record = this.block(hash);
    assert(record !== null, `block number ${number} has no record`);
    return record;
  }

  /** The ancestor at `height`, `record` itself included; null above it. */
  ancestorAt(record: BlockRecord, height: number): BlockRecord | null {
    if (height < 0 || height > record.height) return null;
    let at = record;
    while (at.height > height) {
      const jump = at.jump === null ? null : this.blockNumbered(at.jump);
      at = jump !== null && jump.height >= height ? jump : this.blockNumbered(at.parent!);
    }
    return at;
  }

  /** Roots 1, 2, 4, 8, … blocks before the child of `parent`. */
  ancestorRoots(parent: number | null): Uint8Array[] {
    if (parent === null) return [];
    const roots: Uint8Array[] = [];
    let at = this.blockNumbered(parent);
    const height = at.height + 1;
    for (let back = 1; back <= height; back *= 2) {
      at = this.ancestorAt(at, height - back)!;
      roots.push(at.root);
    }
    return roots;
  }

  /** The jump of a new block: skips as far as its parent's two last jumps did, if they were alike. */
  jumpFrom(parent: number | null): number | null {
    if (parent === null) return null;
    const one = this.blockNumbered(parent);
    if (one.jump === null) return parent;
    const two = this.blockNumbered(one.jump);
    if (two.jump === null) return parent;
    const three = this.blockNumbered(two.jump);
    return one.height - two.height === two.height - three.height ? three.number : parent;
  }

  #know(record: BlockRecord): BlockRecord {
    this.#byHash.set(bytesToHex(record.hash), record);
    this.#byNumber.set(record.number, record);
    return record;
  }

  nextNumber(): number {
    const bytes = this.#store.get(COUNTER);
    return bytes === null ? 0 : new ByteReader(bytes).u32();
  }

  /** Writes a block's nodes and record in one batch. */
  write(record: BlockRecord, nodes: Iterable<readonly [index: number, encoded: Uint8Array]>): void {
    this.#store.batch((batch) => {
      for (const [index, encoded] of nodes) batch.put(nodeKey(record.number, index), encoded);
      const parent = record.parent === null ? 0 : record.parent + 1;
      const jump = record.jump === null ? 0 : record.jump + 1;
      const bytes = new ByteWriter(80).u32(record.number).u32(record.height).u32(parent).u32(jump);
      batch.put(blockKey(record.hash), bytes.raw(record.root).raw(record.trie).finish());
      batch.put(numberKey(record.number), record.hash);
      batch.put(COUNTER, new ByteWriter(4).u32(record.number + 1).finish());
    });
    this.#know(record);
  }

  /** Removes a block; nothing may refer to it any more. */
  remove(record: BlockRecord): void {
    const prefix = new ByteWriter(5).u8(NODE).u32(record.number).finish();
    const keys = [...this.#store.range({ prefix })].map(({ key }) => key.slice());
    this.#store.batch((batch: Batch) => {
      for (const key of keys) batch.remove(key);
      batch.remove(blockKey(record.hash));
      batch.remove(numberKey(record.number));
    });
    this.#byHash.delete(bytesToHex(record.hash));
    this.#byNumber.delete(record.number);
    for (const { 0: address } of [...this.#young, ...this.#old]) {
      if (Math.floor(address / NODES_PER_BLOCK_MAX) !== record.number) continue;
      this.#young.delete(address);
      this.#old.delete(address);
    }
  }
}
