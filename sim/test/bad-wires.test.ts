/** Messages between node and signers are lost and late; nothing stops, and nothing is signed twice. */
import { expect, it } from 'vitest';
import { SimAssay } from '../src/index.ts';

it.each([
  ['one in ten lost', { dropChance: 0.1, delayMs: 0 }],
  ['all late by 150 ms', { dropChance: 0, delayMs: 150 }],
  ['one in ten lost, the rest late by 80 ms', { dropChance: 0.1, delayMs: 80 }],
])('messages between node and signers, %s: the chain lives', async (what, fault) => {
  const sim = await SimAssay.start({ seed: what });
  for (const name of sim.signerNames) {
    sim.net.disturb('node', name, fault);
    sim.net.disturb(name, 'node', fault);
  }
  for (let round = 0; round < 3; round++) {
    const transfer = await sim.run(sim.alice.transfer(sim.bob.address, 5n));
    const ask = await sim.run(sim.bob.ask({ modelId: sim.modelId, prompt: `Round ${round}?` }));
    await sim.untilMined(transfer);
    expect((await sim.untilAnswered(ask, 120_000)).status).toBe('Success');
    await sim.nextTenure();
  }
  expect(sim.faults()).toEqual([]);
});

it('a partition between node and signers heals', async () => {
  const sim = await SimAssay.start({ seed: 'partition' });
  sim.net.partition([['node'], ['signer-1', 'signer-2']]);
  const transfer = await sim.run(sim.alice.transfer(sim.bob.address, 5n));
  await sim.pass(50_000);
  expect(sim.minedAt(transfer)).toBeNull();
  sim.net.heal();
  await sim.untilMined(transfer);
  await sim.nextTenure();
  expect(sim.faults()).toEqual([]);
});
