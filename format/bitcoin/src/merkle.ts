/**
 * Bitcoin's transaction Merkle tree: root, inclusion proofs, and the witness commitment.
 * An odd row repeats its last hash, which lets different lists share a root (CVE-2012-2459);
 * a verifier must therefore know the number of leaves or reject mutated lists as done here.
 * Source: Bitcoin Core consensus/merkle.cpp; BIP141 (commitment structure).
 */
import { bytesEqual, concatBytes } from '@assay/bytes';
import { doubleSha256 } from '@assay/crypto';
import { type BitcoinTransaction, bitcoinTxid, bitcoinWtxid } from './transaction.ts';

export interface BitcoinMerkleProof {
  /** Position of the leaf in the block. */
  readonly index: number;
  /** Sibling hashes from the leaf row upward, internal order. */
  readonly siblings: readonly Uint8Array[];
}

/** Root over hashes in internal order; 32 zero bytes for an empty list. */
export function bitcoinMerkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  let row = leaves;
  if (row.length === 0) return new Uint8Array(32);
  while (row.length > 1) row = parentRow(row);
  return row[0]!;
}

function parentRow(row: readonly Uint8Array[]): Uint8Array[] {
  const next: Uint8Array[] = [];
  for (let i = 0; i < row.length; i += 2) {
    next.push(doubleSha256(concatBytes(row[i]!, row[i + 1] ?? row[i]!)));
  }
  return next;
}

/** True when two neighbours of some row are equal: the list may be a forged duplicate. */
export function isMerkleMutated(leaves: readonly Uint8Array[]): boolean {
  for (let row = leaves; row.length > 1; row = parentRow(row)) {
    for (let i = 0; i + 1 < row.length; i += 2) {
      if (bytesEqual(row[i]!, row[i + 1]!)) return true;
    }
  }
  return false;
}

/** Root over the txids of a block. */
export function transactionMerkleRoot(transactions: readonly BitcoinTransaction[]): Uint8Array {
  return bitcoinMerkleRoot(transactions.map(bitcoinTxid));
}

/** Root over the wtxids; the coinbase counts as zeros. */
export function witnessMerkleRoot(transactions: readonly BitcoinTransaction[]): Uint8Array {
  return bitcoinMerkleRoot(
    transactions.map((tx, index) => (index === 0 ? new Uint8Array(32) : bitcoinWtxid(tx))),
  );
}

/** Output script of the coinbase's witness commitment: OP_RETURN, 36 bytes, aa21a9ed, hash. */
export function witnessCommitmentScript(
  witnessRoot: Uint8Array,
  reservedValue: Uint8Array,
): Uint8Array {
  const hash = doubleSha256(concatBytes(witnessRoot, reservedValue));
  return concatBytes(Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed), hash);
}

/** Null when `index` is not a leaf. */
export function bitcoinMerkleProof(
  leaves: readonly Uint8Array[],
  index: number,
): BitcoinMerkleProof | null {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) return null;
  const siblings: Uint8Array[] = [];
  let at = index;
  for (let row = leaves; row.length > 1; row = parentRow(row)) {
    siblings.push(row[at ^ 1] ?? row[at]!);
    at >>= 1;
  }
  return { index, siblings };
}

export function verifyBitcoinMerkleProof(
  proof: BitcoinMerkleProof,
  leaf: Uint8Array,
  root: Uint8Array,
): boolean {
  if (proof.siblings.length > 32 || proof.index >= 2 ** proof.siblings.length) return false;
  let hash = leaf;
  let at = proof.index;
  for (const sibling of proof.siblings) {
    const left = at % 2 === 0;
    // A right child equal to its left sibling exists only as a repetition: no leaf stands there.
    if (!left && bytesEqual(sibling, hash)) return false;
    hash = doubleSha256(left ? concatBytes(hash, sibling) : concatBytes(sibling, hash));
    at = Math.floor(at / 2);
  }
  return bytesEqual(hash, root);
}
