/**
 * A short, seeded slice of `npm run fuzz:clarity`: no input whatever crashes the parser, the value
 * decoders or a deployment, nor makes them do more than linear work.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltTargets, buildTargets } from './fuzz/build.ts';
import { Fuzzer, type Target } from './fuzz/fuzzer.ts';
import { COUNTERS, instrument } from './fuzz/instrument.ts';

const SEED = 7;
const INPUTS: Readonly<Record<string, number>> = { parser: 4_000, value: 6_000, deploy: 500 };

describe('the Clarity parser and the value decoders under fuzzing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-fuzz-'));
  let built: BuiltTargets;

  beforeAll(async () => {
    built = await buildTargets(join(import.meta.dirname, '..', '..', '..'), folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.keys(INPUTS))('%s', (name) => {
    const target = built.targets.find((one) => one.name === name)!;
    const fuzzer = new Fuzzer(target, built.counters, SEED);
    const seeded = fuzzer.report();
    fuzzer.run(INPUTS[name]!);
    const report = fuzzer.report();
    expect(report.findings.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([]);
    // It is guided: mutation reaches branches that no seed does.
    expect(report.branches).toBeGreaterThan(seeded.branches);
    expect(seeded.branches).toBeGreaterThan(100);
  });
});

describe('the fuzzer', () => {
  /** Crashes on one input in 2^24, which coverage leads to byte by byte. */
  function plantedBug(counters: Uint32Array): Target {
    const word = new TextEncoder().encode('bug');
    return {
      name: 'planted',
      seeds: [new Uint8Array(8)],
      dictionary: [Uint8Array.of(0)],
      bytesMax: 16,
      work: { base: 100, perByte: 10 },
      run(input) {
        for (const [i, byte] of word.entries()) {
          if (input[i] !== byte) return;
          counters[i]!++;
        }
        throw new Error('planted');
      },
    };
  }

  it('finds a planted bug, the same one for the same seed', () => {
    const found = [5, 5].map((seed) => {
      const counters = new Uint32Array(3);
      const fuzzer = new Fuzzer(plantedBug(counters), counters, seed);
      fuzzer.run(80_000);
      return fuzzer.report().findings.map(({ kind, input }) => [kind, input.join()]);
    });
    expect(found[0]).toEqual(found[1]);
    expect(found[0]!.length).toBe(1);
    expect(found[0]![0]![1]).toMatch(/^98,117,103/);
  });

  it('finds planted quadratic work', () => {
    const counters = new Uint32Array(1);
    const fuzzer = new Fuzzer(
      {
        name: 'planted',
        seeds: [new Uint8Array(4)],
        dictionary: [Uint8Array.of(0)],
        bytesMax: 4096,
        work: { base: 1_000, perByte: 100 },
        run: (input) => {
          counters[0] = input.length ** 2;
        },
      },
      counters,
      1,
    );
    fuzzer.run(2_000);
    expect(fuzzer.report().findings.map(({ kind }) => kind)).toContain('slow');
  });

  it('counters change no result', () => {
    const code = `
      const f = (a, b) => (a > b ? a - b : a && b || 7);
      function g(n) { let s = 0; for (let i = 0; i < n; i++) if (i % 3 === 0) s += f(i, n); else s--; return s; }
      const h = (n) => ({ twice: n * 2 });
      switch (g(9)) { case 1: case 2: out.push('low'); break; default: out.push(g(9), h(4).twice); }
      try { null.x } catch { out.push('caught') }`;
    const run = (text: string, counters: Uint32Array): unknown[] => {
      const out: unknown[] = [];
      new Function('out', COUNTERS, text)(out, counters);
      return out;
    };
    const counted = instrument(code, 0);
    const counters = new Uint32Array(counted.points);
    expect(run(counted.code, counters)).toEqual(run(code, counters));
    expect(counters.filter((count) => count > 0).length).toBeGreaterThan(8);
  });
});
