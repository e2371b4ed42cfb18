/**
 * One API request from the first token to the books: counted against its key before anything of the
 * answer is given out, ended in the ledger before its end is told. Far from a cap the counting runs
 * beside the host's work and costs the caller no time.
 */
import type { Logger } from '@assay/observe';
import { ApiError } from './api-error.ts';
import type {
  AnswerPart,
  ApiKey,
  BeginOutcome,
  Ledger,
  NewRequest,
  RateRemaining,
} from './ledger/ledger.ts';
import type { Usage } from './openai/answer.ts';

export class RequestAccount {
  readonly id: string;
  readonly #ledger: Ledger;
  readonly #log: Logger;
  readonly #begun: Promise<BeginOutcome>;
  readonly #parts: AnswerPart[] = [];
  #part = 0;
  #isFinished = false;
  /** Known once the request was counted. */
  remaining: RateRemaining | null = null;

  constructor(ledger: Ledger, log: Logger, request: NewRequest) {
    this.id = request.id;
    this.#ledger = ledger;
    this.#log = log;
    this.#begun = ledger.begin(request);
    this.#begun.catch(() => undefined);
  }

  /** @throws ApiError when key or rate do not allow the request */
  async counted(): Promise<void> {
    const outcome = await this.#begun;
    if (outcome.kind === 'ok') {
      this.remaining = outcome.remaining;
      return;
    }
    throw refusalOf(outcome);
  }

  nextPart(): number {
    return this.#part++;
  }

  /** Writes a part down; nothing of it is given out before. */
  async beginPart(part: AnswerPart): Promise<void> {
    await this.counted();
    await this.#ledger.putPart(part);
  }

  add(parts: readonly AnswerPart[]): void {
    this.#parts.push(...parts);
  }

  /** Writes the end; once. */
  async finish(): Promise<void> {
    if (this.#isFinished) return;
    this.#isFinished = true;
    const outcome = await this.#begun.catch(() => null);
    if (outcome?.kind !== 'ok') return;
    try {
      await this.#ledger.finish(this.id, this.#parts);
    } catch (cause) {
      // The sweep of another gateway, or of our next life, ends it.
      this.#log.error('a request could not be written to the ledger', { request: this.id, cause });
      throw cause;
    }
  }

  usage(): Usage {
    const first = new Map<number, number>();
    let cachedTokens = 0;
    let outputTokens = 0;
    let costMicro = 0n;
    for (const { choice, end } of this.#parts) {
      if (end === null) continue;
      outputTokens += end.outputTokens;
      costMicro += end.costMicro;
      // A host that goes on for another one reads the prompt again; the caller sent it once.
      if (end.promptTokens === 0 || first.has(choice)) continue;
      first.set(choice, end.promptTokens);
      cachedTokens += end.cachedTokens;
    }
    // As OpenAI counts: the prompt once, however many choices.
    const promptTokens = Math.max(0, ...first.values());
    return {
      promptTokens,
      cachedTokens: Math.min(cachedTokens, promptTokens),
      outputTokens,
      costMicro,
    };
  }
}

/** True when the request may be counted while the host already works. */
export function isFarFromLimits(key: ApiKey, reserveMicro: bigint): boolean {
  if (key.requestsPerMinute !== null && key.requestsPerMinute < 60) return false;
  if (key.capMicro === null) return true;
  return key.capMicro - key.spentMicro - key.reservedMicro > 100n * reserveMicro;
}

export function rateHeaders(remaining: RateRemaining | null): Readonly<Record<string, string>> {
  if (remaining === null) return {};
  return {
    'x-ratelimit-limit-requests': String(remaining.limit),
    'x-ratelimit-remaining-requests': String(Math.max(0, remaining.remaining)),
    'x-ratelimit-reset-requests': `${Math.ceil(remaining.resetMs / 1000)}s`,
  };
}

function refusalOf(outcome: Exclude<BeginOutcome, { kind: 'ok' }>): ApiError {
  switch (outcome.kind) {
    case 'rate': {
      const secs = Math.max(1, Math.ceil(outcome.remaining.resetMs / 1000));
      const headers = { ...rateHeaders(outcome.remaining), 'retry-after': String(secs) };
      const message =
        `Rate limit reached: ${outcome.remaining.limit} requests per minute. ` +
        `Please try again in ${secs}s.`;
      return new ApiError(429, 'rate_limit_error', 'rate_limit_exceeded', message, { headers });
    }
    case 'cap': {
      const message =
        'You exceeded the spend cap of this key: the answer might cost more than is left.';
      return new ApiError(429, 'insufficient_quota', 'insufficient_quota', message);
    }
    case 'revoked': {
      const message = 'Incorrect API key provided: it was revoked.';
      return new ApiError(401, 'invalid_request_error', 'invalid_api_key', message);
    }
  }
}
