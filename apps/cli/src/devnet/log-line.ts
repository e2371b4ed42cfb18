/** A child's log line as a person reads it: services write JSON, everything else stays as it is. */
import { harmless } from '../show-answer.ts';

const LINE_MAX = 200;
/** Fields that say nothing to a person in front of the devnet. */
const NOISE = new Set(['level', 'time', 'name', 'msg', 'pid', 'hostname']);

function fieldText([name, value]: readonly [string, unknown]): string {
  if (typeof value !== 'object' || value === null) return `${name} ${String(value)}`;
  const { message } = value as { message?: unknown };
  return `${name} ${typeof message === 'string' ? message : JSON.stringify(value)}`;
}

export function readableLogLine(line: string): string {
  let text = line.trimEnd();
  try {
    const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof entry.msg === 'string') {
      const fields = Object.entries(entry).filter(([name]) => !NOISE.has(name));
      text = [entry.msg, ...fields.map(fieldText)].join(', ');
    }
  } catch {
    // Not JSON: a sentence of ours, or a stack trace.
  }
  const shown = harmless(text);
  return shown.length > LINE_MAX ? `${shown.slice(0, LINE_MAX)} ...` : shown;
}
