/** RFC 6979 over secp256k1, native and portable twins side by side, and malleability. */
import { bytesFromHex, bytesFromUtf8, bytesToHex } from '@assay/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  convertPublicKey,
  isLowS,
  isValidPrivateKey,
  isValidPublicKey,
  publicKeyFromPrivate,
  recoverPublicKey,
  rsvToVrs,
  sha256,
  signRecoverable,
  verifySecp256r1,
  verifySignature,
  vrsToRsv,
} from '../src/index.ts';
import { portableSecp256k1 } from '../src/secp256k1.ts';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function bigintToBytes(value: bigint): Uint8Array {
  return bytesFromHex(value.toString(16).padStart(64, '0'));
}

/** The same signature with S replaced by n - S and the parity bit flipped: valid in plain ECDSA. */
function flipS(signature: Uint8Array): Uint8Array {
  const out = signature.slice();
  out.set(bigintToBytes(ORDER - BigInt(`0x${bytesToHex(signature.subarray(33))}`)), 33);
  out[0]! ^= 1;
  return out;
}

describe('RFC 6979', () => {
  // The widely published secp256k1/SHA-256 vectors (key 1, and key n - 1).
  const cases = [
    {
      key: bigintToBytes(1n),
      message: 'Satoshi Nakamoto',
      rs: '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
    },
    {
      key: bigintToBytes(ORDER - 1n),
      message: 'Satoshi Nakamoto',
      rs: 'fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d06b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5',
    },
  ];
  for (const [i, { key, message, rs }] of cases.entries()) {
    it(`vector ${i + 1}`, () => {
      const hash = sha256(bytesFromUtf8(message));
      const signature = signRecoverable(hash, key);
      expect(bytesToHex(signature.subarray(1))).toBe(rs);
      expect(recoverPublicKey(hash, signature)).toEqual(publicKeyFromPrivate(key));
    });
  }
});

it('native and portable twins agree', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (key, hash) => {
        fc.pre(isValidPrivateKey(key));
        const signature = signRecoverable(hash, key);
        expect(signature).toEqual(portableSecp256k1.signRecoverable(hash, key));
        const publicKey = publicKeyFromPrivate(key);
        expect(publicKey).toEqual(portableSecp256k1.publicKeyFromPrivate(key));
        const long = publicKeyFromPrivate(key, false);
        expect(recoverPublicKey(hash, signature, false)).toEqual(long);
        expect(portableSecp256k1.recoverPublicKey(hash, signature)).toEqual(publicKey);
        expect(convertPublicKey(long, true)).toEqual(publicKey);
        expect(portableSecp256k1.convertPublicKey(publicKey, false)).toEqual(long);
        expect(verifySignature(hash, signature.subarray(1), publicKey)).toBe(true);
        expect(isLowS(signature)).toBe(true);
        expect(rsvToVrs(vrsToRsv(signature))).toEqual(signature);

        const flipped = flipS(signature);
        expect(isLowS(flipped)).toBe(false);
        expect(verifySignature(hash, flipped.subarray(1), publicKey)).toBe(false);
        expect(portableSecp256k1.verifySignature(hash, flipped.subarray(1), publicKey)).toBe(false);
        expect(recoverPublicKey(hash, flipped)).toEqual(publicKey);
        expect(portableSecp256k1.recoverPublicKey(hash, flipped)).toEqual(publicKey);
      },
    ),
    { numRuns: 30 },
  );
});

it('foreign bytes give null or false, never an exception, in both twins alike', () => {
  const hash = sha256(bytesFromUtf8('x'));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      expect(recoverPublicKey(hash, bytes)).toEqual(
        portableSecp256k1.recoverPublicKey(hash, bytes),
      );
      expect(isValidPublicKey(bytes)).toBe(portableSecp256k1.isValidPublicKey(bytes));
      expect(isValidPrivateKey(bytes)).toBe(portableSecp256k1.isValidPrivateKey(bytes));
      expect(verifySignature(hash, bytes, bytes)).toBe(false);
      expect(verifySecp256r1(hash, bytes, bytes)).toBe(false);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.nat(3), fc.uint8Array({ minLength: 64, maxLength: 64 }), (recid, rs) => {
      const signature = Uint8Array.of(recid, ...rs);
      expect(recoverPublicKey(hash, signature)).toEqual(
        portableSecp256k1.recoverPublicKey(hash, signature),
      );
    }),
    { numRuns: 100 },
  );
});

it('low S ends at half the group order', () => {
  const withS = (s: bigint): Uint8Array =>
    Uint8Array.of(0, ...new Uint8Array(32), ...bigintToBytes(s));
  expect(isLowS(withS(ORDER / 2n))).toBe(true);
  expect(isLowS(withS(ORDER / 2n + 1n))).toBe(false);
  expect(isLowS(withS(0n))).toBe(true);
});

it('knows which private keys are in range', () => {
  expect(isValidPrivateKey(new Uint8Array(32))).toBe(false);
  expect(isValidPrivateKey(bigintToBytes(ORDER))).toBe(false);
  expect(isValidPrivateKey(bigintToBytes(ORDER - 1n))).toBe(true);
});
