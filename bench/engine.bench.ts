/**
 * Tokens per second of an engine, one answer at a time and one thread: our own-sampler loop (logits over
 * the border, gm-v1 in TypeScript) against generation by node-llama-cpp itself, both in this process; and
 * our loop through llama.cpp's server against the server's own sampling, where llama-server is installed.
 * Limit: the forward passes alone, tokens fed one by one without asking for anything.
 */
import { fileURLToPath } from 'node:url';
import { drawGmV1, type Engine, openLlamaServer } from '@assay/engine';
import { openGgufModel, openLlamaEngine } from '@assay/engine/llama';
import { ensureModel } from '@assay/engine/model';
import { nodeWorld } from '@assay/world/node';
import { getLlama, type LlamaContextSequence, LlamaLogLevel, type Token } from 'node-llama-cpp';
import {
  findLlamaServer,
  startLlamaServer,
} from '../inference/engine/test/llama-server-process.ts';
import type { Row } from './row.ts';

const TOKENS = 200;
const ROUNDS = 5;
const CONTEXT = 1024;
const QUESTION = 'Is the Earth round?';
const CACHE = fileURLToPath(new URL('../../.cache/models', import.meta.url));

/** Tokens per second, the best of a few rounds: what the code can do when the machine lets it. */
async function bestRate(run: () => Promise<number>): Promise<number> {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    const tokens = await run();
    best = Math.max(best, (1000 * tokens) / (performance.now() - startedMs));
  }
  return best;
}

/** Our loop; the end of text is passed over, so that every engine makes as many tokens. */
function ownRate(engine: Engine): Promise<number> {
  const params = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: TOKENS };
  const seed = new Uint8Array(32).fill(7);
  const end = new Set(engine.info.eosIds);
  const prompt = engine.promptIds([{ role: 'user', content: QUESTION }]);
  return bestRate(async () => {
    const { tokens } = await engine.generate(prompt, {
      topK: 20,
      maxTokens: TOKENS,
      pick: (i, top) =>
        drawGmV1(
          seed,
          i,
          top.filter(({ id }) => !end.has(id)),
          params,
        ).id,
    });
    return tokens.length;
  });
}

async function peerRates(modelPath: string, prompt: readonly number[]) {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
  });
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({
    contextSize: CONTEXT,
    threads: 1,
    flashAttention: false,
  });
  const sequence = context.getSequence();
  const native = await bestRate(() => generateNatively(sequence, prompt));
  const limit = await bestRate(() => feed(sequence, prompt));
  await llama.dispose();
  return { native, limit };
}

/** The package's own sampler with the same settings, past the end of text. */
async function generateNatively(
  sequence: LlamaContextSequence,
  prompt: readonly number[],
): Promise<number> {
  await sequence.clearHistory();
  const options = { temperature: 1, topK: 20, topP: 1, minP: 0, seed: 7, yieldEogToken: true };
  let tokens = 0;
  for await (const _ of sequence.evaluate(prompt as unknown as Token[], options)) {
    tokens += 1;
    if (tokens === TOKENS) break;
  }
  return tokens;
}

async function feed(sequence: LlamaContextSequence, prompt: readonly number[]): Promise<number> {
  await sequence.clearHistory();
  await sequence.evaluateWithoutGeneratingNewTokens(prompt as unknown as Token[]);
  for (let i = 0; i < TOKENS; i++) {
    await sequence.evaluateWithoutGeneratingNewTokens([prompt[i % prompt.length]! as Token]);
  }
  return TOKENS;
}

async function serverRates(binary: string, modelPath: string) {
  const server = await startLlamaServer(binary, modelPath, ['-c', String(CONTEXT), '-np', '1']);
  const model = await openGgufModel(modelPath);
  try {
    const world = nodeWorld();
    const engine = await openLlamaServer({ world, baseUrl: server.baseUrl, model });
    const ours = await ownRate(engine);
    const prompt = engine.promptIds([{ role: 'user', content: QUESTION }]);
    const body = {
      prompt,
      n_predict: TOKENS,
      temperature: 1,
      samplers: ['top_k', 'temperature'],
      top_k: 20,
      seed: 7,
      ignore_eos: true,
      cache_prompt: false,
    };
    const native = await bestRate(async () => {
      const answer = await fetch(`${server.baseUrl}/completion`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      return ((await answer.json()) as { tokens_predicted: number }).tokens_predicted;
    });
    return { ours, native };
  } finally {
    await model.close();
    await server.stop();
  }
}

export async function run(): Promise<Row[]> {
  const { path } = await ensureModel(CACHE);
  const engine = await openLlamaEngine({ modelPath: path, contextTokens: CONTEXT });
  const prompt = engine.promptIds([{ role: 'user', content: QUESTION }]);
  const ours = await ownRate(engine);
  await engine.close();
  const { native, limit } = await peerRates(path, prompt);
  const row = (name: string, rate: number, peer: number): Row => ({
    bench: 'engine',
    case: name,
    ours: rate,
    peer,
    ratio: rate / peer,
    limit,
    unit: 'tokens/s',
  });
  const rows = [row('own sampler, embedded; peer: node-llama-cpp', ours, native)];
  const binary = findLlamaServer();
  if (binary === null) {
    console.error('llama-server is not installed: node scripts/build-llama-server.mjs builds it');
    return rows;
  }
  const server = await serverRates(binary, path);
  return [
    ...rows,
    row('own sampler over HTTP; peer: llama-server', server.ours, server.native),
    row('embedded; peer: llama-server', ours, server.native),
  ];
}
