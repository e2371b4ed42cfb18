/** The transaction Merkle tree against a direct reading of SIP-005, and proofs for every leaf. */
import { bytesEqual, bytesToHex, concatBytes } from '@assay/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merkleProof, merkleRoot, sha512_256, verifyMerkleProof } from '../src/index.ts';

/** The definition, as recursion over rows. */
function modelRoot(leaves: Uint8Array[]): Uint8Array {
  const climb = (row: Uint8Array[]): Uint8Array => {
    const even = row.length % 2 === 0 ? row : [...row, row.at(-1)!];
    const next: Uint8Array[] = [];
    for (let i = 0; i < even.length; i += 2) {
      next.push(sha512_256(concatBytes(Uint8Array.of(1), even[i]!, even[i + 1]!)));
    }
    return next.length === 1 ? next[0]! : climb(next);
  };
  return climb(leaves.map((leaf) => sha512_256(concatBytes(Uint8Array.of(0), leaf))));
}

describe('SIP-005 Merkle tree', () => {
  it('has a zero root without leaves, and hashes a single leaf with itself', () => {
    expect(merkleRoot([])).toEqual(new Uint8Array(32));
    const leaf = new Uint8Array(32).fill(7);
    expect(merkleRoot([leaf])).toEqual(modelRoot([leaf]));
    expect(bytesToHex(merkleRoot([leaf]))).not.toBe(
      bytesToHex(sha512_256(concatBytes(Uint8Array.of(0), leaf))),
    );
  });

  it('equals the model and proves every leaf', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 33 }),
        (leaves) => {
          const root = merkleRoot(leaves);
          expect(root).toEqual(modelRoot(leaves));
          for (const [i, leaf] of leaves.entries()) {
            const proof = merkleProof(leaves, i)!;
            expect(verifyMerkleProof(leaf, proof, root)).toBe(true);
            const other = leaf.slice();
            other[0]! ^= 1;
            expect(verifyMerkleProof(other, proof, root)).toBe(false);
            expect(bytesEqual(root, leaf)).toBe(false);
          }
          expect(merkleProof(leaves, leaves.length)).toBeNull();
        },
      ),
      { numRuns: 60 },
    );
  });
});
