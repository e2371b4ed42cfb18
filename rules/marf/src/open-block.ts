/**
 * The block being written: a copy-on-write trie over its parent's. Only nodes on the way to a written
 * key are copied; all else is referred to where it lies. Hashes are computed once, at `seal`.
 *
 * The order of `put`s decides the order of slots and with it the root: callers keep it.
 * Source: SIP-004; reference/stacks.md 2.11 (insertion order, splice order, bookkeeping keys).
 */
import { assert, bytesToHex } from '@assay/bytes';
import type { Store } from '@assay/store';
import type { BlockRecord, Blocks } from './blocks.ts';
import { hashOpenNode, hashRoot } from './hash.ts';
import { lookUp } from './look-up.ts';
import { copyBranch, copyLeaf, OpenBranch, OpenLeaf, type Slabs } from './open-node.ts';
import { offsetOf, type Pages, pageOf } from './pages.ts';
import {
  assertRecord,
  LEAF,
  LEAF_DATA_BYTES,
  NODE4,
  NODE256,
  readU32,
  sharedPath,
} from './record.ts';
import { hashText, pathOf } from './text.ts';
import { writeTree } from './write-tree.ts';

export interface MarfBlock {
  /** The value as this block sees it; null when the key was never written. */
  get(key: string): string | null;
  /** `value` is well-formed text; the trie commits to its hash. */
  put(key: string, value: string): void;
  /** The root as it stands; the block stays open, but a later `put` needs a new seal. */
  seal(): Uint8Array;
  /**
   * Seals if need be and stores the block under its final hash (32 bytes), in one batch; inside of a
   * batch of the same store it joins that one, which must then succeed: the forest has moved on.
   */
  commit(finalBlockHash: Uint8Array): void;
  rollback(): void;
}

/** What an open block works with; shared by all blocks of one forest. */
export interface Forest {
  readonly store: Store;
  readonly pages: Pages;
  readonly blocks: Blocks;
  readonly slabs: Slabs;
}

export class OpenBlock implements MarfBlock {
  readonly #forest: Forest;
  readonly #parent: BlockRecord | null;
  readonly #root: OpenBranch;
  readonly #onClose: () => void;
  #isOpen = true;

  constructor(
    forest: Forest,
    parent: BlockRecord | null,
    blockHash: Uint8Array,
    onClose: () => void,
  ) {
    this.#forest = forest;
    this.#parent = parent;
    this.#onClose = onClose;
    if (parent === null) this.#root = new OpenBranch(forest.slabs, NODE256, new Uint8Array(0));
    else {
      const page = forest.pages.read(parent.number, pageOf(parent.rootAddress));
      assertRecord(page, offsetOf(parent.rootAddress));
      this.#root = copyBranch(forest.slabs, page, offsetOf(parent.rootAddress));
    }
    this.#writeBookkeeping(blockHash);
  }

