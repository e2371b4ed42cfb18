/**
 * vLLM, and every server with OpenAI's `/v1/completions`: what it can do is found out by asking. With
 * token ids in the prompt and 20 logprobs back, our own sampler steps through the answer (class A); with
 * prompt logprobs the server judges in one prefill. Without them there is still the server's own sampler.
 *
 * vLLM's own additions that are used when the server takes them: `return_tokens_as_token_ids` (names
 * candidates by id), `prompt_logprobs`, and a fresh `cache_salt` for every scoring, because reused
 * prefixes have returned stale prompt logprobs (vllm#42019). A constraint asks for the logprobs of the
 * tokens it allows by name (`logprob_token_ids`, at most 128, vllm#43463), and of larger sets for the 512
 * likeliest, which the server must be started for (`--max-logprobs 512`). Other servers name candidates by text; such
 * a text counts only when exactly one token of the vocabulary spells it.
 * Source: vLLM `vllm/entrypoints/openai/completion/{protocol,serving}.py`; OpenAI API reference.
 */
import { bytesToHex } from '@assay/bytes';
import type { ChatMessage } from '@assay/jobs';
import type { World } from '@assay/world';
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
import { ENGINE_LIMITS } from '../limits.ts';
import { allowedSets, sampleAnswer } from '../own-sampling.ts';
import { topOfAllowed } from './allowed-top.ts';
import { chatNatively, embedNatively } from './chat.ts';
import { at, countAt, type Json, type JsonObject, listAt, numberAt, objectAt } from './json.ts';
import { foundOrNull, repeatsItself } from './probe.ts';
import {
  NO_CAPABILITIES,
  type RemoteModel,
  RemoteText,
  remoteInfo,
  sameTokens,
  TOKENIZER_PROBE,
} from './remote-model.ts';
import { ServerClient, type ServerOptions } from './server-client.ts';
import { TokenNames } from './token-names.ts';

export interface CompletionsOptions extends ServerOptions {
  readonly world: Pick<World, 'net' | 'timers' | 'random'>;
  readonly kind: 'vllm' | 'openai';
  /** Null: the server's tokenizer is not known here, and only its own sampler can be used. */
  readonly model: RemoteModel | null;
  /** What the server calls the model; default the first it lists. */
  readonly modelName?: string;
  /** Of the context window; default what the server says, else 4,096. */
  readonly contextTokens?: number;
  /** Requests at the same time. Default 16. */
  readonly parallelSequences?: number;
}

const CONTEXT_TOKENS_DEFAULT = 4096;
const PARALLEL_DEFAULT = 16;
/** `--max-logprobs` as constraints need it, vLLM's default for it, OpenAI's old limit, the least. */
const LOGPROBS_TRIED = [512, 20, 5, 1] as const;
/** Of a large set of allowed tokens, enough are among this many likeliest, as a rule. */
const WIDE = 512;
/** vLLM's `MAX_LOGPROB_TOKEN_IDS`. */
const NAMED_MAX = 128;
/** How far the same logprob may be apart when it is asked for in two ways. */
const NAMED_NATS = 0.5;

/** @throws EngineError engine/unavailable; engine/unsupported when `vllm` lacks what vLLM has */
export async function openCompletionsServer(options: CompletionsOptions): Promise<Engine> {
  const client = new ServerClient(options);
  const { model, kind } = options;
  const listed = await client.try('/v1/models', null);
  const modelName = options.modelName ?? at(listed, 'data.0.id');
  if (typeof modelName !== 'string') {
    throw new EngineError('engine/refused', 'the server lists no model: name one');
  }
  const said = Number(at(listed, 'data.0.max_model_len') ?? CONTEXT_TOKENS_DEFAULT);
  // Scoring an answer makes the server sample one token more, which must fit as well.
  const contextTokens = Math.min(said - 1, options.contextTokens ?? Number.POSITIVE_INFINITY);
  if (model !== null) await compareTokenizers(client, modelName, model);
  const server = new CompletionsServer(options, client, { modelName, contextTokens });
  await server.probe();
  if (kind === 'vllm' && model !== null && !server.info.capabilities.teacherForcing) {
    throw new EngineError('engine/unsupported', 'the server has no prompt logprobs: it is no vLLM');
  }
  return server;
}

