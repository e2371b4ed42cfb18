/**
 * Reads a TOML file against a table of known keys. Keys without meaning here, those of the guides and
 * those that nobody knows, are accepted with a warning that names them and says why or what was meant:
 * a typing error never becomes a silent default.
 */
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { UserError } from '../user-error.ts';

/** What a key holds; `ignored` keys are accepted and reported. */
export type KeyRule =
  | { readonly type: 'string' | 'boolean' | 'strings' }
  /** Default bounds: 0 and 2^53 - 1. */
  | { readonly type: 'integer'; readonly min?: number; readonly max?: number }
  | { readonly type: 'tables'; readonly keys: KeyTable }
  | { readonly ignored: string };

type TypedRule = Extract<KeyRule, { readonly type: string }>;

export type KeyTable = Readonly<Record<string, KeyRule>>;

export interface TomlConfig {
  readonly path: string;
  /** One line per accepted key without meaning here. */
  readonly warnings: readonly string[];
  string(key: string): string | undefined;
  integer(key: string): number | undefined;
  boolean(key: string): boolean | undefined;
  strings(key: string): readonly string[] | undefined;
  tables(key: string): readonly Readonly<Record<string, unknown>>[];
  /** Like `string`, for keys that must be there. */
  required(key: string): string;
}

type Table = Record<string, unknown>;

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function matches(rule: KeyRule, value: unknown): boolean {
  if ('ignored' in rule) return true;
  switch (rule.type) {
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'tables':
      return Array.isArray(value) && value.every(isTable);
  }
}

const TYPE_NAMES = {
  string: 'a text in quotes',
  integer: 'a whole number',
  boolean: 'true or false',
  strings: 'a list of texts in quotes',
  tables: 'a list of [[tables]]',
} as const;

/** @throws UserError cli/config-wrong-type, cli/config-out-of-range */
function checkValue(path: string, name: string, rule: TypedRule, value: unknown): void {
  if (!matches(rule, value)) {
    throw new UserError(
      'cli/config-wrong-type',
      `${path}: ${name} must be ${TYPE_NAMES[rule.type]}.`,
      `Change the value of ${name}.`,
    );
  }
  if (rule.type !== 'integer') return;
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = rule;
  if ((value as number) >= min && (value as number) <= max) return;
  throw new UserError(
    'cli/config-out-of-range',
    `${path}: ${name} is ${value}, which is ${(value as number) < min ? 'too small' : 'too large'}.`,
    `Give a number from ${min} to ${max}.`,
  );
}

/** Edit distance, for "did you mean"; both texts are short key names. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, swap));
    }
    row = next;
  }
  return row[b.length]!;
}

function nearest(key: string, known: readonly string[]): string {
  return [...known].sort((a, b) => distance(key, a) - distance(key, b))[0] ?? '';
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new UserError(
      'cli/config-unreadable',
      `The configuration file ${path} ${reason}.`,
      'Check the path given with --config.',
    );
  }
}

/** Parses and checks; every problem is a `UserError` that names the line or the key. */
export function readToml(path: string, known: KeyTable): TomlConfig {
  let root: Table;
  try {
    root = parse(readText(path)) as Table;
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const what = cause.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
    throw new UserError(
      'cli/config-malformed',
      `${path}, line ${cause.line}, column ${cause.column}: ${what}.`,
      'Correct that line; TOML strings need quotes and every [section] stands on its own line.',
    );
  }
  const flat = new Map<string, unknown>();
  for (const [name, value] of Object.entries(root)) {
    if (isTable(value))
      for (const [key, inner] of Object.entries(value)) flat.set(`${name}.${key}`, inner);
    else flat.set(name, value);
  }
  const warnings: string[] = [];
  const unknown: string[] = [];
  const check = (key: string, value: unknown, rules: KeyTable, name: string): void => {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) {
      unknown.push(name);
      const meant = nearest(key, Object.keys(rules));
      warnings.push(`${name} has no effect: nobody knows this key; did you mean ${meant}?`);
    } else if ('ignored' in rule) warnings.push(`${name} has no effect here: ${rule.ignored}`);
    else checkValue(path, name, rule, value);
    if (rule === undefined || !('type' in rule) || rule.type !== 'tables') return;
    for (const table of value as Table[]) {
      for (const [inner, one] of Object.entries(table)) {
        check(inner, one, rule.keys, `${name}.${inner}`);
      }
    }
  };
  for (const [key, value] of flat) check(key, value, known, key);
  const read = <T>(key: string): T | undefined => flat.get(key) as T | undefined;
  return {
    path,
    warnings,
    string: (key) => read<string>(key),
    integer: (key) => read<number>(key),
    boolean: (key) => read<boolean>(key),
    strings: (key) => read<string[]>(key),
    tables: (key) => read<Table[]>(key) ?? [],
    required(key) {
      const value = read<string>(key);
      if (value !== undefined && value !== '') return value;
      const similar = unknown.find((other) => distance(other, key) <= 3);
      throw new UserError(
        'cli/config-missing-key',
        `${path} lacks ${key}.`,
        similar === undefined
          ? `Add a line with ${key} to the file.`
          : `Rename ${similar}: the key is called ${key}.`,
      );
    },
  };
}

/** Splits `host:port`; the port must be 1..65535 (0 lets the system choose). */
export function parseEndpoint(key: string, text: string): { host: string; port: number } {
  if (text.startsWith('https://')) {
    throw new UserError(
      'cli/config-bad-endpoint',
      `${key} asks for https, which is not spoken here: ${text}.`,
      'Write the http endpoint; over other networks, reach it through a tunnel (WireGuard, ssh -L).',
    );
  }
  const match = /^(?:http:\/\/)?(\[[^\]]+\]|[^:/]+):(\d{1,5})\/?$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65535) {
    throw new UserError(
      'cli/config-bad-endpoint',
      `${key} is not host:port: ${text}.`,
      `Write it like 127.0.0.1:20443.`,
    );
  }
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port };
}
