/**
 * The blind double commit at work: a judge that did not run the model, one that copies, and a host that
 * never opens its sketch are each found by name, and none of them hurts the honest user or host.
 * Source: verification.md 5.5, attack 12.
 */

import { bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import { describe, expect, it, vi } from 'vitest';
import { type JudgeKind, SimAssay, SLOW_JUDGE_MS, simKey } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 180_000 });

const PROMPT = 'Is the Earth round?';

/** What the first signer saw the last one do. */
function seen(sim: SimAssay) {
  const last = simKey(sim.signerNames.at(-1)!);
  const name = bytesToHex(publicKeyFromPrivate(last.privateKey));
  return sim.signers.get('signer-1')!.judges[name];
}

async function answers(judge: JudgeKind): Promise<SimAssay> {
  const judges: JudgeKind[] = ['honest', 'honest', 'honest', judge];
  const sim = await SimAssay.start({
    seed: judge,
    signerWeights: [1, 1, 1, 1],
    judges,
    hosts: ['honest'],
  });
  for (let i = 0; i < 2; i++) {
    const prompt = `${PROMPT} ${i}`;
    const ask = await sim.run(sim.alice.ask({ modelId: sim.modelId, prompt }));
    expect((await sim.untilAnswered(ask)).status).toBe('Success');
  }
  await sim.pass(15_000);
  expect(sim.faults()).toEqual([]);
  return sim;
}

describe('a judge', () => {
  it('that is honest is seen to work', async () => {
    expect(seen(await answers('honest'))).toMatchObject({ worked: 2, foreign: 0, silent: 0 });
  });

  it('(12) that is lazy opens a sketch that no machine makes', async () => {
    expect(seen(await answers('lazy'))).toEqual({ worked: 0, late: 0, foreign: 2, silent: 0 });
  });

  it("(12) that copies the host's sketch commits too late", async () => {
    expect(seen(await answers('copying'))).toEqual({ worked: 0, late: 2, foreign: 0, silent: 0 });
  });
});

it('a host that never opens its sketch is not paid, and accused of nothing else', async () => {
  const sim = await SimAssay.start({ seed: 'hides', hosts: ['hides-sketch'] });
  const before = sim.balance(sim.alice.address);
  const ask = await sim.run(
    sim.alice.ask({ modelId: sim.modelId, prompt: PROMPT, deadlineBurnBlocks: 2 }),
  );
  const requestId = await sim.requestId(ask);
  await sim.pass(130_000);
  const { verdicts, status } = await sim.run(sim.alice.client.inference.result(ask));
  expect(status).toBe('InProgress');
  expect(verdicts.map(({ reason }) => reason)).toEqual(
    sim.signerNames.map(() => 'the host did not open its sketch'),
  );
  for (let i = 0; i < 3; i++) await sim.nextTenure();
  await sim.expire(requestId);
  expect((await sim.untilAnswered(ask)).request?.status).toBe('expired');
  expect(sim.balance(sim.alice.address)).toBe(before - 2_000n);
  expect(sim.hostRecord('host-1', 'missed')).toBe(1n);
  expect(sim.hostRecord('host-1', 'faults')).toBe(0n);
  expect(sim.faults()).toEqual([]);
});

it('block production never waits for a model: judges of half a minute hold up their own answers only', async () => {
  const sim = await SimAssay.start({ seed: 'slow judges', judges: ['slow', 'slow', 'slow'] });
  const ask = await sim.run(sim.alice.ask({ modelId: sim.modelId, prompt: 'Is the Earth round?' }));
  await sim.untilMined(ask);
  const askedMs = sim.net.nowMs;
  await sim.until(() => sim.logs.tail(200).includes('request answered'), 'an answer');
  for (let i = 0; i < 5; i++) {
    const transfer = await sim.run(sim.bob.transfer(sim.alice.address, 1n));
    await sim.untilMined(transfer, 1_000);
    await sim.pass(1_000);
  }
  await sim.nextTenure();
  const unjudged = await sim.run(sim.alice.client.inference.result(ask));
  expect(unjudged.status).toBe('InProgress');
  expect((await sim.untilAnswered(ask, 2 * SLOW_JUDGE_MS)).status).toBe('Success');
  expect(sim.net.nowMs - askedMs).toBeGreaterThan(SLOW_JUDGE_MS);
  expect(sim.faults()).toEqual([]);
});
