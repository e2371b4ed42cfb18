/**
 * Calibration end to end on the fake engine: bounds from honest machines, bets that honest machines do
 * not win, cheats found sooner than by the generic table, a table that the judge takes by its hash.
 */
import { FakeEngine } from '@assay/engine';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  attributionPower,
  betRow,
  type Calibration,
  calibrate,
  plotRoc,
  rocCurve,
} from '../src/calibrate/index.ts';
import { encodeCanonicalJsonBytes } from '../src/canonical.ts';
import { decodeCalibratedTable, evidenceSha256, judge } from '../src/index.ts';
import { swapModel } from './cheats.ts';
import { answerHonestly, createScene, submit } from './scene.ts';

const noise = 0.001;
const machine = (number: number) => new FakeEngine({ noise, machine: number });
const coarse = new FakeEngine({ quantisation: 0.05, noise });
const prompts = ['one', 'two', 'three', 'four'].map((content) => [
  { role: 'user' as const, content },
]);
let calibration: Calibration;

beforeAll(async () => {
  const engine = machine(1);
  calibration = await calibrate({
    name: 'fake',
    weightsSha256: engine.info.weightsSha256,
    hosts: [1, 2].map((n) => ({ name: `host ${n}`, engine: machine(n) })),
    judges: [3, 4].map((n) => ({ name: `judge ${n}`, engine: machine(n) })),
    suspects: [
      { name: 'coarse', open: async () => coarse, teaches: ['sketch', 'margin'], recipe: 'q8_0' },
    ],
    prompts,
    params: { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: 48 },
    answersPerHost: 12,
    answersPerSuspect: 12,
    redraws: 40,
    toleranceMicro: 10_000,
    impossibleMicro: 500_000,
  });
});

