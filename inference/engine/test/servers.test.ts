/** Engines behind HTTP, against stand-ins that speak each API's shapes. */
import { CHATML } from '@assay/jobs';
import { nodeWorld } from '@assay/world/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAKE_TOKENIZER } from '../src/fake-vocabulary.ts';
import {
  type CompletionsOptions,
  FakeEngine,
  openCompletionsServer,
  openLlamaServer,
  openOllama,
  type RemoteModel,
} from '../src/index.ts';
import { checkEngineCompliance, checkNativeCompliance } from './compliance.ts';
import { serveLlamaServer } from './stand-ins/llama-server.ts';
import { serveOllama } from './stand-ins/ollama.ts';
import { type OpenAiDials, serveOpenAi } from './stand-ins/openai.ts';
import { type StandIn, serve } from './stand-ins/serve.ts';

const world = nodeWorld();
const MODEL: RemoteModel = {
  tokenizer: FAKE_TOKENIZER,
  template: CHATML,
  weightsSha256: '11'.repeat(32),
  profile: new FakeEngine().info.profile,
};

/** A stand-in that lives as long as the describe block. */
function standIn(start: () => Promise<StandIn>): () => StandIn {
  let server: StandIn;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());
  return () => server;
}

describe('llama.cpp server, engine compliance', () => {
  const server = standIn(serveLlamaServer);
  const open = () => openLlamaServer({ world, baseUrl: server().baseUrl, model: MODEL });
  checkEngineCompliance(open, {
    declared: {
      ownSampler: true,
      tokenIds: true,
      teacherForcing: true,
      scoringCost: 'decode',
      parallelSequences: 2,
      seeds: true,
      embeddings: false,
      constraints: true,
      prefixReuse: true,
    },
    toleranceNats: 1e-12,
    maxTokens: 24,
  });
  checkNativeCompliance(open, true);
});

describe('vLLM, engine compliance', () => {
  const server = standIn(() => serveOpenAi({ vllm: true }));
  const open = () => openCompletions(server(), { kind: 'vllm' });
  checkEngineCompliance(open, {
    declared: {
      topCandidatesMax: 20,
      ownSampler: true,
      tokenIds: true,
      teacherForcing: true,
      scoringCost: 'prefill',
      seeds: true,
      embeddings: false,
      constraints: false,
    },
    toleranceNats: 1e-12,
    maxTokens: 24,
  });
  checkNativeCompliance(open, true);
});

describe('vLLM started with --max-logprobs 512, engine compliance', () => {
  const server = standIn(() => serveOpenAi({ vllm: true, logprobsMax: 512 }));
  checkEngineCompliance(() => openCompletions(server(), { kind: 'vllm' }), {
    declared: { ownSampler: true, teacherForcing: true, constraints: true },
    toleranceNats: 1e-12,
    maxTokens: 24,
  });
});

describe('an OpenAI-compatible server that only chats, engine compliance', () => {
  const server = standIn(() => serveOpenAi({ vllm: false, chatOnly: true }));
  const open = () => openCompletions(server(), { kind: 'openai' });
  checkEngineCompliance(open, {
    declared: { ownSampler: false, teacherForcing: false, topCandidatesMax: 0, embeddings: true },
    toleranceNats: 0,
  });
  checkNativeCompliance(open, true);
});

describe('Ollama, engine compliance', () => {
  const server = standIn(serveOllama);
  const open = () => openOllama({ world, baseUrl: server().baseUrl, modelName: 'stand-in:latest' });
  checkEngineCompliance(open, {
    declared: { ownSampler: false, teacherForcing: false, seeds: true, embeddings: true },
    toleranceNats: 0,
  });
  checkNativeCompliance(open, true);

  it('a model it does not have is refused by name', async () => {
    const doomed = openOllama({ world, baseUrl: server().baseUrl, modelName: 'other' });
    await expect(doomed).rejects.toMatchObject({
      code: 'engine/refused',
      message: expect.stringContaining("model 'other' not found"),
    });
  });
});

