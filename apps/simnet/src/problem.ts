/**
 * What went wrong in Clarity text, for people: file, line, the line itself with a caret, what was
 * expected and how to mend it. Used by a project's start, `assay check` and `assay repl`.
 */
import type { ClarityError } from '@assay/clarity';
import { REFERENCE } from '@assay/clarity/reference';

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
    /at-block/,
    'Epoch 3.4 switched `at-block` off, and its rules hold here whatever the epoch is named: keep the values you need in a map.',
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

/** Letters to change, add, drop or swap; stops counting above 2. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let k = 1; k <= b.length; k++) {
      const change = row[k - 1]! + (a[i - 1] === b[k - 1] ? 0 : 1);
      next.push(Math.min(change, row[k]! + 1, next[k - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** A word of the language, or a name the contract defines, that the unknown one may stand for. */
function meantName(error: ClarityError, source: string): string | null {
  const unknown = /unresolved (?:function|variable|map|persisted variable) '([^']+)'/.exec(
    error.message,
  )?.[1];
  if (unknown === undefined) return null;
  const defined = [...source.matchAll(/\(define-[a-z-]+\s+\(?\s*([^\s()]+)/g)].map(
    ([, name]) => name!,
  );
  const words = REFERENCE.flatMap((chapter) => chapter.words.map(({ name }) => name));
  const near = [...defined, ...words]
    .map((name) => ({ name, apart: distance(unknown, name) }))
    .filter(
      ({ name, apart }) => apart > 0 && apart <= (unknown.length > 3 ? 2 : 1) && name.length > 1,
    )
    .sort((a, b) => a.apart - b.apart);
  return near[0]?.name ?? null;
}

function adviceFor({ error, source }: Problem): string | null {
  const meant = meantName(error, source);
  if (meant !== null) return `Did you mean \`${meant}\`?`;
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
  const advice = adviceFor(problem);
  if (advice !== null) lines.push(`help: ${advice}`);
  return lines.join('\n');
}
