/** The list of what was checked, in the order it was done: what a person reads and a script parses. */

import type { Prompt } from '@assay/jobs';

export interface Check {
  /** What is claimed, as a sentence without a full stop. */
  readonly what: string;
  /** Null: could not be checked here; `detail` says why. */
  readonly ok: boolean | null;
  readonly detail: string;
}

export interface VerifyReport {
  /** Nothing failed and the chain of checks reached its end. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** What was proven; null when the checks ended before there was anything to show. */
  readonly answer: ProvenAnswer | null;
}

/** The answer and its circumstances, after the checks: for people to look at. */
export interface ProvenAnswer {
  readonly requestTxid: string;
  readonly settlementTxid: string;
  /** Hash of the model's manifest, hex. */
  readonly model: string;
  readonly host: string;
  readonly paidMicro: bigint;
  readonly blockHeight: number;
  readonly burnHeight: number;
  readonly burnHash: string;
  readonly promptTokens: number;
  /** Question and system text of a sealed request that was opened; null otherwise. */
  readonly sealedPrompt: Prompt | null;
  /** Null when nobody has the transcript any more. */
  readonly transcript: {
    readonly text: string;
    readonly tokenIds: readonly number[];
    /** What the host claims about each sampled token, nats; empty without the sketch part. */
    readonly claimedLogprobs: readonly number[];
    /** What judges found with their own models, as they had committed. */
    readonly judges: readonly JudgeSketch[];
  } | null;
}

export interface JudgeSketch {
  readonly signer: number;
  /** Of the sampled tokens, nats. */
  readonly logprobs: readonly number[];
  /** Per token: greatest distance of the four likeliest from the host's, fine codes (0 to 128). */
  readonly apart: readonly number[];
}

/** Nothing more can be concluded after the check that failed last. */
export class CannotGoOn extends Error {
  override readonly name = 'CannotGoOn';
}

export class Checks {
  readonly #list: Check[] = [];
  readonly #onCheck: (check: Check) => void;

  constructor(onCheck: (check: Check) => void = () => {}) {
    this.#onCheck = onCheck;
  }

  expect(what: string, ok: boolean, detail = ''): boolean {
    this.#add({ what, ok, detail });
    return ok;
  }

  /** @throws CannotGoOn when the value is missing: what follows is built on it */
  need<T>(what: string, value: T | null, detail: string): T {
    if (value !== null) return value;
    this.expect(what, false, detail);
    throw new CannotGoOn(what);
  }

  skip(what: string, why: string): void {
    this.#add({ what, ok: null, detail: why });
  }

  #add(check: Check): void {
    this.#list.push(check);
    this.#onCheck(check);
  }

  report(isComplete: boolean): Pick<VerifyReport, 'ok' | 'checks'> {
    const ok = isComplete && this.#list.every((check) => check.ok !== false);
    return { ok, checks: [...this.#list] };
  }
}
