/**
 * llama.cpp's server as an engine. Prompts are ids, one `/completion` per token with the likeliest
 * candidates before sampling, and our own sampler chooses: class A, as with the embedded engine. The
 * server keeps the prefix in its cache, so that a step computes one token.
 *
 * Scoring given tokens: the server has no prompt logprobs, but it reports the sampled token's logprob
 * over the whole vocabulary, and a bias makes it sample the token we want. A judge pays one step per
 * scored position, and so scores a few drawn positions (`scorePositions`) or prefers the embedded engine.
 * Source: llama.cpp tools/server README (`/completion`, `/props`, `/tokenize`) and its code at v0.5.0.
 */
import type { ChatMessage } from '@assay/jobs';
import { compileConstraint } from '../constraint/index.ts';
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
  type NativeAnswer,
  type NativeOptions,
  type ScoreOptions,
  type TokenScore,
  type TokenSet,
} from '../engine.ts';
import { orderCandidates } from '../gm-v1.ts';
import { type Lane, LanePool } from '../lane-pool.ts';
import { allowedSets, sampleAnswer } from '../own-sampling.ts';
import { topOfAllowed } from './allowed-top.ts';
import { chatNatively, embedNatively } from './chat.ts';
import { at, countAt, type Json, listAt, numberAt } from './json.ts';
import { foundOrNull, repeatsItself } from './probe.ts';
import {
  type RemoteModel,
  RemoteText,
  remoteInfo,
  sameTokens,
  TOKENIZER_PROBE,
} from './remote-model.ts';
import { ServerClient, type ServerOptions } from './server-client.ts';

export interface LlamaServerOptions extends ServerOptions {
  readonly model: RemoteModel;
  /** Fewer than a slot of the server has: what the model's manifest says. */
  readonly contextTokens?: number;
}

/** @throws EngineError engine/unavailable when no such server is there, or it runs another model */
export async function openLlamaServer(options: LlamaServerOptions): Promise<Engine> {
  const client = new ServerClient(options);
  await client.get('/health');
  const props = await client.get('/props');
  const read = await client.post('/tokenize', {
    content: TOKENIZER_PROBE,
    add_special: false,
    parse_special: false,
  });
  const { tokenizer } = options.model;
  sameTokens(tokenizer.tokenize(TOKENIZER_PROBE), listAt(read, 'tokens') as readonly number[]);
  const found = {
    contextTokens: Math.min(
      countAt(props, 'default_generation_settings.n_ctx'),
      options.contextTokens ?? Number.POSITIVE_INFINITY,
    ),
    slots: countAt(props, 'total_slots'),
  };
  const server = new LlamaServer(options.model, client, found);
  await server.probe();
  return server;
}

/** A slot of the server and what its cache holds. */
class Slot implements Lane {
  held: readonly number[] = [];
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}

interface Step {
  readonly slot: Slot;
  readonly ids: readonly number[];
  readonly topK: number;
  /** Makes the server sample this token. */
  readonly force?: number;
  readonly signal?: AbortSignal | undefined;
}

interface StepAnswer {
  readonly sampled: Candidate;
  /** In order. */
  readonly top: readonly Candidate[];
  readonly cachedTokens: number;
}

/** gm-v1 needs 20; more only widens messages. */
const TOP_CANDIDATES_MAX = 64;
/** Of a large set of allowed tokens, enough are among this many likeliest, as a rule. */
const TOP_OF_ALLOWED = 512;
/** Beats any logit. */
const FORCING_BIAS = 10_000;
/** What the server writes for a probability that its float32 cannot hold. */
const LOGPROB_MIN = -120;

class LlamaServer implements Engine {
  info: EngineInfo;
  readonly #model: RemoteModel;
  readonly #client: ServerClient;
  readonly #text: RemoteText;
  readonly #slots: LanePool<Slot>;
  #closed = false;

  constructor(
    model: RemoteModel,
    client: ServerClient,
    found: { readonly contextTokens: number; readonly slots: number },
  ) {
    this.#model = model;
    this.#client = client;
    this.#text = new RemoteText('llama-server', model);
    this.#slots = new LanePool(Array.from({ length: found.slots }, (_, id) => new Slot(id)));
    const capabilities: EngineCapabilities = {
      topCandidatesMax: TOP_CANDIDATES_MAX,
      ownSampler: true,
      tokenIds: true,
      teacherForcing: true,
      scoringCost: 'decode',
      seeds: true,
      parallelSequences: found.slots,
      embeddings: true,
      constraints: model.tokenizer.pieces() !== null,
      toolCalls: true,
      prefixReuse: true,
    };
    const { contextTokens } = found;
    this.info = remoteInfo('llama-server', model, { contextTokens, capabilities });
  }

