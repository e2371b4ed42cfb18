/**
 * Bitcoin takes six blocks back: sortitions and Stacks blocks on them are gone, the chain replays on the
 * new fork, and what users were told is accepted is mined again.
 */
import { bytesToHex } from '@assay/bytes';
import { expect, it } from 'vitest';
import { canonicalIds, SimAssay } from '../src/index.ts';

const DEPTH = 6;

it('a reorganisation six deep: rewind, replay, transactions return and are mined again', async () => {
  const sim = await SimAssay.start({ seed: 'reorg' });
  const { modelId } = sim;
  await sim.nextTenure();
  const kept = await sim.run(sim.alice.transfer(sim.bob.address, 1n));
  await sim.untilMined(kept);
  const forkHeight = sim.burnHeight;
  const forkTip = bytesToHex(sim.node.coordinator.tip().blockId);

  const transfers: string[] = [];
  let ask = '';
  while (sim.burnHeight < forkHeight + DEPTH) {
    await sim.nextTenure();
    const transfer = await sim.run(sim.alice.transfer(sim.bob.address, 10n));
    await sim.untilMined(transfer);
    transfers.push(transfer);
    if (ask === '') ask = await sim.run(sim.alice.ask({ modelId, prompt: 'Which fork?' }));
  }
  expect((await sim.untilAnswered(ask)).status).toBe('Success');
  const before = canonicalIds(sim.node);
  const bob = sim.balance(sim.bob.address);
  expect(sim.burnHeight).toBe(forkHeight + DEPTH);

  await sim.reorgBitcoin(DEPTH);
  await sim.until(
    () => !canonicalIds(sim.node).includes(before.at(-1)!),
    'the old tip is abandoned',
  );
  expect(canonicalIds(sim.node)).toContain(forkTip);
  await sim.nextTenure();
  for (const transfer of transfers) await sim.untilMined(transfer);
  expect(sim.minedAt(kept)).not.toBeNull();
  expect(sim.balance(sim.bob.address)).toBe(bob);
  expect((await sim.untilAnswered(ask, 120_000)).status).toBe('Success');
  await sim.nextTenure();
  expect(sim.escrowMicro).toBe(0n);
  expect(sim.faults()).toEqual([]);
});
