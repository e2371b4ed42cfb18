/**
 * Disputes about settled answers, with real signers: judges who had not looked are woken by a bond, judge
 * again, and bring the outcome to the chain themselves. Source: docs/protocol.md 5; contracts/inference.clar.
 */
import { Cv } from '@assay/clarity-value';
import { describe, expect, it, vi } from 'vitest';
import { type HostKind, type JudgeKind, SimAssay } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 180_000 });

const BOND_MICRO = 10_000_000n;
const CALL_FEE_MICRO = 5_000n;
const UPHELD = 2n;
const DISMISSED = 3n;
const LAPSED = 4n;

/** A request that was settled, whatever the answer was worth. */
async function settled(seed: string, host: HostKind, judge: JudgeKind) {
  const sim = await SimAssay.start({ seed, hosts: [host], judges: [judge, judge, judge] });
  const ask = await sim.run(sim.alice.ask({ modelId: sim.modelId, prompt: 'Is the Earth round?' }));
  const requestId = await sim.requestId(ask);
  const result = await sim.untilAnswered(ask);
  expect(result.status).toBe('Success');
  return { sim, ask, requestId, paidMicro: BigInt(String(result.request!.result!.paid)) };
}

async function untilDecided(sim: SimAssay): Promise<bigint> {
  await sim.until(() => sim.disputeStatus(1n) !== 1n, 'the dispute is decided', 300_000);
  return sim.disputeStatus(1n);
}

describe('a dispute', () => {
  it('about a false answer is upheld: bond slashed, user repaid, disputer rewarded', async () => {
    const { sim, ask, requestId, paidMicro } = await settled('upheld', 'swaps-model', 'lazy');
    const before = { alice: sim.balance(sim.alice.address), bob: sim.balance(sim.bob.address) };
    for (const [i, name] of sim.signerNames.entries()) {
      sim.judges[i] = 'honest';
      sim.net.restart(name);
    }
    await sim.dispute(sim.bob, requestId);
    expect(sim.balance(sim.bob.address)).toBe(before.bob - BOND_MICRO - CALL_FEE_MICRO);
    expect(await untilDecided(sim)).toBe(UPHELD);
    expect((await sim.untilAnswered(ask)).request?.status).toBe('reversed');
    expect(sim.hostRecord('host-1', 'faults')).toBe(1n);
    expect(sim.hostRecord('host-1', 'bond')).toBe(0n);
    // Slashes are held for twelve Bitcoin blocks.
    await sim.mineBitcoin(13);
    await sim.nextTenure();
    const divide = sim.alice.call(`${sim.bootAddress}.judges`, 'divide-slash', [Cv.uint(1n)]);
    await sim.untilMined(await sim.run(divide));
    expect(sim.balance(sim.alice.address)).toBe(before.alice + paidMicro - CALL_FEE_MICRO);
    expect(sim.balance(sim.bob.address)).toBeGreaterThan(before.bob);
    expect(sim.faults()).toEqual([]);
  });

  it('about a true answer is dismissed: its bond goes to the host', async () => {
    const { sim, ask, requestId } = await settled('dismissed', 'honest', 'honest');
    const before = sim.balance(sim.hostAddress('host-1'));
    await sim.dispute(sim.bob, requestId);
    expect(await untilDecided(sim)).toBe(DISMISSED);
    expect(sim.balance(sim.hostAddress('host-1'))).toBe(before + BOND_MICRO);
    expect((await sim.untilAnswered(ask)).status).toBe('Success');
    expect(sim.faults()).toEqual([]);
  });

  it('that nobody judges lapses: its bond goes back', async () => {
    const { sim, requestId } = await settled('lapsed', 'honest', 'honest');
    const before = sim.balance(sim.bob.address);
    for (const [i, name] of sim.signerNames.entries()) {
      sim.judges[i] = 'absent';
      sim.net.restart(name);
    }
    await sim.dispute(sim.bob, requestId);
    await sim.mineBitcoin(145);
    await sim.nextTenure();
    expect(await untilDecided(sim)).toBe(LAPSED);
    expect(sim.balance(sim.bob.address)).toBe(before - CALL_FEE_MICRO);
    expect(sim.faults()).toEqual([]);
  });
});
