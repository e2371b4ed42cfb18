/** The session door: what it signs, what it refuses, what it is owed, what survives a crash. */
import { bytesToHex } from '@assay/bytes';
import {
  commitmentRoot,
  decodeCommitment,
  idsLeaf,
  idsLeaves,
  nextChunkDigest,
  outputHash,
  sessionPrice,
  sessionRequestHash,
  verifyChunk,
  verifyCommitment,
} from '@assay/jobs';
import { MemoryStore } from '@assay/store';
import { nodeWorld } from '@assay/world/node';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../src/limits.ts';
import { allLines, CHAIN_ID, HOST_PUBLIC, linesOf, PRICES, SessionScene } from './session-scene.ts';

const scene = () => new SessionScene(nodeWorld());

function contentOf(lines: Awaited<ReturnType<typeof allLines>>) {
  const ids = lines.flatMap((line) => (line.type === 'tokens' ? [...line.ids] : []));
  const text = lines.map((line) => (line.type === 'tokens' ? line.text : '')).join('');
  const end = lines.at(-1)!;
  if (end.type !== 'end') throw new Error(`ended with ${JSON.stringify(end)}`);
  const commitment = decodeCommitment(end.commitment);
  if (!commitment.ok) throw new Error(commitment.error.message);
  return { ids, text, end, commitment: commitment.value };
}

describe('an answer', () => {
  it('is streamed, signed every 32 tokens, and committed to as it was shown', async () => {
    const one = scene();
    const { request } = one.request({ maxTokens: 80 });
    const lines = await allLines(await one.post({ maxTokens: 80 }));
    expect(lines[0]).toMatchObject({ type: 'accepted', requestHash: sessionRequestHash(request) });
    const { ids, text, commitment, end } = contentOf(lines);
    expect(commitment.outputTokens).toBe(ids.length);
    expect(bytesToHex(commitment.idsRoot)).toBe(bytesToHex(commitmentRoot(idsLeaves(ids))));
    expect(bytesToHex(commitment.outputHash)).toBe(bytesToHex(outputHash(text)));
    const signed = { signature: end.signature, publicKey: HOST_PUBLIC };
    expect(verifyCommitment(commitment, CHAIN_ID, signed)).toBe(true);
    let digest = sessionRequestHash(request);
    for (const line of lines) {
      if (line.type !== 'chunk') continue;
      const leaf = line.chunk - 1;
      digest = nextChunkDigest(digest, idsLeaf(leaf, ids.slice(32 * leaf, 32 * leaf + 32)));
      const chunk = { requestHash: sessionRequestHash(request), digest, ...line };
      const by = { signature: line.signature, publicKey: HOST_PUBLIC };
      expect(verifyChunk(chunk, CHAIN_ID, by)).toBe(true);
    }
    expect(lines.filter(({ type }) => type === 'chunk')).toHaveLength(Math.floor(ids.length / 32));
  });

  it('ends before a stop text', async () => {
    const one = scene();
    const lines = await allLines(await one.post({ constraint: '{"stop":["."]}', maxTokens: 80 }));
    const { text, end, commitment } = contentOf(lines);
    expect(end.finish).toBe('stop');
    expect(text).not.toContain('.');
    expect(bytesToHex(commitment.outputHash)).toBe(bytesToHex(outputHash(text)));
  });

  it('fits the schema it is held to', async () => {
    const one = scene();
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };
    const constraint = JSON.stringify({ schema: { ...schema, additionalProperties: false } });
    const { text, end } = contentOf(await allLines(await one.post({ constraint })));
    expect(end.finish).toBe('stop');
    expect(typeof JSON.parse(text).ok).toBe('boolean');
  });

  it('brings logprobs to those who ask', async () => {
    const one = scene();
    const lines = await allLines(await one.post({ logprobs: 3, maxTokens: 4 }));
    const tokens = lines.flatMap((line) => (line.type === 'tokens' ? (line.logprobs ?? []) : []));
    expect(tokens.length).toBeGreaterThan(0);
    for (const token of tokens) {
      expect(token.top).toHaveLength(3);
      expect(token.logprob).toBeLessThanOrEqual(0);
    }
  });

  it('goes on behind tokens that another host gave', async () => {
    const greedy = { temperatureMicro: 0, maxTokens: 30 };
    const whole = contentOf(await allLines(await scene().post(greedy)));
    const prefixIds = whole.ids.slice(0, 10);
    const prompt = {
      content: {
        messages: [{ role: 'user' as const, content: 'Tell me about the river.' }],
      },
      prefixIds,
    };
    const rest = contentOf(
      await allLines(await scene().post({ ...greedy, prompt, maxTokens: 20 })),
    );
    // The fake model remembers the prompt as a hash, so only the fact of an answer can be compared.
    expect(rest.commitment.promptTokens).toBe(whole.commitment.promptTokens + 10);
  });
});

describe('what is refused', () => {
  it.each([
    [
      'another signer',
      401,
      'host/signature',
      { change: (r: never) => ({ ...(r as object), maxFeeMicro: 99_999n }) },
    ],
    ['too small a fee', 402, 'host/max-fee', { maxFeeMicro: 10n }],
    ['more than the deposit', 402, 'host/deposit', { maxFeeMicro: 20_000_000n }],
    [
      'a schema no model here can keep',
      400,
      'host/constraint',
      { constraint: '{"schema":{"type":"object","if":{}}}' },
    ],
    [
      'an old beacon',
      409,
      'host/beacon',
      { change: (r: never) => ({ ...(r as object), beacon: new Uint8Array(32) }) },
    ],
  ])('%s', async (_what, status, code, ask) => {
    const one = scene();
    const { body } = one.request(ask as never);
    expect(await one.json('POST', '/sessions/1/requests', body)).toMatchObject({ status, code });
  });

  it('funai-8.23 a session that ends soon, an unknown one, an index out of turn', async () => {
    const one = scene();
    const { body } = one.request();
    expect(await one.json('POST', '/sessions/2/requests', body)).toMatchObject({ status: 404 });
    await allLines(await one.post());
    expect(await one.json('POST', '/sessions/1/requests', body)).toMatchObject({
      status: 409,
      code: 'host/index',
      nextIndex: '2',
    });
    const two = scene();
    two.terms = { ...two.terms, expiresAt: 101 };
    const { body: late } = two.request();
    expect(await two.json('POST', '/sessions/1/requests', late)).toMatchObject({
      code: 'host/session-over',
    });
  });
});

