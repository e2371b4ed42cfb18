/**
 * The embedded engine: llama.cpp in this process through node-llama-cpp. One context, one sequence,
 * calls queue. Raw logits cross the border (the likeliest few and the normaliser), sampling happens
 * on our side; teacher forcing is one `controlledEvaluate` over prompt and answer.
 *
 * Settings that keep machines comparable: no flash attention, no GPU, prebuilt binary only. With
 * `threads` above the free cores llama.cpp spins: keep 1 unless a machine is all yours.
 * Source: dependencies.md 1 (measured); node-llama-cpp 3.22 `controlledEvaluate`.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ByteWriter, bytesFromUtf8 } from '@assay/bytes';
import { CHATML, type ChatMessage, type ChatTemplate, renderTemplate } from '@assay/jobs';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import {
  type Candidate,
  type Engine,
  type EngineCapabilities,
  EngineError,
  type EngineInfo,
  type GenerateOptions,
  type Generation,
  type TokenScore,
} from './engine.ts';
import { orderCandidates } from './gm-v1.ts';
import { sampleAnswer } from './own-sampling.ts';

export interface LlamaEngineOptions {
  readonly modelPath: string;
  /** Default 1. */
  readonly threads?: number;
  /** Tokens per forward pass of a prefill. 1 repeats decode bit for bit, at its speed. Default 512. */
  readonly batchSize?: number;
  /** Default: what the model was trained on, at most 4,096. */
  readonly contextTokens?: number;
  /** Default ChatML. */
  readonly template?: ChatTemplate;
  /** `Q8_0` halves the cache; llama.cpp then wants flash attention. Default F16. */
  readonly keyValueCache?: 'F16' | 'F32' | 'Q8_0';
  /** Breaks comparability with other hosts; for measurements. Default false. */
  readonly flashAttention?: boolean;
}

/** What the model says about one position. */
interface NextLogits {
  readonly logits?: ReadonlyMap<Token, number>;
  readonly totalLogitWeight?: number;
}

const CONTEXT_TOKENS_MAX = 4096;
const FILE_TYPES: Readonly<Record<number, string>> = {
  0: 'f32',
  1: 'f16',
  2: 'q4_0',
  7: 'q8_0',
  8: 'q5_0',
  32: 'bf16',
};

/** @throws EngineError engine/unavailable when the binary or the model cannot be loaded */
export async function openLlamaEngine(options: LlamaEngineOptions): Promise<Engine> {
  const llama = await acquireLlama();
  try {
    const model = await llama.loadModel({ modelPath: options.modelPath });
    const trained = Math.min(model.trainContextSize, CONTEXT_TOKENS_MAX);
    const contextTokens = Math.min(options.contextTokens ?? trained, model.trainContextSize);
    const cache = options.keyValueCache ?? 'F16';
    const context = await model.createContext({
      sequences: 1,
      contextSize: contextTokens,
      batchSize: options.batchSize ?? Math.min(512, contextTokens),
      threads: options.threads ?? 1,
      flashAttention: options.flashAttention ?? false,
      experimentalKvCacheKeyType: cache,
      experimentalKvCacheValueType: cache,
    });
    const weightsSha256 = await hashFile(options.modelPath);
    const info = describe(model, { weightsSha256, contextTokens, options });
    return new LlamaEngine(info, model, context);
  } catch (error) {
    await releaseLlama();
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError('engine/unavailable', `cannot load the model: ${reason}`, {
      cause: error,
    });
  }
}

