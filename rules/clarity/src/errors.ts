/**
 * How an execution stops early. Parse and check failures come before running; runtime failures and
 * early returns travel as JavaScript throws inside the VM and never leave its door (`vm.ts`).
 *
 * Names are Stacks': stacks-core clarity/src/vm/errors.rs, analysis/errors.rs, ast/errors.rs.
 */
import type { Span } from './outcome.ts';
import type { Value } from './value.ts';

/** The source text is not a program. */
export class ParseFailure {
  readonly name: string;
  readonly message: string;
  readonly span: Span;

  constructor(name: string, message: string, span: Span) {
    this.name = name;
    this.message = message;
    this.span = span;
  }
}

/** Static analysis rejected the program. */
export class CheckFailure {
  readonly name: string;
  readonly message: string;
  span: Span | null;

  constructor(name: string, message: string, span: Span | null = null) {
    this.name = name;
    this.message = message;
    this.span = span;
  }
}

/**
 * A run that cannot go on: arithmetic, unwraps, missing contracts, broken run-time checks.
 * Not an `Error`: no JavaScript stack is captured, throwing stays cheap.
 */
export class RuntimeFailure {
  readonly name: string;
  readonly message: string;
  /** `check` for Stacks' RuntimeCheckErrorKind, `runtime` for RuntimeError. */
  readonly kind: 'runtime' | 'check';

  constructor(name: string, message = name, kind: 'runtime' | 'check' = 'runtime') {
    this.name = name;
    this.message = message;
    this.kind = kind;
  }
}

/** `try!`, `unwrap!`, `asserts!`: leaves the enclosing function with `value`. */
export class EarlyReturn {
  readonly value: Value;
  readonly kind: 'unwrap' | 'assert';

  constructor(value: Value, kind: 'unwrap' | 'assert') {
    this.value = value;
    this.kind = kind;
  }
}

export function checkError(name: string, message = name): RuntimeFailure {
  return new RuntimeFailure(name, message, 'check');
}
