/**
 * SIP-021 "Signer behavior" at the border of two tenures: Bitcoin moves on, or somebody dies, while a
 * block is being signed. A block that somebody signed is finished and the next tenure stands on it;
 * where it cannot be finished, signers agree on another one as soon as their timeout has passed.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { hash160 } from '@assay/crypto';
import { describe, expect, it, vi } from 'vitest';
import { LAST_BLOCK_MS_MAX, SimAssay, simKey } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 180_000 });

/** Runs until some block at this height has as many pre-commits; the block. */
async function preCommitted(sim: SimAssay, height: number, count: number) {
  const found = () =>
    sim.watch.proposalsAt(height).find((block) => sim.watch.preCommitCount(block) >= count);
  await sim.until(() => found() !== undefined, `${count} pre-commits at height ${height}`);
  return found()!;
}

function signingsOf(sim: SimAssay, hash: string): number {
  return sim.watch.signings.filter(({ block }) => block.hash === hash).length;
}

/** Hash of the canonical block at a height; null above the tip. */
function canonicalAt(sim: SimAssay, height: number): string | null {
  const { chainstate, coordinator } = sim.node;
  let header = coordinator.tip();
  if (header.height < height) return null;
  while (header.height > height) header = chainstate.header(header.parentBlockId)!;
  return bytesToHex(header.blockHash);
}

/** A block that two of three signers have signed; the third is cut off since its pre-commit. */
async function halfSigned(seed: string) {
  const sim = await SimAssay.start({ seed });
  const height = sim.node.coordinator.tip().height + 1;
  const txid = await sim.run(sim.alice.transfer(sim.bob.address, 5n));
  const block = await preCommitted(sim, height, 3);
  sim.net.partition([['node'], ['signer-3']]);
  await sim.until(() => signingsOf(sim, block.hash) === 2, 'two of three have signed');
  return { sim, height, txid, block };
}

describe('Bitcoin moves on while a block is being signed', () => {
  it('the half-signed block is finished, no other one is proposed beside it, the next tenure stands on it', async () => {
    const { sim, height, block } = await halfSigned('half signed');
    await sim.mineBitcoin();
    await sim.pass(3_000);
    expect(sim.node.coordinator.tip().height).toBe(height - 1);
    sim.net.heal();
    await sim.until(() => canonicalAt(sim, height) === block.hash, 'it is finished', 3_000);
    expect(sim.watch.proposalsAt(height)).toEqual([block]);
    await sim.until(() => sim.isTenureBegun, 'the next tenure', 3_000);
    expect(sim.node.coordinator.tip().height).toBe(height + 1);
    expect(sim.faults()).toEqual([]);
  });

  it('the signer that had not signed is killed: it comes back and signs what it pre-committed to', async () => {
    const { sim, height, block } = await halfSigned('killed before its signature');
    sim.net.crash('signer-3');
    sim.net.heal();
    await sim.mineBitcoin();
    await sim.pass(2_000);
    sim.net.restart('signer-3');
    await sim.until(() => canonicalAt(sim, height) === block.hash, 'it is finished', 4_000);
    expect(sim.watch.proposalsAt(height)).toEqual([block]);
    expect(sim.faults()).toEqual([]);
  });

  it('the miner is killed: it goes on with the same block', async () => {
    const { sim, height, block, txid } = await halfSigned('miner killed');
    await sim.mineBitcoin();
    sim.net.crash('node');
    sim.net.heal();
    await sim.pass(1_000);
    sim.net.restart('node');
    await sim.untilMined(txid, 6_000);
    expect(canonicalAt(sim, height)).toBe(block.hash);
    expect(sim.watch.proposalsAt(height)).toEqual([block]);
    expect(sim.faults()).toEqual([]);
  });

  it('signers slower than Bitcoin: one block after the other is finished', async () => {
    const sim = await SimAssay.start({ seed: 'slow signers', bitcoinIntervalMs: 4_000 });
    for (const name of sim.signerNames) {
      sim.net.disturb('node', name, { delayMs: 300 });
      sim.net.disturb(name, 'node', { delayMs: 300 });
    }
    for (let i = 0; i < 4; i++) {
      await sim.untilMined(await sim.run(sim.alice.transfer(sim.bob.address, 5n)), 30_000);
    }
    expect(sim.faults()).toEqual([]);
  });
});

function isRivalElected(sim: SimAssay): boolean {
  const winner = sim.node.coordinator.election()!.minerPubkeyHash;
  return bytesEqual(winner, hash160(simKey('rival').publicKey));
}

describe('a miner that dies with its block half signed', () => {
  /** The rival has won, and its block has been pre-committed to by enough. */
  async function rivalsBlock(seed: string, signerWeights: readonly number[], count: number) {
    const sim = await SimAssay.start({ seed, rival: 'talks', signerWeights });
    for (let i = 0; i < 30; i++) {
      await sim.pass(2_000);
      const height = sim.node.coordinator.tip().height + 1;
      await sim.mineBitcoin();
      if (isRivalElected(sim)) {
        return { sim, height, block: await preCommitted(sim, height, count) };
      }
    }
    throw new Error('the rival never won');
  }

  it('signers hand in what they all signed', async () => {
    const { sim, height, block } = await rivalsBlock('handed in', [1, 1, 1], 3);
    sim.net.crash('rival');
    await sim.until(() => canonicalAt(sim, height) === block.hash, 'handed in', 3_000);
    expect(sim.faults()).toEqual([]);
  });

  it('and that nobody can finish: signers agree on the next one once their timeout has passed', async () => {
    const { sim, height, block } = await rivalsBlock('never finished', [3, 3, 2, 2], 4);
    for (const name of ['rival', 'signer-3', 'signer-4']) sim.net.crash(name);
    await sim.until(() => signingsOf(sim, block.hash) >= 2, 'signed by six of ten');
    await sim.pass(LAST_BLOCK_MS_MAX);
    // What the rival had bid may win once more.
    do await sim.mineBitcoin();
    while (isRivalElected(sim));
    sim.net.restart('signer-4');
    await sim.until(() => canonicalAt(sim, height) !== null, 'another block', 5_000);
    expect(canonicalAt(sim, height)).not.toBe(block.hash);
    expect(sim.faults()).toEqual([]);
  });
});