class LlamaEngine implements Engine {
  readonly info: EngineInfo;
  readonly #model: LlamaModel;
  readonly #context: LlamaContext;
  readonly #sequence: LlamaContextSequence;
  readonly #template: ChatTemplate;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(info: EngineInfo, model: LlamaModel, context: LlamaContext) {
    this.info = info;
    this.#model = model;
    this.#context = context;
    this.#sequence = context.getSequence();
    this.#template = info.template;
  }

  tokenize(text: string, special = false): readonly number[] {
    return text === '' ? [] : this.#model.tokenize(text, special);
  }

  detokenize(ids: readonly number[]): string {
    const spoken = ids.filter((id) => !this.info.eosIds.includes(id));
    return this.#model.detokenize(spoken as unknown as readonly Token[], false);
  }

  promptIds(messages: readonly ChatMessage[]): readonly number[] {
    const pieces = renderTemplate(this.#template, messages);
    const ids = pieces.flatMap((piece) => this.tokenize(piece.text, piece.special));
    return this.#template.begin ? [this.info.beginId, ...ids] : ids;
  }

  generate(promptIds: readonly number[], options: GenerateOptions): Promise<Generation> {
    return this.#alone(async () => {
      const next = async (outputIds: readonly number[]) => {
        const pending = outputIds.length === 0 ? promptIds : outputIds.slice(-1);
        const [found] = await this.#evaluate(pending, [[]], options.topK);
        return { top: candidatesOf(found!) };
      };
      const { info } = this;
      const detokenize = (ids: readonly number[]) => this.detokenize(ids);
      return sampleAnswer({ info, detokenize, next }, promptIds.length, options);
    });
  }

  score(
    promptIds: readonly number[],
    outputIds: readonly number[],
    topK: number,
  ): Promise<readonly TokenScore[]> {
    return this.#alone(async () => {
      if (outputIds.length === 0) return [];
      if (promptIds.length + outputIds.length > this.info.contextTokens) {
        throw new EngineError('engine/prompt-too-long', 'prompt and answer exceed the context');
      }
      const input = [...promptIds, ...outputIds.slice(0, -1)];
      const wanted = outputIds.map((id) => [id]);
      const found = await this.#evaluate(input, wanted, topK);
      return outputIds.map((id, i) => {
        const all = candidatesOf(found[i]!);
        const { logprob } = all.find((one) => one.id === id)!;
        return { id, logprob, top: all.slice(0, topK) };
      });
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last.catch(() => undefined);
    await this.#context.dispose();
    await this.#model.dispose();
    await releaseLlama();
  }

  /** Runs `task` after every earlier one, on an empty sequence. */
  #alone<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new EngineError('engine/closed', 'the engine was closed'));
    }
    const run = this.#last
      .catch(() => undefined)
      .then(async () => {
        await this.#sequence.clearHistory();
        return task();
      });
    this.#last = run;
    return run;
  }

  /**
   * Feeds `input`; asks for logits at its last `wanted.length` positions: of the tokens named there
   * and of the `topK` likeliest.
   */
  async #evaluate(
    input: readonly number[],
    wanted: readonly (readonly number[])[],
    topK: number,
  ): Promise<readonly NextLogits[]> {
    const first = input.length - wanted.length;
    const items = input.map((id, i) => {
      if (i < first) return id as Token;
      const tokens = wanted[i - first] as readonly Token[];
      const filter = { tokens, includeTop: topK };
      const generateNext = { logits: { filter }, totalLogitWeight: true, options: GREEDY } as const;
      return [id as Token, { generateNext }] as [Token, { generateNext: typeof generateNext }];
    });
    const outcomes = await this.#sequence.controlledEvaluate(items);
    return outcomes.slice(first).map((outcome) => outcome!.next as NextLogits);
  }
}

/** Temperature 0 leaves the logits as they are. */
const GREEDY = { temperature: 0 } as const;

function candidatesOf(next: NextLogits): Candidate[] {
  const { logits, totalLogitWeight } = next;
  if (logits === undefined || totalLogitWeight === undefined) {
    throw new EngineError('engine/failed', 'the engine returned no logits');
  }
  let max = Number.NEGATIVE_INFINITY;
  for (const logit of logits.values()) if (logit > max) max = logit;
  const z = max + Math.log(totalLogitWeight);
  const all = Array.from(logits, ([id, logit]) => ({ id: id as number, logprob: logit - z }));
  return orderCandidates(all);
}

