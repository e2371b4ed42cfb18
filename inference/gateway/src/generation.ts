/**
 * One choice of an answer: tries hosts in turn and goes on behind what was already given out. A host
 * that breaks off in the middle costs its caller nothing: the next one continues from the same tokens.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { type Finish, type SessionPrices, sessionPrice } from '@assay/jobs';
import type { Logger } from '@assay/observe';
import type { World } from '@assay/world';
import { ApiError, invalid, unavailable } from './api-error.ts';
import type { HostOffer, ModelOffer } from './chain-port.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { AnswerPart } from './ledger/ledger.ts';
import { LIMITS } from './limits.ts';
import type { Market } from './market.ts';
import type { Question } from './openai/request.ts';
import { Attempt, type TokenDelta } from './session/attempt.ts';
import { HostFault } from './session/host-link.ts';
import type { SessionPool } from './session/pool.ts';

export interface GenerationDeps {
  readonly world: World;
  readonly market: Market;
  readonly pool: SessionPool;
  readonly log: Logger;
  readonly metrics: GatewayMetrics;
}

export interface GenerationOptions {
  readonly chainId: number;
  /** Secret. */
  readonly voucherKey: Uint8Array;
}

export interface GenerationTask {
  readonly requestId: string;
  readonly choice: number;
  readonly model: ModelOffer;
  readonly question: Question;
  readonly signal: AbortSignal;
  /** Number of the next part of this request. */
  readonly nextPart: () => number;
  readonly onBegin: (part: AnswerPart) => Promise<void>;
}

/** Most tokens a prompt can have: no tokenizer makes more of a text than it has bytes. */
export function promptTokensMax({ content }: Question, model: ModelOffer): number {
  const texts =
    'messages' in content ? content.messages.map((one) => one.content) : [plain(content)];
  const bytes = texts.reduce((sum, text) => sum + bytesFromUtf8(text).length, 0);
  const bound = bytes + texts.length * LIMITS.templateTokensMax + LIMITS.templateTokensMax;
  return Math.min(bound, model.contextTokens ?? bound);
}

function plain(content: Exclude<Question['content'], { messages: unknown }>): string {
  return 'text' in content ? content.text : content.input;
}

/** The most that an answer can cost at these prices. */
export function mostMicro(prices: SessionPrices, promptTokens: number, maxTokens: number): bigint {
  return sessionPrice(prices, { promptTokens, cachedTokens: 0, outputTokens: maxTokens });
}

export class Generation {
  readonly #deps: GenerationDeps;
  readonly #options: GenerationOptions;
  readonly #task: GenerationTask;
  readonly #ids: number[] = [];
  /** Parts as they ended; complete once `run` is over. */
  readonly parts: AnswerPart[] = [];
  finish: Finish | null = null;

  constructor(deps: GenerationDeps, options: GenerationOptions, task: GenerationTask) {
    this.#deps = deps;
    this.#options = options;
    this.#task = task;
  }

