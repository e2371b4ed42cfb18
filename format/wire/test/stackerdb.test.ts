/** StackerDB chunks: layout, signed digest, and every field bound by the signature. */
import { bytesFromHex, bytesToHex, concatBytes } from '@assay/bytes';
import { hash160, publicKeyFromPrivate, sha512_256 } from '@assay/crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  chunkDigest,
  decodeChunk,
  encodeChunk,
  recoverChunkKey,
  signChunk,
  slotDigest,
  slotMetadata,
  verifyChunk,
} from '../src/index.ts';

const KEY = bytesFromHex('4bbe4e7dc879afedf4bf258a7385cf78ccf3a68a77f9cfc624f433d009f812f9');
const SIGNER = hash160(publicKeyFromPrivate(KEY));
const chunk = signChunk({ slotId: 0, slotVersion: 1, data: new Uint8Array(128).fill(1) }, KEY);

it('has the layout of libstackerdb', () => {
  const hex = bytesToHex(encodeChunk(chunk));
  expect(hex).toBe(`0000000000000001${bytesToHex(chunk.signature)}00000080${'01'.repeat(128)}`);
  expect(decodeChunk(bytesFromHex(hex))).toEqual({ ok: true, value: chunk });
});

it('signs slot, version and the hash of the data', () => {
  const digest = sha512_256(concatBytes(bytesFromHex('0000000000000001'), sha512_256(chunk.data)));
  expect(chunkDigest(chunk)).toEqual(digest);
  expect(slotDigest(slotMetadata(chunk))).toEqual(digest);
  expect(recoverChunkKey(chunk)).toEqual(publicKeyFromPrivate(KEY));
});

it('verifies, and fails on any changed field or another signer', () => {
  expect(verifyChunk(chunk, SIGNER)).toBe(true);
  expect(verifyChunk({ ...chunk, slotId: 1 }, SIGNER)).toBe(false);
  expect(verifyChunk({ ...chunk, slotVersion: 2 }, SIGNER)).toBe(false);
  expect(verifyChunk({ ...chunk, data: new Uint8Array(128) }, SIGNER)).toBe(false);
  expect(verifyChunk(chunk, new Uint8Array(20).fill(1))).toBe(false);
  expect(verifyChunk({ ...chunk, signature: new Uint8Array(65) }, SIGNER)).toBe(false);
});

it('never throws on foreign bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const decoded = decodeChunk(bytes);
      if (decoded.ok) expect(encodeChunk(decoded.value)).toEqual(bytes);
    }),
  );
});
