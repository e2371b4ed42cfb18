/**
 * One API request from the first token to the books: counted against its key before anything of the
 * answer is given out. Far from a cap the counting runs beside the host's work and costs the caller no
 * time; the end is written behind the answer.
 */
import { ApiError } from './api-error.ts';
import type { Books } from './books.ts';
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
  readonly #books: Books;
  readonly #begun: Promise<BeginOutcome>;
  readonly #parts: AnswerPart[] = [];
  #part = 0;
  #isFinished = false;
  /** Known once the request was counted. */
  remaining: RateRemaining | null = null;

  constructor(ledger: Ledger, books: Books, request: NewRequest) {
    this.id = request.id;
    this.#ledger = ledger;
    this.#books = books;
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

  /** No more parts: the end goes to the books. @returns false when it had gone before */
  finish(): boolean {
    if (this.#isFinished) return false;
    this.#isFinished = true;
    this.#books.close(this.id, this.#begun, this.#parts);
    return true;
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
    const inputTokens = [...first.values()].reduce((sum, one) => sum + one, 0);
    const promptTokens = Math.max(0, ...first.values());
    return {
      promptTokens,
      inputTokens,
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
