/**
 * The whole system from a seed: Bitcoin, miner, signers, hosts and users in one process. What is
 * simulated is only the world; a second run of the same seed must therefore make the same chain.
 */
import { describe, expect, it } from 'vitest';
import { canonicalIds, SimAssay } from '../src/index.ts';

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
    expect(sim.hostRecord(host, 'earned')).toBe(paid);
    expect(sim.faults()).toEqual([]);
  });
});
