import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bytesFromHex } from '@assay/bytes';
import { describe, expect, it } from 'vitest';
import { expGm, lnGm } from '../src/gm-v1-math.ts';
import { drawGmV1, gumbel } from '../src/index.ts';

interface DrawVector {
  /** Of an edge case. */
  readonly name?: string;
  readonly seed: string;
  readonly position: number;
  readonly temperatureMicro: number;
  readonly topPMicro: number;
  readonly topK: number;
  readonly candidates: readonly (readonly [number, number])[];
  readonly expect: { readonly id: number; readonly kept: number[]; readonly scores: string[] };
}

const PATH = fileURLToPath(new URL('../../../vectors/gm-v1.json', import.meta.url));
const VECTORS = JSON.parse(readFileSync(PATH, 'utf8')) as {
  readonly math: readonly { readonly y: number; readonly ln: string; readonly exp: string }[];
  readonly gumbel: readonly {
    readonly seed: string;
    readonly position: number;
    readonly id: number;
    readonly gumbel: string;
  }[];
  readonly draws: readonly DrawVector[];
};

function bits(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

describe('docs/sampler-gm-v1.md, vectors/gm-v1.json', () => {
  it('ln and exp are equal in every bit', () => {
    for (const { y, ln, exp } of VECTORS.math) {
      expect([bits(lnGm(y)), bits(expGm(-y))], `y = ${y}`).toEqual([ln, exp]);
    }
  });

  it('the noise is equal in every bit', () => {
    for (const vector of VECTORS.gumbel) {
      const value = gumbel(bytesFromHex(vector.seed), vector.position, vector.id);
      expect(bits(value), `position ${vector.position}`).toBe(vector.gumbel);
    }
  });

  it('every draw gives the token, the survivors and the scores', () => {
    expect(VECTORS.draws.length).toBe(85);
    for (const [n, vector] of VECTORS.draws.entries()) {
      const candidates = vector.candidates.map(([id, logprob]) => ({ id, logprob }));
      const params = { ...vector, maxTokens: 1 };
      const draw = drawGmV1(bytesFromHex(vector.seed), vector.position, candidates, params);
      const found = {
        id: draw.id,
        kept: draw.kept.map((one) => one.id),
        scores: draw.kept.map((one) => bits(one.score)),
      };
      expect(found, vector.name ?? `draw ${n}`).toEqual(vector.expect);
    }
  });

  const python = spawnSync('python3', ['--version']).status === 0;
  it.skipIf(!python)('the Python of the specification agrees', () => {
    const script = fileURLToPath(new URL('./gm_v1.py', import.meta.url));
    const told = execFileSync('python3', [script, PATH], { encoding: 'utf8' });
    expect(told).toBe('102 vectors agree\n');
  });
});

describe('keyed Gumbel-max', () => {
  it('samples the distribution it is given', () => {
    const probabilities = [0.5, 0.3, 0.15, 0.05];
    const candidates = probabilities.map((p, id) => ({ id, logprob: Math.log(p) }));
    const params = { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 20, maxTokens: 1 };
    const counts = [0, 0, 0, 0];
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      counts[drawGmV1(new Uint8Array(32).fill(7), i, candidates, params).id]!++;
    }
    for (const [id, p] of probabilities.entries()) {
      const deviation = Math.sqrt((p * (1 - p)) / draws);
      expect(Math.abs(counts[id]! / draws - p), `token ${id}`).toBeLessThan(5 * deviation);
    }
  });

  it('another seed gives another answer', () => {
    const candidates = [0, 1, 2, 3].map((id) => ({ id, logprob: Math.log(0.25) }));
    const params = { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 4, maxTokens: 1 };
    const answer = (seed: number) =>
      Array.from(
        { length: 32 },
        (_, i) => drawGmV1(new Uint8Array(32).fill(seed), i, candidates, params).id,
      );
    expect(answer(1)).toEqual(answer(1));
    expect(answer(1)).not.toEqual(answer(2));
  });
});
