/**
 * ECDSA over secp256k1 with Stacks' signature layout: 65 bytes, **recovery id first** (V R S).
 * Signing is deterministic (RFC 6979) and always low-S. The native addon is about twenty times
 * faster than the JavaScript twin; both give the same bytes.
 * Source: SEC 1, RFC 6979, SIP-005; stacks-common/src/util/secp256k1.
 */
import { assert } from '@assay/bytes';
import { secp256k1 as noble } from '@noble/curves/secp256k1.js';
import { type NativeSecp256k1, nativeSecp256k1 } from './native.ts';

/** What both implementations offer. */
export interface Secp256k1 {
  isValidPrivateKey(privateKey: Uint8Array): boolean;
  isValidPublicKey(publicKey: Uint8Array): boolean;
  publicKeyFromPrivate(privateKey: Uint8Array, compressed?: boolean): Uint8Array;
  convertPublicKey(publicKey: Uint8Array, compressed: boolean): Uint8Array | null;
  signRecoverable(hash: Uint8Array, privateKey: Uint8Array): Uint8Array;
  recoverPublicKey(
    hash: Uint8Array,
    signature: Uint8Array,
    compressed?: boolean,
  ): Uint8Array | null;
  verifySignature(hash: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean;
}

/** Both implementations crash on wrong sizes, so that a mistake looks the same on each. */
function assertSize(bytes: Uint8Array, size: number, what: string): void {
  assert(bytes.length === size, `${what} must be ${size} bytes, got ${bytes.length}`);
}

function publicKeySizeOk(publicKey: Uint8Array): boolean {
  const tag = publicKey[0];
  if (publicKey.length === 33) return tag === 2 || tag === 3;
  return publicKey.length === 65 && tag === 4;
}

function createNative(native: NativeSecp256k1): Secp256k1 {
  return {
    isValidPrivateKey: (key) => key.length === 32 && native.privateKeyVerify(key),
    isValidPublicKey: (key) => publicKeySizeOk(key) && native.publicKeyVerify(key),
    publicKeyFromPrivate(key, compressed = true) {
      assertSize(key, 32, 'private key');
      return native.publicKeyCreate(key, compressed);
    },
    convertPublicKey(key, compressed) {
      if (!publicKeySizeOk(key)) return null;
      try {
        return native.publicKeyConvert(key, compressed);
      } catch {
        return null;
      }
    },
    signRecoverable(hash, key) {
      assertSize(hash, 32, 'hash');
      assertSize(key, 32, 'private key');
      const { signature, recid } = native.ecdsaSign(hash, key);
      const out = new Uint8Array(65);
      out[0] = recid;
      out.set(signature, 1);
      return out;
    },
    recoverPublicKey(hash, signature, compressed = true) {
      assertSize(hash, 32, 'hash');
      const recid = signature[0];
      if (signature.length !== 65 || recid === undefined || recid > 3) return null;
      try {
        return native.ecdsaRecover(signature.subarray(1), recid, hash, compressed);
      } catch {
        return null;
      }
    },
    verifySignature(hash, signature, key) {
      assertSize(hash, 32, 'hash');
      if (signature.length !== 64 || !publicKeySizeOk(key)) return false;
      try {
        return native.ecdsaVerify(signature, hash, key);
      } catch {
        return false;
      }
    },
  };
}

/** The JavaScript twin over @noble/curves. */
export const portableSecp256k1: Secp256k1 = {
  isValidPrivateKey: (key) => key.length === 32 && noble.utils.isValidSecretKey(key),
  isValidPublicKey: (key) => publicKeySizeOk(key) && noble.utils.isValidPublicKey(key),
  publicKeyFromPrivate(key, compressed = true) {
    assertSize(key, 32, 'private key');
    return noble.getPublicKey(key, compressed);
  },
  convertPublicKey(key, compressed) {
    if (!publicKeySizeOk(key)) return null;
    try {
      return noble.Point.fromBytes(key).toBytes(compressed);
    } catch {
      return null;
    }
  },
  signRecoverable(hash, key) {
    assertSize(hash, 32, 'hash');
    assertSize(key, 32, 'private key');
    return noble.sign(hash, key, { prehash: false, format: 'recovered' });
  },
  recoverPublicKey(hash, signature, compressed = true) {
    assertSize(hash, 32, 'hash');
    const recid = signature[0];
    if (signature.length !== 65 || recid === undefined || recid > 3) return null;
    try {
      const parsed = noble.Signature.fromBytes(signature, 'recovered');
      return parsed.recoverPublicKey(hash).toBytes(compressed);
    } catch {
      return null;
    }
  },
  verifySignature(hash, signature, key) {
    assertSize(hash, 32, 'hash');
    if (signature.length !== 64 || !publicKeySizeOk(key)) return false;
    try {
      return noble.verify(signature, hash, key, { prehash: false });
    } catch {
      return false;
    }
  },
};

const active: Secp256k1 = nativeSecp256k1 ? createNative(nativeSecp256k1) : portableSecp256k1;

/** True when the native addon does the work. */
export const secp256k1IsNative: boolean = nativeSecp256k1 !== null;

/** True for 32 bytes in [1, n - 1]. */
export const isValidPrivateKey: Secp256k1['isValidPrivateKey'] = active.isValidPrivateKey;

/** True for a point on the curve in SEC 1 form, 33 or 65 bytes. */
export const isValidPublicKey: Secp256k1['isValidPublicKey'] = active.isValidPublicKey;

/** 33 bytes, or 65 when `compressed` is false. Throws on an invalid key. */
export const publicKeyFromPrivate: Secp256k1['publicKeyFromPrivate'] = active.publicKeyFromPrivate;

/** The same point in the other form; null when the bytes are no point. */
export const convertPublicKey: Secp256k1['convertPublicKey'] = active.convertPublicKey;

/** 65 bytes V R S over a 32-byte hash; deterministic, low-S. Throws on an invalid key. */
export const signRecoverable: Secp256k1['signRecoverable'] = active.signRecoverable;

/**
 * The public key that signed `hash`, or null when there is none.
 * High-S signatures recover too: the low-S rule of a transaction is a consensus rule of epoch 4.0.
 */
export const recoverPublicKey: Secp256k1['recoverPublicKey'] = active.recoverPublicKey;

/** Checks a 64-byte R S signature; false for high-S, as libsecp256k1 does. */
export const verifySignature: Secp256k1['verifySignature'] = active.verifySignature;

/** Half the group order, big-endian: the largest S that is "low". */
const HALF_ORDER = Uint8Array.from([
  0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
  0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
]);

/** True when S of a 65-byte V R S signature is in the lower half of the group order. */
export function isLowS(signature: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) {
    const difference = signature[33 + i]! - HALF_ORDER[i]!;
    if (difference !== 0) return difference < 0;
  }
  return true;
}

/** V R S to R S V: the order Clarity's `secp256k1-recover?` reads. */
export function vrsToRsv(signature: Uint8Array): Uint8Array {
  assertSize(signature, 65, 'signature');
  const out = new Uint8Array(65);
  out.set(signature.subarray(1));
  out[64] = signature[0]!;
  return out;
}

/** R S V to V R S: the order of transactions, blocks and StackerDB. */
export function rsvToVrs(signature: Uint8Array): Uint8Array {
  assertSize(signature, 65, 'signature');
  const out = new Uint8Array(65);
  out.set(signature.subarray(0, 64), 1);
  out[0] = signature[64]!;
  return out;
}
