/**
 * Hostile thirds of hosts and gateways and two of seven judges, over seeds: honest users never pay for
 * a rejected answer, honest hosts are never slashed, escrow is conserved, cheating does not pay at any
 * audit rate down to the least. `npm run sim:hostile -- --seeds 1000` is the same for longer.
 */
import { beforeAll, expect, it } from 'vitest';
import { ContractWorld } from '../src/hostile/contract-world.ts';
import { makePool, type Pool } from '../src/hostile/pool.ts';
import { AUDIT_RATES_PERCENT, runSeed, valueOfCheating } from '../src/hostile/run.ts';
import { World } from '../src/hostile/world.ts';

let pool: Pool;
beforeAll(async () => {
  pool = await makePool(6);
}, 60_000);

it('honest answers are never judged false, and every kind of cheat is', () => {
  for (const [conduct, answers] of pool) {
    const verdicts = new Set(answers.flat());
    if (conduct === 'honest') expect([...verdicts], conduct).toEqual(['valid']);
    else expect(verdicts.has('invalid'), conduct).toBe(true);
  }
});

it('hostile thirds break no promise', () => {
  const results = Array.from({ length: 12 }, (_, seed) => runSeed(seed, pool));
  expect(results.flatMap(({ faults }) => faults)).toEqual([]);
  expect(results.reduce((sum, { convictions }) => sum + convictions, 0)).toBeGreaterThan(12);
});

it('hostile thirds break no promise of the contracts themselves', () => {
  const results = [1, 2].map((seed) => runSeed(seed, pool, new ContractWorld(seed, pool)));
  expect(results.flatMap(({ faults }) => faults)).toEqual([]);
  expect(results.reduce((sum, { convictions }) => sum + convictions, 0)).toBeGreaterThan(4);
}, 60_000);

it('notices a broken promise', () => {
  const world = new World(1, pool);
  const total = world.totalMicro();
  world.users[0]!.balanceMicro += 1n;
  expect(world.totalMicro()).not.toBe(total);
});

it.each(AUDIT_RATES_PERCENT)('cheating loses money at an audit rate of %d percent', (rate) => {
  expect(valueOfCheating(rate, pool, 5).valueMicro).toBeLessThan(0);
});