  /** @throws ApiError; whatever was yielded before stays good */
  async *run(): AsyncGenerator<TokenDelta> {
    const { question, model } = this.#task;
    const { pool } = this.#deps;
    const hosts = pool.route(model, affinityOf(question));
    let last: unknown = null;
    let at = 0;
    for (let attempt = 0; attempt < LIMITS.attemptsMax && hosts.length > 0; attempt++) {
      const offer = hosts[at % hosts.length]!;
      try {
        yield* this.#attempt(offer);
        pool.succeed(offer.endpoint);
        return;
      } catch (cause) {
        last = cause;
        if (this.#task.signal.aborted) throw cause;
        if (!this.#mayTryAgain(cause, offer)) throw this.#asApiError(cause);
        if (!isOutOfStep(cause)) at += 1;
      }
    }
    throw this.#asApiError(last);
  }

  async *#attempt(offer: HostOffer): AsyncGenerator<TokenDelta> {
    const { market, pool } = this.#deps;
    const { question, model, requestId, choice, signal, nextPart, onBegin } = this.#task;
    const maxTokens = question.params.maxTokens - this.#ids.length;
    const promptMax = promptTokensMax(question, model) + this.#ids.length;
    const maxFeeMicro = mostMicro(offer.prices, promptMax, maxTokens);
    const session = await pool.session(model, offer, maxFeeMicro);
    const task = {
      requestId,
      part: nextPart(),
      choice,
      prompt: { content: question.content, prefixIds: [...this.#ids] },
      params: { ...question.params, maxTokens },
      constraint: constraintOf(question),
      topLogprobs: question.topLogprobs,
      tokenIds: question.tokenIds,
      maxFeeMicro,
      beacon: await market.beacon(),
      clientNonce: this.#nonce(),
    };
    const attempt = new Attempt(session, task, { ...this.#options, signal, onBegin });
    let given = 0;
    let hasHostFailed = false;
    try {
      for await (const delta of attempt.run()) {
        given += delta.ids.length;
        this.#ids.push(...delta.ids);
        yield delta;
      }
      this.finish = attempt.commitment?.finish ?? null;
    } catch (cause) {
      hasHostFailed = cause instanceof HostFault && !signal.aborted;
      throw cause;
    } finally {
      this.parts.push(await attempt.settle(given, hasHostFailed));
    }
  }

  /** The client's share of the seed: random, or from the seed the caller named. */
  #nonce(): Uint8Array {
    const { question, choice } = this.#task;
    if (question.seed === null) return this.#deps.world.random.bytes(16);
    return sha256(bytesFromUtf8(`seed ${question.seed} choice ${choice}`)).slice(0, 16);
  }

  #mayTryAgain(cause: unknown, { endpoint, host }: HostOffer): boolean {
    const { pool, log, metrics } = this.#deps;
    if (cause instanceof ApiError) return cause.code === 'no_host_available';
    if (!(cause instanceof HostFault) || isCallersFault(cause)) return false;
    log.warn('a host failed', { host, code: cause.code, reason: cause.message });
    metrics.hostFailed(cause.code);
    if (!isOutOfStep(cause)) pool.fail(endpoint);
    return true;
  }

  #asApiError(cause: unknown): unknown {
    if (!(cause instanceof HostFault))
      return cause ?? unavailable('No host serves this model now.');
    switch (cause.code) {
      case 'host/prompt-too-long': {
        const message = `This model's maximum context length is exceeded: ${cause.message}.`;
        const { content } = this.#task.question;
        const param = 'messages' in content ? 'messages' : 'text' in content ? 'prompt' : 'input';
        return invalid(param, message, 'context_length_exceeded');
      }
      case 'host/embeddings':
        return invalid('model', 'This model makes no embeddings.', 'model_not_supported');
      case 'host/constraint':
        return invalid('response_format', `The schema cannot be kept: ${cause.message}.`);
      default:
        return unavailable('No host could answer this request. Please try again.');
    }
  }
}

/** The request itself is at fault: no other host would take it. */
function isCallersFault({ code }: HostFault): boolean {
  return CALLERS_FAULTS.has(code);
}

const CALLERS_FAULTS: ReadonlySet<string> = new Set([
  'host/prompt-too-long',
  'host/constraint',
  'host/prompt',
  'host/embeddings',
]);

/** Host and gateway disagree about where the session or Bitcoin stands: worth another try there. */
function isOutOfStep(cause: unknown): boolean {
  const codes = ['host/index', 'host/beacon', 'host/deposit', 'host/session-over'];
  return cause instanceof HostFault && codes.includes(cause.code);
}

function constraintOf({ stop, schema }: Question): string | null {
  if (stop.length === 0 && schema === null) return null;
  return JSON.stringify({
    ...(stop.length > 0 ? { stop } : {}),
    ...(schema === null ? {} : { schema }),
  });
}

/** Equal for prompts that begin alike: what the caller says, else the first two messages. */
function affinityOf({ cacheKey, content }: Question): Uint8Array {
  const head =
    'messages' in content
      ? content.messages.slice(0, 2).map((one) => one.content)
      : plain(content).slice(0, 1_024);
  return sha256(bytesFromUtf8(cacheKey === null ? JSON.stringify(head) : `key ${cacheKey}`));
}
