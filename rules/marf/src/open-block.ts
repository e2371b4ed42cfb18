/**
 * The block being written: a copy-on-write trie over its parent's. Only nodes on the way to a written
 * key are copied; all else is referred to where it lies. Hashes are computed once, at `seal`.
 *
 * The order of `put`s decides the order of slots and with it the root: callers keep it.
 * Source: SIP-004; reference/stacks.md 2.11 (insertion order, splice order, bookkeeping keys).
 */
import { assert, bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha512_256 } from '@assay/crypto';
import { hashRoot, hashTree } from './hash.ts';
import { lookUp } from './look-up.ts';
import {
  addChild,
  type Branch,
  type Child,
  emptyBranch,
  encodeNode,
  findChild,
  growBranch,
  LEAF,
  LEAF_DATA_BYTES,
  type Leaf,
  NODE4,
  NODE256,
  type TrieNode,
} from './node.ts';
import type { BlockRecord, NodeStore } from './node-store.ts';

/** Block number of nodes that belong to the open block. */
const OPEN = -1;

export interface MarfBlock {
  /** The value as this block sees it; null when the key was never written. */
  get(key: string): string | null;
  put(key: string, value: string): void;
  /** The root as it stands; the block stays open, but a later `put` needs a new seal. */
  seal(): Uint8Array;
  /** Seals if need be and stores the block under its final hash (32 bytes). */
  commit(finalBlockHash: Uint8Array): void;
  rollback(): void;
}

export function pathOf(key: string): Uint8Array {
  return sha512_256(bytesFromUtf8(key));
}

/** What a leaf of this value commits to. */
export function dataOf(value: string): Uint8Array {
  const data = new Uint8Array(LEAF_DATA_BYTES);
  data.set(sha512_256(bytesFromUtf8(value)));
  return data;
}

function ownChild(chr: number, node: TrieNode): Child {
  return { chr, kind: node.kind, block: OPEN, index: 0, node };
}

/** A copy that belongs to the open block; its children stay where they lie. */
function copyNode(node: TrieNode): TrieNode {
  if (node.kind === LEAF) return { ...node, hash: null };
  const children = node.children.map((child) => (child === null ? null : { ...child, node: null }));
  return { ...node, children, hash: null };
}

export class OpenBlock implements MarfBlock {
  readonly #nodes: NodeStore;
  readonly #parent: BlockRecord | null;
  readonly #root: Branch;
  readonly #onClose: () => void;
  #isOpen = true;
  #trie: Uint8Array | null = null;

  constructor(
    nodes: NodeStore,
    parent: BlockRecord | null,
    blockHash: Uint8Array,
    onClose: () => void,
  ) {
    this.#nodes = nodes;
    this.#parent = parent;
    this.#onClose = onClose;
    this.#root =
      parent === null
        ? emptyBranch(NODE256, new Uint8Array(0))
        : (copyNode(nodes.node(parent.number, 0)) as Branch);
    this.#writeBookkeeping(blockHash);
  }

