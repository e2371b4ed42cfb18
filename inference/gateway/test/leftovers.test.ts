/** What dead gateways leave behind, and what the chain still owes: adopted, closed, kept alive. */
import { sha256 } from '@assay/crypto';
import { nodeWorld } from '@assay/world/node';
import { afterEach, describe, expect, it } from 'vitest';
import { Leftovers } from '../src/session/leftovers.ts';
import { keptAlive } from '../src/sse.ts';
import { ADMIN, KEY, MODEL, Scene } from './scene.ts';

let scene: Scene | null = null;
afterEach(async () => {
  await scene?.stop();
  scene = null;
});

const MESSAGES = [{ role: 'user' as const, content: 'Tell me about the river.' }];
const VOUCHER_KEY = sha256(new TextEncoder().encode('gateway voucher'));

function leftoversOf({ world, chain, ledger, log }: Scene, name: string): Leftovers {
  return new Leftovers({ world, chain, ledger, log }, { gateway: name, voucherKey: VOUCHER_KEY });
}

async function ask(on: Scene): Promise<void> {
  await on.client().chat.completions.create({ model: MODEL, messages: MESSAGES, max_tokens: 3 });
}

describe('openings', () => {
  it('a deposit on its way when its gateway was killed becomes a session that the next one uses', async () => {
    scene = await Scene.start();
    const { killable, gateway } = await scene.addKillable();
    const waiting = scene.chain.hold();
    const doomed = fetch(`http://127.0.0.1:${gateway.port}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, messages: MESSAGES, max_tokens: 3 }),
    }).catch(() => null);
    await waiting;
    await killable.kill();
    await doomed;
    expect(await scene.ledger.openings()).toHaveLength(1);
    expect(await scene.ledger.sessions()).toEqual([]);
    const leftovers = leftoversOf(scene, 'heir');
    await leftovers.run(scene.chain.height);
    expect(await scene.ledger.openings()).toHaveLength(1);
    scene.chain.release();
    await leftovers.run(scene.chain.height);
    expect(await scene.ledger.openings()).toEqual([]);
    expect((await scene.ledger.sessions()).map(({ id }) => id)).toEqual([1n]);
    await ask(scene);
    expect(scene.chain.sent.filter(({ kind }) => kind === 'open')).toHaveLength(1);
  });

  it('one that no node ever saw is given up after ten minutes', async () => {
    scene = await Scene.start();
    const { world, ledger, chain } = scene;
    const lost = { txid: 'ab'.repeat(32), host: 'h', endpoint: 'e', state: 'sent' as const };
    const leftovers = leftoversOf(scene, 'a');
    await ledger.putOpening({ ...lost, sentAtMs: world.clock.nowMs() - 599_000 });
    await leftovers.run(chain.height);
    expect(await ledger.openings()).toHaveLength(1);
    await ledger.putOpening({ ...lost, sentAtMs: world.clock.nowMs() - 601_000, state: 'done' });
    const old = { ...lost, txid: 'cd'.repeat(32), sentAtMs: world.clock.nowMs() - 601_000 };
    await ledger.putOpening(old);
    await leftovers.run(chain.height);
    expect(await ledger.openings()).toEqual([]);
  });
});

describe('sessions that are over', () => {
  it('are closed once the grace of claims is over and nobody holds them, and not again', async () => {
    scene = await Scene.start();
    const { chain, ledger } = scene;
    await ask(scene);
    const [held] = await ledger.sessions();
    const leftovers = leftoversOf(scene, 'other');
    const closes = () => chain.sent.filter(({ kind }) => kind === 'close').length;
    chain.height = held!.terms.expiresAt + 2;
    await leftovers.run(chain.height);
    // Its gateway still settles with the host.
    expect(closes()).toBe(0);
    await scene.gateways[0]!.stop();
    scene.gateways.length = 0;
    await leftovers.run(chain.height - 1);
    expect(closes()).toBe(0);
    await leftovers.run(chain.height);
    expect(closes()).toBe(1);
    expect(chain.sessions.get(held!.id)!.isOpen).toBe(false);
    expect(await ledger.sessions()).toEqual([]);
    await leftovers.run(chain.height);
    expect(closes()).toBe(1);
  });

  it('one that may not close yet is left alone for a while', async () => {
    scene = await Scene.start();
    const { chain } = scene;
    await ask(scene);
    await scene.gateways[0]!.stop();
    scene.gateways.length = 0;
    chain.height += 1_000;
    chain.refusals = ['ConflictingNonceInMempool', 'x'];
    const leftovers = leftoversOf(scene, 'other');
    await leftovers.run(chain.height);
    await leftovers.run(chain.height);
    expect(chain.refusals).toEqual(['x']);
    expect(await scene.ledger.sessions()).toHaveLength(1);
  });
});

describe('silent streams', () => {
  it('carry a comment whenever nothing came for a while, and end with what they carry', async () => {
    let ended = false;
    const { timers } = nodeWorld();
    async function* slow() {
      try {
        yield new TextEncoder().encode('data: 1\n\n');
        await timers.sleep(60);
        yield new TextEncoder().encode('data: 2\n\n');
      } finally {
        ended = true;
      }
    }
    const seen: string[] = [];
    for await (const piece of keptAlive(slow(), timers, 20)) {
      seen.push(new TextDecoder().decode(piece));
    }
    expect(seen.filter((one) => one.startsWith('data'))).toEqual(['data: 1\n\n', 'data: 2\n\n']);
    expect(seen[1]).toBe(': keep-alive\n\n');
    expect(ended).toBe(true);
  });
});

describe('metrics', () => {
  it('tell the operator, and nobody else, what was asked, spent and held', async () => {
    scene = await Scene.start();
    await ask(scene);
    expect((await scene.get('/v1/nothing')).status).toBe(404);
    expect((await scene.get('/metrics')).status).toBe(401);
    const headers = { authorization: `Bearer ${ADMIN}` };
    const page = await (await fetch(`${scene.url}/metrics`, { headers })).text();
    expect(page).toContain('gateway_requests_total{path="/v1/chat/completions",status="200"} 1');
    expect(page).toContain('gateway_requests_total{path="other",status="404"} 1');
    expect(page).toMatch(/gateway_tokens_total\{kind="output"\} [1-3]\n/);
    expect(page).toMatch(/gateway_cost_micro_stx_total [1-9]/);
    expect(page).toContain('gateway_sessions_held 1');
    expect(page).not.toContain(KEY);
  });
});
