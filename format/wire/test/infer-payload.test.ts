/** Payload 9: every bound has its own error code, and the page that documents it is true. */
import { readFileSync } from 'node:fs';
import { bytesFromHex, bytesFromUtf8, bytesToHex, concatBytes } from '@assay/bytes';
import { formatAddress, parsePrincipal } from '@assay/clarity-value';
import { sha256 } from '@assay/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodePayload,
  decodeTransaction,
  encodePayload,
  encodeTransaction,
  type InferPayload,
  type InferPrompt,
  inferPayloadFault,
  transactionId,
  verifyTransaction,
} from '../src/index.ts';
import { Random, randomInfer, randomTransaction } from './random-transaction.ts';

const GOOD: InferPayload = {
  kind: 'infer',
  privacy: 'public',
  modelId: new Uint8Array(32).fill(1),
  host: null,
  prompt: { kind: 'inline', blob: Uint8Array.of(0, 1, 0x63, 0x70) },
  temperatureMicro: 700_000,
  topPMicro: 1_000_000,
  topK: 20,
  maxTokens: 256,
  maxFeeMicro: 1n,
  deadlineBurnBlocks: 1,
  clientNonce: new Uint8Array(16),
};

const inline = (size: number): InferPrompt => ({ kind: 'inline', blob: new Uint8Array(size) });
const byHash = (length: number): InferPrompt => ({
  kind: 'hash',
  hash: new Uint8Array(32),
  length,
});

describe('bounds', () => {
  const BAD: ReadonlyArray<readonly [code: string, change: Partial<InferPayload>]> = [
    ['wire/infer-temperature', { temperatureMicro: 2_000_001 }],
    ['wire/infer-top-p', { topPMicro: 0 }],
    ['wire/infer-top-p', { topPMicro: 1_000_001 }],
    ['wire/infer-top-k', { topK: 0 }],
    ['wire/infer-top-k', { topK: 21 }],
    ['wire/infer-max-tokens', { maxTokens: 0 }],
    ['wire/infer-max-tokens', { maxTokens: 32_769 }],
    ['wire/infer-deadline', { deadlineBurnBlocks: 0 }],
    ['wire/infer-prompt-size', { prompt: inline(0) }],
    ['wire/infer-prompt-size', { prompt: inline(16_385) }],
    ['wire/infer-prompt-size', { prompt: byHash(0) }],
    ['wire/infer-prompt-size', { prompt: byHash(1_048_577) }],
    ['wire/infer-prompt', { prompt: inline(1) }],
    ['wire/infer-prompt', { prompt: { kind: 'inline', blob: Uint8Array.of(0, 9, 0x61) } }],
    ['wire/infer-prompt', { prompt: { kind: 'inline', blob: Uint8Array.of(0, 0, 0xff) } }],
    ['wire/infer-privacy', { privacy: 'hash-only' }],
    ['wire/infer-privacy', { privacy: 'sealed', prompt: byHash(1) }],
  ];
  for (const [code, change] of BAD) {
    it(`${code}: ${Object.keys(change).join(', ')}`, () => {
      const payload = { ...GOOD, ...change };
      expect(inferPayloadFault(payload)?.[0]).toBe(code);
      expect(decodePayload(encodePayload(payload))).toMatchObject({ error: { code } });
    });
  }

  it('funai-8.9 the largest and smallest good values pass', () => {
    const FINE: ReadonlyArray<Partial<InferPayload>> = [
      { temperatureMicro: 0, topPMicro: 1, topK: 1, maxTokens: 1 },
      { temperatureMicro: 2_000_000, maxTokens: 32_768, deadlineBurnBlocks: 65_535 },
      { prompt: inline(16_384), maxFeeMicro: 0n },
      { privacy: 'hash-only', prompt: byHash(1_048_576), maxFeeMicro: 2n ** 64n - 1n },
      { privacy: 'sealed', prompt: inline(1) },
      { privacy: 'public', prompt: byHash(5) },
    ];
    for (const change of FINE) {
      const payload = { ...GOOD, ...change };
      expect(decodePayload(encodePayload(payload))).toEqual({ ok: true, value: payload });
    }
  });

  it('funai-8.9 bytes that mean nothing are named', () => {
    const bytes = encodePayload(GOOD);
    const CASES: ReadonlyArray<readonly [at: number, byte: number, code: string]> = [
      [0, 10, 'wire/payload-id'],
      [1, 2, 'wire/infer-version'],
      [2, 3, 'wire/infer-privacy'],
      [35, 2, 'wire/infer-host'],
      [36, 2, 'wire/infer-prompt-kind'],
    ];
    for (const [at, byte, code] of CASES) {
      const changed = bytes.slice();
      changed[at] = byte;
      expect(decodePayload(changed)).toMatchObject({ error: { code } });
    }
    expect(decodePayload(concatBytes(bytes, Uint8Array.of(0)))).toMatchObject({
      error: { code: 'bytes/trailing' },
    });
    for (let size = 0; size < bytes.length; size++) {
      expect(decodePayload(bytes.subarray(0, size)).ok).toBe(false);
    }
  });
});

