/**
 * Hashes of nodes and roots, exactly as Stacks computes them.
 *
 * ```
 * leaf    H(1 | path length | path | data 40)
 * branch  H(kind | each slot: child kind, chr, block id or zeros | path length | path | child hashes)
 * root    H(hash of the trie's root | roots 1, 2, 4, 8, … blocks before)
 * ```
 * A child in an older block appears with its kind's high bit set and with its block's id, both in the
 * slot and in place of its hash: so a root commits to the ancestors' tries. Empty slots are zeros,
 * and H("") in place of a hash.
 * Source: SIP-004; reference/stacks.md 2.11.
 */
import { sha512_256 } from '@assay/crypto';
import type { Blocks } from './blocks.ts';
import { OPEN, type OpenBranch, type OpenLeaf, type OpenNode } from './open-node.ts';
import {
  BACK_POINTER,
  CAPACITY,
  LEAF,
  LEAF_DATA_BYTES,
  NODE256,
  POINTER_BYTES,
  readU32,
} from './record.ts';

export const EMPTY_HASH = sha512_256(new Uint8Array(0));

const SLOT_BYTES = 34;
const HASH_BYTES = 32;

// One buffer for all preimages; children are hashed before it is filled with their parent.
const scratch = new Uint8Array(1 + 256 * SLOT_BYTES + 33 + 256 * HASH_BYTES);
const view = new DataView(scratch.buffer);

const emptyHashes = new Uint8Array(256 * HASH_BYTES);
for (let i = 0; i < 256; i++) emptyHashes.set(EMPTY_HASH, i * HASH_BYTES);

/** Of a leaf whose own path is `path` from `from` on. `data` shorter than 40 bytes ends in zeros. */
export function hashLeaf(path: Uint8Array, from: number, data: Uint8Array): Uint8Array {
  const length = path.length - from;
  scratch[0] = LEAF;
  scratch[1] = length;
  for (let i = 0; i < length; i++) scratch[2 + i] = path[from + i]!;
  const dataAt = 2 + length;
  for (let i = 0; i < LEAF_DATA_BYTES; i++) {
    scratch[dataAt + i] = i < data.length ? data[i]! : 0;
  }
  return sha512_256(scratch.subarray(0, dataAt + LEAF_DATA_BYTES));
}

/** Hashes a tree of the open block; what was hashed and not touched since is left alone. */
export function hashOpenNode(node: OpenNode, blocks: Blocks): Uint8Array {
  if (node.hash !== null) return node.hash;
  node.hash =
    node.kind === LEAF
      ? hashOpenLeaf(node as OpenLeaf)
      : hashOpenBranch(node as OpenBranch, blocks);
  return node.hash;
}

function hashOpenLeaf(leaf: OpenLeaf): Uint8Array {
  return hashLeaf(leaf.path, leaf.from, leaf.data);
}

function hashOpenBranch(branch: OpenBranch, blocks: Blocks): Uint8Array {
  const { own, slab, path, kind } = branch;
  for (const child of own) if (child !== null && child.hash === null) hashOpenNode(child, blocks);
  const capacity = CAPACITY[kind]!;
  const pathAt = 1 + capacity * SLOT_BYTES;
  const hashesAt = pathAt + 1 + path.length;
  const end = hashesAt + capacity * HASH_BYTES;
  scratch[0] = kind;
  scratch.fill(0, 1, pathAt);
  scratch[pathAt] = path.length;
  scratch.set(path, pathAt + 1);
  if (branch.count < capacity) {
    scratch.set(emptyHashes.subarray(0, capacity * HASH_BYTES), hashesAt);
  }
  const slots = kind === NODE256 ? 256 : branch.count;
  for (let slot = 0, p = branch.at; slot < slots; slot++, p += POINTER_BYTES) {
    const childKind = slab[p + 1]!;
    if (childKind === 0) continue;
    const slotAt = 1 + slot * SLOT_BYTES;
    const hashAt = hashesAt + slot * HASH_BYTES;
    const block = readU32(slab, p + 2);
    scratch[slotAt + 1] = slab[p]!;
    if (block === OPEN) {
      scratch[slotAt] = childKind;
      scratch.set(own[slot]!.hash!, hashAt);
    } else {
      scratch[slotAt] = childKind | BACK_POINTER;
      blocks.copyId(block, view, slotAt + 2);
      blocks.copyId(block, view, hashAt);
    }
  }
  return sha512_256(scratch.subarray(0, end));
}

/** Root of a block out of its trie's hash and its ancestors' roots. */
export function hashRoot(trie: Uint8Array, ancestorRoots: readonly Uint8Array[]): Uint8Array {
  if (ancestorRoots.length === 0) return trie;
  const bytes = new Uint8Array(HASH_BYTES * (1 + ancestorRoots.length));
  bytes.set(trie);
  ancestorRoots.forEach((root, i) => {
    bytes.set(root, HASH_BYTES * (i + 1));
  });
  return sha512_256(bytes);
}
