/** Hosts that fail, lie or are left: what the caller sees, and what everybody pays. */
import { afterEach, describe, expect, it } from 'vitest';
import { KEY, MODEL, Scene } from './scene.ts';

let scene: Scene;
afterEach(() => scene?.stop());

const MESSAGES = [{ role: 'user' as const, content: 'Tell me about the river.' }];
const LONG = 'The river follows the old bridge and the river. '.repeat(8);

async function receiptOf(id: string) {
  return (await scene.get(`/v1/receipts/${id}`)).json;
}

describe('failover', () => {
  it('goes on behind what was streamed when a host dies in the middle', async () => {
    scene = await Scene.start({ hosts: 2 });
    scene.script = () => LONG;
    scene.breakOnceAfter = 4;
    const { data, response } = await scene
      .client()
      .chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true, max_tokens: 300 })
      .withResponse();
    let text = '';
    for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe(LONG);
    const receipt = await receiptOf(response.headers.get('x-assay-receipt')!);
    expect(receipt.parts).toHaveLength(2);
    const [first, second] = receipt.parts;
    expect(first.host).not.toBe(second.host);
    expect(second.commitment).not.toBeNull();
    // The caller pays for what each host delivered, and the key for both.
    const cost = receipt.parts.map((part: { usage: { cost_micro_stx: string } }) =>
      BigInt(part.usage.cost_micro_stx),
    );
    const [key] = await scene.ledger.keys();
    expect(key).toMatchObject({ spentMicro: cost[0] + cost[1], reservedMicro: 0n });
  });

  it('an answer under a schema goes on under it at the next host', async () => {
    scene = await Scene.start({ hosts: 2 });
    scene.breakOnceAfter = 3;
    scene.pace = () => new Promise((done) => setTimeout(done, 20));
    const schema = {
      type: 'object',
      properties: { where: { enum: ['the river by the old bridge'] }, sure: { type: 'boolean' } },
      required: ['where', 'sure'],
      additionalProperties: false,
    };
    const { data, response } = await scene
      .client()
      .chat.completions.create({
        model: MODEL,
        messages: MESSAGES,
        max_tokens: 200,
        response_format: { type: 'json_schema', json_schema: { name: 'place', schema } },
      })
      .withResponse();
    const value = JSON.parse(data.choices[0]!.message.content!);
    expect(value).toEqual({ where: 'the river by the old bridge', sure: expect.any(Boolean) });
    const receipt = await receiptOf(response.headers.get('x-assay-receipt')!);
    expect(receipt.parts).toHaveLength(2);
    expect(receipt.parts[0].usage.completion_tokens).toBeGreaterThan(0);
  });

  it('another host is asked when one is down, and the first is left alone for a while', async () => {
    scene = await Scene.start({ hosts: 3 });
    const ask = () =>
      scene.client().chat.completions.create({ model: MODEL, messages: MESSAGES, max_tokens: 4 });
    await ask();
    const first = scene.hosts.find(({ engine }) => engine.calls === 1)!;
    await first.stop();
    for (let i = 0; i < 3; i++) expect((await ask()).choices).toHaveLength(1);
    expect(first.engine.calls).toBe(1);
  });
});

describe('prefix-sticky routing', () => {
  it('the same beginning goes to the same host, others spread', async () => {
    scene = await Scene.start({ hosts: 3 });
    const ask = (system: string, turn: string) =>
      scene.client().chat.completions.create({
        model: MODEL,
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: 'Hello.' },
          { role: 'assistant', content: 'Hello!' },
          { role: 'user', content: turn },
        ],
        max_tokens: 2,
      });
    for (const turn of ['a', 'b', 'c', 'd']) await ask('You are one.', turn);
    expect(scene.hosts.map(({ engine }) => engine.calls).sort()).toEqual([0, 0, 4]);
    for (let i = 0; i < 12; i++) await ask(`You are number ${i}.`, 'x');
    expect(Math.min(...scene.hosts.map(({ engine }) => engine.calls))).toBeGreaterThan(0);
  });
});

describe('a caller that leaves', () => {
  it('ends the work, and pays for what it was given', async () => {
    scene = await Scene.start();
    scene.script = () => LONG;
    scene.pace = () => new Promise((done) => setTimeout(done, 10));
    const controller = new AbortController();
    const answer = await fetch(`${scene.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ model: MODEL, messages: MESSAGES, stream: true, max_tokens: 300 }),
      signal: controller.signal,
    });
    const id = answer.headers.get('x-assay-receipt')!;
    await answer.body!.getReader().read();
    controller.abort();
    for (let i = 0; i < 100 && (await receiptOf(id)).status !== 'done'; i++) {
      await new Promise((done) => setTimeout(done, 50));
    }
    const receipt = await receiptOf(id);
    expect(receipt.status).toBe('done');
    const [part] = receipt.parts;
    expect(part.usage.completion_tokens).toBeLessThan(100);
    expect(part.commitment).not.toBeNull();
    const [key] = await scene.ledger.keys();
    expect(key).toMatchObject({
      spentMicro: BigInt(part.usage.cost_micro_stx),
      reservedMicro: 0n,
    });
  });
});

describe('sessions', () => {
  it('a thousand requests need one transaction', async () => {
    scene = await Scene.start();
    for (let i = 0; i < 20; i++) {
      await scene.client().chat.completions.create({
        model: MODEL,
        messages: MESSAGES,
        max_tokens: 2,
      });
    }
    expect(scene.chain.sent).toHaveLength(1);
  });

  it('a deposit that runs dry is raised', async () => {
    scene = await Scene.start();
    const poor = await scene.addGateway({ depositMicro: 10_000n });
    for (let i = 0; i < 8; i++) {
      const answer = await fetch(`http://127.0.0.1:${poor.port}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}` },
        body: JSON.stringify({ model: MODEL, messages: MESSAGES, max_tokens: 60, temperature: 2 }),
      });
      expect(answer.status).toBe(200);
    }
    expect(scene.chain.sent.filter(({ kind }) => kind === 'top-up').length).toBeGreaterThan(0);
  });
});