function openCompletions(server: StandIn, extra: Partial<CompletionsOptions> = {}) {
  const { baseUrl } = server;
  return openCompletionsServer({ world, kind: 'vllm', baseUrl, model: MODEL, ...extra });
}

async function withServer<T>(dials: OpenAiDials, use: (server: StandIn) => Promise<T>): Promise<T> {
  const server = await serveOpenAi(dials);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

describe('what opening a server finds out', () => {
  it('candidates named by text count when each text is one token', async () => {
    await withServer({ vllm: false, logprobsMax: 5 }, async (server) => {
      const engine = await openCompletions(server, { kind: 'openai' });
      const { capabilities } = engine.info;
      // Its end-of-text token has no text of its own, so now and then a step cannot be read.
      expect(capabilities.topCandidatesMax).toBe(5);
      expect(capabilities.tokenIds).toBe(false);
      expect(capabilities.teacherForcing).toBe(false);
      await engine.close();
    });
  });

  it('a server that reads text otherwise runs another model', async () => {
    await withServer({ vllm: true, foreignTokens: true }, async (server) => {
      await expect(openCompletions(server)).rejects.toMatchObject({
        code: 'engine/unavailable',
        message: expect.stringContaining('another model'),
      });
    });
  });

  it('a server without prompt logprobs is no vLLM', async () => {
    await withServer({ vllm: false }, async (server) => {
      await expect(openCompletions(server)).rejects.toMatchObject({ code: 'engine/unsupported' });
    });
  });

  it('more candidates than the server reports are refused, not invented', async () => {
    await withServer({ vllm: true, logprobsMax: 5 }, async (server) => {
      const engine = await openCompletions(server);
      expect(engine.info.capabilities.topCandidatesMax).toBe(5);
      const pick = () => 0;
      const doomed = engine.generate([1], { topK: 20, maxTokens: 1, pick });
      await expect(doomed).rejects.toMatchObject({ code: 'engine/unsupported' });
    });
  });
});

describe('keys and failures', () => {
  const key = 'sk-secret-1234';

  it('the API key opens the server and appears in no message', async () => {
    await withServer({ vllm: true, apiKey: key }, async (server) => {
      const engine = await openCompletions(server, { apiKey: key });
      expect(JSON.stringify(engine)).not.toContain(key);
      const doomed = openCompletions(server, { apiKey: 'sk-wrong-9' });
      const error = await doomed.catch((caught: unknown) => caught as Error);
      expect(error).toMatchObject({ code: 'engine/refused' });
      expect(String(error)).not.toContain('sk-wrong-9');
    });
  });

  it('a busy server is asked again, with pauses, and not for ever', async () => {
    let calls = 0;
    const server = await serve({
      'GET /health': () => {
        calls += 1;
        if (calls < 3) return { status: 503, body: { error: { message: 'Loading model' } } };
        return { status: 400, body: { error: { message: 'awake now' } } };
      },
    });
    const open = () => openLlamaServer({ world, baseUrl: server.baseUrl, model: MODEL });
    await expect(open()).rejects.toMatchObject({
      code: 'engine/refused',
      message: expect.stringContaining('awake now'),
    });
    expect(calls).toBe(3);
    await server.close();
    await expect(open()).rejects.toMatchObject({ code: 'engine/unavailable' });
  });

  it('answers in another shape are the server’s fault, by name', async () => {
    const server = await serve({
      'GET /health': () => ({ body: {} }),
      'GET /props': () => ({ body: { total_slots: 'many' } }),
      'POST /tokenize': () => ({ body: { tokens: 'none' } }),
    });
    const doomed = openLlamaServer({ world, baseUrl: server.baseUrl, model: MODEL });
    await expect(doomed).rejects.toMatchObject({
      code: 'engine/misbehaved',
      message: expect.stringContaining('tokens'),
    });
    await server.close();
  });

  it('a URL with a password in it is refused before anything is sent', async () => {
    const doomed = openOllama({ world, baseUrl: 'http://me:pw@127.0.0.1:1', modelName: 'x' });
    await expect(doomed).rejects.toMatchObject({ code: 'engine/refused' });
  });
});
