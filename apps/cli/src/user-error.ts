/**
 * What a person did that cannot work, in one sentence, and what to do next. Thrown anywhere in the
 * command line; printed without a stack trace by `main`.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: string;
  readonly next: string;

  /** @param code `cli/kebab-case` @param next the next step, an imperative sentence */
  constructor(code: string, message: string, next: string) {
    super(message);
    this.code = code;
    this.next = next;
  }
}
