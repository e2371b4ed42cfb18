/**
 * The argument rules of the Stacks CLI: one-letter flags anywhere, then the command's arguments by
 * position or as `--name value`. `stx infer --address A --userInput "…"` and `stx infer A "…"` are the same.
 * Source: the `stx` CLI as reference/stacks-clients.md 1.4 and reference/funai.md 5.1 list it.
 */
import { UserError } from '../user-error.ts';

export interface StxFlags {
  /** -t: testnet address versions. */
  readonly testnet: boolean;
  /** -l: the node at localhost:20443, testnet versions. */
  readonly local: boolean;
  /** -e: estimate the fee and stop. */
  readonly estimateOnly: boolean;
  /** -x: print the transaction and stop. */
  readonly printOnly: boolean;
  /** -I or -H: node URL. */
  readonly nodeUrl: string | undefined;
}

export interface StxArgument {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
}

const SWITCHES = new Set(['-t', '-l', '-e', '-x', '-d', '-i', '-U']);
const VALUED = new Set([
  '-I',
  '-H',
  '-T',
  '-m',
  '-c',
  '-C',
  '-F',
  '-G',
  '-M',
  '-N',
  '-P',
  '-X',
  '-u',
  '-p',
  '-B',
  '-D',
]);

export interface StxLine {
  readonly command: string | undefined;
  /** --help, wherever it stands. */
  readonly wantsHelp: boolean;
  readonly flags: StxFlags;
  readonly named: ReadonlyMap<string, string>;
  readonly positional: readonly string[];
}

function missingValue(flag: string): UserError {
  return new UserError(
    'cli/missing-value',
    `${flag} needs a value after it.`,
    `Write ${flag} <value>.`,
  );
}

/** Splits a command line; command arguments are not checked yet. */
export function splitStxLine(argv: readonly string[]): StxLine {
  const switches = new Set<string>();
  const values = new Map<string, string>();
  const named = new Map<string, string>();
  const positional: string[] = [];
  let wantsHelp = false;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '--help' || word === '-h') wantsHelp = true;
    else if (SWITCHES.has(word)) switches.add(word);
    else if (VALUED.has(word) || (word.startsWith('--') && word.length > 2)) {
      const value = argv[++i];
      if (value === undefined) throw missingValue(word);
      if (word.startsWith('--')) named.set(word.slice(2), value);
      else values.set(word, value);
    } else positional.push(word);
  }
  return {
    command: positional.shift(),
    wantsHelp,
    flags: {
      testnet: switches.has('-t'),
      local: switches.has('-l'),
      estimateOnly: switches.has('-e'),
      printOnly: switches.has('-x'),
      nodeUrl: values.get('-I') ?? values.get('-H'),
    },
    named,
    positional,
  };
}

/** Assigns the command's arguments: named ones first, the rest by position. */
export function bindArguments<Name extends string>(
  line: StxLine,
  specs: readonly (StxArgument & { readonly name: Name })[],
): Record<Name, string | undefined> {
  for (const name of line.named.keys()) {
    if (specs.some((spec) => spec.name === name)) continue;
    throw new UserError(
      'cli/unknown-argument',
      `stx ${line.command} has no argument --${name}.`,
      `It takes: ${specs.map((spec) => `--${spec.name}`).join(' ')}.`,
    );
  }
  const rest = [...line.positional];
  const out = {} as Record<Name, string | undefined>;
  for (const spec of specs) {
    const value = line.named.get(spec.name) ?? rest.shift();
    if (value === undefined && spec.optional !== true) {
      throw new UserError(
        'cli/missing-argument',
        `stx ${line.command} lacks ${spec.name} (${spec.help}).`,
        `Usage: stx ${line.command} ${specs.map((s) => (s.optional ? `[${s.name}]` : `<${s.name}>`)).join(' ')}`,
      );
    }
    out[spec.name] = value;
  }
  if (rest.length > 0) {
    throw new UserError(
      'cli/too-many-arguments',
      `stx ${line.command} got more arguments than it takes: ${rest.join(' ')}.`,
      'Put texts with spaces into quotes.',
    );
  }
  return out;
}
