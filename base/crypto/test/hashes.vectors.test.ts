/** FIPS 180-4 and RIPEMD-160 published digests; native and portable paths agree on random input. */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { portableHashes } from '../src/hash.ts';
import {
  doubleSha256,
  hash160,
  keccak256,
  ripemd160,
  sha256,
  sha512,
  sha512_256,
} from '../src/index.ts';

const empty = new Uint8Array(0);
const abc = bytesFromUtf8('abc');

describe('published digests', () => {
  it('SHA-256', () => {
    expect(bytesToHex(sha256(abc))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
  it('SHA-512', () => {
    expect(bytesToHex(sha512(abc))).toBe(
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    );
  });
  it('SHA-512/256', () => {
    expect(bytesToHex(sha512_256(abc))).toBe(
      '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23',
    );
    expect(bytesToHex(sha512_256(empty))).toBe(
      'c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a',
    );
  });
  it('RIPEMD-160', () => {
    expect(bytesToHex(ripemd160(abc))).toBe('8eb208f7e05d987a9b044a8e98c6b087f15a0bfc');
  });
  it('Keccak-256', () => {
    expect(bytesToHex(keccak256(empty))).toBe(
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    );
  });
  it('compositions', () => {
    expect(bytesToHex(hash160(empty))).toBe('b472a266d0bd89c13706a4132ccfb16f7c3b9fcb');
    expect(bytesToHex(doubleSha256(empty))).toBe(
      '5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456',
    );
  });
});

it('native and portable hashes agree, and never return a Buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(sha256(bytes)).toEqual(portableHashes.sha256(bytes));
      expect(sha512(bytes)).toEqual(portableHashes.sha512(bytes));
      expect(sha512_256(bytes)).toEqual(portableHashes.sha512_256(bytes));
      expect(ripemd160(bytes)).toEqual(portableHashes.ripemd160(bytes));
      expect(sha256(bytes).constructor).toBe(Uint8Array);
    }),
    { numRuns: 200 },
  );
});
