/**
 * Hashes of nodes and roots, exactly as Stacks computes them.
 *
 * ```
 * leaf    H(1 | path length | path | data 40)
 * branch  H(id | each slot: child id, chr, block id or zeros | path length | path | child hashes)
 * ```
 * A child in an older block appears with its id's high bit set and its block's id, both in the slot
 * and in place of its hash: this is what makes a block's root commit to its ancestors' tries.
 * Source: SIP-004; reference/stacks.md 2.11.
 */
import { sha512_256 } from '@assay/crypto';
import { BACK_POINTER, type Branch, CAPACITY, LEAF, type Leaf, type TrieNode } from './node.ts';

export const EMPTY_HASH = sha512_256(new Uint8Array(0));

/** Ids of blocks by number. */
export type BlockIds = (block: number) => Uint8Array;

// One buffer for all preimages: a Node256 needs 1 + 256 * 34 + 33 + 256 * 32 bytes.
const scratch = new Uint8Array(1 + 256 * 34 + 33 + 256 * 32);

export function hashLeaf(leaf: Pick<Leaf, 'path' | 'data'>): Uint8Array {
  const { path, data } = leaf;
  scratch[0] = LEAF;
  scratch[1] = path.length;
  scratch.set(path, 2);
  scratch.set(data, 2 + path.length);
  return sha512_256(scratch.subarray(0, 2 + path.length + data.length));
}

/**
 * @param own number of the block the branch belongs to
 * @param hashOf the hash of a child in the same block
 */
export function hashBranch(
  branch: Branch,
  own: number,
  blockId: BlockIds,
  hashOf: (slot: number) => Uint8Array,
): Uint8Array {
  const capacity = CAPACITY[branch.kind];
  const { children, path } = branch;
  const hashes: Uint8Array[] = new Array(capacity);
  // Children first: hashing them uses the same buffer.
  for (let slot = 0; slot < capacity; slot++) {
    const child = children[slot] ?? null;
    if (child === null) hashes[slot] = EMPTY_HASH;
    else hashes[slot] = child.block === own ? hashOf(slot) : blockId(child.block);
  }
  return hashBranchOf(branch, own, hashes, path);
}

function hashBranchOf(
  branch: Branch,
  own: number,
  hashes: readonly Uint8Array[],
  path: Uint8Array,
): Uint8Array {
  const { children } = branch;
  const capacity = hashes.length;
  let at = 0;
  scratch[at++] = branch.kind;
  for (let slot = 0; slot < capacity; slot++) {
    const child = children[slot] ?? null;
    if (child === null) {
      scratch.fill(0, at, at + 34);
      at += 34;
      continue;
    }
    const isOwn = child.block === own;
    scratch[at] = isOwn ? child.kind : child.kind | BACK_POINTER;
    scratch[at + 1] = child.chr;
    if (isOwn) scratch.fill(0, at + 2, at + 34);
    else scratch.set(hashes[slot]!, at + 2);
    at += 34;
  }
  scratch[at++] = path.length;
  scratch.set(path, at);
  at += path.length;
  for (let slot = 0; slot < capacity; slot++) {
    scratch.set(hashes[slot]!, at);
    at += 32;
  }
  return sha512_256(scratch.subarray(0, at));
}

/** Computes and remembers the hashes of a tree in memory; depth is bounded by the path length. */
export function hashTree(node: TrieNode, own: number, blockId: BlockIds): Uint8Array {
  if (node.hash !== null) return node.hash;
  node.hash =
    node.kind === LEAF
      ? hashLeaf(node)
      : hashBranch(node, own, blockId, (slot) =>
          hashTree(node.children[slot]!.node!, own, blockId),
        );
  return node.hash;
}

/** Root of a block: its trie's hash and the roots 1, 2, 4, 8, … blocks before. */
export function hashRoot(trie: Uint8Array, ancestorRoots: readonly Uint8Array[]): Uint8Array {
  if (ancestorRoots.length === 0) return trie;
  const bytes = new Uint8Array(32 * (1 + ancestorRoots.length));
  bytes.set(trie);
  for (const [i, root] of ancestorRoots.entries()) bytes.set(root, 32 * (i + 1));
  return sha512_256(bytes);
}
