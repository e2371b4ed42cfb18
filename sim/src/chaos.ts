/**
 * An hour of bad luck in a minute: processes are killed, wires cut, Bitcoin reorganises, all at moments
 * drawn from a seed, in a network drawn from the same seed, while users go on asking. In the end
 * everything acknowledged must be there, once.
 */
import { SimAssay, type SimOptions } from './network.ts';

const ROUNDS = 25;
const ASK_EVERY = 4;
const ASK_FEE_MICRO = 500_000n;
/** What would be paid twice is paid in this time. */
const AFTERMATH_MS = 10_000;
/** Deepest reorganisation of Bitcoin. */
const DEPTH_MAX = 6;

/** The first settings are the plain ones, so that small seeds tell most about simple causes. */
const SIGNER_WEIGHTS = [
  [1, 1, 1],
  [1, 1, 1, 1],
  [3, 3, 2, 2],
  [5, 4, 1],
] as const;
const INTERVALS_MS = [4_000, 2_000, 9_000] as const;

export function chaosSetting(seed: number): SimOptions {
  return {
    seed: `chaos ${seed}`,
    signerWeights: SIGNER_WEIGHTS[seed % SIGNER_WEIGHTS.length]!,
    bitcoinIntervalMs: INTERVALS_MS[seed % INTERVALS_MS.length]!,
    ...(seed % 5 === 4 ? { rival: 'talks' } : {}),
  };
}

/**
 * What was promised and not kept; empty when all was.
 *
 * @throws SimTimeout when something acknowledged did not happen in time
 */
export async function chaos(seed: number): Promise<string[]> {
  const setting = chaosSetting(seed);
  const sim = await SimAssay.start(setting);
  const rivals = setting.rival === undefined ? [] : ['rival'];
  const processes = ['node', 'bitcoin', ...sim.signerNames, ...sim.hostNames, ...rivals];
  const acknowledged = new Set<string>();
  const asked = new Set<string>();
  const refusals: unknown[] = [];
  const keep = (work: Promise<string>, where: Set<string>) => {
    work.then(
      (txid) => where.add(txid),
      (cause) => refusals.push(cause),
    );
  };
  const anySigner = () => sim.signerNames[sim.roll(sim.signerNames.length)]!;
  const misfortunes = [
    () => kill(sim, processes[sim.roll(processes.length)]!),
    () => kill(sim, 'node'),
    () => sim.net.disturb('node', anySigner(), { dropChance: 0.3, delayMs: sim.roll(100) }),
    () => sim.net.disturb(anySigner(), 'node', { delayMs: sim.roll(800) }),
    () => sim.net.partition([['node'], [anySigner()]]),
    () => sim.net.heal(),
    () => sim.reorgBitcoinInBackground(1 + sim.roll(DEPTH_MAX)),
  ];
  for (let round = 0; round < ROUNDS; round++) {
    keep(sim.alice.transfer(sim.bob.address, BigInt(1 + round)), acknowledged);
    if (round % ASK_EVERY === 0) {
      const ask = { modelId: sim.modelId, prompt: `${round}?`, maxFeeMicro: ASK_FEE_MICRO };
      keep(sim.bob.ask({ ...ask, deadlineBurnBlocks: 1_000 }), asked);
    }
    await sim.pass(sim.roll(1_000));
    misfortunes[sim.roll(misfortunes.length)]!();
    await sim.pass(sim.roll(3_000));
  }
  sim.net.heal();
  const said = () => acknowledged.size + asked.size + refusals.length;
  const isAllSaid = () => said() >= ROUNDS + ROUNDS / ASK_EVERY;
  await sim.until(isAllSaid, 'every user got an answer', 200_000);
  for (const txid of acknowledged) await sim.untilMined(txid, 200_000);
  for (const txid of asked) await sim.untilAnswered(txid, 300_000);
  // The last reorganisation may take back what was settled; it is settled again, and not once more.
  const isAllPaid = () => sim.totalSettled() >= BigInt(asked.size);
  await sim.until(isAllPaid, 'every answer is paid', 200_000);
  await sim.pass(AFTERMATH_MS);
  const faults: string[] = [];
  for (const txid of asked) {
    const { status } = await sim.untilAnswered(txid, 300_000);
    if (status !== 'Success') faults.push(`request ${txid} ended in ${status}`);
  }
  const settled = sim.totalSettled();
  if (settled !== BigInt(asked.size)) faults.push(`${settled} answers paid, ${asked.size} asked`);
  return [...faults, ...refusals.map(String), ...sim.faults()];
}

/** Down for a moment or a while, then up again. */
function kill(sim: SimAssay, name: string): void {
  sim.net.crash(name);
  sim.net.schedule(sim.roll(6_000), () => {
    if (!sim.net.world(name).isAlive) sim.net.restart(name);
  });
}