it('random payloads round-trip inside random transactions', () => {
  const random = new Random(9);
  for (let i = 0; i < 500; i++) {
    const payload = randomInfer(random);
    expect(decodePayload(encodePayload(payload)), `index ${i}`).toEqual({
      ok: true,
      value: payload,
    });
    const tx = randomTransaction(random, payload);
    const decoded = decodeTransaction(encodeTransaction(tx));
    expect(decoded.ok && { ...decoded.value }, `index ${i}`).toEqual(tx);
  }
});

it('funai-8.1 any changed byte is refused or another payload: nothing in it is unsigned', () => {
  const bytes = encodePayload({ ...GOOD, host: { version: 26, hash: new Uint8Array(20) } });
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = bytes.slice();
      changed[at]! ^= flip;
      const decoded = decodePayload(changed);
      if (decoded.ok) expect(bytesToHex(encodePayload(decoded.value))).toBe(bytesToHex(changed));
    }),
    { numRuns: 1000 },
  );
});

/** What an example of the page says about itself. */
interface Example {
  readonly privacy: InferPayload['privacy'];
  readonly modelId: string;
  readonly host: string | null;
  readonly prompt:
    | { readonly context: string; readonly prompt: string }
    | { readonly hash: string; readonly length: number };
  readonly temperatureMicro: number;
  readonly topPMicro: number;
  readonly topK: number;
  readonly maxTokens: number;
  readonly maxFeeMicro: string;
  readonly deadlineBurnBlocks: number;
  readonly clientNonce: string;
  readonly origin: string;
  readonly sponsor: string | null;
}

const page = readFileSync(new URL('../../../docs/infer-payload.md', import.meta.url), 'utf8');
const examples = page.split(/^## Example /m).slice(1);

function block(text: string, language: string, index = 0): string {
  const blocks = [...text.matchAll(new RegExp(`\`\`\`${language}\\n([^\`]*)\`\`\``, 'g'))];
  return blocks[index]![1]!;
}

function hexBlock(text: string, index: number): Uint8Array {
  return bytesFromHex(block(text, 'hex', index).replace(/\s/g, ''));
}

function promptOf(prompt: Example['prompt']): InferPrompt {
  if ('hash' in prompt) {
    return { kind: 'hash', hash: bytesFromHex(prompt.hash), length: prompt.length };
  }
  const context = bytesFromUtf8(prompt.context);
  const size = Uint8Array.of(context.length >> 8, context.length & 255);
  return { kind: 'inline', blob: concatBytes(size, context, bytesFromUtf8(prompt.prompt)) };
}

function addressOf(text: string | null): InferPayload['host'] {
  if (text === null) return null;
  const parsed = parsePrincipal(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return { version: parsed.value.version, hash: parsed.value.hash };
}

describe('docs/infer-payload.md', () => {
  it('has at least two examples', () => expect(examples.length).toBeGreaterThanOrEqual(2));

  for (const [i, text] of examples.entries()) {
    it(`example ${i + 1}`, () => {
      const json = JSON.parse(block(text, 'json')) as Example;
      const { origin, sponsor, ...rest } = json;
      const payload: InferPayload = {
        ...rest,
        kind: 'infer',
        modelId: bytesFromHex(json.modelId),
        host: addressOf(json.host),
        prompt: promptOf(json.prompt),
        maxFeeMicro: BigInt(json.maxFeeMicro),
        clientNonce: bytesFromHex(json.clientNonce),
      };
      const payloadBytes = hexBlock(text, 0);
      expect(bytesToHex(encodePayload(payload))).toBe(bytesToHex(payloadBytes));
      expect(decodePayload(payloadBytes)).toEqual({ ok: true, value: payload });

      const decoded = decodeTransaction(hexBlock(text, 1));
      if (!decoded.ok) throw new Error(decoded.error.message);
      expect(decoded.value.payload).toEqual(payload);
      expect(bytesToHex(transactionId(decoded.value))).toBe(bytesToHex(hexBlock(text, 2)));
      const verified = verifyTransaction(decoded.value);
      if (!verified.ok) throw new Error(verified.error.message);
      expect(formatAddress(verified.value.origin)).toBe(origin);
      expect(verified.value.sponsor && formatAddress(verified.value.sponsor)).toBe(sponsor);
    });
  }

  it('the hash of example 2 is of an empty context and its question', () => {
    const json = JSON.parse(block(examples[1]!, 'json')) as { prompt: { hash: string } };
    const blob = concatBytes(Uint8Array.of(0, 0), bytesFromUtf8('What is in this letter?'));
    expect(bytesToHex(sha256(blob))).toBe(json.prompt.hash);
  });

  it('lists every error code of the payload', () => {
    const source = readFileSync(new URL('../src/infer-payload.ts', import.meta.url), 'utf8');
    const codes = new Set(source.match(/wire\/infer-[a-z-]+[a-z]/g));
    // Sizes of in-memory fields: bytes that arrive cannot break them.
    for (const code of ['wire/infer-model', 'wire/infer-nonce', 'wire/infer-max-fee'])
      codes.delete(code);
    for (const code of codes) expect(page, code).toContain(code);
  });
});
