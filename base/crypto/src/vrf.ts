/**
 * The verifiable random function of the sortition: a miner proves which number its key gives for
 * the last sortition hash. ECVRF-EDWARDS25519-SHA512-TAI, suite 3.
 * Called by the miner (prove), the coordinator and chainstate (verify).
 * Source: draft-irtf-cfrg-vrf-02 5.1 to 5.4; stacks-common/src/util/vrf.rs.
 */
import { assert, bytesEqual, concatBytes } from '@assay/bytes';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512, sha512_256 } from './hash.ts';

const { Point } = ed25519;
type EdwardsPoint = InstanceType<typeof Point>;

const ORDER = Point.Fn.ORDER;
const SUITE = 3;

/** Proof: Gamma 32 bytes, c 16 bytes, s 32 bytes. */
export const VRF_PROOF_BYTES = 80;

export interface VrfKey {
  /** 32-byte Ed25519 seed. Secret. */
  readonly privateKey: Uint8Array;
  /** 32-byte compressed point. */
  readonly publicKey: Uint8Array;
}

function littleEndianToBigint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

function bigintToLittleEndian(value: bigint, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let rest = value;
  for (let i = 0; i < size; i++) {
    out[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return out;
}

function times(point: EdwardsPoint, scalar: bigint): EdwardsPoint {
  return scalar === 0n ? Point.ZERO : point.multiplyUnsafe(scalar);
}

function pointFromBytes(bytes: Uint8Array): EdwardsPoint | null {
  try {
    return Point.fromBytes(bytes, true);
  } catch {
    return null;
  }
}

/**
 * Quirk: the counter is appended as its bytes b_i with `counter > 2^(8i)`, so counter 1 appends
 * nothing at all and hashes differ from the draft's one-byte counter.
 */
function counterBytes(counter: number): Uint8Array {
  if (counter === 0) return Uint8Array.of(0);
  const out: number[] = [];
  for (let i = 0; i < 4; i++) {
    if (counter > 2 ** (8 * i)) out.push(Math.floor(counter / 2 ** (8 * i)) & 255);
  }
  return Uint8Array.from(out);
}

/** Try-and-increment; each try succeeds with probability one half. */
function hashToCurve(publicKey: Uint8Array, alpha: Uint8Array): EdwardsPoint {
  const prefix = Uint8Array.of(SUITE, 1);
  for (let counter = 0; ; counter++) {
    const digest = sha512(concatBytes(prefix, publicKey, alpha, counterBytes(counter)));
    const point = pointFromBytes(digest.subarray(0, 32));
    if (point) return point.clearCofactor();
  }
}

function hashPoints(...points: readonly EdwardsPoint[]): Uint8Array {
  const parts = points.map((point) => point.toBytes());
  return sha512(concatBytes(Uint8Array.of(SUITE, 2), ...parts)).subarray(0, 16);
}

/** The secret scalar and the nonce prefix of RFC 8032 5.1.5. */
function expandPrivateKey(privateKey: Uint8Array): { scalar: bigint; nonceKey: Uint8Array } {
  assert(privateKey.length === 32, 'a VRF private key has 32 bytes');
  const digest = sha512(privateKey);
  const clamped = digest.slice(0, 32);
  clamped[0]! &= 248;
  clamped[31] = (clamped[31]! & 127) | 64;
  return { scalar: littleEndianToBigint(clamped) % ORDER, nonceKey: digest.subarray(32) };
}

/** @param seed 32 secret bytes, used as the Ed25519 private key. */
export function vrfKeyFromSeed(seed: Uint8Array): VrfKey {
  const { scalar } = expandPrivateKey(seed);
  return { privateKey: seed.slice(), publicKey: Point.BASE.multiply(scalar).toBytes() };
}

/** 80 bytes, deterministic. @param alpha the message; for sortitions the last sortition hash. */
export function vrfProve(privateKey: Uint8Array, alpha: Uint8Array): Uint8Array {
  const { scalar, nonceKey } = expandPrivateKey(privateKey);
  const publicKey = Point.BASE.multiply(scalar).toBytes();
  const base = hashToCurve(publicKey, alpha);
  const gamma = base.multiply(scalar);
  const nonce = littleEndianToBigint(sha512(concatBytes(nonceKey, base.toBytes()))) % ORDER;
  const c = hashPoints(base, gamma, Point.BASE.multiply(nonce), base.multiply(nonce));
  const s = (nonce + littleEndianToBigint(c) * scalar) % ORDER;
  return concatBytes(gamma.toBytes(), c, bigintToLittleEndian(s, 32));
}

/** Never throws: malformed keys and proofs are false. */
export function vrfVerify(publicKey: Uint8Array, proof: Uint8Array, alpha: Uint8Array): boolean {
  if (proof.length !== VRF_PROOF_BYTES || publicKey.length !== 32) return false;
  const gamma = pointFromBytes(proof.subarray(0, 32));
  const key = pointFromBytes(publicKey);
  if (!gamma || !key || gamma.isSmallOrder()) return false;
  const cBytes = proof.subarray(32, 48);
  const c = littleEndianToBigint(cBytes);
  const s = littleEndianToBigint(proof.subarray(48));
  if (s >= ORDER) return false; // A second form of the same proof would be a second proof.
  const base = hashToCurve(publicKey, alpha);
  const u = times(Point.BASE, s).subtract(times(key, c));
  const v = times(base, s).subtract(times(gamma, c));
  return bytesEqual(hashPoints(base, gamma, u, v), cBytes);
}

/** The 64-byte VRF output of draft 5.2; null when Gamma is no point. */
export function vrfProofToHash(proof: Uint8Array): Uint8Array | null {
  if (proof.length !== VRF_PROOF_BYTES) return null;
  const gamma = pointFromBytes(proof.subarray(0, 32));
  if (!gamma) return null;
  return sha512(concatBytes(Uint8Array.of(SUITE, 3), gamma.clearCofactor().toBytes()));
}

/** The 32-byte seed that a block commit carries: SHA-512/256 of the whole proof (SIP-001). */
export function vrfSeedFromProof(proof: Uint8Array): Uint8Array {
  return sha512_256(proof);
}
