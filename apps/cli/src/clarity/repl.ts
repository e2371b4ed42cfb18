/**
 * What the REPL answers to a line: a value, a problem with a caret, or what a `::` command shows.
 * No terminal here; `repl-loop.ts` reads the lines.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { clarityValueToString } from '@assay/clarity-value';
import {
  CONSOLE_COMMANDS,
  consoleHelp,
  type Execution,
  type Failure,
  formatProblem,
  formatSite,
  formatTrace,
  REFERENCE,
  referenceOf,
  runConsoleCommand,
  type Session,
} from '@assay/simnet/session';

interface ReplCommand {
  readonly usage: string;
  readonly about: string;
}

const OWN_COMMANDS: Readonly<Record<string, ReplCommand>> = {
  help: { usage: '', about: 'this list' },
  costs: { usage: '', about: 'what the last expression cost, against the limit of a block' },
  events: { usage: '', about: 'events of the last expression' },
  trace: { usage: '', about: 'contract calls of the last expression, as a tree' },
  doc: { usage: '<word>', about: 'what a word of the language means, and an example' },
  load: { usage: '<file.clar>', about: 'deploy a contract from a file' },
  snapshot: { usage: '', about: 'remember the state; prints a number' },
  revert: { usage: '<number>', about: 'back to a snapshot' },
  quit: { usage: '', about: 'leave (or Ctrl-D)' },
};

/** All commands, with their colons. */
export const REPL_COMMANDS: readonly string[] = [
  ...Object.keys(OWN_COMMANDS),
  ...Object.keys(CONSOLE_COMMANDS),
].map((name) => `::${name}`);

const LANGUAGE = REFERENCE.flatMap(({ words }) => words.map(({ name }) => name));

/** One holds the other, or they begin alike. */
function isClose(word: string, typed: string): boolean {
  return word.includes(typed) || word.slice(0, 3) === typed.slice(0, 3);
}

function describeWord(name: string | undefined): string {
  const entry = name === undefined ? null : referenceOf(name);
  if (entry === null) {
    const close = LANGUAGE.filter((one) => name !== undefined && isClose(one, name));
    return `error: ${name ?? 'nothing'} is no word of Clarity${close.length === 0 ? '' : `; there are ${close.join(', ')}`}`;
  }
  const rule = entry.rule === '' ? [] : [`type rule: ${entry.rule}`];
  const per = entry.per === '' ? '' : ` (by ${entry.per})`;
  const cost = entry.cost.length === 0 ? [] : [`cost: ${entry.cost.join(', ')}${per}`];
  const { source } = REFERENCE.find(({ words }) => words.includes(entry))!;
  const example = entry.example === '' ? [] : [entry.setup, entry.example].filter(Boolean);
  return [entry.form, entry.about, ...rule, ...cost, `source: ${source}`, ...example].join('\n');
}

/** Share of a block's limit, for people. */
function share(part: number, limit: number): string {
  return `${((100 * part) / limit).toFixed(3)} %`;
}

const BLOCK_LIMIT = {
  runtime: 5_000_000_000,
  readCount: 15_000,
  readLength: 100_000_000,
  writeCount: 15_000,
  writeLength: 15_000_000,
} as const;

