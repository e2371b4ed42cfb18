/**
 * What the network needs from a model runtime, and nothing more: tokens in and out, one step at a
 * time with raw logprobs, and the logprobs of given tokens. Sampling is ours (gm-v1) wherever the
 * runtime hands out logits; where it does not, `generateNatively` is all there is and the answer is
 * worth less. Capabilities are probed when an engine is opened, never assumed, and the compliance
 * suite holds every adapter to what it declares.
 *
 * Adapters: `FakeEngine` (pure, for simulation), `@assay/engine/llama` (llama.cpp in this process),
 * and over HTTP llama.cpp's server, vLLM, Ollama and servers that speak OpenAI's API.
 */
import type { ChatMessage, ChatTemplate, Finish, NumericProfile } from '@assay/jobs';
import type { ToolCall, ToolChoice, ToolDefinition } from './tools.ts';

/** A possible next token and its natural log probability before any temperature or cut. */
export interface Candidate {
  readonly id: number;
  readonly logprob: number;
}

/** One answer token as the model saw it. */
export interface TokenScore {
  readonly id: number;
  /** Of `id`, over the whole vocabulary. */
  readonly logprob: number;
  /**
   * The likeliest tokens, descending logprob, equal ones by ascending id; under a constraint, of the
   * tokens it allows. Logprobs are always those of the whole vocabulary.
   */
  readonly top: readonly Candidate[];
}

export type EngineKind = 'fake' | 'node-llama-cpp' | 'llama-server' | 'vllm' | 'ollama' | 'openai';

export interface EngineInfo {
  readonly kind: EngineKind;
  readonly profile: NumericProfile;
  /** Of the weights file, 64 hex digits; zeros when there is none. */
  readonly weightsSha256: string;
  readonly tokenizerSha256: string;
  readonly template: ChatTemplate;
  readonly vocabularySize: number;
  readonly beginId: number;
  readonly eosIds: readonly number[];
  readonly contextTokens: number;
  readonly capabilities: EngineCapabilities;
}

export interface EngineCapabilities {
  /** Candidates with logprobs per position at most; 0: none. gm-v1 needs 20. */
  readonly topCandidatesMax: number;
  /** `generate` lets the caller pick each token: the engine can host in class A. */
  readonly ownSampler: boolean;
  /** Ids of sampled tokens come from the engine and are not read back from its text. */
  readonly tokenIds: boolean;
  /** `score` works: the engine can judge. */
  readonly teacherForcing: boolean;
  /** What `score` costs: one prefill, or about as much as generating the scored tokens. */
  readonly scoringCost: 'prefill' | 'decode' | 'none';
  /** The engine's own sampler repeats an answer when it is given the seed again. */
  readonly seeds: boolean;
  /** Answers that may be generated at the same time; more callers queue. */
  readonly parallelSequences: number;
  /** `embed` works. */
  readonly embeddings: boolean;
  /** `constraint` is honoured, exactly and checkably. */
  readonly constraints: boolean;
  /** Tools can be offered: in the prompt where prompts are ours, else by the server. */
  readonly toolCalls: boolean;
  /** Prompts that begin like an earlier one are not computed again. */
  readonly prefixReuse: boolean;
}

/** Ids that may come next. */
export interface TokenSet {
  readonly size: number;
  has(id: number): boolean;
  /** Ascending. */
  ids(): Iterable<number>;
}

/**
 * What an answer may look like, as a pure function of the tokens before: a judge steps through the
 * same states as the host did. `Engine.constrain` makes one from a JSON Schema.
 */
export interface ConstraintState {
  readonly allowed: TokenSet;
  /** The state after `id`; null when `id` is not allowed. */
  next(id: number): ConstraintState | null;
}

/** A JSON Schema: `true` is any value. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

export interface GenerateOptions {
  /** Candidates handed to `pick`. */
  readonly topK: number;
  /** Answer tokens at most, the end-of-text token included. */
  readonly maxTokens: number;
  /** Chooses the token at `position` (0 = first). */
  readonly pick: (position: number, top: readonly Candidate[]) => number;
  /** The answer ends when its text contains one of these. At most `ENGINE_LIMITS.stopStringsMax`. */
  readonly stop?: readonly string[];
  /** Only allowed tokens become candidates. @throws EngineError engine/unsupported without `constraints` */
  readonly constraint?: ConstraintState;
  readonly onToken?: (score: TokenScore, position: number) => void;
  /** Text as it becomes final: whole characters, and never the beginning of a stop string. */
  readonly onText?: (delta: string) => void;
  readonly signal?: AbortSignal;
}

