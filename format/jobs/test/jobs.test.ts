import { bytesFromHex, bytesFromUtf8, bytesToHex, concatBytes } from '@assay/bytes';
import { Cv, encodeClarityValue, parsePrincipal } from '@assay/clarity-value';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absoluteCell,
  assuranceClass,
  CHATML,
  type Commitment,
  commitmentHash,
  commitmentTuple,
  commitTranscript,
  compandedPosition,
  decodeCommitment,
  decodeLogprob,
  decodeManifest,
  decodeOpening,
  decodePrompt,
  decodeReceiptChunk,
  decodeSketchPart,
  decodeTranscript,
  decodeVerdictChunk,
  encodeCanonicalJson,
  encodeCommitment,
  encodeLogprob,
  encodeManifest,
  encodeOpening,
  encodePrompt,
  encodeReceiptChunk,
  encodeSketchPart,
  encodeTranscript,
  encodeVerdictChunk,
  fineBitsOf,
  fineCode,
  type InferenceRequest,
  logprobCellMicro,
  type ModelManifest,
  modelIdHex,
  promptMessages,
  renderTemplate,
  requestHash,
  requestTuple,
  STEP_PARTS,
  samplingSeed,
  signCommitment,
  signVerdict,
  structuredDigest,
  suspectsOf,
  type Transcript,
  type VerdictChunk,
  type VerdictEntry,
  verifyCommitment,
  verifyVerdict,
} from '../src/index.ts';

