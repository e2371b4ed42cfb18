/** The list of what was checked, in the order it was done: what a person reads and a script parses. */

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
}

/** Nothing more can be concluded after the check that failed last. */
export class CannotGoOn extends Error {
  override readonly name = 'CannotGoOn';
}

export class Checks {
  readonly #list: Check[] = [];

  expect(what: string, ok: boolean, detail = ''): boolean {
    this.#list.push({ what, ok, detail });
    return ok;
  }

  /** @throws CannotGoOn when the value is missing: what follows is built on it */
  need<T>(what: string, value: T | null, detail: string): T {
    if (value !== null) return value;
    this.expect(what, false, detail);
    throw new CannotGoOn(what);
  }

  skip(what: string, why: string): void {
    this.#list.push({ what, ok: null, detail: why });
  }

  report(isComplete: boolean): VerifyReport {
    const ok = isComplete && this.#list.every((check) => check.ok !== false);
    return { ok, checks: [...this.#list] };
  }
}
