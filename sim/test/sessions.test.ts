/**
 * Sessions of gateways with hosts, from the first answer to the last micro-STX: what was served is
 * claimed, audited by signers that a later Bitcoin block drew, and paid; what was false is convicted.
 * Source: docs/protocol.md, sessions; issue "verified inference", the protocol.
 */
import { describe, expect, it, vi } from 'vitest';
import { SimAssay } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 180_000 });

describe('an honest host', () => {
  it('is paid for its claims once the drawn judges have audited them', async () => {
    const sim = await SimAssay.start({ seed: 'sessions', hosts: ['honest'], gateways: 1 });
    const before = sim.balance(sim.hostAddress('host-1'));
    for (const prompt of ['Is the Earth round?', 'And the Moon?']) {
      const said = await sim.chat(prompt);
      expect(said.status, said.text).toBe(200);
    }
    await sim.pass(30_000);
    for (let i = 0; i < 3; i++) await sim.nextTenure();
    await sim.pass(60_000);
    console.log(sim.logs.entries.filter(e=>/claim|session/.test(e.message)).map(e=>sim.logs.format(e)).join('\n'));
    console.log(sim.balance(sim.hostAddress('host-1'))-before);
    expect(sim.faults()).toEqual([]);
  });
});
