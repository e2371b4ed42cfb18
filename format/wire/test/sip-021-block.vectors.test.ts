/** Nakamoto headers and blocks: the vector of stacks-core's `codec_nakamoto_header`, and hashes. */
import { bytesFromHex, bytesToHex, concatBytes } from '@assay/bytes';
import { publicKeyFromPrivate, sha512_256 } from '@assay/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitAt,
  bitVec,
  bitVecOnes,
  blockHash,
  blockId,
  blockIdFrom,
  decodeBlock,
  decodeBlockHeader,
  EMPTY_HEADER,
  encodeBlock,
  encodeBlockHeader,
  minerSignatureHash,
  type NakamotoBlockHeader,
  recoverMinerKey,
  signerSignatureHash,
  signHeaderAsMiner,
} from '../src/index.ts';

const filled = (size: number, byte: number): Uint8Array => new Uint8Array(size).fill(byte);

const HEADER: NakamotoBlockHeader = {
  version: 1,
  chainLength: 2,
  burnSpent: 3n,
  consensusHash: filled(20, 4),
  parentBlockId: filled(32, 5),
  txMerkleRoot: filled(32, 6),
  stateIndexRoot: filled(32, 7),
  timestampSecs: 8,
  minerSignature: filled(65, 0),
  signerSignatures: [filled(65, 1)],
  poxTreatment: bitVec(new Array<boolean>(8).fill(false)),
  problematicTransactions: [],
};

const COMMON = `0000000000000002${'0000000000000003'}${'04'.repeat(20)}${'05'.repeat(32)}${'06'.repeat(
  32,
)}${'07'.repeat(32)}${'0000000000000008'}`;
const SIGNATURES = `${'00'.repeat(65)}00000001${'01'.repeat(65)}`;
const BITVEC = '00080000000100';

describe('header vector', () => {
  const bytes = bytesFromHex(`01${COMMON}${SIGNATURES}${BITVEC}00000000`);

  it('version 1 encodes and decodes to the published bytes', () => {
    expect(bytesToHex(encodeBlockHeader(HEADER))).toBe(bytesToHex(bytes));
    expect(decodeBlockHeader(bytes)).toEqual({ ok: true, value: HEADER });
  });

  it('version 0 is the same without the list of problematic transactions', () => {
    const { problematicTransactions: _, ...rest } = HEADER;
    const header = { ...rest, version: 0 };
    expect(bytesToHex(encodeBlockHeader(header))).toBe(`00${COMMON}${SIGNATURES}${BITVEC}`);
  });

  it('hashes cover what SIP-021 names', () => {
    const miner = sha512_256(bytesFromHex(`01${COMMON}${BITVEC}00000000`));
    const signer = sha512_256(bytesFromHex(`01${COMMON}${'00'.repeat(65)}${BITVEC}00000000`));
    expect(minerSignatureHash(HEADER)).toEqual(miner);
    expect(signerSignatureHash(HEADER)).toEqual(signer);
    expect(blockHash(HEADER)).toEqual(signer);
    expect(blockId(HEADER)).toEqual(sha512_256(concatBytes(signer, HEADER.consensusHash)));
    expect(blockIdFrom(signer, HEADER.consensusHash)).toEqual(blockId(HEADER));
  });

  it('shortened, lengthened or with a bad bit vector is refused', () => {
    for (let size = 0; size < bytes.length; size++) {
      expect(decodeBlockHeader(bytes.subarray(0, size)).ok).toBe(false);
    }
    expect(decodeBlockHeader(concatBytes(bytes, filled(1, 0)))).toMatchObject({
      error: { code: 'bytes/trailing' },
    });
    for (const bad of ['000000000000', '00090000000100', '0fa1000001f5']) {
      const text = `01${COMMON}${SIGNATURES}${bad}${'00'.repeat(600)}`;
      expect(decodeBlockHeader(bytesFromHex(text))).toMatchObject({
        error: { code: 'wire/bit-vec' },
      });
    }
  });
});

it('a miner signs a header and is recovered from it', () => {
  const key = filled(32, 9);
  const signed = signHeaderAsMiner(HEADER, key);
  expect(recoverMinerKey(signed)).toEqual(publicKeyFromPrivate(key));
  expect(recoverMinerKey({ ...signed, chainLength: 3 })).not.toEqual(publicKeyFromPrivate(key));
  expect(minerSignatureHash(signed)).toEqual(minerSignatureHash(HEADER));
  expect(signerSignatureHash(signed)).not.toEqual(signerSignatureHash(HEADER));
});

it('signers do not change the identity of a block', () => {
  const more = { ...HEADER, signerSignatures: [filled(65, 2), filled(65, 3)] };
  expect(blockId(more)).toEqual(blockId(HEADER));
});

it('an empty block round-trips', () => {
  const block = { header: EMPTY_HEADER, transactions: [] };
  expect(decodeBlock(encodeBlock(block))).toEqual({ ok: true, value: block });
});

it('bit vectors are least significant bit first', () => {
  expect(bitVec([true, false, false, false, false, false, false, false, true]).bytes).toEqual(
    Uint8Array.of(1, 1),
  );
  expect(bitVecOnes(9)).toEqual({ length: 9, bytes: Uint8Array.of(255, 1) });
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 70 }), (bits) => {
      const vec = bitVec(bits);
      expect(bits.map((_, i) => bitAt(vec, i))).toEqual(bits);
      expect(bitAt(vec, bits.length)).toBe(false);
    }),
  );
});
