import { bytesEqual } from '@assay/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Commitment,
  commitmentProof,
  commitmentRoot,
  decodeCommitment,
  decodeManifest,
  decodeOpening,
  decodePrompt,
  decodeReceiptChunk,
  decodeSealedPrompt,
  decodeSketchPart,
  decodeTranscript,
  decodeVerdictChunk,
  encodeCommitment,
  encodePrompt,
  encodeReceiptChunk,
  encodeSketchPart,
  encodeTranscript,
  encodeVerdictChunk,
  idsLeaves,
  leafCount,
  type Transcript,
  type VerdictEntry,
  verifyCommitmentProof,
} from '../src/index.ts';

const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const id = fc.integer({ min: 0, max: 1_048_575 });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const finish = fc.constantFrom('stop' as const, 'length' as const);
const text = fc.string({ unit: 'grapheme', maxLength: 60 });

const transcript: fc.Arbitrary<Transcript> = fc.array(id, { maxLength: 100 }).chain((outputIds) =>
  fc.record({
    requestHash: bytes(32),
    model: bytes(32),
    seed: bytes(32),
    finish,
    promptIds: fc.array(id, { maxLength: 40 }),
    outputIds: fc.constant(outputIds),
    sketch: bytes(outputIds.length * 5),
    salts: fc.array(bytes(16), {
      minLength: leafCount(outputIds.length),
      maxLength: leafCount(outputIds.length),
    }),
    text,
  }),
);

const commitment: fc.Arbitrary<Commitment> = fc.record({
  requestHash: bytes(32),
  model: bytes(32),
  seed: bytes(32),
  idsRoot: bytes(32),
  sketchRoot: bytes(32),
  transcriptHash: bytes(32),
  outputHash: bytes(32),
  finish,
  promptTokens: u32,
  outputTokens: u32,
  timestampSecs: fc.maxSafeNat(),
});

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const verdict: fc.Arbitrary<VerdictEntry> = fc.oneof(
  fc.record({
    verdict: fc.constantFrom('valid' as const, 'invalid' as const),
    requestId: u64,
    commitmentHash: bytes(32),
    signature: bytes(65),
    blind: fc.constantFrom(null, new Uint8Array(32).fill(3)),
  }),
  fc.record({
    verdict: fc.constant('committed' as const),
    requestId: u64,
    commitmentHash: bytes(32),
    blind: bytes(32),
  }),
  fc.record({
    verdict: fc.constant('abstain' as const),
    requestId: u64,
    commitmentHash: bytes(32),
    reason: fc.string({ maxLength: 64 }),
  }),
);

const RUNS = { numRuns: 200 };

describe('round trips of arbitrary values', () => {
  it('transcripts, commitments, chunks, prompts', () => {
    fc.assert(
      fc.property(transcript, (value) => {
        const { sketch, salts, ...ids } = value;
        expect(decodeTranscript(encodeTranscript(value))).toEqual({ ok: true, value: ids });
        const part = { sketch, salts };
        expect(decodeSketchPart(encodeSketchPart(part))).toEqual({ ok: true, value: part });
      }),
      RUNS,
    );
    fc.assert(
      fc.property(commitment, (value) => {
        expect(decodeCommitment(encodeCommitment(value))).toEqual({ ok: true, value });
      }),
      RUNS,
    );
    const receipt = fc.record({
      requestId: u64,
      commitment,
      hostSignature: bytes(65),
      sketchHash: fc.option(bytes(32)),
    });
    fc.assert(
      fc.property(fc.array(receipt, { maxLength: 5 }), (value) => {
        expect(decodeReceiptChunk(encodeReceiptChunk(value))).toEqual({ ok: true, value });
      }),
      RUNS,
    );
    fc.assert(
      fc.property(fc.array(verdict, { maxLength: 8 }), (entries) => {
        const value = { sealKey: null, entries, claims: [], disputes: [] };
        expect(decodeVerdictChunk(encodeVerdictChunk(value))).toEqual({ ok: true, value });
      }),
      RUNS,
    );
    fc.assert(
      fc.property(text, text, (context, prompt) => {
        const value = { context, prompt };
        expect(decodePrompt(encodePrompt(value))).toEqual({ ok: true, value });
      }),
      RUNS,
    );
  });
});

describe('decoders and foreign bytes', () => {
  const decoders = {
    decodeTranscript,
    decodeSketchPart,
    decodeOpening,
    decodeSealedPrompt,
    decodeCommitment,
    decodeReceiptChunk,
    decodeVerdictChunk,
    decodePrompt,
    decodeManifest,
  };

  for (const [name, decode] of Object.entries(decoders)) {
    it(`${name} answers random bytes with a verdict`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 400 }), (input) => {
          const result = decode(input);
          if (!result.ok) expect(result.error.code).toMatch(/^jobs\//);
        }),
        { numRuns: 500 },
      );
    });
  }

  it('a flipped byte of a transcript is refused or decodes to bytes that encode back', () => {
    fc.assert(
      fc.property(transcript, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, flip) => {
        const encoded = encodeTranscript(value);
        encoded[at % encoded.length]! ^= flip;
        const result = decodeTranscript(encoded);
        if (result.ok) expect(bytesEqual(encodeTranscript(result.value), encoded)).toBe(true);
      }),
      RUNS,
    );
  });

  it('a count beyond the limit is refused before anything is allocated', () => {
    const huge = new Uint8Array(9).fill(0xff);
    huge[0] = 3;
    expect(decodeReceiptChunk(huge).ok).toBe(false);
  });
});

describe('Merkle trees of a commitment', () => {
  it('every leaf proves itself at its place and nowhere else', () => {
    fc.assert(
      fc.property(fc.array(id, { minLength: 1, maxLength: 400 }), fc.nat(), (ids, pick) => {
        const leaves = idsLeaves(ids);
        const root = commitmentRoot(leaves);
        const index = pick % leaves.length;
        const proof = commitmentProof(leaves, index);
        const count = leaves.length;
        const holds = (at: number, leaf: Uint8Array) =>
          verifyCommitmentProof(root, leaf, { index: at, count }, proof);
        expect(holds(index, leaves[index]!)).toBe(true);
        for (let other = 0; other < count; other++) {
          if (other !== index) {
            expect(holds(index, leaves[other]!), `leaf ${other}`).toBe(false);
            expect(holds(other, leaves[index]!), `place ${other}`).toBe(false);
          }
        }
        expect(holds(count, leaves[index]!)).toBe(false);
        expect(holds(-1, leaves[index]!)).toBe(false);
      }),
      RUNS,
    );
  });

  it('one changed id, its place and the number of ids change the root', () => {
    fc.assert(
      fc.property(fc.array(id, { minLength: 1, maxLength: 100 }), fc.nat(), (ids, pick) => {
        const root = commitmentRoot(idsLeaves(ids));
        const at = pick % ids.length;
        const changed = ids.map((one, i) => (i === at ? (one + 1) % 1_048_576 : one));
        expect(commitmentRoot(idsLeaves(changed))).not.toEqual(root);
        expect(commitmentRoot(idsLeaves([...ids, ids.at(-1)!]))).not.toEqual(root);
        expect(commitmentRoot(idsLeaves(ids.slice(1)))).not.toEqual(root);
      }),
      RUNS,
    );
  });
});