/** vLLM says how it reads a text; others do not, and are found out by their candidates. */
async function compareTokenizers(client: ServerClient, name: string, model: RemoteModel) {
  const read = await client.try('/tokenize', {
    model: name,
    prompt: TOKENIZER_PROBE,
    add_special_tokens: false,
  });
  const theirs = at(read, 'tokens');
  // Another server's route of that name takes another question, and counts nothing.
  if (!Array.isArray(theirs) || at(read, 'count') !== theirs.length) return;
  sameTokens(model.tokenizer.tokenize(TOKENIZER_PROBE), theirs as readonly number[]);
}

interface Named {
  readonly modelName: string;
  readonly contextTokens: number;
}

interface StepOptions {
  /** The tokens whose logprobs are wanted, instead of the likeliest; at most `NAMED_MAX`. */
  readonly named?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

interface StepAnswer {
  readonly top: readonly Candidate[];
  readonly cachedTokens: number;
}

class CompletionsServer implements Engine {
  info: EngineInfo;
  readonly #options: CompletionsOptions;
  readonly #client: ServerClient;
  readonly #named: Named;
  readonly #text: RemoteText;
  readonly #names: TokenNames;
  readonly #lanes: LanePool<Lane>;
  #extras: JsonObject = {};
  #closed = false;

  constructor(options: CompletionsOptions, client: ServerClient, named: Named) {
    this.#options = options;
    this.#client = client;
    this.#named = named;
    this.#text = new RemoteText(options.kind, options.model);
    this.#names = new TokenNames(options.model?.tokenizer ?? null);
    const parallelSequences = options.parallelSequences ?? PARALLEL_DEFAULT;
    this.#lanes = new LanePool(Array.from({ length: parallelSequences }, () => ({ held: [] })));
    this.info = remoteInfo(options.kind, options.model, {
      contextTokens: named.contextTokens,
      capabilities: { ...NO_CAPABILITIES, parallelSequences },
    });
  }

  async probe(): Promise<void> {
    const { model } = this.#options;
    const found = model === null ? {} : await this.#probeTokens();
    const embedded = await foundOrNull(this.embed(['a']));
    const chat = { temperatureMicro: 1e6, topPMicro: 1e6, seed: 7, maxTokens: 8 };
    const ask = () => {
      return foundOrNull(this.generateNatively([{ role: 'user', content: 'Hello' }], chat));
    };
    const chats = await ask();
    const capabilities: EngineCapabilities = {
      ...this.info.capabilities,
      ...found,
      embeddings: embedded !== null,
      seeds: chats !== null && (await repeatsItself(async () => (await ask())?.text ?? null)),
      toolCalls: chats !== null,
    };
    if (chats === null && !capabilities.ownSampler) {
      throw new EngineError('engine/unavailable', 'the server neither chats nor gives candidates');
    }
    this.info = { ...this.info, capabilities };
  }

