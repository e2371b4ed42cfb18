/**
 * The whole system from a seed: Bitcoin, miner, signers, hosts and users in one process. What is
 * simulated is only the world, so a second run of the same seed must make the same chain; hosts that
 * cheat are not paid; and over reward cycles money is conserved to the micro-STX.
 */
import { describe, expect, it, vi } from 'vitest';
import {
  canonicalIds,
  type HostKind,
  measureSupply,
  SimAssay,
  supplyFaults,
} from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 180_000 });

/** A tenure, a transfer, an inference, another tenure. */
async function story(seed: number): Promise<{ sim: SimAssay; ids: string[]; digest: string }> {
  const sim = await SimAssay.start({ seed });
  const transfer = await sim.run(sim.alice.transfer(sim.bob.address, 5n));
  const { modelId } = sim;
  const ask = await sim.run(sim.alice.ask({ modelId, prompt: 'Is the Earth round?' }));
  await sim.untilMined(transfer);
  await sim.untilAnswered(ask);
  await sim.nextTenure();
  return { sim, ids: canonicalIds(sim.node), digest: sim.net.traceDigest() };
}

describe('a network from a seed', () => {
  it('settles a transfer and an inference, and repeats itself to the bit', async () => {
    const { sim, ids, digest } = await story(1);
    expect(ids.length).toBeGreaterThanOrEqual(4);
    expect(sim.node.coordinator.tip().tenureHeight).toBe(2);
    expect(sim.faults()).toEqual([]);

    const again = await story(1);
    expect(again.ids).toEqual(ids);
    expect(again.digest).toBe(digest);

    const other = await story(2);
    expect(other.ids).not.toEqual(ids);
    expect(other.sim.faults()).toEqual([]);
  });

  it('pays the host what it asked, gives the user the rest and tells the whole story', async () => {
    const sim = await SimAssay.start({ seed: 3 });
    const before = { alice: sim.balance(sim.alice.address), escrow: sim.escrowMicro };
    const { modelId } = sim;
    const txid = await sim.run(
      sim.alice.ask({ modelId, prompt: 'Is the Earth round?', maxFeeMicro: 700_000n }),
    );
    await sim.untilMined(txid);
    expect(sim.escrowMicro - before.escrow).toBe(700_000n);
    const result = await sim.untilAnswered(txid);
    expect(result.status).toBe('Success');
    expect(result.output.length).toBeGreaterThan(0);
    expect(result.verdicts.filter(({ verdict }) => verdict === 'valid').length).toBe(3);

    const paid = BigInt(String(result.request!.result!.paid));
    const { promptTokens, outputTokens } = sim.tokensOf(result);
    expect(paid).toBe(10n * promptTokens + 100n * outputTokens);
    expect(sim.balance(sim.alice.address)).toBe(before.alice - paid - 2_000n);
    expect(sim.escrowMicro).toBe(0n);
    const host = sim.hostNames.find((name) => sim.hostAddress(name) === result.executor)!;
    expect(sim.hostRecord(host, 'settled')).toBe(1n);
    // Three percent go to the judges and beyond.
    expect(sim.hostRecord(host, 'earned')).toBe(paid - (paid * 3n) / 100n);
    expect(sim.faults()).toEqual([]);
  });
});

const FEE_MICRO = 900_000n;
/** What the request's own transaction costs. */
const TRANSACTION_MICRO = 2_000n;

