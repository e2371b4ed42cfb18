/**
 * Reads a TOML file against a table of known keys. Keys of the guides that have no meaning here
 * are accepted with a warning that says why; unknown keys are refused with the nearest known one,
 * so that a typing error never becomes a silent default.
 */
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { UserError } from '../user-error.ts';

/** What a key holds; `ignored` keys are accepted and reported. */
export type KeyRule =
  | { readonly type: 'string' | 'integer' | 'boolean' | 'strings' | 'tables' }
  | { readonly ignored: string };

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
  const names = Object.keys(known);
  for (const [key, value] of flat) {
    const rule = Object.hasOwn(known, key) ? known[key] : undefined;
    if (rule === undefined) {
      throw new UserError(
        'cli/config-unknown-key',
        `${path} has a key this program does not know: ${key}.`,
        `Remove it, or did you mean ${nearest(key, names)}?`,
      );
    }
    if ('ignored' in rule) warnings.push(`${key} has no effect here: ${rule.ignored}`);
    else if (!matches(rule, value)) {
      throw new UserError(
        'cli/config-wrong-type',
        `${path}: ${key} must be ${rule.type === 'strings' ? 'a list of strings' : `a ${rule.type}`}.`,
        `Change the value of ${key}.`,
      );
    }
  }
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
      throw new UserError(
        'cli/config-missing-key',
        `${path} lacks ${key}.`,
        `Add a line with ${key} to the file.`,
      );
    },
  };
}

/** Splits `host:port`; the port must be 1..65535 (0 lets the system choose). */
export function parseEndpoint(key: string, text: string): { host: string; port: number } {
  const match = /^(?:https?:\/\/)?(\[[^\]]+\]|[^:/]+):(\d{1,5})\/?$/.exec(text);
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