export interface Generation {
  /** `stop`: ended by an end-of-text token, which is the last of `tokens`, or by a stop string. */
  readonly finish: Finish;
  /** Up to and including the token that ended the answer. */
  readonly tokens: readonly TokenScore[];
  /** What the tokens spell, up to the stop string. Equals all `onText` deltas together. */
  readonly text: string;
  /** The stop string that ended the answer. */
  readonly stoppedBy: string | null;
  /** Prompt tokens that were not computed again. */
  readonly cachedTokens: number;
}

export interface ScoreOptions {
  /** Candidates are the likeliest of the tokens it allows, as in generation. */
  readonly constraint?: ConstraintState;
  readonly signal?: AbortSignal;
}

/** The engine samples: no gm-v1, so no class A. */
export interface NativeOptions {
  /** Millionths; 0 means the likeliest token. */
  readonly temperatureMicro: number;
  /** Millionths, 1..1,000,000. */
  readonly topPMicro: number;
  readonly topK?: number;
  /** u32. */
  readonly seed?: number;
  readonly maxTokens: number;
  readonly stop?: readonly string[];
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  /** JSON Schema the answer must fit. */
  readonly jsonSchema?: JsonSchema;
  readonly onText?: (delta: string) => void;
  readonly signal?: AbortSignal;
}

export interface NativeAnswer {
  readonly finish: Finish | 'tool-calls';
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** Null when the server gives no ids or no logprobs. */
  readonly tokens: readonly TokenScore[] | null;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
}

export interface Embeddings {
  /** One per input, all of one length. */
  readonly vectors: readonly (readonly number[])[];
  readonly promptTokens: number;
}

export interface Engine {
  readonly info: EngineInfo;
  /** Ids of plain text; `special` reads control tokens such as `<|im_end|>` as such. */
  tokenize(text: string, special?: boolean): readonly number[];
  /** Text of ids; control tokens vanish. */
  detokenize(ids: readonly number[]): string;
  /** The prompt a conversation becomes under the model's template. */
  promptIds(messages: readonly ChatMessage[]): readonly number[];
  /**
   * The constraint that makes an answer JSON of this schema; for `generate` and `score`.
   * @throws EngineError engine/unsupported without `constraints`, or for a keyword that is not understood
   */
  constrain?(schema: JsonSchema): ConstraintState;
  /** @throws EngineError; engine/unsupported without `ownSampler` */
  generate(promptIds: readonly number[], options: GenerateOptions): Promise<Generation>;
  /**
   * Teacher forcing: scores every token of a given answer.
   * @throws EngineError; engine/unsupported without `teacherForcing`
   */
  score(
    promptIds: readonly number[],
    outputIds: readonly number[],
    topK: number,
    options?: ScoreOptions,
  ): Promise<readonly TokenScore[]>;
  /**
   * Teacher forcing at chosen `positions` of the answer (ascending), for engines that pay for each.
   * @throws EngineError
   */
  scorePositions?(
    promptIds: readonly number[],
    outputIds: readonly number[],
    positions: readonly number[],
    topK: number,
  ): Promise<readonly TokenScore[]>;
  /** Lets the engine sample by its own means. Servers have it. @throws EngineError */
  generateNatively?(
    messages: readonly ChatMessage[],
    options: NativeOptions,
  ): Promise<NativeAnswer>;
  /** There when `embeddings`. @throws EngineError */
  embed?(inputs: readonly string[]): Promise<Embeddings>;
  close(): Promise<void>;
}

export type EngineErrorCode =
  /** Cannot be reached or loaded. Worth another try later. */
  | 'engine/unavailable'
  | 'engine/closed'
  | 'engine/aborted'
  | 'engine/timeout'
  | 'engine/prompt-too-long'
  /** The engine has no such capability, or the request asks for what cannot be proven. */
  | 'engine/unsupported'
  /** The server refused the request; another try would be refused as well. */
  | 'engine/refused'
  /** The server answered what its API does not allow. */
  | 'engine/misbehaved'
  | 'engine/failed';

/** The world failed the engine: out of memory, file gone, closed. No verdict about any answer. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Tokens an answer may have before the context window ends it. */
export function answerRoom(info: EngineInfo, promptTokens: number, maxTokens: number): number {
  return Math.min(maxTokens, info.contextTokens - promptTokens);
}