describe('payment', () => {
  it('a stream waits for a voucher, and goes on when it comes', async () => {
    const one = scene();
    one.terms = { ...one.terms, depositMicro: 100_000_000n };
    let seen = 0;
    const lines = linesOf(
      await one.post({ maxTokens: 600, maxFeeMicro: 1_000_000n, constraint: '{"stop":["~"]}' }),
    );
    let paid = 0;
    for await (const line of lines) {
      if (line.type === 'tokens') seen += line.ids.length;
      // Never more than the bound and a line ahead of what was paid.
      expect(seen - paid).toBeLessThanOrEqual(256 + 64);
      if (line.type !== 'chunk') continue;
      paid = line.tokens;
      await one.pay(BigInt(paid) * PRICES.outputMicro, 0n);
    }
    expect(seen).toBeGreaterThan(0);
  });

  it('a voucher for more than was delivered is refused: no claim could account for it', async () => {
    const one = scene();
    const { commitment } = contentOf(await allLines(await one.post()));
    const { promptTokens, outputTokens } = commitment;
    const price = sessionPrice(PRICES, { promptTokens, outputTokens, cachedTokens: 0 });
    const slack = BigInt(LIMITS.sessionUnpaidTokensMax) * PRICES.outputMicro;
    expect(await one.pay(price + slack + 1n, 1n)).toMatchObject({
      status: 409,
      code: 'host/overpaid',
    });
    expect(await one.pay(price, 1n)).toMatchObject({ status: 200 });
  });

  it('a voucher counts once, never falls, and never exceeds the deposit', async () => {
    const one = scene();
    const { commitment, end } = contentOf(await allLines(await one.post()));
    const { promptTokens, outputTokens } = commitment;
    const { cachedTokens } = end;
    const price = sessionPrice(PRICES, { promptTokens, outputTokens, cachedTokens });
    expect(await one.json('GET', '/sessions/1')).toMatchObject({ deliveredMicro: String(price) });
    expect(await one.pay(price, 1n)).toMatchObject({ status: 200, unpaidMicro: '0' });
    expect(await one.pay(price - 1n, 1n)).toMatchObject({ status: 200, unpaidMicro: '0' });
    expect(await one.pay(20_000_000n, 1n)).toMatchObject({ status: 402 });
    expect(await one.pay(price, 2n)).toMatchObject({ status: 409, code: 'host/requests' });
  });
});

describe('an answer that its client leaves', () => {
  it('ends where the client says, and costs that much', async () => {
    const one = scene();
    const answer = await one.post({ maxTokens: 300, maxFeeMicro: 1_000_000n });
    let hash = '';
    let tokens = 0;
    for await (const line of linesOf(answer)) {
      if (line.type === 'accepted') hash = bytesToHex(line.requestHash);
      if (line.type === 'tokens') tokens += line.ids.length;
      if (tokens > 3) break;
    }
    const query = { request: hash, tokens: '3' };
    const record = await one.json('DELETE', '/sessions/1/requests/1', '', query);
    const commitment = decodeCommitment(Buffer.from(record.end.commitment, 'hex'));
    expect(commitment).toMatchObject({ ok: true, value: { finish: 'cancel', outputTokens: 3 } });
    const wrong = { request: '00'.repeat(32), tokens: '0' };
    const again = await one.json('DELETE', '/sessions/1/requests/1', '', wrong);
    expect(again.end).toEqual(record.end);
  });
});

describe('kill -9', () => {
  it('an answer under way keeps the leaves that were signed, and the session goes on', async () => {
    const store = new MemoryStore();
    const one = new SessionScene(nodeWorld(), store);
    const answer = await one.post({
      maxTokens: 300,
      maxFeeMicro: 1_000_000n,
      temperatureMicro: 2_000_000,
    });
    const ids: number[] = [];
    let signed = 0;
    for await (const line of linesOf(answer)) {
      if (line.type === 'tokens') ids.push(...line.ids);
      if (line.type === 'chunk') signed = line.tokens;
      if (line.type === 'end') throw new Error('too short for this test');
      if (signed > 0) {
        await one.pay(100n, 0n);
        one.restart();
        break;
      }
    }
    await one.door.recover();
    const record = await one.json('GET', '/sessions/1/requests/1');
    const commitment = decodeCommitment(Buffer.from(record.end.commitment, 'hex'));
    expect(commitment).toMatchObject({ ok: true, value: { finish: 'cancel', outputTokens: 32 } });
    const root = commitmentRoot(idsLeaves(ids.slice(0, 32)));
    expect(commitment.ok && bytesToHex(commitment.value.idsRoot)).toBe(bytesToHex(root));
    const view = await one.json('GET', '/sessions/1');
    expect(JSON.parse(view.voucher).cumulativeMicro).toBe('100');
    expect(view.nextIndex).toBe('2');
    contentOf(await allLines(await one.post({ maxTokens: 5 })));
  });
});
