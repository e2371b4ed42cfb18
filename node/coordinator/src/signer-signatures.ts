/**
 * Do enough signers stand behind a block? Signatures come in the order of the signer set.
 * Called by `verify-block.ts`.
 * Source: SIP-021; stacks-core `nakamoto/mod.rs` verify_signer_signatures (facts).
 */
import { bytesToHex, ok, type Result } from '@assay/bytes';
import type { SignerSet } from '@assay/chainstate';
import { recoverPublicKey } from '@assay/crypto';
import { rulesAt, signerThreshold } from '@assay/params';
import { type NakamotoBlockHeader, signerSignatureHash } from '@assay/wire';
import { type BlockRefusal, refuse } from './rejection.ts';

/**
 * The weight that signed.
 *
 * @rejects coordinator/bad-signer-signature, coordinator/not-enough-signatures
 * @consensus
 */
export function checkSignerSignatures(
  header: NakamotoBlockHeader,
  set: SignerSet,
  burnHeight: number,
): Result<bigint, BlockRefusal> {
  const hash = signerSignatureHash(header);
  const open = new Map(
    set.signers.map(({ publicKey, weight }, index) => [bytesToHex(publicKey), { weight, index }]),
  );
  const { signatureOrderStrict } = rulesAt(burnHeight);
  let last: number | null = null;
  let weight = 0n;
  for (const signature of header.signerSignatures) {
    const key = recoverPublicKey(hash, signature);
    const signer = key === null ? undefined : open.get(bytesToHex(key));
    if (key === null || signer === undefined) {
      const text = 'a signature is of nobody in the signer set, or the second of somebody';
      return refuse('coordinator/bad-signer-signature', text);
    }
    open.delete(bytesToHex(key));
    if (last !== null && last >= signer.index) {
      return refuse('coordinator/bad-signer-signature', 'the signatures are out of order');
    }
    // Quirk: before 4.0 every signature is compared with the first one only.
    if (last === null || signatureOrderStrict) last = signer.index;
    weight += signer.weight;
  }
  const total = set.signers.reduce((sum, signer) => sum + signer.weight, 0n);
  const needed = signerThreshold(total);
  if (weight < needed) {
    const text = `weight ${weight} of ${total} has signed, ${needed} is needed`;
    return refuse('coordinator/not-enough-signatures', text);
  }
  return ok(weight);
}