  /** Lowers what was declared to what the server does. */
  async probe(): Promise<void> {
    const ids = this.promptIds([{ role: 'user', content: 'Hello' }]);
    const [first, again, forced] = await this.#slots.use(ids, async (slot) => {
      const step = { slot, ids, topK: 20 };
      const free = await this.#step(step);
      const likeliest = free.top[0]!.id;
      const unlikely = free.top.at(-1)!.id;
      const repeated = await this.#step({ ...step, force: likeliest });
      return [free, repeated, await this.#step({ ...step, force: unlikely })] as const;
    });
    if (first.top.length < Math.min(20, this.info.vocabularySize)) {
      throw new EngineError('engine/unavailable', 'the server reports too few candidates');
    }
    const wanted = first.top.at(-1)!;
    const isForced = forced.sampled.id === wanted.id;
    const isRaw = Math.abs(forced.sampled.logprob - wanted.logprob) < 0.5;
    const embedded = await foundOrNull(embedNatively(this.#client, null, ['a']));
    const capabilities: EngineCapabilities = {
      ...this.info.capabilities,
      teacherForcing: isForced && isRaw,
      scoringCost: isForced && isRaw ? 'decode' : 'none',
      seeds: await repeatsItself(() => this.#sampleOnce(ids)),
      embeddings: embedded !== null,
      prefixReuse: again.cachedTokens > 0,
    };
    this.info = { ...this.info, capabilities };
  }

  tokenize(text: string, special = false): readonly number[] {
    return this.#text.tokenize(text, special);
  }

  detokenize(ids: readonly number[]): string {
    return this.#text.detokenize(ids);
  }

  promptIds(messages: readonly ChatMessage[]): readonly number[] {
    return this.#text.promptIds(messages);
  }

  constrain(schema: JsonSchema): ConstraintState {
    return compileConstraint(schema, this.#model.tokenizer);
  }

  generate(promptIds: readonly number[], options: GenerateOptions): Promise<Generation> {
    const { info } = this;
    const detokenize = (ids: readonly number[]) => this.detokenize(ids);
    const { topK, signal } = options;
    const sample = (slot: Slot) => {
      const next = (outputIds: readonly number[], allowed: TokenSet | null) =>
        this.#next({ slot, ids: [...promptIds, ...outputIds], topK, signal }, allowed);
      return sampleAnswer({ info, detokenize, next }, promptIds.length, options);
    };
    return this.#slots.use(promptIds, sample, signal);
  }

  async score(
    promptIds: readonly number[],
    outputIds: readonly number[],
    topK: number,
    options: ScoreOptions = {},
  ): Promise<readonly TokenScore[]> {
    const positions = outputIds.map((_, i) => i);
    return this.scorePositions(promptIds, outputIds, positions, topK, options);
  }

  async scorePositions(
    promptIds: readonly number[],
    outputIds: readonly number[],
    positions: readonly number[],
    topK: number,
    options: ScoreOptions = {},
  ): Promise<readonly TokenScore[]> {
    if (this.#closed) throw new EngineError('engine/closed', 'the engine was closed');
    if (promptIds.length + outputIds.length > this.info.contextTokens) {
      throw new EngineError('engine/prompt-too-long', 'prompt and answer exceed the context');
    }
    const allowed = allowedSets(options.constraint, outputIds);
    const score = async (slot: Slot): Promise<TokenScore[]> => {
      const scores: TokenScore[] = [];
      for (const position of positions) {
        const ids = [...promptIds, ...outputIds.slice(0, position)];
        const id = outputIds[position]!;
        const step = { slot, ids, topK, signal: options.signal };
        const { sampled } = await this.#step({ ...step, force: id });
        const { top } = await this.#next(step, allowed[position]!);
        scores.push({ id, logprob: sampled.logprob, top });
      }
      return scores;
    };
    return this.#slots.use(promptIds, score, options.signal);
  }

  generateNatively(
    messages: readonly ChatMessage[],
    options: NativeOptions,
  ): Promise<NativeAnswer> {
    return chatNatively(this.#client, null, messages, options);
  }

  embed(inputs: readonly string[]): Promise<Embeddings> {
    return embedNatively(this.#client, null, inputs);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#slots.close();
  }

  /** Asks for more candidates until enough of them are allowed. */
  async #next(step: Step, allowed: TokenSet | null): Promise<StepAnswer> {
    if (allowed === null) return this.#step(step);
    const all = this.info.vocabularySize;
    const widths = [Math.min(TOP_OF_ALLOWED, all), all];
    const { topK } = step;
    return topOfAllowed({ allowed, topK, widths }, (width) => this.#step({ ...step, topK: width }));
  }

  async #step({ slot, ids, topK, force, signal }: Step): Promise<StepAnswer> {
    const answer = await this.#client.post(
      '/completion',
      {
        prompt: ids,
        n_predict: 1,
        n_probs: topK,
        post_sampling_probs: false,
        temperature: 0,
        samplers: ['temperature'],
        id_slot: slot.id,
        cache_prompt: true,
        stream: false,
        ...(force === undefined ? {} : { logit_bias: [[force, FORCING_BIAS]] }),
      },
      signal === undefined ? {} : { signal },
    );
    slot.held = ids;
    const report = listAt(answer, 'completion_probabilities')[0];
    if (report === undefined) throw new EngineError('engine/misbehaved', 'no candidates came back');
    return {
      sampled: candidate(report),
      top: orderCandidates(listAt(report, 'top_logprobs').map(candidate)),
      cachedTokens: Number(at(answer, 'timings.cache_n') ?? 0),
    };
  }

  /** The server's own sampler, with a fixed seed. @returns the ids it drew */
  async #sampleOnce(ids: readonly number[]): Promise<string> {
    const answer = await this.#client.post('/completion', {
      prompt: ids,
      n_predict: 8,
      seed: 7,
      temperature: 1,
      return_tokens: true,
      cache_prompt: false,
      id_slot: 0,
    });
    return String(listAt(answer, 'tokens'));
  }
}

function candidate(value: Json): Candidate {
  const logprob = Math.max(LOGPROB_MIN, Math.min(0, numberAt(value, 'logprob')));
  return { id: countAt(value, 'id'), logprob };
}
