/** A session in memory: what it owes, what is under way, who waits for a voucher or for its turn. */
import { type SessionTerms, sessionPrice } from '@assay/jobs';
import { LIMITS } from './limits.ts';
import type { AnswerRun } from './session-answer.ts';
import type { RequestEnd, RequestRecord, SessionState } from './session-record.ts';

/** A request whose answer is under way. */
export interface OpenRequest {
  /** Of the model's thresholds: how finely sketches are written. */
  readonly toleranceMicro: number;
  readonly record: RequestRecord;
  readonly requestHash: Uint8Array;
  readonly run: AnswerRun;
  readonly promptIds: readonly number[];
  /** Tokens given out. */
  emitted: number;
  /** Characters given out. */
  shown: number;
  /** Sketches of the leaves that were signed. */
  readonly sketches: Uint8Array[];
  /** One per leaf that was signed. */
  readonly salts: Uint8Array[];
  /** Set once the end is being written. */
  ending: Promise<RequestEnd> | null;
  /** Ends the request some time after its connection broke. */
  grace: { cancel(): void } | null;
}

export class LiveSession {
  terms: SessionTerms;
  termsAtMs: number;
  state: SessionState;
  readonly open = new Map<bigint, OpenRequest>();
  #wake: () => void = () => {};
  #news: Promise<void>;

  constructor(terms: SessionTerms, termsAtMs: number, state: SessionState) {
    this.terms = terms;
    this.termsAtMs = termsAtMs;
    this.state = state;
    this.#news = new Promise((wake) => {
      this.#wake = wake;
    });
  }

  /** The price of an answer under way, were it to end here: never more than what it will cost. */
  costSoFar({ promptIds, emitted }: OpenRequest): bigint {
    if (emitted === 0) return 0n;
    const { prices } = this.terms;
    const isCheaper = prices.cachedMicro < prices.inputMicro;
    const cachedTokens = isCheaper ? promptIds.length : 0;
    const promptTokens = promptIds.length;
    return sessionPrice(prices, { promptTokens, cachedTokens, outputTokens: emitted });
  }

  /** Given out and not covered by a voucher yet. */
  unpaidMicro(): bigint {
    let sum = this.state.deliveredMicro - (this.state.voucher?.voucher.cumulativeMicro ?? 0n);
    for (const open of this.open.values()) sum += this.costSoFar(open);
    return sum;
  }

  /** The most that can be owed: what was delivered, all under way at its dearest, and some slack. */
  dueMicroMax(): bigint {
    let sum = this.state.deliveredMicro + this.unpaidMicroMax();
    for (const { record } of this.open.values()) sum += record.request.maxFeeMicro;
    return sum;
  }

  /** Streams wait while more than this is unpaid: the prompts under way and a stretch of answer. */
  unpaidMicroMax(): bigint {
    const { prices } = this.terms;
    let sum = BigInt(LIMITS.sessionUnpaidTokensMax) * prices.outputMicro;
    for (const { promptIds } of this.open.values()) {
      sum += BigInt(promptIds.length) * prices.inputMicro;
    }
    return sum;
  }

  /** What the deposit still has room for when everything under way costs the most it may. */
  roomMicro(): bigint {
    let room = this.terms.depositMicro - this.state.deliveredMicro;
    for (const { record } of this.open.values()) room -= record.request.maxFeeMicro;
    return room;
  }

  /** Something changed: a voucher came, an index was taken, a request ended. */
  tell(): void {
    const wake = this.#wake;
    this.#news = new Promise((next) => {
      this.#wake = next;
    });
    wake();
  }

  /** Resolves at the next change. */
  news(): Promise<void> {
    return this.#news;
  }
}
