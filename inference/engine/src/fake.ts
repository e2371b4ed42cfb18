/**
 * A language model without weights: logits are hashes of the recent tokens, shaped by the lexicon.
 * Deterministic, about a hundred thousand tokens a second, and a real distribution over a real
 * vocabulary, with entropy. Numeric noise and foreign weights can be dialled in, so that a simulation
 * has honest machines that differ and hosts that cheat. Used by simulation and tests only.
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { CHATML, type ChatMessage, type ChatTemplate, renderTemplate } from '@assay/jobs';
import {
  answerRoom,
  type Candidate,
  type Engine,
  EngineError,
  type EngineInfo,
  type GenerateOptions,
  type Generation,
  type TokenScore,
} from './engine.ts';
import {
  BEGIN_ID,
  classOfId,
  detokenizeFake,
  END_ID,
  FAKE_TOKENIZER_SHA256,
  FAKE_VOCABULARY_SIZE,
  SPEAKABLE_IDS,
  tokenizeFake,
} from './fake-vocabulary.ts';
import { CLASS_LOGITS } from './lexicon.ts';

export interface FakeEngineOptions {
  /** Which model: another number, other weights. Default 1. */
  readonly weights?: number;
  /** Standard deviation of what quantisation does to a logit, the same on every machine. */
  readonly quantisation?: number;
  /** Standard deviation of what this machine's arithmetic does to a logit. Default 0. */
  readonly noise?: number;
  /** Which machine: another number, other noise. Prefill differs from decode as well. */
  readonly machine?: number;
  readonly contextTokens?: number;
  readonly template?: ChatTemplate;
}

/** Tokens the next one depends on, beside the prompt. */
const MEMORY = 6;
/** Spread of word preferences inside a class. */
const SPREAD = 1.2;
/** Everything not speakable shares e^-16 each. */
const SILENT_LOGPROB = -18;

export class FakeEngine implements Engine {
  readonly info: EngineInfo;
  readonly #options: Required<Omit<FakeEngineOptions, 'contextTokens'>>;
  #closed = false;

  constructor(options: FakeEngineOptions = {}) {
    const { weights = 1, quantisation = 0, noise = 0, machine = 1, template = CHATML } = options;
    this.#options = { weights, quantisation, noise, machine, template };
    this.info = {
      profile: FAKE_PROFILE,
      weightsSha256: bytesToHex(sha256(bytesFromUtf8(`fake-weights-v1:${weights}`))),
      tokenizerSha256: FAKE_TOKENIZER_SHA256,
      vocabularySize: FAKE_VOCABULARY_SIZE,
      beginId: BEGIN_ID,
      eosIds: [END_ID],
      contextTokens: options.contextTokens ?? 2048,
      capabilities: { topCandidatesMax: 64, teacherForcing: true, ownSampler: true },
    };
  }

  tokenize(text: string, special = false): readonly number[] {
    return tokenizeFake(text, special);
  }

  detokenize(ids: readonly number[]): string {
    return detokenizeFake(ids);
  }

  promptIds(messages: readonly ChatMessage[]): readonly number[] {
    const { template } = this.#options;
    const pieces = renderTemplate(template, messages);
    const ids = pieces.flatMap((piece) => tokenizeFake(piece.text, piece.special));
    return template.begin ? [BEGIN_ID, ...ids] : ids;
  }

  async generate(promptIds: readonly number[], options: GenerateOptions): Promise<Generation> {
    this.#open();
    const room = answerRoom(this.info, promptIds.length, options.maxTokens);
    if (room < 1) throw new EngineError('engine/prompt-too-long', `${promptIds.length} tokens`);
    const prompt = hashPrompt(promptIds);
    const ids: number[] = [];
    const tokens: TokenScore[] = [];
    while (tokens.length < room) {
      if (options.signal?.aborted) throw new EngineError('engine/aborted', 'generation aborted');
      const all = this.#distribution(prompt, promptIds, ids, 1);
      const top = topOf(all, options.topK);
      const id = options.pick(ids.length, top);
      const score = { id, logprob: all.get(id) ?? SILENT_LOGPROB, top };
      tokens.push(score);
      ids.push(id);
      options.onToken?.(score, ids.length - 1);
      if (id === END_ID) return { finish: 'stop', tokens };
    }
    return { finish: 'length', tokens };
  }

  async score(
    promptIds: readonly number[],
    outputIds: readonly number[],
    topK: number,
  ): Promise<readonly TokenScore[]> {
    this.#open();
    const prompt = hashPrompt(promptIds);
    return outputIds.map((id, position) => {
      const all = this.#distribution(prompt, promptIds, outputIds.slice(0, position), 2);
      return { id, logprob: all.get(id) ?? SILENT_LOGPROB, top: topOf(all, topK) };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #open(): void {
    if (this.#closed) throw new EngineError('engine/closed', 'the engine was closed');
  }

  /** Logprob of every speakable token. @param pass 1 decode, 2 prefill: other kernels, other noise */
  #distribution(
    prompt: number,
    promptIds: readonly number[],
    outputIds: readonly number[],
    pass: number,
  ): ReadonlyMap<number, number> {
    const { weights, quantisation, noise, machine } = this.#options;
    let context = mix(prompt, weights);
    for (const id of outputIds.slice(-MEMORY)) context = mix(context, id);
    const previous = outputIds.at(-1) ?? promptIds.at(-1) ?? BEGIN_ID;
    const row = CLASS_LOGITS[outputIds.length === 0 ? classOfId(BEGIN_ID) : classOfId(previous)]!;
    const logits = SPEAKABLE_IDS.map((id) => {
      let logit = row[classOfId(id)]! + SPREAD * gaussian(mix(context, id));
      if (quantisation > 0) logit += quantisation * gaussian(mix(mix(context, id), 77));
      if (noise > 0) logit += noise * gaussian(mix(mix(context, id), 1000 * machine + pass));
      return logit;
    });
    const max = Math.max(...logits);
    const z = max + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - max), 0));
    return new Map(SPEAKABLE_IDS.map((id, index) => [id, logits[index]! - z]));
  }
}

export const FAKE_PROFILE = {
  engineClass: 'fake',
  weights: 'f64',
  activations: 'f64',
  keyValueCache: 'none',
  flashAttention: false,
} as const;

function topOf(all: ReadonlyMap<number, number>, topK: number): Candidate[] {
  return [...all]
    .map(([id, logprob]) => ({ id, logprob }))
    .sort((a, b) => b.logprob - a.logprob || a.id - b.id)
    .slice(0, topK);
}

function hashPrompt(ids: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const id of ids) hash = mix(hash, id);
  return hash;
}

/** A 32-bit mixer (the finaliser of MurmurHash3, public domain). */
function mix(state: number, value: number): number {
  let h = (state ^ Math.imul(value + 0x9e3779b9, 0x85ebca6b)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A hash as a draw of mean 0 and deviation 1: the sum of its four bytes, centred. */
function gaussian(hash: number): number {
  const sum = (hash & 255) + ((hash >>> 8) & 255) + ((hash >>> 16) & 255) + (hash >>> 24);
  return (sum - 510) / 147.8;
}
