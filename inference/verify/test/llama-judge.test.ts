/** The judge on real weights: llama.cpp on this machine's CPU, the model this project generates. */
import { fileURLToPath } from 'node:url';
import type { Engine } from '@assay/engine';
import { type LlamaEngineOptions, openLlamaEngine } from '@assay/engine/llama';
import { type BuildOptions, ensureModel } from '@assay/engine/model';
import type { SamplingParams } from '@assay/jobs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../src/index.ts';
import { greedy, prefillSpoof, swapModel, wrongSeed } from './cheats.ts';
import { answerHonestly, createScene, type Scene, submit } from './scene.ts';

const CACHE = fileURLToPath(new URL('../../../.cache/models', import.meta.url));
const opened: Engine[] = [];

async function open(
  model: BuildOptions,
  options: Partial<LlamaEngineOptions> = {},
): Promise<Engine> {
  const { path } = await ensureModel(CACHE, model);
  const engine = await openLlamaEngine({ modelPath: path, ...options });
  opened.push(engine);
  return engine;
}

const TRUE_MODEL: BuildOptions = { seed: 1, type: 'F32' };
let truth: Engine;

beforeAll(async () => {
  truth = await open(TRUE_MODEL);
});
afterAll(async () => {
  for (const engine of opened) await engine.close();
});

const scenes = (count: number, params: Partial<SamplingParams> = {}): readonly Scene[] =>
  Array.from({ length: count }, (_, number) =>
    createScene(truth, { number, params: { maxTokens: 64, ...params } }),
  );

describe('honest answers of llama.cpp', () => {
  const settings: Readonly<Record<string, Partial<LlamaEngineOptions>>> = {
    'the same settings': {},
    'two threads': { threads: 2 },
    'a prefill of 16 tokens at a time': { batchSize: 16 },
    'a prefill of one token at a time': { batchSize: 1 },
  };

  for (const [name, options] of Object.entries(settings)) {
    it(`are valid to a judge with ${name}`, async () => {
      const judgeEngine = await open(TRUE_MODEL, options);
      for (const scene of scenes(2)) {
        const judged = await judge(submit(scene, await answerHonestly(scene, truth)), judgeEngine);
        expect(judged, scene.prompt.prompt).toMatchObject({ verdict: 'valid', reasons: [] });
        expect(judged.statistics!.evidence.peakMicro).toBeLessThan(1_000_000);
      }
    });
  }

  it('are valid at temperature 0 and with top-p', async () => {
    for (const params of [{ temperatureMicro: 0 }, { topPMicro: 800_000, topK: 10 }]) {
      for (const scene of scenes(2, params)) {
        const judged = await judge(submit(scene, await answerHonestly(scene, truth)), truth);
        expect(judged.verdict).toBe('valid');
      }
    }
  });
});

describe('cheats on llama.cpp', () => {
  it('int8 weights instead of float are caught within a few answers, and never paid for long', async () => {
    const coarse = await open({ seed: 1, type: 'Q8_0' });
    let tokens = 0;
    let caught = 0;
    for (const scene of scenes(8)) {
      const judged = await judge(submit(scene, await swapModel(scene, coarse)), truth);
      tokens += judged.statistics!.tokens;
      if (judged.verdict !== 'valid') caught += 1;
    }
    expect(caught / 8, `over ${tokens} tokens`).toBeGreaterThan(0.5);
  });

  it('another model is caught in every answer, with its own sketch or a genuine one', async () => {
    const other = await open({ seed: 2, type: 'F32' });
    for (const scene of scenes(2)) {
      const naive = await judge(submit(scene, await swapModel(scene, other)), truth);
      expect(naive.verdict).toBe('invalid');
      const spoof = await judge(submit(scene, await prefillSpoof(scene, other, truth)), truth);
      expect(spoof.verdict).toBe('invalid');
    }
  });

  it('a dropped layer behind genuine proofs is caught', async () => {
    const shallow = await open({ seed: 1, type: 'F32', layers: 3 });
    for (const scene of scenes(2)) {
      const judged = await judge(submit(scene, await prefillSpoof(scene, shallow, truth)), truth);
      expect(judged.verdict).toBe('invalid');
    }
  });

  it('greedy decoding and a seed of its own are caught', async () => {
    for (const scene of scenes(2)) {
      expect((await judge(submit(scene, await greedy(scene, truth)), truth)).verdict).toBe(
        'invalid',
      );
      expect((await judge(submit(scene, await wrongSeed(scene, truth)), truth)).verdict).toBe(
        'invalid',
      );
    }
  });
});
