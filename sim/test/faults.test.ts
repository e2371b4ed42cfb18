/**
 * What happens around a network: signers go missing, messages are lost and late, Bitcoin takes blocks
 * back. The chain may stop, never fork; and it goes on by itself.
 */
import { bytesToHex } from '@assay/bytes';
import { describe, expect, it, vi } from 'vitest';
import { canonicalIds, SimAssay } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 180_000 });

describe('signers', () => {
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
});

describe('bad wires', () => {
  it.each([
    ['one in ten lost', { dropChance: 0.1, delayMs: 0 }],
    ['one in ten lost, the rest late by 80 ms', { dropChance: 0.1, delayMs: 80 }],
  ])('messages between node and signers, %s: the chain lives', async (what, fault) => {
    const sim = await SimAssay.start({ seed: what });
    for (const name of sim.signerNames) {
      sim.net.disturb('node', name, fault);
      sim.net.disturb(name, 'node', fault);
    }
    for (let round = 0; round < 2; round++) {
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
});

describe('Bitcoin reorganises', () => {
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

  it('a node killed at the very moment of a reorganisation still mines what it had acknowledged', async () => {
    const sim = await SimAssay.start({ seed: 'reorg and kill' });
    await sim.nextTenure();
    const transfer = await sim.run(sim.alice.transfer(sim.bob.address, 10n));
    const ask = await sim.run(sim.alice.ask({ modelId: sim.modelId, prompt: 'Which fork?' }));
    await sim.untilMined(transfer);
    await sim.untilAnswered(ask);
    let isKilled = false;
    sim.node.coordinator.on('tip', ({ orphaned }) => {
      if (orphaned.length === 0) return;
      isKilled = true;
      sim.net.schedule(0, () => sim.net.restart('node'));
    });
    await sim.reorgBitcoin(1);
    await sim.until(() => isKilled, 'the reorganisation');
    await sim.nextTenure();
    await sim.untilMined(transfer);
    expect((await sim.untilAnswered(ask)).status).toBe('Success');
    expect(sim.faults()).toEqual([]);
  });
});