  /** Height and hash of this block and of its parent, under the hash the block was opened with. */
  #writeBookkeeping(hash: Uint8Array): void {
    const parent = this.#parent;
    const height = parent === null ? 0 : parent.height + 1;
    const raw = (key: string, data: Uint8Array) => this.putRaw(pathOf(key), data);
    raw('__MARF_BLOCK_HEIGHT_SELF', heightData(height));
    raw(`__MARF_BLOCK_HEIGHT_TO_HASH::${height}`, hash.slice());
    raw(`__MARF_BLOCK_HASH_TO_HEIGHT::${bytesToHex(hash)}`, heightData(height));
    if (parent === null) return;
    raw(`__MARF_BLOCK_HEIGHT_TO_HASH::${height - 1}`, parent.id);
    raw(`__MARF_BLOCK_HASH_TO_HEIGHT::${bytesToHex(parent.id)}`, heightData(height - 1));
  }

  get(key: string): string | null {
    this.#assertOpen();
    const path = pathOf(key);
    let branch = this.#root;
    let at = 0;
    for (;;) {
      const slot = branch.find(path[at]!);
      if (slot < 0) return null;
      at += 1;
      const child = branch.own[slot]!;
      if (child === null) {
        const p = branch.pointer(slot);
        const block = readU32(branch.slab, p + 2);
        return lookUp(this.#forest.pages, block, readU32(branch.slab, p + 6), path, at);
      }
      if (child instanceof OpenLeaf) {
        const isSame =
          sharedOpen(child.path, child.from, path, at) === child.path.length - child.from;
        return isSame ? this.#valueOf(child) : null;
      }
      if (sharedOpen(child.path, 0, path, at) < child.path.length) return null;
      at += child.path.length;
      branch = child;
    }
  }

  #valueOf(leaf: OpenLeaf): string | null {
    const { value } = leaf;
    if (value === null || typeof value === 'string') return value;
    return this.#forest.pages.readValue(value.block, value.number);
  }

  put(key: string, value: string): void {
    this.#assertOpen();
    this.#insert(pathOf(key), hashText(value), value);
  }

  /** For keys whose path (32 bytes) and leaf data (32 or 40 bytes) are given. */
  putRaw(path: Uint8Array, data: Uint8Array): void {
    this.#assertOpen();
    assert(data.length === 32 || data.length === LEAF_DATA_BYTES, 'leaf data of a wrong size');
    this.#insert(path, data, null);
  }

  #assertOpen(): void {
    assert(this.#isOpen, 'the MARF block is closed');
  }

  #insert(path: Uint8Array, data: Uint8Array, value: string | null): void {
    let branch = this.#root;
    /** The branch and slot that hold `branch`, to replace it when it grows. */
    let holder: OpenBranch | null = null;
    let holderSlot = 0;
    let at = 0;
    for (;;) {
      branch.hash = null;
      const chr = path[at]!;
      const slot = branch.find(chr);
      at += 1;
      if (slot < 0) {
        const leaf = new OpenLeaf(path, at, data, value);
        if (!branch.isFull) branch.add(chr, leaf);
        else {
          const grown = branch.grown(this.#forest.slabs);
          grown.add(chr, leaf);
          holder!.setOwn(holderSlot, grown);
        }
        return;
      }
      const child = this.#ownBranch(branch, slot);
      if (child === null) {
        this.#insertAtLeaf(branch, slot, new OpenLeaf(path, at, data, value));
        return;
      }
      const shared = sharedOpen(child.path, 0, path, at);
      if (shared < child.path.length) {
        const leaf = new OpenLeaf(path, at + shared + 1, data, value);
        this.#spliceBranch(branch, slot, child, shared, path[at + shared]!, leaf);
        return;
      }
      at += shared;
      holder = branch;
      holderSlot = slot;
      branch = child;
    }
  }

  /** The child as a branch of the open block, copied when it lies elsewhere; null for a leaf. */
  #ownBranch(branch: OpenBranch, slot: number): OpenBranch | null {
    const own = branch.own[slot]!;
    if (own !== null) return own instanceof OpenBranch ? own : null;
    const p = branch.pointer(slot);
    if (branch.slab[p + 1] === LEAF) return null;
    const address = readU32(branch.slab, p + 6);
    const page = this.#forest.pages.read(readU32(branch.slab, p + 2), pageOf(address));
    assertRecord(page, offsetOf(address));
    const copy = copyBranch(this.#forest.slabs, page, offsetOf(address));
    branch.setOwn(slot, copy);
    return copy;
  }

  /** The slot holds a leaf: the same key's, which is replaced, or another's, with which it forks. */
  #insertAtLeaf(branch: OpenBranch, slot: number, leaf: OpenLeaf): void {
    const own = branch.own[slot] as OpenLeaf | null;
    let shared: number;
    let old: OpenLeaf;
    if (own !== null) {
      shared = sharedOpen(own.path, own.from, leaf.path, leaf.from);
      if (shared === own.path.length - own.from) {
        branch.setOwn(slot, leaf);
        return;
      }
      old = new OpenLeaf(own.path, own.from + shared + 1, own.data, own.value);
    } else {
      const p = branch.pointer(slot);
      const address = readU32(branch.slab, p + 6);
      const page = this.#forest.pages.read(readU32(branch.slab, p + 2), pageOf(address));
      const offset = offsetOf(address);
      assertRecord(page, offset);
      shared = sharedPath(page, offset, leaf.path, leaf.from);
      if (shared === page[offset + 1]) {
        branch.setOwn(slot, leaf);
        return;
      }
      old = copyLeaf(page, offset, shared);
    }
    // The old leaf comes first.
    const fork = new OpenBranch(
      this.#forest.slabs,
      NODE4,
      leaf.path.slice(leaf.from, leaf.from + shared),
    );
    fork.add(old.path[old.from - 1]!, old);
    const from = leaf.from + shared + 1;
    fork.add(leaf.path[from - 1]!, new OpenLeaf(leaf.path, from, leaf.data, leaf.value));
    branch.setOwn(slot, fork);
  }

  /** A key leaves a branch's path midway: a Node4 takes its place, the new leaf first. */
  #spliceBranch(
    holder: OpenBranch,
    slot: number,
    branch: OpenBranch,
    shared: number,
    chr: number,
    leaf: OpenLeaf,
  ): void {
    const fork = new OpenBranch(this.#forest.slabs, NODE4, branch.path.slice(0, shared));
    fork.add(chr, leaf);
    const oldChr = branch.path[shared]!;
    branch.path = branch.path.slice(shared + 1);
    branch.hash = null;
    fork.add(oldChr, branch);
    holder.setOwn(slot, fork);
  }

  seal(): Uint8Array {
    this.#assertOpen();
    const { blocks } = this.#forest;
    return hashRoot(hashOpenNode(this.#root, blocks), blocks.ancestorRoots(this.#parent));
  }

  commit(finalBlockHash: Uint8Array): void {
    const root = this.seal();
    assert(finalBlockHash.length === 32, 'block hashes have 32 bytes');
    const { store, pages, blocks } = this.#forest;
    assert(blocks.find(finalBlockHash) === null, 'the MARF has this block already');
    const parent = this.#parent;
    const number = blocks.takeNumber();
    const writer = pages.writer(number);
    const rootAddress = writeTree(writer, this.#root);
    const record: BlockRecord = {
      id: finalBlockHash.slice(),
      number,
      height: parent === null ? 0 : parent.height + 1,
      parent: parent === null ? null : parent.number,
      jump: blocks.jumpFrom(parent),
      rootAddress,
      root,
    };
    store.batch((batch) => {
      writer.writeTo(batch);
      blocks.write(batch, record);
    });
    pages.adopt(writer);
    blocks.adopt(record);
    this.#close();
  }

  rollback(): void {
    if (this.#isOpen) this.#close();
  }

  #close(): void {
    this.#isOpen = false;
    this.#onClose();
  }
}

function heightData(height: number): Uint8Array {
  const data = new Uint8Array(LEAF_DATA_BYTES);
  new DataView(data.buffer).setUint32(0, height, true);
  return data;
}

/** How many bytes of a node's path, from `from` on, agree with `path` from `at` on. */
function sharedOpen(own: Uint8Array, from: number, path: Uint8Array, at: number): number {
  const length = own.length - from;
  let shared = 0;
  while (shared < length && own[from + shared] === path[at + shared]) shared += 1;
  return shared;
}
