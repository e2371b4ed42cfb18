/** Sessions on the wire: every object comes back as it was sent, signatures bind every field. */
import { bytesToHex, utf8FromBytes } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  constraintHash,
  decodePostedRequest,
  decodeSessionLine,
  decodeSessionPrompt,
  decodeSignedVoucher,
  encodePostedRequest,
  encodeSessionLine,
  encodeSessionPrompt,
  encodeSignedVoucher,
  idsLeaf,
  nextChunkDigest,
  type SessionLine,
  type SessionRequest,
  sessionPrice,
  sessionRequestHash,
  signChunk,
  signSessionRequest,
  signVoucher,
  verifyChunk,
  verifySessionRequest,
  verifyVoucher,
} from '../src/index.ts';

const KEY = new Uint8Array(32).fill(5);
const PUBLIC = publicKeyFromPrivate(KEY);
const CHAIN = 0x80000000;

const REQUEST: SessionRequest = {
  sessionId: 7n,
  index: 3n,
  model: new Uint8Array(32).fill(1),
  promptHash: new Uint8Array(32).fill(2),
  params: { temperatureMicro: 700_000, topPMicro: 1_000_000, topK: 20, maxTokens: 64 },
  constraintHash: constraintHash('{"stop":["."]}'),
  maxFeeMicro: 12_345n,
  beacon: new Uint8Array(32).fill(3),
  clientNonce: new Uint8Array(16).fill(4),
};

describe('a session request', () => {
  it('is bound by its signature, field by field', () => {
    const signature = signSessionRequest(REQUEST, CHAIN, KEY);
    const signed = { signature, publicKey: PUBLIC };
    expect(verifySessionRequest(REQUEST, CHAIN, signed)).toBe(true);
    const others: SessionRequest[] = [
      { ...REQUEST, sessionId: 8n },
      { ...REQUEST, index: 4n },
      { ...REQUEST, maxFeeMicro: 12_346n },
      { ...REQUEST, params: { ...REQUEST.params, maxTokens: 65 } },
      { ...REQUEST, constraintHash: constraintHash(null) },
      { ...REQUEST, clientNonce: new Uint8Array(16) },
    ];
    for (const other of others) expect(verifySessionRequest(other, CHAIN, signed)).toBe(false);
    expect(verifySessionRequest(REQUEST, 1, signed)).toBe(false);
  });

  it('travels as JSON', () => {
    const posted = {
      request: REQUEST,
      signature: signSessionRequest(REQUEST, CHAIN, KEY),
      prompt: '{"text":"x"}',
      constraint: '{"stop":["."]}',
      logprobs: 5,
    };
    const again = decodePostedRequest(7n, encodePostedRequest(posted));
    expect(again).toEqual({ ok: true, value: posted });
  });

  it('is refused when a field is missing, too long or of another kind', () => {
    const whole = JSON.parse(
      encodePostedRequest({
        request: REQUEST,
        signature: new Uint8Array(65),
        prompt: '',
        constraint: null,
        logprobs: null,
      }),
    );
    const broken = [
      { ...whole, signature: '00' },
      { ...whole, prompt: 5 },
      { ...whole, logprobs: 21 },
      { ...whole, request: { ...whole.request, index: '-1' } },
      { ...whole, request: { ...whole.request, params: { ...whole.request.params, topK: 0 } } },
      null,
    ];
    for (const one of broken) {
      expect(decodePostedRequest(7n, JSON.stringify(one)).ok).toBe(false);
    }
    expect(decodePostedRequest(7n, '{').ok).toBe(false);
  });
});

describe('a voucher', () => {
  it('is bound to session, amount and count', () => {
    const voucher = { sessionId: 7n, cumulativeMicro: 10n ** 20n, requests: 2n };
    const signature = signVoucher(voucher, CHAIN, KEY);
    const signed = { signature, publicKey: PUBLIC };
    expect(verifyVoucher(voucher, CHAIN, signed)).toBe(true);
    expect(verifyVoucher({ ...voucher, cumulativeMicro: 10n ** 20n + 1n }, CHAIN, signed)).toBe(
      false,
    );
    expect(verifyVoucher({ ...voucher, requests: 3n }, CHAIN, signed)).toBe(false);
    expect(verifyVoucher({ ...voucher, sessionId: 8n }, CHAIN, signed)).toBe(false);
    const text = encodeSignedVoucher({ voucher, signature });
    expect(decodeSignedVoucher(7n, text)).toEqual({ ok: true, value: { voucher, signature } });
  });
});

