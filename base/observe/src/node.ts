/**
 * The pino adapter: newline-delimited JSON to a file descriptor or a file. Used by the processes'
 * composition roots; services only know `Logger`.
 */
import pino from 'pino';
import { isLevelShown, type Logger, type LogLevel, loggerTo } from './logger.ts';

export interface PinoOptions {
  readonly level?: LogLevel;
  /** Goes on every line, e.g. the process's role. */
  readonly name?: string;
  /** A path, or a descriptor (1 standard output, 2 standard error). Default 2. */
  readonly destination?: string | number;
}

/** Writes synchronously: a line printed just before `kill -9` is not lost. */
export function pinoLogger(options: PinoOptions = {}): Logger {
  const least = options.level ?? 'info';
  const sink = pino(
    { level: least, base: options.name === undefined ? null : { name: options.name } },
    pino.destination({ dest: options.destination ?? 2, sync: true, mkdir: true }),
  );
  return loggerTo(({ level, message, fields }) => {
    if (isLevelShown(level, least)) sink[level](fields, message);
  }, least);
}
