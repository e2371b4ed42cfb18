/**
 * Hosts that cheat are not paid, whatever they do with the text, the tokens or the model: the user has
 * the whole fee back and the registry remembers. Nobody has to help the cheat convict itself: a
 * bystander brings the verdicts.
 */
import { describe, expect, it } from 'vitest';
import { type HostKind, SimAssay } from '../src/index.ts';

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
