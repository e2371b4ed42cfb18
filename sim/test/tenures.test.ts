/**
 * SIP-021 "Tenure extensions": the chain goes on when the winner of a sortition cannot begin, does not
 * begin, or when nobody won; and two miners who both do their work take turns.
 */
import { bytesEqual } from '@assay/bytes';
import { hash160 } from '@assay/crypto';
import { decodeBlock } from '@assay/wire';
import { describe, expect, it, vi } from 'vitest';
import { SimAssay, simKey } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 180_000 });

/** Whether the newest sortition was won by the second miner. */
function isRivalElected(sim: SimAssay): boolean {
  const winner = sim.node.coordinator.election()?.minerPubkeyHash;
  return winner !== undefined && bytesEqual(winner, hash160(simKey('rival').publicKey));
}

/** The tenure change that the tip's block begins with. */
function changeAtTip(sim: SimAssay) {
  const { chainstate, coordinator } = sim.node;
  const block = decodeBlock(chainstate.blockBytes(coordinator.tip().blockId)!);
  const payload = block.ok ? block.value.transactions[0]?.payload : undefined;
  return payload?.kind === 'tenure-change' ? payload : null;
}

/**
 * A network whose newest sortition was won by a bid on the tenure before the ongoing one. Whether
 * Bitcoin mines a bid before the miner replaces it is a race: the first of some seeds that has it so.
 */
async function staleBid() {
  for (let n = 1; n <= 8; n++) {
    const sim = await SimAssay.start({ seed: `stale commit ${n}` });
    // The next tenure cannot begin in time, so the miner bids for one more block on the present one.
    sim.net.crash('signer-1');
    await sim.mineBitcoin();
    await sim.pass(2_000);
    sim.net.restart('signer-1');
    // It begins after all, but Bitcoin mines the bid before the miner can replace it.
    await sim.until(() => sim.isTenureBegun, 'the tenure begins late');
    sim.net.crash('node');
    const ongoing = sim.node.coordinator.tip();
    await sim.mineBitcoin(1, false);
    sim.net.restart('node');
    await sim.untilBitcoinSeen();
    const { parentTenureStart } = sim.node.coordinator.election()!;
    if (!bytesEqual(parentTenureStart, ongoing.tenureStartBlockId)) return { sim, ongoing };
  }
  throw new Error('no seed made a bid stale');
}

describe('a sortition whose tenure never begins', () => {
  it('because its winner committed to another parent: the ongoing tenure is extended at once', async () => {
    const { sim, ongoing } = await staleBid();
    const { coordinator } = sim.node;
    expect(coordinator.election()!.burnHeight).toBe(sim.burnHeight);

    const transfer = await sim.run(sim.alice.transfer(sim.bob.address, 5n));
    await sim.untilMined(transfer, 3_000);
    expect(changeAtTip(sim)).toMatchObject({ cause: 'extended' });
    expect(coordinator.tip().tenureHeight).toBe(ongoing.tenureHeight);
    expect(coordinator.tip().burnView.burnHeight).toBe(sim.burnHeight);
    const ask = await sim.run(sim.alice.ask({ modelId: sim.modelId, prompt: 'Still there?' }));
    expect((await sim.untilAnswered(ask)).status).toBe('Success');
    await sim.nextTenure();
    expect(sim.faults()).toEqual([]);
  });

  it('because its winner is silent: the ongoing tenure is extended after a wait', async () => {
    const sim = await SimAssay.start({ seed: 'silent winner', rival: 'silent' });
    for (let i = 0; !isRivalElected(sim); i++) {
      expect(i).toBeLessThan(30);
      await sim.pass(2_000);
      await sim.mineBitcoin();
      await sim.pass(2_000);
    }
    const { coordinator } = sim.node;
    const { tenureHeight } = coordinator.tip();
    const transfer = await sim.run(sim.alice.transfer(sim.bob.address, 5n));
    await sim.pass(10_000);
    expect(sim.minedAt(transfer)).toBeNull();
    await sim.untilMined(transfer, 20_000);
    expect(changeAtTip(sim)).toMatchObject({ cause: 'extended' });
    expect(coordinator.tip().tenureHeight).toBe(tenureHeight);
    expect(sim.faults()).toEqual([]);
  });

  it('because there is no winner: the tenure is extended', async () => {
    const sim = await SimAssay.start({ seed: 'no winner' });
    sim.net.crash('node');
    // One block takes the waiting commit, the next has none.
    await sim.mineBitcoin(2, false);
    sim.net.restart('node');
    await sim.untilBitcoinSeen();
    await sim.until(() => sim.isTenureBegun, 'the last winner begins late');
    const { coordinator } = sim.node;
    expect(coordinator.burnTip()!.winner).toBeNull();
    const { tenureHeight } = coordinator.tip();
    await sim.untilMined(await sim.run(sim.alice.transfer(sim.bob.address, 5n)));
    const tip = coordinator.tip();
    expect(changeAtTip(sim)).toMatchObject({ cause: 'extended' });
    expect(tip.tenureHeight).toBe(tenureHeight);
    expect(tip.burnView.burnHeight).toBe(sim.burnHeight);
    expect(sim.faults()).toEqual([]);
  });
});

