/** Channel C and the record of a host, as pure functions. Source: verification.md 5.4. */
import { sha256 } from '@assay/crypto';
import { FakeEngine } from '@assay/engine';
import { SKETCH_BYTES } from '@assay/jobs';
import { describe, expect, it } from 'vitest';
import {
  collectSpecimens,
  createUniform,
  type Specimen,
  scoreSpecimens,
} from '../src/calibrate/index.ts';
import { type AttributedToken, attribute, NEW_HOST, sketchOf, updateWealth } from '../src/index.ts';

const INVALID = 13_815_511;

describe('host-level wealth', () => {
  it('one damning answer convicts, as it would alone', () => {
    expect(updateWealth(NEW_HOST, 40_000_000).peakMicro).toBeGreaterThan(INVALID);
  });

  it('one answer in ten, suspicious but never convicted alone, convicts in the end', () => {
    let record = NEW_HOST;
    let audits = 0;
    while (record.peakMicro < INVALID && audits < 1000) {
      record = updateWealth(record, audits % 10 === 9 ? 6_000_000 : -200_000);
      audits += 1;
    }
    expect(audits).toBeLessThan(200);
  });

  it('honest evidence, 1 on average, does not grow: 3,000 audits of 100 hosts stay far below', () => {
    const uniform = createUniform(4);
    let worst = 0;
    for (let host = 0; host < 100; host++) {
      let record = NEW_HOST;
      // E is 10 in one answer of ten, else almost 0: a fair bet at its boldest.
      for (let i = 0; i < 3000; i++) {
        record = updateWealth(record, uniform() < 0.1 ? 2_302_585 : -20_000_000);
      }
      worst = Math.max(worst, record.peakMicro);
    }
    expect(worst).toBeLessThan(INVALID);
  });

  it('a conviction once earned is not lost by later good conduct', () => {
    let record = updateWealth(NEW_HOST, 20_000_000);
    for (let i = 0; i < 500; i++) record = updateWealth(record, -5_000_000);
    expect(record.peakMicro).toBeGreaterThan(INVALID);
    expect(record.wealthMicro).toBeLessThan(0);
  });

  it('is integer arithmetic: equal records on every machine', () => {
    const record = updateWealth(updateWealth(NEW_HOST, 123_456), -7_654_321);
    expect(record).toEqual({ wealthMicro: -92_254, peakMicro: 13_054, audits: 2 });
  });
});

describe('attribution between the claimed model and a suspect', () => {
  const noise = 0.0005;
  const truth = new FakeEngine({ noise, machine: 3 });
  const suspectHere = new FakeEngine({ noise, machine: 3, quantisation: 0.02 });
  const params = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: 64 };
  const tasks = Array.from({ length: 8 }, (_, n) => ({
    messages: [{ role: 'user' as const, content: `question ${n}` }],
    seed: sha256(Uint8Array.of(n)),
    params,
  }));

  async function attributed(
    specimens: readonly Specimen[],
    proofs: readonly (readonly { id: number }[])[] | null,
  ) {
    const claimed = await scoreSpecimens(truth, specimens);
    const suspect = await scoreSpecimens(suspectHere, specimens);
    const tokens = specimens.flatMap((specimen, a): AttributedToken[] => {
      const told = sketchOf((proofs?.[a] as typeof specimen.tokens) ?? specimen.tokens, 10_000);
      return specimen.tokens.map((_, i) => ({
        claimed: claimed[a]![i]!,
        suspect: suspect[a]![i]!,
        sketch: told.subarray(i * SKETCH_BYTES, (i + 1) * SKETCH_BYTES),
        point: { seed: specimen.seed, position: i, params },
        toleranceMicro: 10_000,
      }));
    });
    return attribute(tokens);
  }

  it('an honest host on another machine is never taken for the suspect', async () => {
    const honest = await collectSpecimens(new FakeEngine({ noise, machine: 1 }), tasks);
    const found = await attributed(honest, null);
    expect(found.peakMicro).toBeLessThan(3_000_000);
    expect(found.sketchMicro).toBeLessThan(-20_000_000);
    expect(found.drawMicro).toBeLessThanOrEqual(0);
  });

  it('the suspect is recognised by its sketch', async () => {
    const cheat = new FakeEngine({ noise, machine: 1, quantisation: 0.02 });
    const found = await attributed(await collectSpecimens(cheat, tasks), null);
    expect(found.peakMicro).toBeGreaterThan(INVALID);
  });

  it('behind genuine sketches its draws still speak', async () => {
    const cheat = new FakeEngine({ noise, machine: 1, quantisation: 0.02 });
    const specimens = await collectSpecimens(cheat, tasks);
    const proofs = await scoreSpecimens(new FakeEngine({ noise, machine: 2 }), specimens);
    const found = await attributed(specimens, proofs);
    expect(found.sketchMicro).toBeLessThan(0);
    expect(found.drawMicro).toBeGreaterThan(0);
    expect(found.contested).toBeGreaterThan(0);
  });
});