describe('a calibration', () => {
  it('measures every pair of machines', () => {
    expect(calibration.pairs.map((pair) => `${pair.host}, ${pair.judge}`)).toEqual([
      'host 1, judge 3',
      'host 1, judge 4',
      'host 2, judge 3',
      'host 2, judge 4',
    ]);
    for (const pair of calibration.pairs) {
      expect(pair.differenceMedian).toBeGreaterThan(0.0001);
      expect(pair.differenceMax).toBeLessThan(0.02);
      expect(pair.drawMismatch).toBeLessThan(0.01);
    }
  });

  it('its bets lose on whole honest answers it has not seen, for the worst pair', () => {
    for (const gain of Object.values(calibration.worstGain)) expect(gain).toBeLessThanOrEqual(1);
    expect(calibration.honest.above1000).toBe(0);
    expect(calibration.honest.verdicts).toBeGreaterThan(900);
  });

  it('finds the cheat with its own sketch within a few tokens, and behind genuine ones later', () => {
    const [suspect] = calibration.suspects;
    expect(suspect!.naive.tokens99).toBeLessThan(64);
    expect(suspect!.spoof.tokens99).toBeLessThan(8192);
    expect(suspect!.spoof.tokens99).toBeGreaterThan(suspect!.naive.tokens99!);
  });

  it('channel C: stakes that no honest host wins, and the suspect named behind genuine sketches', () => {
    const [fit] = calibration.attributions;
    expect(fit!.worstGain).toBeLessThanOrEqual(1);
    expect(fit!.honestMaxNats).toBeLessThan(6.9);
    expect(fit!.stakes.drawMilli).toBeGreaterThan(1000);
    const options = { boundMicro: 13_815_511, trials: 50, tokensMax: 8192 };
    const tokens = (list: readonly (number | null)[]) =>
      list.map((one) => one ?? 8192).sort((a, b) => a - b)[45]!;
    expect(tokens(attributionPower(fit!.naive, options))).toBeLessThan(128);
    expect(tokens(attributionPower(fit!.spoof, options))).toBeLessThan(4096);
    expect(calibration.table.attributions).toEqual([
      { recipe: 'q8_0', weightsSha256: fit!.weightsSha256, stakes: fit!.stakes },
    ]);
  });

  it('gives the same table on every run: its hash can be published', async () => {
    expect(calibration.tableSha256).toBe(evidenceSha256(calibration.table));
    const read = decodeCalibratedTable(encodeCanonicalJsonBytes(calibration.table));
    expect(read).toEqual({ ok: true, value: calibration.table });
  });

  it('draws a picture of both ROC panels', () => {
    const svg = plotRoc(calibration);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});

describe('the judge with a calibrated table', () => {
  it('takes it by the hash in the manifest, and abstains when it does not know it', async () => {
    const engine = machine(1);
    const scene = createScene(engine, { params: { maxTokens: 64 } });
    const manifest = { ...scene.manifest, evidenceSha256: calibration.tableSha256 };
    const moved = createScene(engine, { params: { maxTokens: 64 }, manifest });
    const tables = new Map([[calibration.tableSha256, calibration.table]]);
    const honest = submit(moved, await answerHonestly(moved, engine));
    expect(await judge(honest, machine(3), { tables })).toMatchObject({ verdict: 'valid' });
    expect(await judge(honest, machine(3))).toMatchObject({
      verdict: 'abstain',
      reasons: [{ code: 'verify/evidence-table' }],
    });
    const cheat = submit(moved, await swapModel(moved, new FakeEngine({ quantisation: 0.3 })));
    expect(await judge(cheat, machine(3), { tables })).toMatchObject({ verdict: 'invalid' });
  });
});

describe('betRow', () => {
  it('never lets an honest machine within the bounds gain, whatever the cheat looks like', () => {
    const shares = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(shares, shares, (cheatCounts, honestCounts) => {
        const normal = (list: readonly number[]) => {
          const total = list.reduce((sum, one) => sum + one, 0);
          return list.map((one) => one / total);
        };
        const honest = normal(honestCounts);
        const bounds = honest.map((share) => Math.min(1, 1.05 * share));
        const scores = betRow(normal(cheatCounts), bounds, 3000);
        const gain = honest.reduce((sum, p, i) => sum + p * Math.exp(scores[i]! / 1000), 0);
        expect(gain).toBeLessThanOrEqual(1 + 1e-9);
        for (const score of scores) expect(Math.abs(score)).toBeLessThanOrEqual(3001);
      }),
      { numRuns: 300 },
    );
  });

  it('bets nothing where the sample cannot exclude anything', () => {
    expect(betRow([0.5, 0.3, 0.2], [1, 1, 1], 3000)).toEqual([0, 0, 0]);
  });
});

describe('decodeCalibratedTable', () => {
  it('refuses anything but a complete, canonical table', () => {
    const bad = (change: object) =>
      decodeCalibratedTable(encodeCanonicalJsonBytes({ ...calibration.table, ...change })).ok;
    expect(bad({})).toBe(true);
    const [first] = calibration.table.alternatives;
    expect(bad({ version: 2 })).toBe(false);
    const [suspect] = calibration.table.attributions;
    const stakes = { ...suspect!.stakes, gammaMilli: 1001 };
    expect(bad({ attributions: [{ ...suspect, stakes }] })).toBe(false);
    expect(bad({ attributions: [{ ...suspect, more: 1 }] })).toBe(false);
    expect(bad({ more: 1 })).toBe(false);
    expect(bad({ alternatives: [] })).toBe(false);
    expect(bad({ alternatives: [{ ...first, gammaMilli: 1001 }] })).toBe(false);
    expect(bad({ alternatives: [{ ...first, scoresMilli: first!.scoresMilli.slice(1) }] })).toBe(
      false,
    );
    const text = new TextDecoder().decode(encodeCanonicalJsonBytes(calibration.table));
    expect(decodeCalibratedTable(new TextEncoder().encode(` ${text}`)).ok).toBe(false);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeCalibratedTable(bytes).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(decodeCalibratedTable(new TextEncoder().encode(text)).ok).toBe(false);
      }),
    );
  });
});

describe('rocCurve', () => {
  it('falls from everything to nothing', () => {
    const curve = rocCurve([0, 0, 1, 2], [1, 5, 20, 30]);
    expect(curve[0]).toEqual({ falseShare: 0.5, foundShare: 1 });
    expect(curve.at(-1)).toEqual({ falseShare: 0, foundShare: 0.5 });
  });
});