const filled = (size: number, value: number) => new Uint8Array(size).fill(value);
const principal = (text: string) => {
  const parsed = parsePrincipal(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
};

const REQUEST: InferenceRequest = {
  id: 7n,
  user: principal('ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM'),
  model: filled(32, 1),
  promptHash: filled(32, 2),
  params: { temperatureMicro: 700_000, topPMicro: 900_000, topK: 20, maxTokens: 64 },
  maxFeeMicro: 1_000_000n,
  expiresAt: 120,
  privacy: 0,
  clientNonce: filled(16, 3),
};

const TRANSCRIPT: Transcript = {
  requestHash: requestHash(REQUEST),
  model: REQUEST.model,
  seed: filled(32, 4),
  finish: 'stop',
  promptIds: [1, 2, 3],
  outputIds: Array.from({ length: 40 }, (_, i) => i * 7),
  sketch: Uint8Array.from({ length: 200 }, (_, i) => i),
  salts: [filled(16, 5), filled(16, 6)],
  text: 'The Earth is round. Ω',
};

const MANIFEST: ModelManifest = {
  version: 1,
  name: 'assay/test',
  architecture: 'llama',
  weights: { format: 'gguf', sha256: 'ab'.repeat(32), sizeBytes: 123 },
  tokenizerSha256: 'cd'.repeat(32),
  template: CHATML,
  vocabularySize: 1000,
  beginId: 1,
  eosIds: [2, 3],
  contextTokens: 2048,
  numericProfile: {
    engineClass: 'llama.cpp-cpu',
    weights: 'f32',
    activations: 'f32',
    keyValueCache: 'f16',
    flashAttention: false,
  },
  sampler: 'gm-v1',
  thresholds: {
    invalidMicro: 13_815_511,
    suspectMicro: 6_907_756,
    toleranceMicro: 4_000,
    impossibleMicro: 500_000,
  },
  evidenceSha256: 'ef'.repeat(32),
};

const FROZEN_V1_ID = '21883616ae7069dfd2f3ebf0424497f495b8ab63f1a041f11458c51c3ccc271d';
const KEY = sha256(bytesFromUtf8('operating key'));

describe('request and seed', () => {
  it('the hash is that of the consensus encoding of the contract tuple', () => {
    const tuple = Cv.tuple({
      'client-nonce': Cv.buffer(filled(16, 3)),
      'expires-at': Cv.uint(120n),
      id: Cv.uint(7n),
      'max-fee': Cv.uint(1_000_000n),
      model: Cv.buffer(filled(32, 1)),
      params: Cv.tuple({
        'max-tokens': Cv.uint(64n),
        temperature: Cv.uint(700_000n),
        'top-k': Cv.uint(20n),
        'top-p': Cv.uint(900_000n),
      }),
      privacy: Cv.uint(0n),
      'prompt-hash': Cv.buffer(filled(32, 2)),
      user: Cv.principal(REQUEST.user),
    });
    expect(encodeClarityValue(requestTuple(REQUEST))).toEqual(encodeClarityValue(tuple));
    expect(requestHash(REQUEST)).toEqual(sha256(encodeClarityValue(tuple)));
  });

  it('the seed is sha256("gm-seed-v1" || request hash || host key || beacon)', () => {
    const key = publicKeyFromPrivate(KEY);
    const beacon = filled(32, 9);
    const message = concatBytes(bytesFromUtf8('gm-seed-v1'), requestHash(REQUEST), key, beacon);
    expect(samplingSeed(requestHash(REQUEST), key, beacon)).toEqual(sha256(message));
  });
});

describe('commitment and verdict, SIP-018', () => {
  const commitment = commitTranscript(TRANSCRIPT, 1_700_000_000);

  it('digest = sha256("SIP018" || sha256(domain) || sha256(message))', () => {
    const domain = Cv.tuple({
      name: Cv.ascii('assay-inference'),
      version: Cv.ascii('1'),
      'chain-id': Cv.uint(0x80000000n),
    });
    const digest = sha256(
      concatBytes(
        bytesFromHex('534950303138'),
        sha256(encodeClarityValue(domain)),
        commitmentHash(commitment),
      ),
    );
    expect(structuredDigest(commitmentTuple(commitment), 0x80000000)).toEqual(digest);
  });

  it('a signature holds for its commitment, chain and key, and for nothing else', () => {
    const signature = signCommitment(commitment, 0x80000000, KEY);
    const publicKey = publicKeyFromPrivate(KEY);
    expect(signature.length).toBe(65);
    expect(signature[64]).toBeLessThan(4);
    expect(verifyCommitment(commitment, 0x80000000, { signature, publicKey })).toBe(true);
    expect(verifyCommitment(commitment, 1, { signature, publicKey })).toBe(false);
    const other = { ...commitment, outputTokens: commitment.outputTokens + 1 };
    expect(verifyCommitment(other, 0x80000000, { signature, publicKey })).toBe(false);
    const broken = Uint8Array.from(signature, (byte, i) => (i === 64 ? 9 : byte));
    expect(verifyCommitment(commitment, 0x80000000, { signature: broken, publicKey })).toBe(false);
  });

  it('a verdict for one commitment does not serve another', () => {
    const verdict = { commitmentHash: commitmentHash(commitment), requestId: 7n } as const;
    const signature = signVerdict({ ...verdict, verdict: 'valid' }, 5, KEY);
    const publicKey = publicKeyFromPrivate(KEY);
    const check = (verdict_: Parameters<typeof verifyVerdict>[0]) =>
      verifyVerdict(verdict_, 5, { signature, publicKey });
    expect(check({ ...verdict, verdict: 'valid' })).toBe(true);
    expect(check({ ...verdict, verdict: 'invalid' })).toBe(false);
    expect(check({ ...verdict, requestId: 8n, verdict: 'valid' })).toBe(false);
  });

  it('241 bytes carry it in chunks', () => {
    const bytes = encodeCommitment(commitment);
    expect(bytes.length).toBe(241);
    expect(decodeCommitment(bytes)).toEqual({ ok: true, value: commitment });
  });
});

describe('transcript, manifest, prompt and chunks', () => {
  it('round trip', () => {
    const { sketch, salts, ...ids } = TRANSCRIPT;
    expect(decodeTranscript(encodeTranscript(TRANSCRIPT))).toEqual({ ok: true, value: ids });
    const part = { sketch, salts };
    expect(decodeSketchPart(encodeSketchPart(part))).toEqual({ ok: true, value: part });
    expect(decodeManifest(encodeManifest(MANIFEST))).toEqual({ ok: true, value: MANIFEST });
    const prompt = { context: 'Be brief. ☕', prompt: 'Is the Earth round?' };
    expect(decodePrompt(encodePrompt(prompt))).toEqual({ ok: true, value: prompt });
    const commitment: Commitment = commitTranscript(TRANSCRIPT, 1);
    const receipt = { requestId: 1n, commitment, hostSignature: filled(65, 1) };
    const receipts = [
      { ...receipt, sketchHash: null },
      { ...receipt, sketchHash: filled(32, 6) },
    ];
    expect(decodeReceiptChunk(encodeReceiptChunk(receipts))).toEqual({ ok: true, value: receipts });
    const entries: VerdictEntry[] = [
      { verdict: 'committed', requestId: 1n, commitmentHash: filled(32, 9), blind: filled(32, 8) },
      {
        verdict: 'valid',
        requestId: 1n,
        commitmentHash: filled(32, 1),
        signature: filled(65, 2),
        blind: filled(32, 8),
      },
      { verdict: 'abstain', requestId: 2n, commitmentHash: filled(32, 3), reason: 'no model' },
      {
        verdict: 'invalid',
        requestId: 3n,
        commitmentHash: filled(32, 4),
        signature: filled(65, 5),
        blind: null,
      },
    ];
    const claims = [
      { claimHash: filled(32, 1), verdict: 'withheld', signature: filled(65, 3) },
    ] as const;
    const disputes = [
      {
        disputeId: 7n,
        commitmentHash: filled(32, 6),
        verdict: 'invalid',
        signature: filled(65, 4),
      },
    ] as const;
    for (const sealKey of [null, filled(32, 5)]) {
      const said: VerdictChunk = { sealKey, entries, claims, disputes };
      expect(decodeVerdictChunk(encodeVerdictChunk(said))).toEqual({ ok: true, value: said });
    }
    const opening = {
      commitmentHash: filled(32, 1),
      publicKey: filled(33, 2),
      salt: filled(32, 3),
      sketch: filled(15, 4),
    };
    expect(decodeOpening(encodeOpening(opening))).toEqual({ ok: true, value: opening });
  });

  it('an ids part costs four bytes per token, a sketch part five and half a byte of salt', () => {
    const long = {
      ...TRANSCRIPT,
      outputIds: new Array<number>(1024).fill(5),
      sketch: filled(5 * 1024, 1),
      salts: Array.from({ length: 32 }, () => filled(16, 1)),
    };
    const textBytes = bytesFromUtf8(TRANSCRIPT.text).length;
    expect(encodeTranscript({ ...long, promptIds: [] }).length).toBe(
      1 + 96 + 1 + 1 + 4 + 4 + 1024 * 4 + 4 + textBytes,
    );
    expect(encodeSketchPart(long).length).toBe(1 + 4 + 1024 * 5 + 512);
  });

  it('a blinding makes output hash and ids root of equal answers different', () => {
    const plain = commitTranscript(TRANSCRIPT, 1);
    const blind = commitTranscript({ ...TRANSCRIPT, blinding: filled(32, 7) }, 1);
    expect(blind.outputHash).not.toEqual(plain.outputHash);
    expect(blind.idsRoot).not.toEqual(plain.idsRoot);
    expect(blind.sketchRoot).toEqual(plain.sketchRoot);
    const encoded = encodeTranscript({ ...TRANSCRIPT, blinding: filled(32, 7) });
    expect(decodeTranscript(encoded)).toMatchObject({ ok: true, value: { text: TRANSCRIPT.text } });
  });

  it('a manifest has one spelling, and its hash names it', () => {
    const text = encodeCanonicalJson(MANIFEST);
    const refused = (bytes: Uint8Array) => {
      const result = decodeManifest(bytes);
      return result.ok ? 'accepted' : result.error.code;
    };
    expect(refused(bytesFromUtf8(`${text} `))).toBe('jobs/not-canonical');
    expect(refused(bytesFromUtf8(JSON.stringify(MANIFEST)))).toBe('jobs/not-canonical');
    expect(refused(bytesFromUtf8(text.replace('"version":1', '"version":2')))).toBe('jobs/field');
    const extra = encodeCanonicalJson({ ...MANIFEST, extra: 1 });
    expect(refused(bytesFromUtf8(extra))).toBe('jobs/field');
    expect(refused(bytesFromUtf8('{"__proto__":{}}'))).toBe('jobs/field');
    expect(refused(bytesFromUtf8(encodeCanonicalJson({ ...MANIFEST, eosIds: [] })))).toBe(
      'jobs/field',
    );
    expect(refused(filled(70_000, 32))).toBe('jobs/too-large');
    expect(refused(bytesFromHex('ff'))).toBe('jobs/malformed');
    expect(modelIdHex({ ...MANIFEST, contextTokens: 1024 })).not.toBe(modelIdHex(MANIFEST));
    expect(modelIdHex(MANIFEST)).toBe(bytesToHex(sha256(bytesFromUtf8(text))));
  });

  it('version 2 of a manifest names suspects; version 1 keeps its bytes and cannot', () => {
    const suspects = [
      { recipe: 'q8_0', weightsSha256: '12'.repeat(32) },
      { recipe: 'q4_0', weightsSha256: '34'.repeat(32) },
    ];
    const second: ModelManifest = { ...MANIFEST, version: 2, suspects };
    expect(decodeManifest(encodeManifest(second))).toEqual({ ok: true, value: second });
    expect(suspectsOf(second)).toEqual(suspects);
    expect(suspectsOf(MANIFEST)).toEqual([]);
    expect(modelIdHex(MANIFEST)).toBe(FROZEN_V1_ID);
    const refused = (value: object) => decodeManifest(bytesFromUtf8(encodeCanonicalJson(value))).ok;
    expect(refused({ ...second, version: 1 })).toBe(false);
    expect(refused({ ...second, version: 3 })).toBe(false);
    expect(refused({ ...second, suspects: [suspects[0], suspects[0]] })).toBe(false);
    expect(refused({ ...second, suspects: [{ recipe: 'q8_0' }] })).toBe(false);
    const many = Array.from({ length: 9 }, (_, i) => ({ ...suspects[0], recipe: `r${i}` }));
    expect(refused({ ...second, suspects: many })).toBe(false);
  });

  it('the template keeps what people wrote apart from control tokens', () => {
    const messages = promptMessages({ context: '', prompt: '<|im_end|>' });
    expect(renderTemplate(CHATML, messages)).toEqual([
      { text: '<|im_start|>user\n', special: true },
      { text: '<|im_end|>', special: false },
      { text: '<|im_end|>\n', special: true },
      { text: '<|im_start|>assistant\n', special: true },
    ]);
    expect(promptMessages({ context: 'c', prompt: 'p' }).map((one) => one.role)).toEqual([
      'system',
      'user',
    ]);
  });
});

describe('assurance classes (verification.md 5.7)', () => {
  const full = { topCandidatesMax: 20, ownSampler: true, tokenIds: true, seeds: false };
  const greedy = { temperatureMicro: 0, topK: 1 };

  it("A: our sampler over the engine's logprobs", () => {
    expect(assuranceClass(full)).toBe('A');
    expect(assuranceClass({ ...full, topCandidatesMax: 5 })).toBe('C');
    const narrow = { temperatureMicro: 1_000_000, topK: 5 };
    expect(assuranceClass({ ...full, topCandidatesMax: 5 }, narrow)).toBe('A');
  });

  it('B: a draw that can be repeated; C: logprobs alone; D: nothing about the model', () => {
    const closed = { ...full, ownSampler: false };
    expect(assuranceClass({ ...closed, seeds: true })).toBe('B');
    expect(assuranceClass(closed, greedy)).toBe('B');
    expect(assuranceClass(closed)).toBe('C');
    expect(assuranceClass({ ...closed, topCandidatesMax: 3 }, greedy)).toBe('D');
    expect(assuranceClass({ ...closed, tokenIds: false, seeds: true })).toBe('D');
  });
});

describe('companding', () => {
  it('codes are monotone, decode inside their cell, and survive re-encoding', () => {
    for (let code = 0; code < 256; code++) {
      expect(encodeLogprob(decodeLogprob(code)), `code ${code}`).toBe(code);
      const { low, high } = logprobCellMicro(code);
      expect(encodeLogprob(-low / 1e6), `low of ${code}`).toBe(code);
      if (code < 255) expect(encodeLogprob(-high / 1e6), `high of ${code}`).toBe(code + 1);
      if (code > 0) expect(decodeLogprob(code)).toBeLessThan(decodeLogprob(code - 1));
    }
    expect([0, 5, -31, Number.NaN, Number.NEGATIVE_INFINITY].map(encodeLogprob)).toEqual([
      0, 0, 255, 255, 255,
    ]);
  });

  it('is fine near certainty and coarse far away', () => {
    expect(-decodeLogprob(1)).toBeLessThan(0.0013);
    expect(decodeLogprob(encodeLogprob(-2))).toBeCloseTo(-2, 1);
    expect(decodeLogprob(254) - decodeLogprob(255)).toBeLessThan(0.8);
  });

  it('fine codes are the low eight bits of the place among the parts of a step', () => {
    const nats = fc.double({ min: 0, max: 30, noNaN: true });
    fc.assert(
      fc.property(nats, fc.integer({ min: 0, max: 6 }), (value, bits) => {
        const position = compandedPosition(-value);
        expect(fineCode(-value, bits)).toBe(Math.floor((position * 2 ** bits) / STEP_PARTS) % 256);
        expect(position).toBeGreaterThanOrEqual(0);
        expect(position).toBeLessThanOrEqual(255 * STEP_PARTS);
      }),
    );
    fc.assert(
      fc.property(nats, nats, (a, b) => {
        const [near, far] = a <= b ? [a, b] : [b, a];
        expect(compandedPosition(-near)).toBeLessThanOrEqual(compandedPosition(-far));
      }),
    );
  });

  it('a value lies in the cell of its absolute code', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 29, noNaN: true }), (value) => {
        const { low, high } = absoluteCell(encodeLogprob(-value));
        const position = compandedPosition(-value);
        expect(position).toBeGreaterThanOrEqual(low);
        expect(position).toBeLessThan(high);
      }),
    );
  });

  it('writes the codes of docs/protocol.md', () => {
    const fine = (bits: number) => FINE_VECTORS.map(([nats]) => fineCode(-nats, bits));
    expect(FINE_VECTORS.map(([nats]) => encodeLogprob(-nats))).toEqual(
      FINE_VECTORS.map(([, absolute]) => absolute),
    );
    expect(fine(5)).toEqual(FINE_VECTORS.map(([, , five]) => five));
    expect(fine(0)).toEqual(FINE_VECTORS.map(([, , , none]) => none));
  });

  it('parts grow with what honest machines reach, so that codes do not repeat within it', () => {
    expect([5_000, 10_000, 20_000, 100_000, 1_000_000, 1].map(fineBitsOf)).toEqual([
      6, 5, 4, 1, 0, 6,
    ]);
  });
});

/** Nats below zero, absolute code, fine codes of 5 and of 0 bits. */
const FINE_VECTORS: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 0, 0],
  [0.000_5, 0, 12, 0],
  [0.01, 7, 232, 7],
  [0.1, 44, 120, 43],
  [0.7, 108, 125, 107],
  [1, 121, 42, 121],
  [2.3, 153, 45, 153],
  [4.5, 180, 120, 179],
  [9, 207, 229, 207],
  [17.25, 233, 31, 232],
  [30, 255, 224, 255],
];
