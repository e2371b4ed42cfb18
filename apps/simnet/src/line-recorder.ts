/**
 * What every expression did: how often it ran, what it cost by itself, and which one failed. Feeds
 * the coverage and cost reports, and tells where a run-time error happened.
 */
import type { CallSite, CodeObserver, Span } from '@assay/clarity';

export interface ExpressionRecord {
  readonly span: Span;
  hits: number;
  /** Run time of the expression without those inside it. */
  runtime: number;
}

interface Running {
  readonly site: CallSite;
  readonly record: ExpressionRecord;
  /** Meter when it began, and what the expressions inside it took. */
  readonly began: number;
  inside: number;
}

function contains(outer: Span, inner: Span): boolean {
  const starts =
    outer.startLine < inner.startLine ||
    (outer.startLine === inner.startLine && outer.startColumn <= inner.startColumn);
  const ends =
    outer.endLine > inner.endLine ||
    (outer.endLine === inner.endLine && outer.endColumn >= inner.endColumn);
  return starts && ends;
}

/** The innermost place, then the calls that led to it: frames that hold their inner one are dropped. */
function callStack(running: readonly Running[]): CallSite[] {
  const stack: CallSite[] = [];
  let inner: CallSite | null = null;
  for (let i = running.length - 1; i >= 0; i--) {
    const { site } = running[i]!;
    const sameBody =
      inner !== null && inner.contractId === site.contractId && contains(site.span, inner.span);
    if (!sameBody) stack.push(site);
    inner = site;
  }
  return stack;
}

export class LineRecorder implements CodeObserver {
  readonly #contracts = new Map<string, Map<string, ExpressionRecord>>();
  readonly #running: Running[] = [];
  #failure: readonly CallSite[] | null = null;

  compiled(contractId: string, span: Span): void {
    this.#record(contractId, span);
  }

  enter(contractId: string, span: Span, runtime: number): void {
    const record = this.#record(contractId, span);
    record.hits++;
    this.#failure = null;
    this.#running.push({ site: { contractId, span }, record, began: runtime, inside: 0 });
  }

  leave(runtime: number): void {
    this.#failure = null;
    this.#end(runtime);
  }

  abandon(runtime: number): void {
    this.#failure ??= callStack(this.#running);
    this.#end(runtime);
  }

  #end(runtime: number): void {
    const { record, began, inside } = this.#running.pop()!;
    const total = runtime - began;
    record.runtime += total - inside;
    const outer = this.#running.at(-1);
    if (outer !== undefined) outer.inside += total;
  }

  /** Where the last run failed, innermost first; empty when it did not, or not in an expression. */
  takeFailure(): readonly CallSite[] {
    const failure = this.#failure ?? [];
    this.#failure = null;
    this.#running.length = 0;
    return failure;
  }

  /** Of one contract, in no order. */
  expressions(contractId: string): readonly ExpressionRecord[] {
    return [...(this.#contracts.get(contractId)?.values() ?? [])];
  }

  contractIds(): readonly string[] {
    return [...this.#contracts.keys()];
  }

  /** Counts start at zero again; what has been compiled stays known. */
  reset(): void {
    for (const records of this.#contracts.values()) {
      for (const record of records.values()) {
        record.hits = 0;
        record.runtime = 0;
      }
    }
  }

  #record(contractId: string, span: Span): ExpressionRecord {
    let records = this.#contracts.get(contractId);
    if (records === undefined) {
      records = new Map();
      this.#contracts.set(contractId, records);
    }
    const key = `${span.startLine}:${span.startColumn}:${span.endLine}:${span.endColumn}`;
    let record = records.get(key);
    if (record === undefined) {
      record = { span, hits: 0, runtime: 0 };
      records.set(key, record);
    }
    return record;
  }
}
