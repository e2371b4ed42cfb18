/**
 * SIP-018 signatures over commitments and verdicts: a wallet can show what it signs, and Clarity can
 * recompute the digest. Clarity wants the 65 bytes as R, S, V; Stacks' wire formats carry V first.
 * Source: SIP-018; digest = sha256("SIP018" || sha256(domain) || sha256(message)).
 */
import { bytesFromUtf8, concatBytes } from '@assay/bytes';
import { type ClarityValue, Cv, encodeClarityValue } from '@assay/clarity-value';
import { recoverPublicKey, sha256, signRecoverable } from '@assay/crypto';

const PREFIX = bytesFromUtf8('SIP018');

/** The domain every signature of the inference protocol is made under. */
export function inferenceDomain(chainId: number): ClarityValue {
  return Cv.tuple({
    name: Cv.ascii('assay-inference'),
    version: Cv.ascii('1'),
    'chain-id': Cv.uint(BigInt(chainId)),
  });
}

/** SHA-256 of the consensus encoding: what `(sha256 (to-consensus-buff? value))` is in Clarity. */
export function hashClarityValue(value: ClarityValue): Uint8Array {
  return sha256(encodeClarityValue(value));
}

export function structuredDigest(message: ClarityValue, chainId: number): Uint8Array {
  return digestOfHash(hashClarityValue(message), chainId);
}

/** A program speaks for one chain: the hash of its domain is computed once. */
let domain: { readonly chainId: number; readonly hash: Uint8Array } | null = null;

function digestOfHash(messageHash: Uint8Array, chainId: number): Uint8Array {
  if (domain?.chainId !== chainId) {
    domain = { chainId, hash: hashClarityValue(inferenceDomain(chainId)) };
  }
  return sha256(concatBytes(PREFIX, domain.hash, messageHash));
}

/** Deterministic signature (RFC 6979), 65 bytes R, S, V. */
export function signStructured(
  message: ClarityValue,
  chainId: number,
  privateKey: Uint8Array,
): Uint8Array {
  return signHashed(hashClarityValue(message), chainId, privateKey);
}

/** As `signStructured`, of a message whose hash is known. @param messageHash `hashClarityValue` */
export function signHashed(
  messageHash: Uint8Array,
  chainId: number,
  privateKey: Uint8Array,
): Uint8Array {
  const signature = signRecoverable(digestOfHash(messageHash, chainId), privateKey);
  return concatBytes(signature.subarray(1), signature.subarray(0, 1));
}

/** The compressed public key that made an R, S, V signature; null when there is none. */
export function recoverStructured(
  message: ClarityValue,
  chainId: number,
  signature: Uint8Array,
): Uint8Array | null {
  return recoverHashed(hashClarityValue(message), chainId, signature);
}

/** As `recoverStructured`, of a message whose hash is known. */
export function recoverHashed(
  messageHash: Uint8Array,
  chainId: number,
  signature: Uint8Array,
): Uint8Array | null {
  if (signature.length !== 65 || signature[64]! > 3) return null;
  const vrs = concatBytes(signature.subarray(64), signature.subarray(0, 64));
  return recoverPublicKey(digestOfHash(messageHash, chainId), vrs);
}
