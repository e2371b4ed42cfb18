/**
 * The two Merkle trees of a commitment: one over the answer's token ids, one over the sketch.
 * They are separate so that a judge can be given the ids first and the sketch only after it has
 * committed to its own. Leaves hold 32 tokens, so an opened position reveals 32 tokens and no more.
 *
 * ```
 * ids leaf j     sha256(0x00 | u32 j | blinding, 0 or 32 bytes | ids, u32 each)
 * sketch leaf j  sha256(0x01 | u32 j | salt j, 16 bytes | sketch, 5 bytes each)
 * node           sha256(0x02 | left | right)       a last node without a partner moves up as it is
 * empty tree     sha256(0x03)
 * ```
 * Tags keep leaves and nodes apart; the leaf number and the token count (in the commitment) fix the
 * shape. Source: verification.md 5.2.
 */
import { assert, ByteWriter, bytesEqual, concatBytes } from '@assay/bytes';
import { sha256 } from '@assay/crypto';

/** Tokens per leaf. */
export const LEAF_TOKENS = 32;
/** Sketch bytes per token: the sampled token, then the four likeliest in descending order. */
export const SKETCH_BYTES = 5;
export const SALT_BYTES = 16;

/** Leaves for `tokens` tokens. */
export function leafCount(tokens: number): number {
  return Math.ceil(tokens / LEAF_TOKENS);
}

const NO_BLINDING = new Uint8Array(0);

/** @param blinding of a sealed answer: without it, short answers could be guessed from the root */
export function idsLeaf(
  index: number,
  ids: readonly number[],
  blinding: Uint8Array = NO_BLINDING,
): Uint8Array {
  const writer = new ByteWriter(37 + 4 * ids.length).u8(0).u32(index).raw(blinding);
  for (const id of ids) writer.u32(id);
  return sha256(writer.finish());
}

export function sketchLeaf(index: number, salt: Uint8Array, sketch: Uint8Array): Uint8Array {
  return sha256(new ByteWriter(128).u8(1).u32(index).raw(salt).raw(sketch).finish());
}

/** Leaves of the ids tree of a whole answer. */
export function idsLeaves(ids: readonly number[], blinding?: Uint8Array): Uint8Array[] {
  return Array.from({ length: leafCount(ids.length) }, (_, j) =>
    idsLeaf(j, ids.slice(j * LEAF_TOKENS, (j + 1) * LEAF_TOKENS), blinding),
  );
}

/** Leaves of the sketch tree. @param salts one of 16 bytes for every leaf */
export function sketchLeaves(sketch: Uint8Array, salts: readonly Uint8Array[]): Uint8Array[] {
  const bytes = LEAF_TOKENS * SKETCH_BYTES;
  const leaves = leafCount(sketch.length / SKETCH_BYTES);
  assert(salts.length === leaves, `${salts.length} salts for ${leaves} leaves`);
  return salts.map((salt, j) => sketchLeaf(j, salt, sketch.subarray(j * bytes, (j + 1) * bytes)));
}

const NODE = Uint8Array.of(2);
const EMPTY = Uint8Array.of(3);

function parentRow(row: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i < row.length; i += 2) {
    const right = row[i + 1];
    parents.push(right === undefined ? row[i]! : sha256(concatBytes(NODE, row[i]!, right)));
  }
  return parents;
}

export function commitmentRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(EMPTY);
  let row = leaves;
  while (row.length > 1) row = parentRow(row);
  return row[0]!;
}

/** Siblings from the leaf to the root; a level where the node moves up alone has none. */
export function commitmentProof(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  assert(index >= 0 && index < leaves.length, `no leaf ${index}`);
  const siblings: Uint8Array[] = [];
  let row = leaves;
  for (let at = index; row.length > 1; at >>= 1) {
    const sibling = row[at ^ 1];
    if (sibling !== undefined) siblings.push(sibling);
    row = parentRow(row);
  }
  return siblings;
}

/** True when `leaf` is number `index` of `count` leaves under `root`. */
export function verifyCommitmentProof(
  root: Uint8Array,
  leaf: Uint8Array,
  position: { readonly index: number; readonly count: number },
  siblings: readonly Uint8Array[],
): boolean {
  let { index, count } = position;
  if (!Number.isSafeInteger(index) || index < 0 || index >= count) return false;
  let node = leaf;
  let used = 0;
  for (; count > 1; index >>= 1, count = Math.ceil(count / 2)) {
    if (index % 2 === 0 && index + 1 === count) continue;
    const sibling = siblings[used++];
    if (sibling === undefined || sibling.length !== 32) return false;
    node = sha256(
      index % 2 === 0 ? concatBytes(NODE, node, sibling) : concatBytes(NODE, sibling, node),
    );
  }
  return used === siblings.length && bytesEqual(node, root);
}
