/**
 * What simulated processes say. Errors are shown at once and make the scenario fail in the end;
 * `ASSAY_SIM_LOG=debug|info|warn` shows the rest as well.
 */
import { type LogEntry, type LogFields, type Logger, loggerTo } from '@assay/observe';
import type { SimWorld } from '@assay/world/sim';

export interface SimLogEntry extends LogEntry {
  readonly atMs: number;
  readonly process: string;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

function isLevelShown(level: LogEntry['level'], least: LogEntry['level']): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

export class SimLogs {
  readonly entries: SimLogEntry[] = [];
  readonly #startMs: number;
  readonly #shown: LogEntry['level'];

  constructor(startMs: number) {
    this.#startMs = startMs;
    const wanted = process.env.ASSAY_SIM_LOG;
    this.#shown = LEVELS.find((level) => level === wanted) ?? 'error';
  }

  /** The logger of one incarnation of a process. */
  of(world: SimWorld): Logger {
    return loggerTo((entry) => {
      const seen = { ...entry, atMs: world.clock.nowMs(), process: world.name };
      this.entries.push(seen);
      if (isLevelShown(entry.level, this.#shown)) process.stderr.write(`${this.format(seen)}\n`);
    });
  }

  errors(): readonly SimLogEntry[] {
    return this.entries.filter(({ level }) => level === 'error');
  }

  /** The newest lines from `level` up, for the message of a failure. */
  tail(count: number, level: LogEntry['level'] = 'info'): string {
    const lines = this.entries.filter((entry) => isLevelShown(entry.level, level)).slice(-count);
    return lines.map((entry) => this.format(entry)).join('\n');
  }

  format({ atMs, process: name, level, message, fields }: SimLogEntry): string {
    const secs = ((atMs - this.#startMs) / 1000).toFixed(3).padStart(9);
    return `${secs} ${name.padEnd(9)} ${level.padEnd(5)} ${message}${formatFields(fields)}`;
  }
}

function formatFields(fields: LogFields): string {
  return Object.entries(fields)
    .map(([name, value]) => {
      const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
      return ` ${name}=${text.slice(0, name === 'cause' || name === 'error' ? 1_500 : 200)}`;
    })
    .join('');
}
