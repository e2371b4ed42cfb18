/**
 * Sessions of gateways with hosts, from the first answer to the last micro-STX: what was served is
 * claimed, audited by signers that a later Bitcoin block drew, and paid; what was false, or was not shown, is
 * convicted on chain by the signers themselves. Source: docs/protocol.md, sessions.
 */
import { Cv } from '@assay/clarity-value';
import { describe, expect, it, vi } from 'vitest';
import { type HostField, type HostKind, SimAssay } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 180_000 });

const FEE_PERCENT = 3n;
/** Of a host's claim and release; of a gateway's opening. */
const CALL_FEE_MICRO = 3_000n;

/** Two answers through a gateway, claimed. @returns what they cost in micro-STX */
async function served(sim: SimAssay): Promise<bigint> {
  let costMicro = 0n;
  for (const prompt of ['Is the Earth round?', 'And the Moon?']) {
    const said = await sim.chat(prompt);
    expect(said.status, said.text).toBe(200);
    costMicro += said.costMicro;
  }
  await sim.until(() => logged(sim, 'sessions claimed').length > 0, 'a claim', 60_000);
  return costMicro;
}

function logged(sim: SimAssay, message: string) {
  return sim.logs.entries.filter((entry) => entry.message === message);
}

/** Bitcoin blocks until the audit of what was claimed is drawn, and time for it. */
async function audit(sim: SimAssay, outcome: HostField): Promise<void> {
  for (let i = 0; i < 3; i++) await sim.nextTenure();
  const isDone = () => sim.hostRecord('host-1', outcome) === 1n;
  await sim.until(isDone, `the audit: ${outcome}`, 300_000);
}

function start(seed: string, host: HostKind): Promise<SimAssay> {
  return SimAssay.start({ seed, hosts: [host], gateways: 1 });
}

describe('an honest host', () => {
  it('is paid for its claims once the drawn judges have audited them', async () => {
    const sim = await start('sessions', 'honest');
    const before = sim.balance(sim.hostAddress('host-1'));
    const costMicro = await served(sim);
    await audit(sim, 'clean');
    const paid = costMicro - (costMicro * FEE_PERCENT) / 100n;
    expect(sim.balance(sim.hostAddress('host-1')) - before).toBe(paid - 2n * CALL_FEE_MICRO);
    expect(sim.faults()).toEqual([]);
  });

  it('is paid by the judges of the cycle it claimed in, when the next one has begun', async () => {
    const sim = await start('claim of an earlier cycle', 'honest');
    while (sim.blocksToCycle > 2) await sim.nextTenure();
    const claimedIn = sim.rewardCycle;
    await served(sim);
    await audit(sim, 'clean');
    expect(sim.rewardCycle).toBe(claimedIn + 1);
    expect(sim.faults()).toEqual([]);
  });
});

describe('a host that', () => {
  it('runs another model is convicted: the bond is slashed, the customer refunded', async () => {
    const sim = await start('cheat', 'swaps-model');
    const gateway = sim.hostAddress('gateway-1');
    const before = { host: sim.balance(sim.hostAddress('host-1')), gateway: sim.balance(gateway) };
    await served(sim);
    await audit(sim, 'faults');
    expect(logged(sim, 'a decision of the judges was sent').length).toBeGreaterThan(0);
    expect(sim.balance(gateway)).toBe(before.gateway - CALL_FEE_MICRO);
    expect(sim.balance(sim.hostAddress('host-1'))).toBe(before.host - CALL_FEE_MICRO);
    expect(sim.hostRecord('host-1', 'bond')).toBe(0n);
    expect(sim.readOnly('judges', 'get-slash', [Cv.uint(1n)]).type).toBe('some');
    expect(sim.faults()).toEqual([]);
  });

  it('withholds its receipts is denied: no pay, a miss, the bond stays', async () => {
    const sim = await start('withholds', 'withholds');
    const gateway = sim.hostAddress('gateway-1');
    const before = sim.balance(gateway);
    await served(sim);
    // Judges ask for two minutes before they call it withholding.
    await audit(sim, 'missed');
    expect(sim.balance(gateway)).toBe(before - CALL_FEE_MICRO);
    expect(sim.hostRecord('host-1', 'faults')).toBe(0n);
    expect(sim.hostRecord('host-1', 'bond')).toBe(100_000_000n);
    expect(sim.faults()).toEqual([]);
  });
});

it('a gateway killed in the middle of an answer: the other one takes over, and the host is paid', async () => {
  const sim = await SimAssay.start({ seed: 'gateways', hosts: ['honest'], gateways: 2 });
  expect((await sim.chat('Is the Earth round?', 0)).status).toBe(200);
  const left = sim.chat('And the Moon?', 0).catch(() => null);
  sim.net.schedule(200, () => sim.net.crash('gateway-1'));
  await left;
  // Its leases run out, then its sessions are taken over.
  await sim.pass(20_000);
  expect((await sim.chat('And the Sun?', 1)).status).toBe(200);
  const rows = await sim.run(sim.ledger.keys());
  const [key] = rows;
  expect(key!.reservedMicro).toBe(0n);
  await audit(sim, 'clean');
  expect(sim.hostRecord('host-1', 'faults')).toBe(0n);
  expect(sim.faults()).toEqual([]);
});