describe('chunks', () => {
  it('chain over the leaves, so that no earlier token can change', () => {
    const hash = sessionRequestHash(REQUEST);
    const first = nextChunkDigest(hash, idsLeaf(0, [1, 2, 3]));
    const second = nextChunkDigest(first, idsLeaf(1, [4]));
    const other = nextChunkDigest(nextChunkDigest(hash, idsLeaf(0, [1, 2, 9])), idsLeaf(1, [4]));
    expect(bytesToHex(second)).not.toBe(bytesToHex(other));
    const chunk = { requestHash: hash, chunk: 2, tokens: 4, digest: second };
    const signed = { signature: signChunk(chunk, CHAIN, KEY), publicKey: PUBLIC };
    expect(verifyChunk(chunk, CHAIN, signed)).toBe(true);
    expect(verifyChunk({ ...chunk, digest: other }, CHAIN, signed)).toBe(false);
    expect(verifyChunk({ ...chunk, tokens: 5 }, CHAIN, signed)).toBe(false);
  });
});

describe('a session prompt', () => {
  it('comes back, as a conversation and as text', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'ü€' },
    ] as const;
    for (const prompt of [
      { content: { messages }, prefixIds: [] },
      { content: { messages }, prefixIds: [1, 2] },
      { content: { text: 'Once' }, prefixIds: [] },
    ]) {
      expect(decodeSessionPrompt(encodeSessionPrompt(prompt))).toEqual({ ok: true, value: prompt });
    }
  });

  it('with both, neither, or a role of its own is refused', () => {
    const refused = [
      '{}',
      '{"text":"a","messages":[]}',
      '{"messages":[{"role":"tool","content":"x"}]}',
      '{"text":"a","prefix":[-1]}',
      '[]',
      'null',
      '"',
    ];
    for (const text of refused) {
      expect(decodeSessionPrompt(new TextEncoder().encode(text)).ok).toBe(false);
    }
  });

  it('decoders survive any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeSessionPrompt(bytes);
        decodeSessionLine(utf8FromBytes(bytes) ?? '');
      }),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        decodeSessionPrompt(new TextEncoder().encode(text));
        decodeSessionLine(text);
        decodePostedRequest(1n, text);
        decodeSignedVoucher(1n, text);
      }),
    );
  });
});

describe('lines', () => {
  it('come back as they were sent', () => {
    const logprob = {
      id: 4,
      text: ' a',
      logprob: -0.5,
      top: [{ id: 4, text: ' a', logprob: -0.5 }],
    };
    const lines: SessionLine[] = [
      { type: 'accepted', requestHash: sha256(KEY), promptTokens: 9 },
      { type: 'tokens', ids: [4], text: ' a', logprobs: null },
      { type: 'tokens', ids: [4], text: ' a', logprobs: [logprob] },
      { type: 'chunk', chunk: 1, tokens: 32, signature: new Uint8Array(65).fill(1) },
      {
        type: 'end',
        finish: 'cancel',
        cachedTokens: 3,
        commitment: new Uint8Array(241),
        signature: new Uint8Array(65),
      },
      { type: 'error', code: 'host/busy', message: 'later' },
    ];
    for (const line of lines) {
      const text = encodeSessionLine(line);
      expect(text.endsWith('\n')).toBe(true);
      expect(decodeSessionLine(text.slice(0, -1))).toEqual({ ok: true, value: line });
    }
  });
});

describe('the price', () => {
  it('counts cached prompt tokens at their own price', () => {
    const prices = { inputMicro: 10n, cachedMicro: 2n, outputMicro: 50n };
    expect(sessionPrice(prices, { promptTokens: 100, cachedTokens: 40, outputTokens: 8 })).toBe(
      600n + 80n + 400n,
    );
  });
});