describe('two miners', () => {
  it('take turns, and what users send to one node is mined by whoever has won', async () => {
    const sim = await SimAssay.start({ seed: 'two miners', rival: 'talks' });
    const transfers: string[] = [];
    for (let i = 0; i < 12; i++) {
      transfers.push(await sim.run(sim.alice.transfer(sim.bob.address, 1n)));
      await sim.pass(3_000);
      await sim.mineBitcoin();
      await sim.pass(3_000);
    }
    await sim.nextTenure();
    for (const txid of transfers) await sim.untilMined(txid);
    const { chainstate, coordinator } = sim.node;
    const miners = new Set<string>();
    for (let at = coordinator.tip(); at.height > 0; at = chainstate.header(at.parentBlockId)!) {
      miners.add(at.minerAddress);
    }
    expect(miners).toEqual(new Set([sim.miner.address, simKey('rival').address]));
    expect(sim.faults()).toEqual([]);
  });
});

describe('SIP-034: a tenure whose budget is spent', () => {
  const WRITES_PER_CALL = 4_000;
  const NUMBERS = Array.from({ length: 200 }, (_, i) => `u${i}`).join(' ');
  const SPENDER = `
    (define-map numbers uint uint)
    (define-private (write (number uint) (sum uint))
      (begin (map-set numbers number sum) (+ sum number)))
    (define-private (write-all (round uint) (sum uint))
      (fold write (list ${NUMBERS}) sum))
    (define-public (spend)
      (ok (fold write-all (list ${NUMBERS.split(' ')
        .slice(0, WRITES_PER_CALL / 200)
        .join(' ')}) u0)))`;

  /** Extensions on the canonical chain, oldest first. */
  function extensions(sim: SimAssay) {
    const { chainstate, coordinator } = sim.node;
    const causes: string[] = [];
    for (let at = coordinator.tip(); at.height > 0; at = chainstate.header(at.parentBlockId)!) {
      const block = decodeBlock(chainstate.blockBytes(at.blockId)!);
      const payload = block.ok ? block.value.transactions[0]?.payload : undefined;
      if (payload?.kind !== 'tenure-change' || payload.cause === 'block-found') continue;
      causes.unshift(payload.cause);
    }
    return causes;
  }

  it('is extended for a fresh budget while Bitcoin stands still: of reads first, later of all', async () => {
    const sim = await SimAssay.start({ seed: 'budget', hosts: ['honest'] });
    const { burnHeight } = sim;
    await sim.untilMined(await sim.run(sim.alice.deploy('spender', SPENDER)));
    const calls: string[] = [];
    for (let i = 0; i < 4; i++) {
      calls.push(await sim.run(sim.alice.call(`${sim.alice.address}.spender`, 'spend', [])));
    }
    await sim.untilMined(calls[2]!);
    const spent = sim.node.coordinator.tip().tenureCost;
    expect(spent.writeCount).toBeGreaterThan(3 * WRITES_PER_CALL);
    await sim.pass(10_000);
    expect(sim.minedAt(calls[3]!)).toBeNull();
    expect(extensions(sim)).toEqual([]);
    await sim.untilMined(calls[3]!, 30_000);
    expect(extensions(sim)).toEqual(['extended-read-count', 'extended']);
    expect(sim.node.coordinator.tip().tenureCost.writeCount).toBeLessThan(spent.writeCount);
    expect(sim.burnHeight).toBe(burnHeight);
    await sim.nextTenure();
    expect(sim.faults()).toEqual([]);
  });
});
