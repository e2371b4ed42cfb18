/**
 * The embedded engine: llama.cpp in this process through node-llama-cpp. Raw logits cross the border
 * (the likeliest few and the normaliser), sampling happens on our side; teacher forcing is one pass
 * over prompt and answer on an empty cache.
 *
 * Settings that keep machines comparable: no flash attention, no GPU, prebuilt binary only. With
 * `threads` above the free cores llama.cpp spins: keep 1 unless a machine is all yours. Several
 * answers at a time get a context each, so that none changes another's bits; `batching` puts them into
 * one context, which is faster and moves low-order bits, and judging then has a context of its own.
 */
import type { ChatMessage, ChatTemplate } from '@assay/jobs';
import type { LlamaContext, LlamaEmbeddingContext, LlamaModel, Token } from 'node-llama-cpp';
import { compileConstraint } from './constraint/index.ts';
import {
  type ConstraintState,
  type Embeddings,
  type Engine,
  type EngineCapabilities,
  EngineError,
  type EngineInfo,
  type GenerateOptions,
  type Generation,
  type JsonSchema,
  type ScoreOptions,
  type TokenScore,
  type TokenSet,
} from './engine.ts';
import { LanePool } from './lane-pool.ts';
import { ENGINE_LIMITS } from './limits.ts';
import { ggufProfile, usualContext } from './llama-gguf.ts';
import { LlamaLane } from './llama-lane.ts';
import { acquireLlama, hashFile, releaseLlama } from './llama-runtime.ts';
import { readTemplate } from './llama-template.ts';
import { LlamaTokenizer } from './llama-vocabulary.ts';
import { allowedSets, sampleAnswer } from './own-sampling.ts';
import { templateIds } from './tokenizer.ts';

export { type GgufModel, openGgufModel, usualContext } from './llama-gguf.ts';
export { hashFile } from './llama-runtime.ts';

export interface LlamaEngineOptions {
  readonly modelPath: string;
  /** Per context. Default 1. */
  readonly threads?: number;
  /** Tokens per forward pass of a prefill. 1 repeats decode bit for bit, at its speed. Default 512. */
  readonly batchSize?: number;
  /** Default: what the model was trained on, at most 4,096. */
  readonly contextTokens?: number;
  /** Default: what the file's own template amounts to. */
  readonly template?: ChatTemplate;
  /** `Q8_0` halves the cache; llama.cpp then wants flash attention. Default F16. */
  readonly keyValueCache?: 'F16' | 'F32' | 'Q8_0';
  /** Breaks comparability with other hosts; for measurements. Default false. */
  readonly flashAttention?: boolean;
  /** Answers generated at the same time. Default 1. */
  readonly parallelSequences?: number;
  /** All of them in one context, each pass serving several. Default false. */
  readonly batching?: boolean;
  /** Keeps the cache between answers, for prompts that begin alike. Default false. */
  readonly prefixReuse?: boolean;
  /** `embed` may be called: the first call opens a second context. Default false. */
  readonly embeddings?: boolean;
}

const TOP_CANDIDATES_MAX = 64;

