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

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'it is not permitted',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it exists already',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  EMFILE: 'too many files are open',
};

/** What the operating system refused, as a sentence; null for errors that are not its. */
export function systemProblem(error: unknown): UserError | null {
  if (!(error instanceof Error)) return null;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || !Object.hasOwn(SYSTEM_REASONS, code)) {
    return null;
  }
  return new UserError(
    'cli/system',
    `${path ?? syscall} cannot be used: ${SYSTEM_REASONS[code]}.`,
    'Check the path and who owns it, or name another one.',
  );
}
