/**
 * 70 % of weight signs a block: the chain goes on with fewer signers as long as that holds, stops when
 * it does not, and goes on by itself when they return.
 */
import { expect, it } from 'vitest';
import { SimAssay } from '../src/index.ts';

it('one of four signers down: blocks, tenures and answers go on', async () => {
  const sim = await SimAssay.start({ seed: 'three of four', signerWeights: [1, 1, 1, 1] });
  sim.net.crash('signer-2');
  const { modelId } = sim;
  const ask = await sim.run(sim.alice.ask({ modelId, prompt: 'Still there?' }));
  expect((await sim.untilAnswered(ask)).status).toBe('Success');
  await sim.nextTenure();
  const { header } = sim.node.coordinator.tip();
  expect(header.signerSignatures.length).toBe(3);
  expect(sim.faults()).toEqual([]);
});

it('weights count, not heads: one heavy signer of three may not be missed, a light one may', async () => {
  const sim = await SimAssay.start({ seed: 'weights', signerWeights: [5, 4, 1] });
  sim.net.crash('signer-3');
  const first = await sim.run(sim.alice.transfer(sim.bob.address, 1n));
  await sim.untilMined(first);
  sim.net.crash('signer-2');
  const second = await sim.run(sim.alice.transfer(sim.bob.address, 2n));
  await sim.pass(10_000);
  expect(sim.minedAt(second)).toBeNull();
  sim.net.restart('signer-2');
  await sim.untilMined(second);
  expect(sim.faults()).toEqual([]);
});

it('two of four signers down: the chain halts, keeps what it took, and recovers when they return', async () => {
  const sim = await SimAssay.start({ seed: 'two of four', signerWeights: [1, 1, 1, 1] });
  const { height } = sim.node.coordinator.tip();
  sim.net.crash('signer-1');
  sim.net.crash('signer-2');
  const transfer = await sim.run(sim.alice.transfer(sim.bob.address, 7n));
  await sim.pass(45_000);
  expect(sim.node.coordinator.tip().height).toBe(height);
  expect(sim.watch.proposalCount).toBeGreaterThan(1);
  // Bitcoin does not wait: the next sortition is won while the tenure stands still.
  await sim.mineBitcoin();
  await sim.pass(45_000);
  expect(sim.node.coordinator.tip().height).toBe(height);

  sim.net.restart('signer-1');
  await sim.untilMined(transfer, 90_000);
  sim.net.restart('signer-2');
  await sim.nextTenure();
  const ask = await sim.run(sim.alice.ask({ modelId: sim.modelId, prompt: 'Back?' }));
  expect((await sim.untilAnswered(ask)).status).toBe('Success');
  expect(sim.faults()).toEqual([]);
});
