/**
 * The real llama.cpp server, where it is installed (`node scripts/build-llama-server.mjs` builds it): the
 * same suite as every engine, and the same answers as the embedded engine.
 */
import { fileURLToPath } from 'node:url';
import { nodeWorld } from '@assay/world/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Candidate,
  drawGmV1,
  type Engine,
  openCompletionsServer,
  openLlamaServer,
} from '../src/index.ts';
import { type GgufModel, openGgufModel, openLlamaEngine } from '../src/llama.ts';
import { checkEngineCompliance, checkNativeCompliance } from './compliance.ts';
import {
  findLlamaServer,
  type LlamaServerProcess,
  startLlamaServer,
} from './llama-server-process.ts';

const MODEL = fileURLToPath(new URL('../../../models/assay-small.gguf', import.meta.url));
const BINARY = findLlamaServer();
const CONTEXT = ['-c', '2048', '-np', '2'];

describe.skipIf(BINARY === null)('the real llama.cpp server', () => {
  let server: LlamaServerProcess;
  let model: GgufModel;
  beforeAll(async () => {
    [server, model] = await Promise.all([
      startLlamaServer(BINARY!, MODEL, CONTEXT),
      openGgufModel(MODEL),
    ]);
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await model?.close();
  });
  const open = () => openLlamaServer({ world: nodeWorld(), baseUrl: server.baseUrl, model });

  describe('engine compliance', () => {
    checkEngineCompliance(open, {
      declared: {
        ownSampler: true,
        tokenIds: true,
        teacherForcing: true,
        scoringCost: 'decode',
        seeds: true,
        embeddings: false,
        constraints: true,
        prefixReuse: true,
      },
      toleranceNats: 0.05,
      maxTokens: 16,
      entropyMin: 0.05,
    });
    checkNativeCompliance(open, false);
  });

  it('draws the answers that the embedded engine draws, and each scores the other', async () => {
    const remote = await open();
    const embedded = await openLlamaEngine({ modelPath: MODEL });
    const params = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: 40 };
    const answer = (engine: Engine, seed: number, content: string) =>
      engine.generate(engine.promptIds([{ role: 'user', content }]), {
        topK: 20,
        maxTokens: 40,
        pick: (i: number, top: readonly Candidate[]) =>
          drawGmV1(new Uint8Array(32).fill(seed), i, top, params).id,
      });
    for (const [seed, question] of ['Is the Earth round?', 'What is two plus two?'].entries()) {
      const theirs = await answer(remote, seed, question);
      const ours = await answer(embedded, seed, question);
      expect(theirs.text).toBe(ours.text);
      const prompt = embedded.promptIds([{ role: 'user', content: question }]);
      const ids = theirs.tokens.map((token) => token.id);
      const scores = await embedded.score(prompt, ids, 20);
      for (const [i, score] of scores.entries()) {
        expect(Math.abs(score.logprob - theirs.tokens[i]!.logprob), `token ${i}`).toBeLessThan(
          0.05,
        );
      }
    }
    await embedded.close();
    await remote.close();
  });

  it('through its OpenAI door it only samples by itself', async () => {
    const engine = await openCompletionsServer({
      world: nodeWorld(),
      kind: 'openai',
      baseUrl: server.baseUrl,
      model,
      parallelSequences: 1,
    });
    expect(engine.info.capabilities.teacherForcing).toBe(false);
    const { text } = await engine.generateNatively!([{ role: 'user', content: 'Hello' }], {
      temperatureMicro: 0,
      topPMicro: 1e6,
      maxTokens: 8,
    });
    expect(text).not.toBe('');
    await engine.close();
  });
});

describe.runIf(BINARY === null)('the real llama.cpp server', () => {
  it.skip('llama-server is not installed: run node scripts/build-llama-server.mjs');
});
