/**
 * `kill -9` in the very moment in which a step of the blind double commit is on disk and the world has
 * not heard of it: the host's job (taken, answered, published, opened, settling, closed), the signer's
 * commit, opening and verdict, a session's request, leaf, end, voucher and claim. For each process the
 * scenario is run once per write, until it makes no more writes than that.
 */
import { expect, it, vi } from 'vitest';
import { SimAssay } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 240_000 });

const STEPS_MAX = 40;

/** Runs a scenario, killed after each write in turn. @returns how many writes there were */
async function everyStep(
  name: string,
  scenario: (count: number) => Promise<SimAssay>,
): Promise<number> {
  for (let count = 1; count <= STEPS_MAX; count++) {
    const sim = await scenario(count);
    expect(sim.faults(), `after write ${count}`).toEqual([]);
    if (sim.disk.spare(name)) return count - 1;
  }
  throw new Error(`${name} writes more often than ${STEPS_MAX} times`);
}

/** One request from the question to the settlement; whoever is killed, it ends once and is paid once. */
async function request(name: string, count: number): Promise<SimAssay> {
  const sim = await SimAssay.start({ seed: `step ${name}`, hosts: ['honest'] });
  const before = sim.balance(sim.hostAddress('host-1'));
  sim.killAfterWrites(name, count);
  const ask = await sim.run(sim.alice.ask({ modelId: sim.modelId, prompt: 'Is it round?' }));
  const result = await sim.untilAnswered(ask, 120_000);
  expect(result.status).toBe('Success');
  const isSettled = () => sim.totalSettled() === 1n;
  await sim.until(isSettled, 'the settlement');
  await sim.pass(10_000);
  const paid = BigInt(String(result.request!.result!.paid));
  const earned = sim.balance(sim.hostAddress('host-1')) - before;
  // One settlement, and one fee: what was sent before the kill is sent again, not made anew.
  expect(earned, `after write ${count}`).toBe(paid - (paid * 3n) / 100n - 3_000n);
  const conduct = Object.values(sim.signers.get('signer-2')!.judges);
  expect(conduct.reduce((sum, { foreign }) => sum + foreign, 0)).toBe(0);
  return sim;
}

/** Chats in a session and the claim for them; the host is killed from the second chat on. */
async function session(name: string, count: number): Promise<SimAssay> {
  const sim = await SimAssay.start({
    seed: `session ${name}`,
    hosts: ['honest'],
    signerWeights: [1],
    gateways: 1,
  });
  expect((await sim.chat('Is the Earth round?')).status).toBe(200);
  sim.killAfterWrites(name, count);
  for (const prompt of ['And the Moon?', 'And the Sun?']) {
    // A chat whose host is killed may fail: then nobody pays for it, and its customer asks again.
    const first = await sim.chat(prompt);
    await sim.pass(15_000);
    const last = first.status === 200 ? first : await sim.chat(prompt);
    expect(last.status, `after write ${count}`).toBe(200);
  }
  await sim.pass(15_000);
  for (let i = 0; i < 3; i++) await sim.nextTenure();
  const isClean = () => sim.hostRecord('host-1', 'clean') >= 1n;
  await sim.until(isClean, `the audit, after write ${count}`, 120_000);
  expect(sim.hostRecord('host-1', 'faults')).toBe(0n);
  expect(sim.hostRecord('host-1', 'missed')).toBe(0n);
  return sim;
}

it('a host, at each step of an answer', async () => {
  const writes = await everyStep('host-1', (count) => request('host-1', count));
  // Taken, answered, published, opened, settling, closed.
  expect(writes).toBeGreaterThanOrEqual(6);
});

it('a signer, at each step of a verdict and of the blocks around it', async () => {
  const writes = await everyStep('signer-1', (count) => request('signer-1', count));
  // Blocks signed, the commit, the verdict.
  expect(writes).toBeGreaterThanOrEqual(4);
});

it('a host, at each step of a session and its claim', async () => {
  const writes = await everyStep('host-1', (count) => session('host-1', count));
  // Request, leaf or end, vouchers of two chats at least; the claim.
  expect(writes).toBeGreaterThanOrEqual(7);
});
