import { describe, expect, it } from 'vitest';
import { NULL_MINER_ADVANTAGE } from '../src/atc.table.ts';
import {
  computeCarryover,
  FIXED_ONE,
  nullMinerAdvantage,
  nullMinerProbability,
  nullMinerRangeEnd,
} from '../src/index.ts';

describe('SIP-021 ATC-C null miner', () => {
  it('has 1,024 falling table entries on the published curve', () => {
    expect(NULL_MINER_ADVANTAGE).toHaveLength(1024);
    for (let i = 1; i < 1024; i++) {
      expect(NULL_MINER_ADVANTAGE[i]! < NULL_MINER_ADVANTAGE[i - 1]!).toBe(true);
    }
    for (let i = 0; i < 1024; i++) {
      const curve = 0.8 / (1 + Math.exp(-11.795830089282052 * (0.42957690816204647 - i / 1024)));
      const table = Number(NULL_MINER_ADVANTAGE[i]!) / 2 ** 64;
      expect(Math.abs(table - curve)).toBeLessThan(1e-12);
    }
  });

  it('steps through the table as the reference does', () => {
    for (let i = 0; i < 1024; i++) {
      expect(nullMinerAdvantage((BigInt(i) << 64n) / 1024n)).toBe(NULL_MINER_ADVANTAGE[i]);
    }
    expect(nullMinerAdvantage(FIXED_ONE)).toBe(NULL_MINER_ADVANTAGE[1023]);
    expect(nullMinerAdvantage(100n * FIXED_ONE)).toBe(NULL_MINER_ADVANTAGE[1023]);
  });

  it('computes the carryover of the reference tests', () => {
    expect(computeCarryover(1n, 1n)).toEqual({ atc: FIXED_ONE, fell: false });
    expect(computeCarryover(2n, 1n)).toEqual({ atc: FIXED_ONE, fell: false });
    expect(computeCarryover(2n, 0n)).toEqual({ atc: 0n, fell: true });
    expect(computeCarryover(2n, 4n)).toEqual({ atc: FIXED_ONE / 2n, fell: true });
  });

  it('wins surely without carryover, hardly with a small shortfall', () => {
    expect(nullMinerProbability(0n)).toBe(FIXED_ONE);
    expect(nullMinerRangeEnd(0n)).toBe((FIXED_ONE - 1n) << 192n);
    const small = Number(nullMinerProbability((FIXED_ONE * 9n) / 10n)) / 2 ** 64;
    expect(small).toBeGreaterThan(0.1);
    expect(small).toBeLessThan(0.11);
    let last = FIXED_ONE + 1n;
    for (let i = 0n; i <= 100n; i++) {
      const probability = nullMinerProbability((FIXED_ONE * i) / 100n);
      expect(probability <= last).toBe(true);
      last = probability;
    }
  });
});
