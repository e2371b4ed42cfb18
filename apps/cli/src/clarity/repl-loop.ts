/**
 * The terminal side of `assay repl`: lines with history and completion, several lines until the
 * brackets close, Ctrl-C to start over, Ctrl-D to leave. Input may also come from a pipe.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { isUnfinished, openProject, ProjectError } from '@assay/simnet/session';
import { bold, dim } from '../terminal.ts';
import { UserError } from '../user-error.ts';
import { freshSession } from './check.ts';
import { Repl } from './repl.ts';

const HISTORY_LINES_MAX = 1000;
const PROMPT = '>> ';
const MORE = '.. ';

/** Where the lines come from and go to. */
export interface ReplTerminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
  readonly historyFile: string;
}

const ownTerminal = (): ReplTerminal => ({
  input: process.stdin,
  output: process.stdout,
  historyFile: join(homedir(), '.assay', 'repl-history'),
});

/** Newest first, as readline wants it. */
function readHistory(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-HISTORY_LINES_MAX).reverse();
}

/** A history that cannot be written is no reason to stop. */
function remember(file: string, line: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${line}\n`);
  } catch {}
}

function openSession(manifest: string | undefined) {
  if (manifest === undefined) return freshSession();
  try {
    return openProject(manifest);
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error;
    throw new UserError('cli/project', error.message, 'Mend the project and start again.');
  }
}

/** Returns when the person leaves or the input ends. */
export async function runRepl(
  manifest: string | undefined,
  { input, output, historyFile }: ReplTerminal = ownTerminal(),
): Promise<void> {
  const repl = new Repl(openSession(manifest));
  const isTerminal = input.isTTY === true;
  const show = (text: string) => output.write(`${text}\n`);
  const lines = createInterface({
    input,
    output,
    terminal: isTerminal,
    history: isTerminal ? readHistory(historyFile) : [],
    historySize: HISTORY_LINES_MAX,
    removeHistoryDuplicates: true,
    completer: (line: string) => repl.complete(line),
  });
  if (isTerminal) show(`${bold('Clarity')} ${dim('::help for commands, Ctrl-D to leave')}`);
  let pending = '';
  const prompt = () => {
    if (!isTerminal) return;
    lines.setPrompt(pending === '' ? PROMPT : MORE);
    lines.prompt();
  };
  lines.on('SIGINT', () => {
    pending = '';
    // What stood in the line is given up too.
    Object.assign(lines, { line: '', cursor: 0 });
    output.write('^C\n');
    prompt();
  });
  prompt();
  for await (const line of lines) {
    if (isTerminal && line.trim() !== '') remember(historyFile, line);
    pending = pending === '' ? line : `${pending}\n${line}`;
    if (!pending.startsWith('::') && isUnfinished(pending)) {
      prompt();
      continue;
    }
    const answer = repl.answer(pending);
    pending = '';
    if (answer === null) break;
    if (answer !== '') show(answer);
    prompt();
  }
  lines.close();
}
