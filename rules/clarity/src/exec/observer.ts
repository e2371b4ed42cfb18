/**
 * Watching a run from outside, for tools: coverage, costs by line, the place of a run-time error.
 * Code is compiled for being watched; without an observer none of this exists and nothing is slower.
 * What is observed costs and answers the same.
 */
import type { Span } from '../outcome.ts';
import type { Code } from './exec.ts';

export interface CodeObserver {
  /** An expression that can run was compiled: a line to be covered. */
  compiled(contractId: string, span: Span): void;
  /** It begins. `runtime` is the meter's total so far. */
  enter(contractId: string, span: Span, runtime: number): void;
  /** It ends with a value. */
  leave(runtime: number): void;
  /** It ends without one: by an error, or by `try!` and its like. */
  abandon(runtime: number): void;
}

/** The same code, announced to the observer. */
export function observed(code: Code, contractId: string, span: Span, observer: CodeObserver): Code {
  observer.compiled(contractId, span);
  return (f) => {
    const { m } = f.x;
    observer.enter(contractId, span, m.runtime);
    let value: ReturnType<Code>;
    try {
      value = code(f);
    } catch (error) {
      observer.abandon(m.runtime);
      throw error;
    }
    observer.leave(m.runtime);
    return value;
  };
}
