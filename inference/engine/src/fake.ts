/**
 * A language model without weights: logits are hashes of the recent tokens, shaped by the lexicon.
 * Deterministic, tens of thousands of tokens a second, and a real distribution over a real
 * vocabulary, with entropy. Numeric noise and foreign weights can be dialled in, so that a simulation
 * has honest machines that differ and hosts that cheat. Used by simulation and tests only.
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { CHATML, type ChatMessage, type ChatTemplate, renderTemplate } from '@assay/jobs';
import { compileConstraint } from './constraint/index.ts';
import {
  type Candidate,
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
import {
  BEGIN_ID,
  classOfId,
  detokenizeFake,
  END_ID,
  FAKE_TOKENIZER,
  FAKE_VOCABULARY_SIZE,
  SPEAKABLE_IDS,
  tokenizeFake,
} from './fake-vocabulary.ts';
import { CLASS_LOGITS } from './lexicon.ts';
import { allowedSets, sampleAnswer } from './own-sampling.ts';

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
const EMBEDDING_SIZE = 32;
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
      kind: 'fake',
      profile: FAKE_PROFILE,
      weightsSha256: bytesToHex(sha256(bytesFromUtf8(`fake-weights-v1:${weights}`))),
      tokenizerSha256: FAKE_TOKENIZER.sha256,
      template,
      vocabularySize: FAKE_VOCABULARY_SIZE,
      beginId: BEGIN_ID,
      eosIds: [END_ID],
      contextTokens: options.contextTokens ?? 2048,
      capabilities: FAKE_CAPABILITIES,
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

  constrain(schema: JsonSchema): ConstraintState {
    return compileConstraint(schema, FAKE_TOKENIZER);
  }

  async generate(promptIds: readonly number[], options: GenerateOptions): Promise<Generation> {
    this.#open();
    const prompt = hashPrompt(promptIds);
    const next = async (ids: readonly number[], allowed: TokenSet | null) => ({
      top: topOf(this.#distribution(prompt, ids, 1), options.topK, allowed),
    });
    const { info } = this;
    return sampleAnswer({ info, detokenize: detokenizeFake, next }, promptIds.length, options);
  }

  async score(
    promptIds: readonly number[],
    outputIds: readonly number[],
    topK: number,
    options: ScoreOptions = {},
  ): Promise<readonly TokenScore[]> {
    this.#open();
    const prompt = hashPrompt(promptIds);
    const allowed = allowedSets(options.constraint, outputIds);
    return outputIds.map((id, position) => {
      const all = this.#distribution(prompt, outputIds.slice(0, position), 2);
      return { id, logprob: logprobOf(all, id), top: topOf(all, topK, allowed[position]!) };
    });
  }

  async embed(inputs: readonly string[]): Promise<Embeddings> {
    this.#open();
    const ids = inputs.map((input) => tokenizeFake(input, false));
    const vectors = ids.map((one) => embedding(one, this.#options.weights));
    return { vectors, promptTokens: ids.reduce((sum, one) => sum + one.length, 0) };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #open(): void {
    if (this.#closed) throw new EngineError('engine/closed', 'the engine was closed');
  }

  /** Logprobs by place in `SPEAKABLE_IDS`. @param pass 1 decode, 2 prefill: other kernels, other noise */
  #distribution(prompt: number, outputIds: readonly number[], pass: number): Float64Array {
    const { weights, quantisation, noise, machine } = this.#options;
    let context = mix(prompt, weights);
    const recent = Math.max(0, outputIds.length - MEMORY);
    for (let i = recent; i < outputIds.length; i++) context = mix(context, outputIds[i]!);
    const previous = outputIds.at(-1);
    const row = CLASS_LOGITS[classOfId(previous ?? BEGIN_ID)]!;
    const logits = new Float64Array(SPEAKABLE_IDS.length);
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < logits.length; i++) {
      const key = mix(context, SPEAKABLE_IDS[i]!);
      let logit = row[SPEAKABLE_CLASSES[i]!]! + SPREAD * gaussian(key);
      if (quantisation > 0) logit += quantisation * gaussian(mix(key, 77));
      if (noise > 0) logit += noise * gaussian(mix(key, 1000 * machine + pass));
      logits[i] = logit;
      if (logit > max) max = logit;
    }
    let weight = 0;
    for (const logit of logits) weight += Math.exp(logit - max);
    const z = max + Math.log(weight);
    for (let i = 0; i < logits.length; i++) logits[i]! -= z;
    return logits;
  }
}

const SPEAKABLE_CLASSES: readonly number[] = SPEAKABLE_IDS.map(classOfId);
const SPEAKABLE_PLACES: ReadonlyMap<number, number> = new Map(
  SPEAKABLE_IDS.map((id, place) => [id, place]),
);

export const FAKE_PROFILE = {
  engineClass: 'fake',
  weights: 'f64',
  activations: 'f64',
  keyValueCache: 'none',
  flashAttention: false,
} as const;

const FAKE_CAPABILITIES: EngineCapabilities = {
  topCandidatesMax: 64,
  ownSampler: true,
  tokenIds: true,
  teacherForcing: true,
  scoringCost: 'prefill',
  seeds: true,
  parallelSequences: 64,
  embeddings: true,
  constraints: true,
  toolCalls: true,
  prefixReuse: false,
};

/** A unit vector: bags of words that share words are near each other. */
function embedding(ids: readonly number[], weights: number): readonly number[] {
  const vector = new Float64Array(EMBEDDING_SIZE);
  for (const id of ids) {
    for (let i = 0; i < EMBEDDING_SIZE; i++) vector[i]! += gaussian(mix(mix(weights, id), i));
  }
  const norm = Math.hypot(...vector) || 1;
  return Array.from(vector, (value) => value / norm);
}

/** The `topK` likeliest, descending; places ascend with ids, so equal ones keep their order. */
function topOf(logprobs: Float64Array, topK: number, allowed: TokenSet | null): Candidate[] {
  const places: number[] = [];
  for (let place = 0; place < logprobs.length; place++) {
    if (allowed !== null && !allowed.has(SPEAKABLE_IDS[place]!)) continue;
    let at = places.length;
    if (at === topK && logprobs[place]! <= logprobs[places[at - 1]!]!) continue;
    while (at > 0 && logprobs[places[at - 1]!]! < logprobs[place]!) at -= 1;
    places.splice(at, 0, place);
    if (places.length > topK) places.pop();
  }
  const top = places.map((place) => ({ id: SPEAKABLE_IDS[place]!, logprob: logprobs[place]! }));
  // What the model never says may be all that is allowed.
  for (const id of allowed?.ids() ?? []) {
    if (top.length >= topK) break;
    if (!SPEAKABLE_PLACES.has(id)) top.push({ id, logprob: SILENT_LOGPROB });
  }
  return top;
}

function logprobOf(logprobs: Float64Array, id: number): number {
  const place = SPEAKABLE_PLACES.get(id);
  return place === undefined ? SILENT_LOGPROB : logprobs[place]!;
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
