/**
 * Logging as services see it: a constant message and structured fields, so that lines can be
 * searched and counted. `error`: the operator must act. `warn`: may become so. `info`: a state
 * change an operator wants, rare. `debug`: per item. Foreign text only at debug.
 * The adapters: `memoryLogger` (tests), `textLogger` (terminals), pino at `@assay/observe/node`.
 */
import { presentableFields } from './fields.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Values may be bytes (shown as hex), bigints and errors. Secret-named fields are redacted. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same logger with `fields` on every line. */
  child(fields: LogFields): Logger;
}

export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** True when a line of `level` passes a logger set to `least`. */
export function isLevelShown(level: LogLevel, least: LogLevel): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** A logger out of one function; fields arrive presentable (redacted, JSON-safe). */
export function loggerTo(sink: (entry: LogEntry) => void, least: LogLevel = 'debug'): Logger {
  const build = (base: LogFields): Logger => {
    const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
      if (!isLevelShown(level, least)) return;
      sink({ level, message, fields: presentableFields({ ...base, ...fields }) });
    };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => build({ ...base, ...fields }),
    };
  };
  return build({});
}

export const silentLogger: Logger = loggerTo(() => {}, 'error');

export interface MemoryLogger extends Logger {
  /** Newest last; the oldest are dropped beyond 10,000. */
  readonly entries: readonly LogEntry[];
  /** The messages of one level, in order. */
  messages(level: LogLevel): string[];
}

const MEMORY_ENTRIES_MAX = 10_000;

export function memoryLogger(least: LogLevel = 'debug'): MemoryLogger {
  const entries: LogEntry[] = [];
  const logger = loggerTo((entry) => {
    entries.push(entry);
    if (entries.length > MEMORY_ENTRIES_MAX) entries.shift();
  }, least);
  return {
    ...logger,
    entries,
    messages: (level) => entries.filter((e) => e.level === level).map((e) => e.message),
  };
}

/** One readable line per entry: `12:00:01 warn  block refused code=block/bad-root height=7`. */
export function textLogger(
  options: { readonly nowMs: () => number; readonly least?: LogLevel },
  write: (line: string) => void,
): Logger {
  return loggerTo(({ level, message, fields }) => {
    const time = new Date(options.nowMs()).toISOString().slice(11, 19);
    const tail = Object.entries(fields)
      .map(
        ([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      )
      .join('');
    write(`${time} ${level.padEnd(5)} ${message}${tail}`);
  }, options.least ?? 'info');
}
