/**
 * Two reward cycles of ordinary life: Bitcoin blocks come by the clock, rewards mature, verdicts move
 * from one cycle's slots to the next. Money is conserved to the micro-STX at every step.
 */
import { expect, it } from 'vitest';
import { measureSupply, SimAssay, supplyFaults } from '../src/index.ts';

it('over two reward cycles money is conserved, rewards mature and answers go on', async () => {
  const sim = await SimAssay.start({ seed: 'life', bitcoinIntervalMs: 2_000, hosts: ['honest'] });
  const cycle = () => sim.node.coordinator.rewardCycleAt(sim.burnHeight);
  const first = cycle();
  const asks: string[] = [];
  for (let round = 0; cycle() < first + 2; round++) {
    const transfer = await sim.run(sim.alice.transfer(sim.bob.address, BigInt(1 + round)));
    asks.push(await sim.run(sim.bob.ask({ modelId: sim.modelId, prompt: `Round ${round}?` })));
    await sim.untilMined(transfer);
    await sim.pass(3_000);
    expect(supplyFaults(measureSupply(sim.node, sim.genesis))).toEqual([]);
  }
  for (const ask of asks) expect((await sim.untilAnswered(ask)).status).toBe('Success');
  const supply = measureSupply(sim.node, sim.genesis);
  expect(sim.node.coordinator.tip().tenureHeight).toBeGreaterThan(30);
  expect(supply.coinbasesMicro).toBeGreaterThan(supply.unmaturedCoinbasesMicro);
  expect(sim.balance(sim.miner.address)).toBeGreaterThan(0n);
  expect(sim.totalSettled()).toBe(BigInt(asks.length));
  expect(sim.faults()).toEqual([]);
});
