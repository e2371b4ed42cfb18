/**
 * The margin is the least difference that explains a draw (docs/calibration.md 3): no two machines that are
 * nearer to each other than a draw's margin can have made it, whatever top-k, top-p and the seed do.
 */
import { sha256 } from '@assay/crypto';
import { type Candidate, drawGmV1, orderCandidates, type TokenScore } from '@assay/engine';
import type { SamplingParams } from '@assay/jobs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createUniform,
  eachRedraw,
  noiseTail,
  reachMicro,
  samplingMargin,
  shareAbove,
} from '../src/calibrate/index.ts';

const params = (about: Partial<SamplingParams>): SamplingParams => ({
  temperatureMicro: 1_000_000,
  topPMicro: 1_000_000,
  topK: 20,
  maxTokens: 1,
  ...about,
});

/** Thirty candidates, and the same through a machine whose logits differ by at most `spread` in all. */
function twoMachines(number: number, spread: number): [Candidate[], Candidate[]] {
  const uniform = createUniform(number);
  const logits = Array.from({ length: 30 }, () => 6 * uniform());
  const listed = (noise: number): Candidate[] => {
    const noisy = logits.map((logit) => logit + noise * uniform());
    const z = Math.log(noisy.reduce((sum, logit) => sum + Math.exp(logit), 0));
    return orderCandidates(noisy.map((logit, id) => ({ id, logprob: logit - z })));
  };
  return [listed(0), listed(spread)];
}

const seen = (id: number, top: readonly Candidate[]): TokenScore => ({
  id,
  logprob: top.find((one) => one.id === id)!.logprob,
  top: top.slice(0, 21),
});

describe('a margin', () => {
  it('is 0 for what the judge draws itself, and no greater than two machines differ', () => {
    const settings = fc.record({
      topK: fc.integer({ min: 1, max: 20 }),
      topPMicro: fc.constantFrom(300_000, 900_000, 1_000_000),
      temperatureMicro: fc.constantFrom(0, 300_000, 1_000_000, 1_500_000),
    });
    fc.assert(
      fc.property(settings, fc.nat(), fc.integer({ min: 0, max: 9 }), (about, number, size) => {
        const spread = size * 0.02;
        const [host, judge] = twoMachines(number, spread);
        const seed = sha256(Uint8Array.of(number & 255, (number >> 8) & 255));
        const draw = { seed, position: 3, params: params(about) };
        const { id } = drawGmV1(seed, 3, host, draw.params);
        const { marginMicro, leadMicro } = samplingMargin(seen(id, judge), draw);
        expect(marginMicro).toBeLessThanOrEqual(1e6 * spread + 1);
        if (marginMicro > 0) expect(marginMicro).toBeGreaterThanOrEqual(leadMicro);
        const own = drawGmV1(seed, 3, judge, draw.params);
        expect(samplingMargin(seen(own.id, judge), draw).marginMicro).toBe(0);
      }),
      {
        numRuns: 500,
        // Found by chance: a token just below a cut that nearly wins; one that passes another which is cut as well.
        examples: [
          [{ topK: 10, topPMicro: 900_000, temperatureMicro: 300_000 }, 1813314358, 5],
          [{ topK: 4, topPMicro: 300_000, temperatureMicro: 1_000_000 }, 919908218, 7],
        ],
      },
    );
  });

  it('of a token that top-k cut is what it lacked, of one that lost what it lost', () => {
    const top = [-0.5, -1.5, -1.6, -4].map((logprob, id) => ({ id, logprob }));
    const greedy = {
      seed: new Uint8Array(32),
      position: 0,
      params: params({ temperatureMicro: 0 }),
    };
    expect(samplingMargin({ ...top[2]!, top }, greedy)).toMatchObject({ marginMicro: 1_100_000 });
    const two = { ...greedy, params: params({ topK: 2 }) };
    const cut = samplingMargin({ ...top[2]!, top }, two).marginMicro;
    expect(cut).toBeGreaterThanOrEqual(100_000);
  });

  it('redrawn has the same shape as drawn', () => {
    const [host, judge] = twoMachines(5, 0.2);
    const own = { id: host[0]!.id, logprob: host[0]!.logprob, top: host.slice(0, 20) };
    const how = { params: params({}), redraws: 4000, seed: 9 };
    let differing = 0;
    eachRedraw(own, [seen(own.id, judge)], how, ([margin]) => {
      expect(margin!.marginMicro).toBeLessThanOrEqual(200_001);
      if (margin!.marginMicro > 0) differing += 1;
    });
    let drawn = 0;
    for (let n = 0; n < 4000; n++) {
      const seed = sha256(Uint8Array.of(n & 255, n >> 8));
      const point = { seed, position: 0, params: params({}) };
      const { id } = drawGmV1(seed, 0, host.slice(0, 20), point.params);
      if (samplingMargin(seen(id, judge), point).marginMicro > 0) drawn += 1;
    }
    expect(Math.abs(differing - drawn)).toBeLessThan(6 * Math.sqrt(drawn + 25));
  });
});

describe('the tail of honest noise', () => {
  it('of exponential spreads reaches where they would, and no nearer', () => {
    const uniform = createUniform(3);
    const meanNats = 0.001;
    const tokens = Array.from({ length: 4000 }, () => {
      const top = [0, 1].map((id) => ({ id, logprob: -1 - id }));
      const other = top.map((one) => ({
        ...one,
        logprob: one.logprob - one.id * -meanNats * Math.log(uniform()),
      }));
      return { own: { ...top[0]!, top }, other: { ...other[0]!, top: other } };
    });
    const pair = {
      host: 'a',
      judge: 'b',
      specimens: [
        {
          messages: [],
          seed: new Uint8Array(32),
          params: params({}),
          promptIds: [],
          tokens: tokens.map(({ own }) => own),
        },
      ],
      scores: [tokens.map(({ other }) => other)],
    };
    const tail = noiseTail([pair], 1e-9);
    const truth = 1e6 * meanNats * Math.log(1e9);
    expect(reachMicro(tail, 1e-9)).toBeGreaterThan(truth);
    expect(reachMicro(tail, 1e-9)).toBeLessThan(1.4 * truth);
    expect(shareAbove(tail, reachMicro(tail, 1e-9))).toBeCloseTo(1e-9, 12);
    expect(shareAbove(tail, 0)).toBe(1);
  });
});
