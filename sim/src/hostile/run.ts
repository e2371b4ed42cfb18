/**
 * `npm run sim:hostile -- --seeds 1000 [--contracts] [--json]`: hostile thirds over many seeds, against a
 * port of the money's rules or the contracts themselves, and what cheating in sessions is worth by audit rate. Prints one line per broken promise; ends with 1 if there is any.
 */

import { ContractWorld } from './contract-world.ts';
import { CHEATS, type Conduct, makePool, type Pool } from './pool.ts';
import { Dice, GATEWAYS, HOSTILE_HOSTS, type HostileWorld, RULES, World } from './world.ts';

export interface SeedResult {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly convictions: number;
  readonly undetected: number;
}

const REQUESTS = 40;
const SESSIONS = 12;

/** One network's life: single requests and sessions with everybody. */
export function runSeed(
  seed: number,
  pool: Pool,
  world: HostileWorld = new World(seed, pool),
): SeedResult {
  const { dice, users, hosts } = world;
  const total = world.totalMicro();
  const faults: string[] = [];
  const cheat = (): Conduct | null => {
    const choice = dice.below(CHEATS.length + 2);
    return choice === CHEATS.length ? null : (CHEATS[choice] ?? 'honest');
  };
  for (let i = 0; i < REQUESTS; i++) {
    const user = users[dice.below(GATEWAYS)]!;
    const before = user.balanceMicro;
    const convictions = world.convictions;
    world.request(user, 300_000n, cheat);
    if (world.convictions > convictions && user.balanceMicro !== before) {
      faults.push(`request ${i}: the user paid for a rejected answer`);
    }
  }
  for (let i = 0; i < SESSIONS; i++) {
    const user = users[dice.below(GATEWAYS)]!;
    const host = hosts[dice.below(hosts.length)]!;
    if (!world.isActive(host)) continue;
    const before = user.balanceMicro;
    const terms = { count: 40, priceMicro: 20_000n, cheatsPerMille: 50 + dice.below(950) };
    const { outcome } = world.session(user, host, terms);
    if (outcome === 'convicted' && user.balanceMicro !== before) {
      faults.push(`session ${i}: the user paid for a rejected answer`);
    }
  }
  for (const [i, { isHostile, slashedMicro }] of hosts.entries()) {
    if (!isHostile && slashedMicro > 0n) faults.push(`honest host ${i} lost ${slashedMicro}`);
  }
  if (world.totalMicro() !== total) faults.push('money was made or lost');
  if (world.escrowMicro !== 0n) faults.push(`escrow still holds ${world.escrowMicro}`);
  const { convictions, undetected } = world;
  return { seed, faults, convictions, undetected };
}

export interface ValueRow {
  readonly auditRatePercent: number;
  /** Least bond over the price of one answer. */
  readonly bondInAnswers: number;
  readonly cheatsPerConviction: number;
  /** Micro-STX per conviction: cost saved by cheating, what it cost. */
  readonly gainMicro: number;
  readonly lossMicro: number;
  readonly valueMicro: number;
}

/** Share of an answer's price that a cheap model saves (verification.md 5.8: 0.8 for a small one). */
const SAVING = 0.8;

/** A host that always cheats, in sessions of 20 answers, until it is convicted. */
export function valueOfCheating(ratePercent: number, pool: Pool, trials: number): ValueRow {
  const priceMicro = 20_000n;
  let cheats = 0;
  let lossMicro = 0n;
  for (let trial = 0; trial < trials; trial++) {
    const world = new World(1_000_000 + trial, pool);
    const user = world.users.at(-1)!;
    const host = world.hosts[new Dice(trial).below(HOSTILE_HOSTS)]!;
    for (let session = 0; session < 2_000; session++) {
      const rateMicro = BigInt(Math.round(ratePercent * 10_000));
      const terms = { count: 20, priceMicro, cheatsPerMille: 1000, rateMicro };
      const done = world.session(user, host, terms);
      cheats += done.cheats;
      if (done.outcome !== 'convicted') continue;
      // The claim is not paid either.
      lossMicro += host.slashedMicro + priceMicro * 20n;
      break;
    }
  }
  const gainMicro = (SAVING * cheats * Number(priceMicro)) / trials;
  const loss = Number(lossMicro) / trials;
  return {
    auditRatePercent: ratePercent,
    bondInAnswers: Number(RULES.minBondMicro / priceMicro),
    cheatsPerConviction: cheats / trials,
    gainMicro: Math.round(gainMicro),
    lossMicro: Math.round(loss),
    valueMicro: Math.round(gainMicro - loss),
  };
}

export const AUDIT_RATES_PERCENT = [100, 50, 20, 5, 2] as const;

export async function runHostile(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--seeds');
  const isOnContracts = args.includes('--contracts');
  const seeds = at < 0 ? (isOnContracts ? 50 : 1_000) : Number(args[at + 1]);
  const isJson = args.includes('--json');
  const pool = await makePool(48);
  const worldOf = (seed: number): HostileWorld =>
    isOnContracts ? new ContractWorld(seed, pool) : new World(seed, pool);
  const results = Array.from({ length: seeds }, (_, seed) => runSeed(seed, pool, worldOf(seed)));
  const faults = results.flatMap(({ seed, faults: found }) =>
    found.map((fault) => `seed ${seed}: ${fault}`),
  );
  const rows = AUDIT_RATES_PERCENT.map((rate) => valueOfCheating(rate, pool, 200));
  const sum = (pick: (one: SeedResult) => number) => results.reduce((a, one) => a + pick(one), 0);
  const convictions = sum((one) => one.convictions);
  const undetected = sum((one) => one.undetected);
  const isWorthIt = rows.some(({ valueMicro }) => valueMicro >= 0);
  if (isJson) {
    for (const row of rows) console.log(JSON.stringify(row));
    console.log(JSON.stringify({ seeds, convictions, undetected, faults, isWorthIt }));
  } else {
    console.log(`${seeds} seeds: ${convictions} convictions, ${undetected} cheats undetected`);
    for (const fault of faults.slice(0, 20)) console.log(fault);
    console.log('audit %   bond/answer   cheats to conviction   gain STX   loss STX   value STX');
    for (const row of rows) console.log(lineOf(row));
  }
  return faults.length > 0 || isWorthIt ? 1 : 0;
}

function lineOf(row: ValueRow): string {
  const stx = (micro: number) => (micro / 1e6).toFixed(2).padStart(10);
  const head = String(row.auditRatePercent).padStart(7) + String(row.bondInAnswers).padStart(14);
  const cheats = row.cheatsPerConviction.toFixed(1).padStart(23);
  return `${head}${cheats} ${stx(row.gainMicro)} ${stx(row.lossMicro)} ${stx(row.valueMicro)}`;
}