  /** Height and hash of this block and of its parent, under the hash the block was opened with. */
  #writeBookkeeping(hash: Uint8Array): void {
    const height = this.#parent === null ? 0 : this.#parent.height + 1;
    const raw = (key: string, data: Uint8Array) => this.#insert(pathOf(key), data, null);
    raw('__MARF_BLOCK_HEIGHT_SELF', heightData(height));
    raw(`__MARF_BLOCK_HEIGHT_TO_HASH::${height}`, hashData(hash));
    raw(`__MARF_BLOCK_HASH_TO_HEIGHT::${bytesToHex(hash)}`, heightData(height));
    if (this.#parent === null) return;
    raw(`__MARF_BLOCK_HEIGHT_TO_HASH::${height - 1}`, hashData(this.#parent.hash));
    raw(`__MARF_BLOCK_HASH_TO_HEIGHT::${bytesToHex(this.#parent.hash)}`, heightData(height - 1));
  }

  get(key: string): string | null {
    this.#assertOpen();
    return lookUp(this.#root, pathOf(key), this.#nodes)?.value ?? null;
  }

  put(key: string, value: string): void {
    this.#assertOpen();
    this.#insert(pathOf(key), dataOf(value), value);
  }

  /** For keys whose path and leaf data are given: the published regression workloads. */
  putRaw(path: Uint8Array, data: Uint8Array): void {
    this.#assertOpen();
    this.#insert(path, data, null);
  }

  #assertOpen(): void {
    assert(this.#isOpen, 'the MARF block is closed');
  }

  /** The child as a node of the open block, copied when it still lies elsewhere. */
  #own(child: Child): TrieNode {
    if (child.node === null) {
      child.node = copyNode(this.#nodes.node(child.block, child.index));
      child.block = OPEN;
    }
    return child.node;
  }

  #insert(path: Uint8Array, data: Uint8Array, value: string | null): void {
    this.#trie = null;
    let branch = this.#root;
    /** The slot that holds `branch`, to replace it when it grows. */
    let holder: Child | null = null;
    let at = 0;
    for (;;) {
      branch.hash = null;
      const chr = path[at]!;
      const child = findChild(branch, chr);
      if (child === null) {
        const leaf = newLeaf(path.subarray(at + 1), data, value);
        this.#addLeaf(branch, holder, ownChild(chr, leaf));
        return;
      }
      const node = this.#own(child);
      at += 1;
      const shared = sharedLength(node.path, path, at);
      if (node.kind === LEAF) {
        if (shared === node.path.length) {
          node.data = data;
          node.value = value;
          node.hash = null;
        } else spliceLeaf(child, node, shared, path, at, data, value);
        return;
      }
      if (shared < node.path.length) {
        spliceBranch(child, node, shared, path, at, data, value);
        return;
      }
      at += shared;
      branch = node;
      holder = child;
    }
  }

  #addLeaf(branch: Branch, holder: Child | null, leaf: Child): void {
    if (addChild(branch, leaf)) return;
    const grown = growBranch(branch);
    addChild(grown, leaf);
    assert(holder !== null, 'the root never grows');
    holder.node = grown;
    holder.kind = grown.kind;
  }

  seal(): Uint8Array {
    this.#assertOpen();
    this.#trie ??= hashTree(this.#root, OPEN, (number) => this.#nodes.blockNumbered(number).hash);
    return hashRoot(this.#trie, this.#nodes.ancestorRoots(this.#parent?.number ?? null));
  }

  commit(finalBlockHash: Uint8Array): void {
    const root = this.seal();
    assert(finalBlockHash.length === 32, 'block hashes have 32 bytes');
    const number = this.#nodes.nextNumber();
    const records = numberNodes(this.#root, number);
    this.#nodes.write(
      {
        hash: finalBlockHash.slice(),
        number,
        height: this.#parent === null ? 0 : this.#parent.height + 1,
        parent: this.#parent?.number ?? null,
        jump: this.#nodes.jumpFrom(this.#parent?.number ?? null),
        root,
        trie: this.#trie!,
      },
      records.map((node, index) => [index, encodeNode(node)] as const),
    );
    for (const [index, node] of records.entries()) {
      if (node.kind !== LEAF)
        for (const child of node.children) if (child !== null) child.node = null;
      this.#nodes.remember(number, index, node);
    }
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

function hashData(hash: Uint8Array): Uint8Array {
  const data = new Uint8Array(LEAF_DATA_BYTES);
  data.set(hash);
  return data;
}

function newLeaf(path: Uint8Array, data: Uint8Array, value: string | null): Leaf {
  return { kind: LEAF, path, data, value, hash: null };
}

function sharedLength(nodePath: Uint8Array, path: Uint8Array, at: number): number {
  let shared = 0;
  while (shared < nodePath.length && nodePath[shared] === path[at + shared]) shared += 1;
  return shared;
}

/** Two leaves part ways: a Node4 takes the old leaf's place, the old leaf first. */
function spliceLeaf(
  holder: Child,
  leaf: Leaf,
  shared: number,
  path: Uint8Array,
  at: number,
  data: Uint8Array,
  value: string | null,
): void {
  const fork = emptyBranch(NODE4, leaf.path.slice(0, shared));
  const oldChr = leaf.path[shared]!;
  addChild(fork, ownChild(oldChr, newLeaf(leaf.path.slice(shared + 1), leaf.data, leaf.value)));
  addChild(
    fork,
    ownChild(path[at + shared]!, newLeaf(path.subarray(at + shared + 1), data, value)),
  );
  holder.node = fork;
  holder.kind = NODE4;
}

/** A key leaves a branch's path midway: a Node4 takes its place, the new leaf first. */
function spliceBranch(
  holder: Child,
  branch: Branch,
  shared: number,
  path: Uint8Array,
  at: number,
  data: Uint8Array,
  value: string | null,
): void {
  const fork = emptyBranch(NODE4, branch.path.slice(0, shared));
  addChild(
    fork,
    ownChild(path[at + shared]!, newLeaf(path.subarray(at + shared + 1), data, value)),
  );
  addChild(fork, ownChild(branch.path[shared]!, branch));
  branch.path = branch.path.slice(shared + 1);
  branch.hash = null;
  holder.node = fork;
  holder.kind = NODE4;
}

/** Gives every node of the open block its number, the root 0, and tells the slots. */
function numberNodes(root: Branch, block: number): TrieNode[] {
  const records: TrieNode[] = [root];
  for (let i = 0; i < records.length; i++) {
    const node = records[i]!;
    if (node.kind === LEAF) continue;
    for (const child of node.children) {
      if (child === null || child.node === null) continue;
      child.block = block;
      child.index = records.length;
      records.push(child.node);
    }
  }
  return records;
}
