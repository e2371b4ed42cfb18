/**
 * Nodes of the trie and their form on disk. A key's path is the 32-byte hash of the key; each branch
 * consumes its own `path` and then one character. Child slots keep the order of insertion, which the
 * hash depends on.
 *
 * On disk a child is named by (block number, node number); what hashes see instead of a block number
 * is the block's id (see hash.ts). Leaves hold their value, so a read ends where the walk ends.
 * Source: SIP-004; reference/stacks.md 2.11.
 */
import { ByteReader, ByteWriter, bytesFromUtf8, DecodeError, utf8FromBytes } from '@assay/bytes';

/** Ids as they are hashed. */
export const LEAF = 1;
export const NODE4 = 2;
export const NODE16 = 3;
export const NODE48 = 4;
export const NODE256 = 5;
export type BranchKind = 2 | 3 | 4 | 5;

/** Set in a hashed id when the child belongs to an older block. */
export const BACK_POINTER = 0x80;

/** Slots by kind. */
export const CAPACITY: Readonly<Record<BranchKind, number>> = { 2: 4, 3: 16, 4: 48, 5: 256 };

export const PATH_BYTES = 32;
/** What a leaf commits to: the hash of the value, and eight zero bytes. */
export const LEAF_DATA_BYTES = 40;

export interface Leaf {
  readonly kind: typeof LEAF;
  /** What is left of the key's path. */
  path: Uint8Array;
  /** 40 bytes. */
  data: Uint8Array;
  /** Null for the trie's own bookkeeping, whose data is no hash. */
  value: string | null;
  hash: Uint8Array | null;
}

/** A child: in memory when it belongs to the open block, by address otherwise. */
export interface Child {
  readonly chr: number;
  kind: number;
  /** Number of the block that holds the child; -1 in the open block. */
  block: number;
  /** Number of the node in that block. */
  index: number;
  /** The child itself while its block is open. */
  node: TrieNode | null;
}

export interface Branch {
  readonly kind: BranchKind;
  path: Uint8Array;
  /** In insertion order; of a Node256, by character with holes. */
  readonly children: (Child | null)[];
  hash: Uint8Array | null;
}

export type TrieNode = Leaf | Branch;

export function emptyBranch(kind: BranchKind, path: Uint8Array): Branch {
  const children: (Child | null)[] = kind === NODE256 ? new Array(256).fill(null) : [];
  return { kind, path, children, hash: null };
}

export function findChild(branch: Branch, chr: number): Child | null {
  if (branch.kind === NODE256) return branch.children[chr]!;
  const { children } = branch;
  for (let i = 0; i < children.length; i++) if (children[i]!.chr === chr) return children[i]!;
  return null;
}

/** False when the branch is full. */
export function addChild(branch: Branch, child: Child): boolean {
  if (branch.kind === NODE256) {
    branch.children[child.chr] = child;
    return true;
  }
  if (branch.children.length >= CAPACITY[branch.kind]) return false;
  branch.children.push(child);
  return true;
}

/** The next larger kind with the same children, in the same order. */
export function growBranch(branch: Branch): Branch {
  const grown = emptyBranch((branch.kind + 1) as BranchKind, branch.path);
  for (const child of branch.children) if (child !== null) addChild(grown, child);
  return grown;
}

/**
 * Record: u8 kind | hash 32 | u8 path length + path | then of a leaf: data 40, u8 1 + value or u8 0;
 * of a branch: u16 count, n x (u8 chr, u8 kind, u32 block, u32 index).
 */
export function encodeNode(node: TrieNode): Uint8Array {
  const writer = new ByteWriter(node.kind === LEAF ? 160 : 48 + node.children.length * 10);
  writer.u8(node.kind).raw(node.hash!).u8(node.path.length).raw(node.path);
  if (node.kind === LEAF) {
    writer.raw(node.data);
    if (node.value === null) return writer.u8(0).finish();
    return writer.u8(1).raw(bytesFromUtf8(node.value)).finish();
  }
  const countAt = node.children.reduce((n, child) => (child === null ? n : n + 1), 0);
  writer.u16(countAt);
  for (const child of node.children) {
    if (child !== null) writer.u8(child.chr).u8(child.kind).u32(child.block).u32(child.index);
  }
  return writer.finish();
}

/** @throws DecodeError when the store was damaged */
export function decodeNode(bytes: Uint8Array): TrieNode {
  const reader = new ByteReader(bytes);
  const kind = reader.u8();
  const hash = reader.take(32);
  const pathLength = reader.u8();
  if (pathLength > PATH_BYTES) reader.fail('marf/corrupt', `path of ${pathLength} bytes`);
  const path = reader.take(pathLength);
  if (kind === LEAF) {
    const data = reader.take(LEAF_DATA_BYTES);
    const hasValue = reader.u8() === 1;
    const value = hasValue ? utf8FromBytes(reader.take(reader.remaining)) : null;
    if (hasValue && value === null) reader.fail('marf/corrupt', 'value is not UTF-8');
    reader.end();
    return { kind, path, data, value, hash };
  }
  if (kind < NODE4 || kind > NODE256) throw new DecodeError('marf/corrupt', 0, `node kind ${kind}`);
  const branch = emptyBranch(kind as BranchKind, path);
  branch.hash = hash;
  const count = reader.u16();
  for (let i = 0; i < count; i++) {
    const child: Child = {
      chr: reader.u8(),
      kind: reader.u8(),
      block: reader.u32(),
      index: reader.u32(),
      node: null,
    };
    if (!addChild(branch, child)) reader.fail('marf/corrupt', `${count} children`);
  }
  reader.end();
  return branch;
}
