import { fileURLToPath } from 'node:url';
import { bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import type { ChatMessage } from '@assay/jobs';
import { describe, expect, it } from 'vitest';
import { type Candidate, drawGmV1, type Engine, type GenerateOptions } from '../src/index.ts';
import { openGgufModel, openLlamaEngine, usualContext } from '../src/llama.ts';
import { buildModel, ensureModel, PROJECT_MODEL } from '../src/model/index.ts';
import { checkEngineCompliance } from './compliance.ts';

const CACHE = fileURLToPath(new URL('../../../.cache/models', import.meta.url));
const open = async () => openLlamaEngine({ modelPath: (await ensureModel(CACHE)).path });

describe('llama.cpp, engine compliance', () => {
  const declared = { ownSampler: true, teacherForcing: true, constraints: true };
  checkEngineCompliance(open, { declared, toleranceNats: 0.05 });
});

/** Greedy, so that the text depends on the model alone. */
const greedy = (engine: Engine, content: string, extra: Partial<GenerateOptions> = {}) =>
  engine.generate(engine.promptIds([{ role: 'user', content }]), {
    topK: 20,
    maxTokens: 12,
    pick: (_, top) => top[0]!.id,
    ...extra,
  });

describe('llama.cpp with several answers at a time, engine compliance', () => {
  const path = async () => (await ensureModel(CACHE)).path;
  const declared = {
    ownSampler: true,
    teacherForcing: true,
    constraints: true,
    embeddings: true,
    prefixReuse: true,
    parallelSequences: 3,
  };
  const open = async (batching: boolean) =>
    openLlamaEngine({
      modelPath: await path(),
      parallelSequences: 3,
      prefixReuse: true,
      embeddings: true,
      contextTokens: 512,
      batching,
    });
  checkEngineCompliance(() => open(true), { declared, toleranceNats: 0.05, maxTokens: 16 });

  it('contexts of their own change no bit of each other', async () => {
    const together = await open(false);
    const alone = await openLlamaEngine({ modelPath: await path(), contextTokens: 512 });
    const questions = ['Is the Earth round?', 'What is a coin?', 'Who keeps the light?'];
    const several = await Promise.all(questions.map((question) => greedy(together, question)));
    for (const [i, question] of questions.entries()) {
      expect(several[i]!.tokens).toEqual((await greedy(alone, question)).tokens);
    }
    await together.close();
    await alone.close();
  });

  it('a conversation that goes on computes only what is new', async () => {
    const engine = await open(false);
    const messages = [{ role: 'user', content: 'Is the Earth round?' }] as ChatMessage[];
    const first = await greedy(engine, messages[0]!.content);
    // The begin token, which opening the engine has computed.
    expect(first.cachedTokens).toBeLessThanOrEqual(1);
    messages.push({ role: 'assistant', content: first.text }, { role: 'user', content: 'Why?' });
    const longer = engine.promptIds(messages);
    const options = {
      topK: 20,
      maxTokens: 4,
      pick: (_: number, top: readonly Candidate[]) => top[0]!.id,
    };
    const second = await engine.generate(longer, options);
    const shared = engine.promptIds(messages.slice(0, 1)).length;
    expect(second.cachedTokens).toBeGreaterThanOrEqual(shared);
    expect(second.cachedTokens).toBeLessThan(longer.length);
    await engine.close();
  });

  it('a caller that gives up while it waits leaves the queue', async () => {
    const engine = await openLlamaEngine({ modelPath: await path(), contextTokens: 512 });
    const stop = new AbortController();
    const running = greedy(engine, 'Is the Earth round?');
    const waiting = greedy(engine, 'What is a coin?', { signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'engine/aborted' });
    expect((await running).tokens.length).toBeGreaterThan(0);
    await engine.close();
    const late = engine.generate([1], { topK: 1, maxTokens: 1, pick: (_, top) => top[0]!.id });
    await expect(late).rejects.toMatchObject({ code: 'engine/closed' });
  });
});

describe('a file read for an engine behind a server', () => {
  it('says of its model what the embedded engine says', async () => {
    const { path } = await ensureModel(CACHE);
    const embedded = await openLlamaEngine({ modelPath: path });
    const model = await openGgufModel(path);
    expect(usualContext(model.trainedTokens)).toBe(embedded.info.contextTokens);
    expect(embedded.info.contextTokens).toBeGreaterThan(0);
    expect(model.tokenizer.sha256).toBe(embedded.info.tokenizerSha256);
    expect(model.weightsSha256).toBe(embedded.info.weightsSha256);
    expect(model.template).toEqual(embedded.info.template);
    expect(model.profile).toEqual(embedded.info.profile);
    await model.close();
    await embedded.close();
  });
});

describe('the generated model', () => {
  it('has the same bytes on every machine and stays small', () => {
    const bytes = buildModel(PROJECT_MODEL);
    expect(bytes.length).toBeLessThan(6 * 1024 * 1024);
    expect(bytesToHex(sha256(bytes))).toBe(PROJECT_MODEL_SHA256);
  });

  it('speaks sentences', async () => {
    const engine = await open();
    const params = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: 120 };
    const prompt = engine.promptIds([{ role: 'user', content: 'Is the Earth round?' }]);
    const { tokens } = await engine.generate(prompt, {
      topK: 20,
      maxTokens: 120,
      pick: (i, top) => drawGmV1(new Uint8Array(32).fill(1), i, top, params).id,
    });
    const text = engine.detokenize(tokens.map((token) => token.id));
    await engine.close();
    expect(text).toMatch(/^([A-Z][a-z ]+\. ?)+$/);
  });
});

const PROJECT_MODEL_SHA256 = 'd3fc248ff0a0f1324f032ee9d3ff823d33a12d4efbc7700a3437289e45ca6efb';