  /** Ids in, candidates out? Named by id? Prompt logprobs? */
  async #probeTokens(): Promise<Partial<EngineCapabilities>> {
    const ids = this.promptIds([{ role: 'user', content: 'Hello' }]);
    this.#extras = { return_tokens_as_token_ids: true, return_token_ids: true };
    let topCandidatesMax = await this.#logprobsTaken(ids);
    if (topCandidatesMax === 0) {
      this.#extras = {};
      topCandidatesMax = await this.#logprobsTaken(ids);
    }
    if (topCandidatesMax === 0) return {};
    const step = await foundOrNull(this.#step(ids, topCandidatesMax));
    if (step === null) return { topCandidatesMax };
    const scored = await foundOrNull(this.#promptLogprobs(ids, topCandidatesMax));
    const again = await this.#step(ids, topCandidatesMax);
    const isWide = topCandidatesMax >= Math.min(WIDE, this.info.vocabularySize);
    return {
      topCandidatesMax,
      ownSampler: true,
      tokenIds: this.#names.byId,
      teacherForcing: scored !== null,
      scoringCost: scored === null ? 'none' : 'prefill',
      prefixReuse: again.cachedTokens > 0,
      constraints: isWide && (await this.#namesTokens(ids, step)),
    };
  }

  /** Whether logprobs of tokens that we name come back, as constraints need it. */
  async #namesTokens(ids: readonly number[], { top }: StepAnswer): Promise<boolean> {
    if (this.#options.model?.tokenizer.pieces() == null) return false;
    const wanted = [top.at(-1)!, top[Math.floor(top.length / 2)]!];
    const asked = wanted.map(({ id }) => id);
    const named = await foundOrNull(this.#step(ids, NAMED_MAX, { named: asked }));
    return wanted.every((one) => {
      const found = named?.top.find(({ id }) => id === one.id);
      return found !== undefined && Math.abs(found.logprob - one.logprob) < NAMED_NATS;
    });
  }

  /** The most candidates the server reports per position; 0 for none. */
  async #logprobsTaken(ids: readonly number[]): Promise<number> {
    for (const logprobs of LOGPROBS_TRIED) {
      const answer = await this.#client.try('/v1/completions', this.#stepBody(ids, logprobs));
      const top = at(answer, 'choices.0.logprobs.top_logprobs.0');
      if (top !== undefined && top !== null) return Math.min(logprobs, Object.keys(top).length);
    }
    return 0;
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
    this.#need('constraints', 'to hold an answer to a schema checkably');
    return compileConstraint(schema, this.#options.model!.tokenizer);
  }

  async generate(promptIds: readonly number[], options: GenerateOptions): Promise<Generation> {
    const { info } = this;
    this.#need('ownSampler', 'to sample by our rule');
    const { topK, signal } = options;
    if (topK > info.capabilities.topCandidatesMax) {
      const most = info.capabilities.topCandidatesMax;
      throw new EngineError('engine/unsupported', `the server reports ${most} candidates at most`);
    }
    const detokenize = (ids: readonly number[]) => this.detokenize(ids);
    const next = (ids: readonly number[], allowed: TokenSet | null) =>
      this.#next([...promptIds, ...ids], topK, { allowed, signal });
    const sample = () => sampleAnswer({ info, detokenize, next }, promptIds.length, options);
    return this.#lanes.use(promptIds, sample, signal);
  }

  async score(
    promptIds: readonly number[],
    outputIds: readonly number[],
    topK: number,
    options: ScoreOptions = {},
  ): Promise<readonly TokenScore[]> {
    this.#need('teacherForcing', 'to score given tokens');
    if (options.constraint !== undefined) this.#need('constraints', 'to score under a constraint');
    if (outputIds.length === 0) return [];
    if (promptIds.length + outputIds.length > this.info.contextTokens) {
      throw new EngineError('engine/prompt-too-long', 'prompt and answer exceed the context');
    }
    const ids = [...promptIds, ...outputIds];
    const { constraint, signal } = options;
    const allowed = allowedSets(constraint, outputIds);
    const width = constraint === undefined ? topK : this.info.capabilities.topCandidatesMax;
    const score = async () => {
      const all = await this.#promptLogprobs(ids, width, signal);
      const scores: TokenScore[] = [];
      for (const [i, id] of outputIds.entries()) {
        const wide = tokenScore(id, all[promptIds.length + i]!, width);
        const top = await this.#topAt(wide, allowed[i]!, topK, {
          ids: ids.slice(0, promptIds.length + i),
          signal,
        });
        scores.push({ ...wide, top });
      }
      return scores;
    };
    return this.#lanes.use(promptIds, score, options.signal);
  }

  generateNatively(
    messages: readonly ChatMessage[],
    options: NativeOptions,
  ): Promise<NativeAnswer> {
    return chatNatively(this.#client, this.#named.modelName, messages, options);
  }

  embed(inputs: readonly string[]): Promise<Embeddings> {
    return embedNatively(this.#client, this.#named.modelName, inputs);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#lanes.close();
  }

  /** Of a scored position; where too few of its candidates are allowed, one more step finds them. */
  async #topAt(
    { top }: TokenScore,
    allowed: TokenSet | null,
    topK: number,
    at: { readonly ids: readonly number[]; readonly signal: AbortSignal | undefined },
  ): Promise<readonly Candidate[]> {
    if (allowed === null) return top.slice(0, topK);
    const fitting = top.filter(({ id }) => allowed.has(id));
    if (fitting.length >= Math.min(topK, allowed.size)) return fitting.slice(0, topK);
    return (await this.#next(at.ids, topK, { allowed, signal: at.signal })).top;
  }

  async #next(
    ids: readonly number[],
    topK: number,
    { allowed, signal }: StepOptions & { readonly allowed: TokenSet | null },
  ): Promise<StepAnswer> {
    if (allowed === null) return this.#step(ids, topK, { signal });
    if (allowed.size <= NAMED_MAX) {
      const answer = await this.#step(ids, NAMED_MAX, { named: [...allowed.ids()], signal });
      // The sampled token comes along, allowed or not.
      const top = answer.top.filter(({ id }) => allowed.has(id)).slice(0, topK);
      return { ...answer, top };
    }
    const widths = [this.info.capabilities.topCandidatesMax];
    return topOfAllowed({ allowed, topK, widths }, (width) => this.#step(ids, width, { signal }));
  }

  #stepBody(ids: readonly number[], logprobs: number): JsonObject {
    const { modelName: model } = this.#named;
    return { model, prompt: ids, max_tokens: 1, temperature: 0, logprobs, ...this.#extras };
  }

  async #step(
    ids: readonly number[],
    topK: number,
    { named: asked, signal }: StepOptions = {},
  ): Promise<StepAnswer> {
    const body =
      asked === undefined
        ? this.#stepBody(ids, topK)
        : { ...this.#stepBody(ids, 1), logprob_token_ids: asked };
    const answer = await this.#client.post('/v1/completions', body, signal ? { signal } : {});
    const named = objectAt(answer, 'choices.0.logprobs.top_logprobs.0');
    const top = Object.entries(named).map(([name, logprob]) => ({
      id: this.#names.idOf(name),
      logprob: Number(logprob),
    }));
    return {
      top: orderCandidates(top).slice(0, topK),
      cachedTokens: Number(at(answer, 'usage.prompt_tokens_details.cached_tokens') ?? 0),
    };
  }

  /** Per position of `ids` the candidates and the token itself; null at the first. */
  async #promptLogprobs(
    ids: readonly number[],
    topK: number,
    signal?: AbortSignal,
  ): Promise<readonly Json[]> {
    const { random } = this.#options.world;
    const body: JsonObject = {
      model: this.#named.modelName,
      prompt: ids,
      max_tokens: 1,
      temperature: 0,
      prompt_logprobs: topK,
      cache_salt: bytesToHex(random.bytes(ENGINE_LIMITS.cacheSaltBytes)),
    };
    const answer = await this.#client.post('/v1/completions', body, signal ? { signal } : {});
    const all = listAt(answer, 'choices.0.prompt_logprobs');
    if (all.length === ids.length) return all;
    throw new EngineError('engine/misbehaved', 'another number of prompt logprobs than tokens');
  }

  #need(what: 'ownSampler' | 'teacherForcing' | 'constraints', purpose: string): void {
    if (this.#closed) throw new EngineError('engine/closed', 'the engine was closed');
    if (this.info.capabilities[what]) return;
    throw new EngineError(
      'engine/unsupported',
      `the server does not give what it takes ${purpose}`,
    );
  }
}

/** `{"<id>": {"logprob": …, "rank": …}, …}`: the likeliest and the token itself. */
function tokenScore(id: number, position: Json, topK: number): TokenScore {
  const all = Object.keys(objectAt({ position }, 'position')).map((key) => ({
    id: countAt({ id: Number(key) }, 'id'),
    logprob: numberAt(position, `${key}.logprob`),
  }));
  const own = all.find((one) => one.id === id);
  if (own === undefined) {
    throw new EngineError('engine/misbehaved', `token ${id} has no logprob in its own place`);
  }
  return { id, logprob: own.logprob, top: orderCandidates(all).slice(0, topK) };
}
