/**
 * What the network needs from a model runtime, and nothing more: tokens in and out, one step at a
 * time with raw logprobs, and the logprobs of given tokens in one pass. Sampling is ours (gm-v1),
 * never the engine's. Adapters: `FakeEngine` (pure, for simulation), `@assay/engine/llama`
 * (node-llama-cpp). Capabilities are declared, and the compliance suite probes what is declared.
 */
import type { ChatMessage, Finish, NumericProfile } from '@assay/jobs';

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
  /** The likeliest tokens, descending logprob, equal ones by ascending id. */
  readonly top: readonly Candidate[];
}

export interface EngineInfo {
  readonly profile: NumericProfile;
  /** Of the weights file, 64 hex digits; zeros when there is none. */
  readonly weightsSha256: string;
  readonly tokenizerSha256: string;
  readonly vocabularySize: number;
  readonly beginId: number;
  readonly eosIds: readonly number[];
  readonly contextTokens: number;
  readonly capabilities: EngineCapabilities;
}

export interface EngineCapabilities {
  /** Candidates per position at most. gm-v1 needs 20. */
  readonly topCandidatesMax: number;
  /** `score` works: the engine can judge. */
  readonly teacherForcing: boolean;
  /** `generate` lets the caller pick each token: the engine can host in class A. */
  readonly ownSampler: boolean;
}

export interface GenerateOptions {
  /** Candidates handed to `pick`. */
  readonly topK: number;
  /** Answer tokens at most, the end-of-text token included. */
  readonly maxTokens: number;
  /** Chooses the token at `position` (0 = first). */
  readonly pick: (position: number, top: readonly Candidate[]) => number;
  readonly onToken?: (score: TokenScore, position: number) => void;
  readonly signal?: AbortSignal;
}

export interface Generation {
  /** `stop`: ended by an end-of-text token, which is the last of `tokens`. */
  readonly finish: Finish;
  readonly tokens: readonly TokenScore[];
}

export interface Engine {
  readonly info: EngineInfo;
  /** Ids of plain text; `special` reads control tokens such as `<|im_end|>` as such. */
  tokenize(text: string, special?: boolean): readonly number[];
  /** Text of ids; control tokens vanish. */
  detokenize(ids: readonly number[]): string;
  /** The prompt a conversation becomes under the model's template. */
  promptIds(messages: readonly ChatMessage[]): readonly number[];
  /** @throws EngineError */
  generate(promptIds: readonly number[], options: GenerateOptions): Promise<Generation>;
  /**
   * Teacher forcing: scores every token of a given answer in one prefill.
   * @throws EngineError
   */
  score(
    promptIds: readonly number[],
    outputIds: readonly number[],
    topK: number,
  ): Promise<readonly TokenScore[]>;
  close(): Promise<void>;
}

/** The world failed the engine: out of memory, file gone, closed. No verdict about any answer. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code:
    | 'engine/unavailable'
    | 'engine/closed'
    | 'engine/aborted'
    | 'engine/prompt-too-long'
    | 'engine/failed';

  constructor(code: EngineError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Tokens an answer may have before the context window ends it. */
export function answerRoom(info: EngineInfo, promptTokens: number, maxTokens: number): number {
  return Math.min(maxTokens, info.contextTokens - promptTokens);
}