describe('a dishonest host', () => {
  it.each<HostKind>(['swaps-model', 'edits-text', 'edits-tokens'])(
    'that %s is convicted: no pay, refund, one fault',
    async (kind) => {
      const sim = await SimAssay.start({ seed: kind, hosts: [kind, 'honest'] });
      const { modelId } = sim;
      const [cheat, honest] = sim.hostNames as [string, string];
      const before = sim.balance(sim.alice.address);
      const host = sim.hostAddress(cheat);
      const prompt = 'Is the Earth round?';
      const txid = await sim.run(sim.alice.ask({ modelId, prompt, host, maxFeeMicro: FEE_MICRO }));
      const requestId = await sim.requestId(txid);

      // The same signatures do not pay: they say "invalid".
      const lie = await sim.bringVerdicts(requestId, 'settle');
      await sim.untilMined(lie.txid);
      expect((await sim.run(sim.alice.client.inference.result(txid))).status).toBe('InProgress');

      const closing = await sim.bringVerdicts(requestId);
      expect(closing.action).toBe('reject');
      const result = await sim.untilAnswered(txid);
      expect(result.status).toBe('Failure');
      expect(result.request?.status).toBe('rejected');
      expect(sim.balance(sim.alice.address)).toBe(before - TRANSACTION_MICRO);
      expect(sim.escrowMicro).toBe(0n);
      expect(sim.hostRecord(cheat, 'faults')).toBe(1n);
      expect(sim.hostRecord(cheat, 'earned')).toBe(0n);

      // The honest neighbour is not held liable, and still serves.
      const second = { modelId, prompt, host: sim.hostAddress(honest) };
      const again = await sim.run(sim.alice.ask(second));
      expect((await sim.untilAnswered(again)).status).toBe('Success');
      expect(sim.hostRecord(honest, 'faults')).toBe(0n);
      expect(sim.hostRecord(honest, 'settled')).toBe(1n);
      expect(sim.faults()).toEqual([]);
    },
  );

  it('that never answers: refund after the deadline, one miss', async () => {
    const sim = await SimAssay.start({ seed: 'silent', hosts: ['silent'] });
    const { modelId } = sim;
    const before = sim.balance(sim.alice.address);
    const ask = { modelId, prompt: 'Anybody?', maxFeeMicro: FEE_MICRO, deadlineBurnBlocks: 2 };
    const txid = await sim.run(sim.alice.ask(ask));
    const requestId = await sim.requestId(txid);
    expect(sim.balance(sim.alice.address)).toBe(before - FEE_MICRO - TRANSACTION_MICRO);

    // Before the deadline nobody can take the request away from its host.
    const early = await sim.expire(requestId);
    await sim.untilMined(early);
    expect(sim.escrowMicro).toBe(FEE_MICRO);

    for (let i = 0; i < 3; i++) await sim.nextTenure();
    await sim.expire(requestId);
    const result = await sim.untilAnswered(txid);
    expect(result.status).toBe('Failure');
    expect(result.request?.status).toBe('expired');
    expect(sim.balance(sim.alice.address)).toBe(before - TRANSACTION_MICRO);
    expect(sim.escrowMicro).toBe(0n);
    expect(sim.hostRecord('host-1', 'missed')).toBe(1n);
    expect(sim.hostRecord('host-1', 'earned')).toBe(0n);
    expect(sim.faults()).toEqual([]);
  });
});

it('funai-8.4 over two reward cycles money is conserved, rewards mature and answers go on', async () => {
  const sim = await SimAssay.start({ seed: 'life', bitcoinIntervalMs: 2_000, hosts: ['honest'] });
  const cycle = () => sim.node.coordinator.rewardCycleAt(sim.burnHeight);
  const first = cycle();
  const asks: string[] = [];
  for (let round = 0; cycle() < first + 2; round++) {
    const transfer = await sim.run(sim.alice.transfer(sim.bob.address, BigInt(1 + round)));
    asks.push(await sim.run(sim.bob.ask({ modelId: sim.modelId, prompt: `Round ${round}?` })));
    await sim.untilMined(transfer);
    await sim.pass(9_000);
    expect(supplyFaults(measureSupply(sim.node, sim.genesis))).toEqual([]);
  }
  for (const ask of asks) expect((await sim.untilAnswered(ask)).status).toBe('Success');
  const supply = measureSupply(sim.node, sim.genesis);
  expect(sim.node.coordinator.tip().tenureHeight).toBeGreaterThan(12);
  expect(supply.coinbasesMicro).toBeGreaterThan(supply.unmaturedCoinbasesMicro);
  expect(sim.balance(sim.miner.address)).toBeGreaterThan(0n);
  expect(sim.totalSettled()).toBe(BigInt(asks.length));
  expect(sim.faults()).toEqual([]);
});
