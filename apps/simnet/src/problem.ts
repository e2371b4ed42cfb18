/**
 * What went wrong in Clarity text, for people: file, line, the line itself with a caret, what was
 * expected and how to mend it. Used by a project's start, `assay check` and `assay repl`.
 */
import type { ClarityError } from '@assay/clarity';

export interface Problem {
  /** Shown before the line number: a path, or `<input>`. */
  readonly file: string;
  readonly source: string;
  readonly error: ClarityError;
}

/** First match wins. The advice is a sentence that names an action. */
const ADVICE: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /expecting expression of type 'u?int', found 'u?int'/,
    'Write literals as `u1` for uint and `1` for int, or convert with `to-uint` and `to-int`.',
  ],
  [
    /unresolved function 'as-contract'/,
    'From Clarity 4 on, write `(as-contract? (allowances) body)`.',
  ],
  [
    /unresolved variable 'block-height'/,
    'From Clarity 3 on, write `stacks-block-height` or `burn-block-height`.',
  ],
  [
    /unresolved function '(get-block-info\?)'/,
    'From Clarity 3 on, write `get-stacks-block-info?` or `get-tenure-info?`.',
  ],
  [
    /unresolved contract/,
    'Deploy that contract first: list it before this one, or add it to the project.',
  ],
  [
    /unresolved (function|variable)/,
    'Check the spelling; definitions may stand anywhere in the contract, but in this contract only.',
  ],
  [
    /name '.*' (is )?already used|conflicts/,
    'Choose another name: built-in names and definitions share one space.',
  ],
  [
    /intermediary responses|unchecked/i,
    'Use `try!`, `unwrap!` or `match` on the response, or return it.',
  ],
  [
    /closing|ExpectedClosing|expected closing/i,
    'Count the brackets from the start of this definition.',
  ],
  [
    /expecting (\d+) arguments?/,
    'Compare with the definition of the function; every parameter needs an argument.',
  ],
  [
    /write-safe|read-only|writ(e|ing)/i,
    'Make the function public, or leave out what changes state.',
  ],
  [
    /ContractAlreadyExists|exists already/,
    'Give the contract another name; a deployed contract never changes.',
  ],
];

function adviceFor(error: ClarityError): string | null {
  const text = `${error.name} ${error.message}`;
  return ADVICE.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** Some tools count the tab as one column, so do spans; the caret line keeps tabs. */
function caretLine(line: string, from: number, to: number): string {
  const lead = line.slice(0, from).replace(/[^\t]/g, ' ');
  return `${lead}^${'~'.repeat(Math.max(0, to - from - 1))}`;
}

/** Several lines, no newline at the end. */
export function formatProblem(problem: Problem): string {
  const { file, source, error } = problem;
  const { span } = error;
  const lines = [`error: ${error.message}`];
  if (span !== undefined && span.startLine > 0) {
    const line = source.split('\n')[span.startLine - 1] ?? '';
    const from = Math.max(0, span.startColumn - 1);
    const to = span.endLine === span.startLine ? span.endColumn : line.trimEnd().length;
    lines.push(`--> ${file}:${span.startLine}:${span.startColumn}`);
    lines.push(line.trimEnd(), caretLine(line, from, Math.min(to, line.trimEnd().length)));
  } else {
    lines.push(`--> ${file}`);
  }
  const advice = adviceFor(error);
  if (advice !== null) lines.push(`help: ${advice}`);
  return lines.join('\n');
}