/** @throws EngineError engine/unavailable when the binary or the model cannot be loaded */
export async function openLlamaEngine(options: LlamaEngineOptions): Promise<Engine> {
  const llama = await acquireLlama();
  try {
    const model = await llama.loadModel({ modelPath: options.modelPath });
    const template = options.template ?? readTemplate(model);
    const runtime = await openRuntime(model, options);
    const weightsSha256 = await hashFile(options.modelPath);
    const info = describe(model, runtime, { weightsSha256, template, options });
    const engine = new LlamaEngine(info, runtime);
    await engine.probe();
    return engine;
  } catch (error) {
    await releaseLlama();
    if (error instanceof EngineError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError('engine/unavailable', `cannot load the model: ${reason}`, {
      cause: error,
    });
  }
}

interface Runtime {
  readonly model: LlamaModel;
  readonly tokenizer: LlamaTokenizer;
  readonly contexts: readonly LlamaContext[];
  readonly lanes: LanePool<LlamaLane>;
  /** Where answers are judged: the lanes, or one of its own beside a shared context. */
  readonly judging: LanePool<LlamaLane>;
  /** Made when it is first asked for; null when the engine was opened without embeddings. */
  readonly embedding: (() => Promise<LlamaEmbeddingContext>) | null;
  readonly contextTokens: number;
}

async function openRuntime(model: LlamaModel, options: LlamaEngineOptions): Promise<Runtime> {
  const usual = usualContext(model.trainContextSize);
  const contextTokens = Math.min(options.contextTokens ?? usual, model.trainContextSize);
  const batchSize = options.batchSize ?? Math.min(512, contextTokens);
  const cache = options.keyValueCache ?? 'F16';
  const createContext = (sequences: number) =>
    model.createContext({
      sequences,
      contextSize: contextTokens,
      batchSize,
      threads: options.threads ?? 1,
      flashAttention: options.flashAttention ?? false,
      experimentalKvCacheKeyType: cache,
      experimentalKvCacheValueType: cache,
    });
  const contexts: LlamaContext[] = [];
  const openLanes = async (count: number, sequences: number): Promise<LanePool<LlamaLane>> => {
    const lanes: LlamaLane[] = [];
    while (lanes.length < count) {
      const context = await createContext(sequences);
      contexts.push(context);
      for (let i = 0; i < sequences; i++) {
        lanes.push(new LlamaLane(context.getSequence(), batchSize));
      }
    }
    return new LanePool(lanes);
  };
  const parallel = options.parallelSequences ?? 1;
  const shared = options.batching === true && parallel > 1;
  const lanes = await openLanes(parallel, shared ? parallel : 1);
  const judging = shared ? await openLanes(1, 1) : lanes;
  let made: Promise<LlamaEmbeddingContext> | null = null;
  const { threads = 1 } = options;
  const embedding = options.embeddings
    ? () => (made ??= model.createEmbeddingContext({ contextSize: contextTokens, threads }))
    : null;
  const tokenizer = new LlamaTokenizer(model);
  return { model, tokenizer, contexts, lanes, judging, embedding, contextTokens };
}

interface Described {
  readonly weightsSha256: string;
  readonly template: ChatTemplate;
  readonly options: LlamaEngineOptions;
}

function describe(model: LlamaModel, runtime: Runtime, described: Described): EngineInfo {
  const { weightsSha256, template, options } = described;
  const { tokenizer, contextTokens } = runtime;
  const capabilities: EngineCapabilities = {
    topCandidatesMax: TOP_CANDIDATES_MAX,
    ownSampler: true,
    tokenIds: true,
    teacherForcing: true,
    scoringCost: 'prefill',
    seeds: true,
    parallelSequences: options.parallelSequences ?? 1,
    embeddings: runtime.embedding !== null,
    constraints: tokenizer.pieces() !== null,
    toolCalls: true,
    prefixReuse: options.prefixReuse ?? false,
  };
  return {
    kind: 'node-llama-cpp',
    profile: ggufProfile(model, options),
    weightsSha256,
    tokenizerSha256: tokenizer.sha256,
    template,
    vocabularySize: tokenizer.vocabularySize,
    beginId: tokenizer.beginId,
    eosIds: tokenizer.eosIds,
    contextTokens,
    capabilities,
  };
}

class LlamaEngine implements Engine {
  readonly info: EngineInfo;
  readonly #runtime: Runtime;
  #closed = false;

  constructor(info: EngineInfo, runtime: Runtime) {
    this.info = info;
    this.#runtime = runtime;
  }

  /** Whether what is declared is so: candidates, and the same token scored. */
  async probe(): Promise<void> {
    const pick = (_: number, top: readonly { id: number }[]) => top[0]!.id;
    const prompt = [this.info.beginId];
    const { tokens } = await this.generate(prompt, { topK: 20, maxTokens: 1, pick });
    const [score] = await this.score(prompt, [tokens[0]!.id], 20);
    const wanted = Math.min(20, this.info.vocabularySize);
    if (tokens[0]!.top.length < wanted || score!.top.length < wanted) {
      throw new EngineError('engine/unavailable', 'llama.cpp reports too few candidates');
    }
  }

  tokenize(text: string, special = false): readonly number[] {
    return this.#runtime.tokenizer.tokenize(text, special);
  }

  detokenize(ids: readonly number[]): string {
    return this.#runtime.tokenizer.detokenize(ids);
  }

  promptIds(messages: readonly ChatMessage[]): readonly number[] {
    return templateIds(this.#runtime.tokenizer, this.info.template, messages);
  }

  constrain(schema: JsonSchema): ConstraintState {
    return compileConstraint(schema, this.#runtime.tokenizer);
  }

  generate(promptIds: readonly number[], options: GenerateOptions): Promise<Generation> {
    const { signal } = options;
    return this.#runtime.lanes.use(
      promptIds,
      (lane) => this.#sample(lane, promptIds, options),
      signal,
    );
  }

  async #sample(
    lane: LlamaLane,
    promptIds: readonly number[],
    options: GenerateOptions,
  ): Promise<Generation> {
    const { info } = this;
    const reuse = info.capabilities.prefixReuse;
    const next = async (outputIds: readonly number[], allowed: TokenSet | null) => {
      if (outputIds.length > 0) {
        return { top: await lane.next(outputIds.slice(-1), options.topK, allowed) };
      }
      if (!reuse) await lane.clear();
      const cachedTokens = reuse ? await lane.adapt(promptIds) : 0;
      const rest = promptIds.slice(cachedTokens);
      const top = await lane.next(rest, options.topK, allowed, options.signal);
      return { top, cachedTokens };
    };
    const detokenize = (ids: readonly number[]) => this.detokenize(ids);
    return sampleAnswer({ info, detokenize, next }, promptIds.length, options);
  }

  async score(
    promptIds: readonly number[],
    outputIds: readonly number[],
    topK: number,
    options: ScoreOptions = {},
  ): Promise<readonly TokenScore[]> {
    if (this.#closed) throw new EngineError('engine/closed', 'the engine was closed');
    if (outputIds.length === 0) return [];
    if (promptIds.length + outputIds.length > this.info.contextTokens) {
      throw new EngineError('engine/prompt-too-long', 'prompt and answer exceed the context');
    }
    const allowed = allowedSets(options.constraint, outputIds);
    const input = [...promptIds, ...outputIds.slice(0, -1)];
    const found = await this.#runtime.judging.use(
      [],
      (lane) => lane.score(input, outputIds, allowed, topK),
      options.signal,
    );
    return outputIds.map((id, i) => {
      const all = found[i]!;
      const set = allowed[i]!;
      const { logprob } = all.find((one) => one.id === id)!;
      const top = (set === null ? all : all.filter((one) => set.has(one.id))).slice(0, topK);
      return { id, logprob, top };
    });
  }

  async embed(inputs: readonly string[]): Promise<Embeddings> {
    const { embedding } = this.#runtime;
    if (embedding === null) {
      throw new EngineError('engine/unsupported', 'this engine was opened without embeddings');
    }
    if (inputs.length > ENGINE_LIMITS.embedInputsMax) {
      throw new EngineError('engine/refused', `at most ${ENGINE_LIMITS.embedInputsMax} inputs`);
    }
    const context = await embedding();
    const vectors: (readonly number[])[] = [];
    let promptTokens = 0;
    for (const input of inputs) {
      const ids = [this.info.beginId, ...this.tokenize(input)];
      if (ids.length > this.info.contextTokens) {
        throw new EngineError('engine/prompt-too-long', `${ids.length} tokens`);
      }
      promptTokens += ids.length;
      vectors.push((await context.getEmbeddingFor(ids as unknown as Token[])).vector);
    }
    return { vectors, promptTokens };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { lanes, judging, contexts, model } = this.#runtime;
    await lanes.close();
    await judging.close();
    for (const context of contexts) await context.dispose();
    await model.dispose();
    await releaseLlama();
  }
}
