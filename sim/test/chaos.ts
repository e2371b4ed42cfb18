/**
 * An hour of bad luck in a minute: processes are killed, wires cut, Bitcoin reorganises, all at moments
 * drawn from a seed, while users go on asking. In the end everything acknowledged must be there.
 */
import { expect } from 'vitest';
import { SimAssay } from '../src/index.ts';

const ROUNDS = 25;
const ASK_FEE_MICRO = 500_000n;

export async function chaos(seed: number): Promise<void> {
  const sim = await SimAssay.start({ seed: `chaos ${seed}`, bitcoinIntervalMs: 4_000 });
  const processes = ['node', 'bitcoin', ...sim.signerNames, ...sim.hostNames];
  const acknowledged = new Set<string>();
  const asked = new Set<string>();
  const refusals: unknown[] = [];
  const keep = (work: Promise<string>, where: Set<string>) => {
    work.then(
      (txid) => where.add(txid),
      (cause) => refusals.push(cause),
    );
  };
  const misfortunes = [
    () => kill(sim, processes[sim.roll(processes.length)]!),
    () => kill(sim, 'node'),
    () => {
      sim.net.disturb('node', sim.signerNames[0]!, { dropChance: 0.3, delayMs: sim.roll(100) });
    },
    () => sim.net.partition([['node'], [sim.signerNames[sim.roll(3)]!]]),
    () => sim.net.heal(),
    () => sim.reorgBitcoinInBackground(1 + sim.roll(3)),
  ];
  for (let round = 0; round < ROUNDS; round++) {
    keep(sim.alice.transfer(sim.bob.address, BigInt(1 + round)), acknowledged);
    if (round % 4 === 0) {
      const ask = { modelId: sim.modelId, prompt: `${round}?`, maxFeeMicro: ASK_FEE_MICRO };
      keep(sim.bob.ask({ ...ask, deadlineBurnBlocks: 1_000 }), asked);
    }
    await sim.pass(sim.roll(1_000));
    misfortunes[sim.roll(misfortunes.length)]!();
    await sim.pass(sim.roll(3_000));
  }
  sim.net.heal();
  const isAllSaid = () => acknowledged.size + asked.size + refusals.length >= ROUNDS + ROUNDS / 4;
  await sim.until(isAllSaid, 'every user got an answer', 200_000);
  expect(refusals).toEqual([]);
  for (const txid of acknowledged) await sim.untilMined(txid, 200_000);
  for (const txid of asked) {
    expect((await sim.untilAnswered(txid, 300_000)).status).toBe('Success');
  }
  expect(sim.totalSettled()).toBe(BigInt(asked.size));
  expect(sim.faults()).toEqual([]);
}

/** Down for a moment or a while, then up again. */
function kill(sim: SimAssay, name: string): void {
  sim.net.crash(name);
  sim.net.schedule(sim.roll(6_000), () => {
    if (!sim.net.world(name).isAlive) sim.net.restart(name);
  });
}
