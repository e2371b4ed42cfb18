/**
 * Seven signers of equal weight, two of them hostile: one is paid for work it does not do, one calls
 * everything false. Five honest ones are seven tenths of the weight, so that money and verdicts come
 * out as if the two were not there. Source: verification.md 5.5; issue "verified inference", section 5.
 */
import { expect, it, vi } from 'vitest';
import { type HostKind, type JudgeKind, SimAssay } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 240_000 });

const HOSTILE: readonly JudgeKind[] = ['lazy', 'accusing'];

async function network(host: HostKind): Promise<SimAssay> {
  const sim = await SimAssay.start({
    seed: `two of seven, ${host}`,
    signerWeights: [1, 1, 1, 1, 1, 1, 1],
    judges: [...HOSTILE, 'honest', 'honest', 'honest', 'honest', 'honest'],
    hosts: [host],
    gateways: 1,
  });
  expect((await sim.chat('Is the Earth round?')).status).toBe(200);
  return sim;
}

/** Bitcoin blocks until the audit of a claim is drawn, and time for all signers to join it. */
async function audited(sim: SimAssay, isDone: () => boolean): Promise<void> {
  const isClaimed = () => sim.logs.entries.some(({ message }) => message === 'sessions claimed');
  await sim.until(isClaimed, 'a claim');
  for (let i = 0; i < 3; i++) await sim.nextTenure();
  await sim.until(isDone, 'the claim is decided', 240_000);
}

it('funai-8.13 an honest host is paid for requests and sessions, and accused in vain', async () => {
  const sim = await network('honest');
  const before = sim.balance(sim.alice.address);
  const ask = await sim.run(sim.alice.ask({ modelId: sim.modelId, prompt: 'And the Moon?' }));
  const result = await sim.untilAnswered(ask);
  expect(result.status).toBe('Success');
  const said = result.verdicts.map(({ verdict }) => verdict).sort();
  expect(said.filter((verdict) => verdict === 'invalid').length).toBe(1);
  const paid = BigInt(String(result.request!.result!.paid));
  expect(sim.balance(sim.alice.address)).toBe(before - paid - 2_000n);
  await audited(sim, () => sim.hostRecord('host-1', 'clean') === 2n);
  expect(sim.hostRecord('host-1', 'faults')).toBe(0n);
  expect(sim.hostRecord('host-1', 'bond')).toBe(100_000_000n);
  expect(sim.faults()).toEqual([]);
});

it('funai-8.13 a cheating host is convicted for both, and its customers are repaid', async () => {
  const sim = await network('swaps-model');
  const gateway = sim.hostAddress('gateway-1');
  const before = { alice: sim.balance(sim.alice.address), gateway: sim.balance(gateway) };
  const ask = await sim.run(sim.alice.ask({ modelId: sim.modelId, prompt: 'And the Moon?' }));
  const requestId = await sim.requestId(ask);
  expect((await sim.bringVerdicts(requestId)).action).toBe('reject');
  expect((await sim.untilAnswered(ask)).request?.status).toBe('rejected');
  expect(sim.balance(sim.alice.address)).toBe(before.alice - 2_000n);
  await audited(sim, () => sim.hostRecord('host-1', 'faults') === 2n);
  // The deposit came back whole.
  expect(sim.balance(gateway)).toBe(before.gateway + 10_000_000n);
  expect(sim.faults()).toEqual([]);
});
