/**
 * The hash functions of Bitcoin and Stacks, each one `Uint8Array` in, a fresh `Uint8Array` out.
 * Node's OpenSSL does the work when present, @noble/hashes otherwise; both give the same bytes.
 * Source: FIPS 180-4 (SHA-2), ISO/IEC 10118-3 (RIPEMD-160), SIP-005 (SHA-512/256 for ids).
 */
import { ripemd160 as nobleRipemd160 } from '@noble/hashes/legacy.js';
import {
  sha256 as nobleSha256,
  sha512 as nobleSha512,
  sha512_256 as nobleSha512Trunc256,
} from '@noble/hashes/sha2.js';
import { keccak_256 as nobleKeccak256 } from '@noble/hashes/sha3.js';
import { nativeHash } from './native.ts';

type HashFunction = (bytes: Uint8Array) => Uint8Array;

/** A latin1 string is the cheapest form in which a short digest crosses from C++ (twice a Buffer). */
function latin1ToBytes(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

function choose(algorithm: string, portable: HashFunction): HashFunction {
  const hash = nativeHash;
  if (!hash) return portable;
  try {
    hash(algorithm, new Uint8Array(0), 'latin1');
  } catch {
    return portable; // An OpenSSL without legacy algorithms: RIPEMD-160 may be missing.
  }
  return (bytes) => latin1ToBytes(hash(algorithm, bytes, 'latin1'));
}

/** 32 bytes. */
export const sha256: HashFunction = choose('sha256', nobleSha256);
/** 64 bytes. */
export const sha512: HashFunction = choose('sha512', nobleSha512);
/** 32 bytes; SHA-512 with its own initial value, truncated. The hash of every Stacks id. */
export const sha512_256: HashFunction = choose('sha512-256', nobleSha512Trunc256);
/** 20 bytes. */
export const ripemd160: HashFunction = choose('ripemd160', nobleRipemd160);
/** 32 bytes; Ethereum's Keccak, not the standardized SHA-3. */
export const keccak256: HashFunction = nobleKeccak256;

/** RIPEMD-160 of SHA-256: the 20 bytes inside an address. */
export function hash160(bytes: Uint8Array): Uint8Array {
  return ripemd160(sha256(bytes));
}

/** SHA-256 twice: Bitcoin's ids and c32check's checksum. */
export function doubleSha256(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes));
}

/** The JavaScript twins, exported so a test can prove that both paths agree. */
export const portableHashes = {
  sha256: nobleSha256 as HashFunction,
  sha512: nobleSha512 as HashFunction,
  sha512_256: nobleSha512Trunc256 as HashFunction,
  ripemd160: nobleRipemd160 as HashFunction,
} as const;
