/** Receipts: what `assay verify` finds in one, and that no field of it can be changed unseen. */
import { verifyReceipt } from '@assay/proof';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODEL, Scene } from './scene.ts';

let scene: Scene;
// biome-ignore lint/suspicious/noExplicitAny: a receipt is foreign JSON, and the test rewrites it at will.
let receipt: any;
let answer: string;

beforeAll(async () => {
  scene = await Scene.start();
  const { data, response } = await scene
    .client()
    .chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'Tell me about the river.' }],
      max_tokens: 50,
    })
    .withResponse();
  answer = data.choices[0]!.message.content!;
  const id = response.headers.get('x-assay-receipt')!;
  receipt = (await scene.get(`/v1/receipts/${id}`)).json;
});
afterAll(() => scene.stop());

describe('a receipt', () => {
  it('holds without the gateway, and says what was not checked', async () => {
    const report = await verifyReceipt(receipt, { answer });
    expect(report.checks.filter(({ ok }) => ok === false)).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.checks.some(({ ok }) => ok === null)).toBe(true);
  });

  it('does not hold for another text', async () => {
    expect((await verifyReceipt(receipt, { answer: `${answer}!` })).ok).toBe(false);
  });

  it('shows no text', () => {
    expect(JSON.stringify(receipt)).not.toContain('river');
  });

  it.each([
    ['the model', (part) => ({ ...part, request: { ...part.request, model: 'aa'.repeat(32) } })],
    [
      'the prompt',
      (part) => ({ ...part, request: { ...part.request, prompt_hash: 'aa'.repeat(32) } }),
    ],
    ['the beacon', (part) => ({ ...part, request: { ...part.request, beacon: 'aa'.repeat(32) } })],
    [
      'the temperature',
      (part) => ({
        ...part,
        request: { ...part.request, params: { ...part.request.params, temperature: 1 } },
      }),
    ],
    ['the host', (part) => ({ ...part, host_key: part.voucher_key })],
    ['the payer', (part) => ({ ...part, voucher_key: part.host_key })],
    [
      'a byte of the commitment',
      (part) => ({ ...part, commitment: `${part.commitment.slice(0, -2)}00` }),
    ],
    ['the host signature', (part) => ({ ...part, host_signature: part.request_signature })],
    ['the tokens', (part) => ({ ...part, usage: { ...part.usage, completion_tokens: 1 } })],
    ['the price', (part) => ({ ...part, usage: { ...part.usage, cost_micro_stx: '999999999' } })],
    ['a missing field', ({ host_key: _, ...part }) => part],
    // biome-ignore lint/suspicious/noExplicitAny: see above.
  ] satisfies [string, (part: any) => unknown][])(
    'changed in %s does not hold',
    async (_what, change) => {
      const forged = { ...receipt, parts: [change(receipt.parts[0])] };
      expect((await verifyReceipt(forged, {})).ok).toBe(false);
    },
  );

  it('that is none is refused', async () => {
    for (const none of [null, 5, {}, { ...receipt, parts: [] }, { ...receipt, version: 2 }]) {
      expect((await verifyReceipt(none, {})).ok).toBe(false);
    }
  });
});
