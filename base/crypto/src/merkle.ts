/**
 * The Merkle tree over a block's transaction ids: SHA-512/256, leaves tagged 0x00, inner nodes
 * tagged 0x01, a row of odd length repeats its last hash (a single leaf too).
 * Source: SIP-005 "Block"; stacks-common/src/util/hash.rs MerkleTree.
 */
import { bytesEqual } from '@assay/bytes';
import { sha512_256 } from './hash.ts';

/** One step from a leaf to the root. */
export interface MerkleStep {
  readonly sibling: Uint8Array;
  /** True when the sibling stands left of the running hash. */
  readonly siblingIsLeft: boolean;
}

function hashLeaf(data: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(1 + data.length);
  buffer.set(data, 1);
  return sha512_256(buffer);
}

function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(65);
  buffer[0] = 1;
  buffer.set(left, 1);
  buffer.set(right, 33);
  return sha512_256(buffer);
}

/** All rows from the leaves up; every row but the root has even length. */
function merkleRows(leaves: readonly Uint8Array[]): Uint8Array[][] {
  let row = leaves.map(hashLeaf);
  const rows: Uint8Array[][] = [];
  do {
    if (row.length % 2 === 1) row.push(row[row.length - 1]!);
    rows.push(row);
    const next: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2) next.push(hashNode(row[i]!, row[i + 1]!));
    row = next;
  } while (row.length > 1);
  rows.push(row);
  return rows;
}

/** 32 bytes; 32 zero bytes for no leaves. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return new Uint8Array(32);
  return merkleRows(leaves).at(-1)![0]!;
}

/** The steps that lead from leaf `index` to the root, or null when there is no such leaf. */
export function merkleProof(leaves: readonly Uint8Array[], index: number): MerkleStep[] | null {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) return null;
  const rows = merkleRows(leaves);
  const steps: MerkleStep[] = [];
  let at = index;
  for (const row of rows.slice(0, -1)) {
    steps.push({ sibling: row[at ^ 1]!, siblingIsLeft: (at & 1) === 1 });
    at >>= 1;
  }
  return steps;
}

/** True when the steps lead from `leaf` to `root`. */
export function verifyMerkleProof(
  leaf: Uint8Array,
  steps: readonly MerkleStep[],
  root: Uint8Array,
): boolean {
  let hash = hashLeaf(leaf);
  for (const { sibling, siblingIsLeft } of steps) {
    if (sibling.length !== 32) return false;
    hash = siblingIsLeft ? hashNode(sibling, hash) : hashNode(hash, sibling);
  }
  return bytesEqual(hash, root);
}
