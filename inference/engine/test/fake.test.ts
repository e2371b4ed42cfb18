import { describe, expect, it } from 'vitest';
import { drawGmV1, FakeEngine } from '../src/index.ts';
import { checkEngineCompliance } from './compliance.ts';

const FAKE = { ownSampler: true, teacherForcing: true, constraints: true, embeddings: true };

describe('FakeEngine, engine compliance', () => {
  checkEngineCompliance(async () => new FakeEngine(), { declared: FAKE, toleranceNats: 1e-12 });
});

describe('FakeEngine with noise, engine compliance', () => {
  const open = async () => new FakeEngine({ noise: 0.002, machine: 2 });
  checkEngineCompliance(open, { declared: FAKE, toleranceNats: 0.05 });
});

describe('FakeEngine', () => {
  it('speaks sentences', async () => {
    const engine = new FakeEngine();
    const params = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: 200 };
    const prompt = engine.promptIds([{ role: 'user', content: 'Hello' }]);
    const { tokens } = await engine.generate(prompt, {
      topK: 20,
      maxTokens: 200,
      pick: (i, top) => drawGmV1(new Uint8Array(32), i, top, params).id,
    });
    const text = engine.detokenize(tokens.map((token) => token.id));
    expect(text).toMatch(/^([A-Z][a-z ]+\. ?)+$/);
  });

  it('other weights, quantisation and machines change the logprobs as told', async () => {
    const base = new FakeEngine();
    const prompt = base.promptIds([{ role: 'user', content: 'Hello' }]);
    const ids = base.tokenize('The clock measures a coin.');
    const scores = await base.score(prompt, ids, 4);
    const distance = async (other: FakeEngine) => {
      const theirs = await other.score(prompt, ids, 4);
      return Math.max(...theirs.map((one, i) => Math.abs(one.logprob - scores[i]!.logprob)));
    };
    expect(await distance(new FakeEngine())).toBe(0);
    expect(await distance(new FakeEngine({ noise: 1e-3 }))).toBeLessThan(0.01);
    expect(await distance(new FakeEngine({ quantisation: 0.1 }))).toBeGreaterThan(0.03);
    expect(await distance(new FakeEngine({ weights: 2 }))).toBeGreaterThan(0.3);
  });
});