function isOnlyDefinitions(text: string): boolean {
  return /^\s*\(\s*(define-|impl-trait|use-trait)/.test(text);
}

export class Repl {
  readonly #session: Session;
  #last: Execution | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Null: the person wants to leave. */
  answer(input: string): string | null {
    const text = input.trim();
    if (text === '') return '';
    if (text === '::quit') return null;
    return text.startsWith('::') ? this.#command(text) : this.#evaluate(text);
  }

  /** Candidates for the word at the end of the line, and that word. */
  complete(line: string): [candidates: string[], word: string] {
    const word = /[^\s()]*$/.exec(line)![0];
    if (line.startsWith('::')) {
      return [REPL_COMMANDS.filter((command) => command.startsWith(line)), line];
    }
    const words = new Set<string>(LANGUAGE);
    for (const id of this.#session.contracts().keys()) {
      words.add(`'${id}`);
      if (id.startsWith(`${this.#session.deployer}.`)) words.add(id.slice(id.indexOf('.')));
      for (const fn of this.#session.contractInterface(id)?.functions ?? []) words.add(fn.name);
    }
    return [[...words].filter((one) => one.startsWith(word)).sort(), word];
  }

  #evaluate(text: string): string {
    if (isOnlyDefinitions(text)) return this.#deploy(this.#freeName(), text, '<input>');
    const done = this.#session.evaluate(text);
    this.#last = done;
    if (!done.ok) return this.#problem(text, done.error);
    const prints = done.value.events
      .filter((event) => event.type === 'contract_event')
      .map((event) => `print: ${clarityValueToString(event.value)}`);
    return [...prints, clarityValueToString(done.value.result)].join('\n');
  }

  /** With the calls that led to it, when it happened while running. */
  #problem(source: string, failure: Failure): string {
    const problem = formatProblem({ file: '<input>', source, error: failure.error });
    return [problem, ...(failure.stack ?? []).map((site) => `  at ${formatSite(site)}`)].join('\n');
  }

  #freeName(): string {
    const contracts = this.#session.contracts();
    let number = 1;
    while (contracts.has(`${this.#session.deployer}.contract-${number}`)) number++;
    return `contract-${number}`;
  }

  #deploy(name: string, source: string, file: string): string {
    const contractId = `${this.#session.deployer}.${name}`;
    const done = this.#session.deploy({ contractId, source });
    this.#last = done;
    if (!done.ok) return formatProblem({ file, source, error: done.error.error });
    const functions = this.#session.contractInterface(contractId)?.functions ?? [];
    const callable = functions.filter((fn) => fn.access !== 'private').map((fn) => fn.name);
    const hint = callable.length === 0 ? '' : `: (contract-call? .${name} ${callable.join(' | ')})`;
    return `deployed as .${name}${hint}`;
  }

  #command(text: string): string {
    const [head = '', word] = text.split(/\s+/);
    switch (head.slice(2)) {
      case 'help':
        return `${ownHelp()}\n${consoleHelp()}\nAnything else is Clarity; definitions become a contract.`;
      case 'costs':
        return this.#costs();
      case 'events':
        return this.#events();
      case 'trace':
        return formatTrace(this.#session.lastTrace()) || 'no contract was called';
      case 'doc':
        return describeWord(word);
      case 'load':
        return this.#load(word);
      case 'snapshot':
        return `snapshot ${this.#session.snapshot()}`;
      case 'revert':
        return this.#revert(word);
      default:
        return runConsoleCommand(this.#session, text);
    }
  }

  #costs(): string {
    const cost = this.#last?.ok === true ? this.#last.value.cost : this.#last?.error.cost;
    if (cost === undefined || cost === null) return 'nothing has been measured yet';
    return (Object.keys(BLOCK_LIMIT) as (keyof typeof BLOCK_LIMIT)[])
      .map((key) => {
        const row = `${key.padEnd(12)}${cost[key].toLocaleString('en').padStart(16)}`;
        return `${row}  ${share(cost[key], BLOCK_LIMIT[key]).padStart(10)} of a block`;
      })
      .join('\n');
  }

  #events(): string {
    const events = this.#last?.ok === true ? this.#last.value.events : [];
    if (events.length === 0) return 'no events';
    return events
      .map(({ type, ...fields }) => {
        const shown = Object.entries(fields).map(([key, value]) => `${key}: ${showField(value)}`);
        return `${type}  ${shown.join(', ')}`;
      })
      .join('\n');
  }

  #load(file: string | undefined): string {
    if (file === undefined) return 'error: ::load needs the path of a .clar file';
    let source: string;
    try {
      source = readFileSync(file, 'utf8');
    } catch {
      return `error: ${file} cannot be read`;
    }
    return this.#deploy(basename(file).replace(/\.clar$/, ''), source, file);
  }

  #revert(word: string | undefined): string {
    try {
      this.#session.revert(Number(word));
      return `back at snapshot ${word}`;
    } catch {
      return 'error: ::revert needs the number of a snapshot';
    }
  }
}

function showField(value: unknown): string {
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'object' && value !== null && 'type' in value) {
    return clarityValueToString(value as Parameters<typeof clarityValueToString>[0]);
  }
  return String(value);
}

function ownHelp(): string {
  return Object.entries(OWN_COMMANDS)
    .map(([name, { usage, about }]) => `${`::${name} ${usage}`.padEnd(48)}${about}`)
    .join('\n');
}