interface Described {
  readonly weightsSha256: string;
  readonly contextTokens: number;
  readonly options: LlamaEngineOptions;
}

function describe(model: LlamaModel, described: Described): EngineInfo {
  const { weightsSha256, contextTokens, options } = described;
  const { general, tokenizer } = model.fileInfo.metadata;
  const { ggml } = tokenizer;
  const eosIds: number[] = [];
  for (let id = 0; id < ggml.tokens.length; id++) {
    if (model.isEogToken(id as Token)) eosIds.push(id);
  }
  const fileType = Number(general.file_type ?? -1);
  return {
    kind: 'node-llama-cpp',
    profile: {
      engineClass: 'llama.cpp-cpu',
      weights: FILE_TYPES[fileType] ?? `ftype-${fileType}`,
      activations: 'f32',
      keyValueCache: (options.keyValueCache ?? 'F16').toLowerCase(),
      flashAttention: options.flashAttention ?? false,
    },
    weightsSha256,
    tokenizerSha256: hashTokenizer(ggml),
    template: options.template ?? CHATML,
    vocabularySize: ggml.tokens.length,
    beginId: model.tokens.bos ?? eosIds[0] ?? 0,
    eosIds,
    contextTokens,
    capabilities: LLAMA_CAPABILITIES,
  };
}

const LLAMA_CAPABILITIES: EngineCapabilities = {
  topCandidatesMax: 64,
  ownSampler: true,
  tokenIds: true,
  teacherForcing: true,
  scoringCost: 'prefill',
  seeds: true,
  parallelSequences: 1,
  embeddings: false,
  constraints: false,
  toolCalls: true,
  prefixReuse: false,
};

interface GgmlTokenizer {
  readonly model: string;
  readonly tokens: readonly string[];
  readonly scores?: readonly number[];
  readonly token_type?: readonly number[];
  readonly merges?: readonly string[];
}

/** `"tokenizer-v1" | model | n x (piece, score as f32, type) | merges`, strings behind u32 lengths. */
function hashTokenizer(ggml: GgmlTokenizer): string {
  const writer = new ByteWriter(1 << 16);
  const score = new DataView(new ArrayBuffer(4));
  const string = (text: string) => {
    const bytes = bytesFromUtf8(text);
    writer.u32(bytes.length).raw(bytes);
  };
  string('tokenizer-v1');
  string(ggml.model);
  writer.u32(ggml.tokens.length);
  for (const [id, piece] of ggml.tokens.entries()) {
    string(piece);
    score.setFloat32(0, ggml.scores?.[id] ?? 0);
    writer.u32(score.getUint32(0)).u32(ggml.token_type?.[id] ?? 0);
  }
  for (const merge of ggml.merges ?? []) string(merge);
  return createHash('sha256').update(writer.finish()).digest('hex');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
  return hash.digest('hex');
}

let shared: Promise<Llama> | null = null;
let users = 0;

/** One llama.cpp per process, kept while an engine is open. */
async function acquireLlama(): Promise<Llama> {
  users += 1;
  shared ??= loadLlama();
  try {
    return await shared;
  } catch (error) {
    users -= 1;
    shared = null;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError('engine/unavailable', `llama.cpp does not load here: ${reason}`, {
      cause: error,
    });
  }
}

async function releaseLlama(): Promise<void> {
  users -= 1;
  if (users > 0 || shared === null) return;
  const llama = await shared;
  shared = null;
  await llama.dispose();
}

/**
 * Quirk: the loader tries the binary in a forked child that inherits this process's Node flags, and
 * flags such as `--input-type` or `--eval` break it. The flags are hidden while it does.
 */
async function loadLlama(): Promise<Llama> {
  const { getLlama, LlamaLogLevel } = await import('node-llama-cpp');
  const flags = process.execArgv;
  process.execArgv = [];
  try {
    return await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.error,
    });
  } finally {
    process.execArgv = flags;
  }
}
