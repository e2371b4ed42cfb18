/**
 * Coverage as LCOV, which editors and CI read, and costs line by line: the lines of a contract with
 * how often they ran and what they cost, the most expensive first.
 */
import type { ExpressionRecord, LineRecorder } from './line-recorder.ts';

export interface ReportedContract {
  readonly contractId: string;
  /** Path of the source file. */
  readonly path: string;
  readonly source: string;
}

interface LineRecord {
  hits: number;
  runtime: number;
}

export interface LineCost {
  readonly contractId: string;
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly hits: number;
  /** Units of the `runtime` dimension spent on expressions that start on the line. */
  readonly runtime: number;
  readonly text: string;
}

function byLine(expressions: readonly ExpressionRecord[]): Map<number, LineRecord> {
  const lines = new Map<number, LineRecord>();
  for (const { span, hits, runtime } of expressions) {
    const line = lines.get(span.startLine) ?? { hits: 0, runtime: 0 };
    line.hits = Math.max(line.hits, hits);
    line.runtime += runtime;
    lines.set(span.startLine, line);
  }
  return new Map([...lines].sort(([a], [b]) => a - b));
}

const DEFINE = /^\s*\(define-(?:public|private|read-only)\s+\(\s*([^\s()]+)/;

/** Functions with the line of their definition and how often their body ran. */
function functionsOf(contract: ReportedContract, expressions: readonly ExpressionRecord[]) {
  const lines = contract.source.split('\n');
  const starts: { name: string; line: number }[] = [];
  for (const [i, text] of lines.entries()) {
    const name = DEFINE.exec(text)?.[1];
    if (name !== undefined) starts.push({ name, line: i + 1 });
  }
  return starts.map(({ name, line }, i) => {
    const end = starts[i + 1]?.line ?? lines.length + 1;
    const body = expressions.filter(({ span }) => span.startLine >= line && span.startLine < end);
    return { name, line, hits: body.reduce((most, { hits }) => Math.max(most, hits), 0) };
  });
}

/** LCOV text of these contracts; expressions nobody compiled are not in it. */
export function lcovReport(
  contracts: readonly ReportedContract[],
  recorder: LineRecorder,
  testName: string,
): string {
  const records = contracts.map((contract) => {
    const expressions = recorder.expressions(contract.contractId);
    const functions = functionsOf(contract, expressions);
    const lines = [...byLine(expressions)];
    return [
      `TN:${testName}`,
      `SF:${contract.path}`,
      ...functions.map(({ line, name }) => `FN:${line},${name}`),
      ...functions.map(({ hits, name }) => `FNDA:${hits},${name}`),
      `FNF:${functions.length}`,
      `FNH:${functions.filter(({ hits }) => hits > 0).length}`,
      ...lines.map(([line, { hits }]) => `DA:${line},${hits}`),
      `LF:${lines.length}`,
      `LH:${lines.filter(([, { hits }]) => hits > 0).length}`,
      'end_of_record',
    ].join('\n');
  });
  return records.length === 0 ? '' : `${records.join('\n')}\n`;
}

/** Lines that cost something, the most expensive first. */
export function lineCosts(
  contracts: readonly ReportedContract[],
  recorder: LineRecorder,
): LineCost[] {
  const costs: LineCost[] = [];
  for (const { contractId, path, source } of contracts) {
    const text = source.split('\n');
    for (const [line, { hits, runtime }] of byLine(recorder.expressions(contractId))) {
      if (runtime === 0) continue;
      costs.push({ contractId, path, line, hits, runtime, text: text[line - 1]?.trim() ?? '' });
    }
  }
  return costs.sort((a, b) => b.runtime - a.runtime || (a.path < b.path ? -1 : 1));
}

/** A table for people: share of all run time, units, times run, place, text. */
export function formatLineCosts(costs: readonly LineCost[], most = 20): string {
  const total = costs.reduce((sum, { runtime }) => sum + runtime, 0);
  const rows = costs.slice(0, most).map(({ path, line, hits, runtime, text }) => {
    const share = `${((100 * runtime) / total).toFixed(1)} %`.padStart(7);
    const units = runtime.toLocaleString('en').padStart(14);
    return `${share}${units}${String(hits).padStart(8)}x  ${`${path}:${line}`.padEnd(32)} ${text}`;
  });
  const rest = costs.length > most ? [`        ... and ${costs.length - most} more lines`] : [];
  return [...rows, ...rest].join('\n');
}
