/**
 * Expressions to closures. Names are resolved here, once: locals become slots, constants become
 * values, functions become objects. A closure charges exactly what the reference interpreter does.
 *
 * Depth: `k` is how many call-stack entries lie between the function's body and the expression, so
 * the check against the language's limit is one comparison with the frame's base.
 * Source: stacks-core clarity/src/vm/mod.rs (eval, apply, lookup_variable).
 */
import { costRuntime } from '../costs/charge.ts';
import { checkError, RuntimeFailure } from '../errors.ts';
import type { Code, Frame } from '../exec/exec.ts';
import { applyFunction } from '../exec/invoke.ts';
import { type CodeObserver, observed } from '../exec/observer.ts';
import { isNativeName, isVariableName } from '../names.ts';
import { PLAIN_NATIVES, SPECIAL_NATIVES } from '../natives/table.ts';
import { compileVariable } from '../natives/variables.ts';
import type { Span } from '../outcome.ts';
import type { Expr, ListExpr } from '../parse/ast.ts';
import { type Value, valueSize } from '../value.ts';
import type { CompiledContract, UserFunction } from './contract.ts';
import { DEPTH_MAX, LOOKUP_FUNCTION } from './depth.ts';
import { applyPlain, compilePlain } from './plain.ts';
import type { Scope } from './scope.ts';

/** An expression that reads a slot directly: an element handed to a native by `fold` or `map`. */
export interface SlotExpr {
  readonly kind: 'slot';
  readonly slot: number;
}

export type CompileExpr = Expr | SlotExpr;

/** An argument: a value known now, a local (its copy costs `cost + sized * size`), or code. */
export type Operand =
  | { readonly kind: 'fixed'; readonly value: Value; readonly cost: number }
  | { readonly kind: 'slot'; readonly slot: number; readonly cost: number; readonly sized: number }
  | { readonly kind: 'code'; readonly code: Code };

/** Where a call stands. */
export interface CallPlace {
  readonly scope: Scope;
  /** Call-stack entries below this call in its function. */
  readonly k: number;
  /** Run time to charge for having found the function; none when `fold` found it before. */
  readonly lookup: number;
  /** Null for what `fold`, `map` and `filter` apply. */
  readonly span: Span | null;
}

/** A function called with values (by `map`, `filter`, `fold`). `f` runs the call. */
export type Applier = (frame: Frame, args: Value[]) => Value;

export class Compiler {
  readonly contract: CompiledContract;
  readonly #observer: CodeObserver | null;

  constructor(contract: CompiledContract, observer: CodeObserver | null = null) {
    this.contract = contract;
    this.#observer = observer;
  }

  get version() {
    return this.contract.version;
  }

  /** The value as the reference's `eval` gives it: a variable is not yet copied. */
  code(expr: CompileExpr, scope: Scope, k: number): Code {
    return this.#watched(expr, this.#code(expr, scope, k));
  }

  /** The value copied: reading a variable also costs its size. */
  owned(expr: CompileExpr, scope: Scope, k: number): Code {
    if (expr.kind !== 'atom') return this.code(expr, scope, k);
    return this.#watched(expr, this.#atom(expr.name, scope, true));
  }

  #watched(expr: CompileExpr, code: Code): Code {
    if (this.#observer === null || expr.kind === 'slot') return code;
    return observed(code, this.contract.id, expr.span, this.#observer);
  }

  #code(expr: CompileExpr, scope: Scope, k: number): Code {
    switch (expr.kind) {
      case 'literal': {
        const { value } = expr;
        return () => value;
      }
      case 'slot': {
        const { slot } = expr;
        return (f) => f.locals[slot]!;
      }
      case 'atom':
        return this.#atom(expr.name, scope, false);
      case 'list':
        return this.#call(expr, scope, k);
      default:
        return () => {
          throw checkError('BadSymbolicRepresentation', 'Unexpected trait reference');
        };
    }
  }

  /** How an argument is read, when that takes no running of code; else its code. */
  operand(expr: CompileExpr, scope: Scope, k: number): Operand {
    if (this.#observer !== null) return { kind: 'code', code: this.owned(expr, scope, k) };
    if (expr.kind === 'literal') return { kind: 'fixed', value: expr.value, cost: 0 };
    if (expr.kind === 'slot') return { kind: 'slot', slot: expr.slot, cost: 0, sized: 0 };
    if (expr.kind === 'atom' && !isVariableName(expr.name, this.version)) {
      const cost = costRuntime('lookupVariableDepth', scope.depth) + 1;
      const local = scope.lookup(expr.name);
      if (local !== null && !local.callableOnly) {
        return { kind: 'slot', slot: local.slot, cost, sized: 2 };
      }
      const constant = local === null ? this.contract.constants.get(expr.name) : undefined;
      if (constant !== undefined) {
        return { kind: 'fixed', value: constant, cost: cost + 2 * valueSize(constant) };
      }
    }
    return { kind: 'code', code: this.owned(expr, scope, k) };
  }

  #atom(name: string, scope: Scope, copied: boolean): Code {
    if (isVariableName(name, this.version)) return compileVariable(name, this.contract);
    const cost = costRuntime('lookupVariableDepth', scope.depth);
    const local = scope.lookup(name);
    if (local !== null) {
      const { slot, callableOnly } = local;
      // In Clarity 1 a trait parameter is not a variable: reading it makes a principal.
      if (callableOnly) return (f) => plainPrincipal(f, slot, cost);
      if (!copied) {
        return (f) => {
          f.x.m.addRuntime(cost);
          return f.locals[slot]!;
        };
      }
      return (f) => {
        const value = f.locals[slot]!;
        f.x.m.addRuntime(cost + 1 + 2 * valueSize(value));
        return value;
      };
    }
    const constant = this.contract.constants.get(name);
    if (constant !== undefined) {
      const total = copied ? cost + 1 + 2 * valueSize(constant) : cost;
      return (f) => {
        f.x.m.addRuntime(total);
        return constant;
      };
    }
    return (f) => {
      f.x.m.addRuntime(cost);
      throw checkError('Unreachable', `Undefined variable: ${name}`);
    };
  }

  #call(expr: ListExpr, scope: Scope, k: number): Code {
    const head = expr.items[0];
    if (head === undefined) return failing('Unreachable', 'Non functional application');
    if (head.kind !== 'atom') return failing('Unreachable', 'Bad function name');
    const { span } = expr;
    return this.call(head.name, expr.items.slice(1), { scope, k, lookup: LOOKUP_FUNCTION, span });
  }

  call(name: string, args: readonly CompileExpr[], place: CallPlace): Code {
    const { scope, k, lookup } = place;
    if (isNativeName(name, this.version)) {
      const special = SPECIAL_NATIVES.get(name);
      if (special !== undefined) return special({ c: this, name, args, ...place });
      return compilePlain(this, PLAIN_NATIVES.get(name)!, args, scope, k, lookup);
    }
    const fn = this.contract.functions.get(name);
    if (fn === undefined) {
      return (f) => {
        f.x.m.addRuntime(lookup);
        throw checkError('UndefinedFunction', `use of unresolved function '${name}'`);
      };
    }
    return this.#userCall(fn, args, scope, k, lookup);
  }

  #userCall(
    fn: UserFunction,
    args: readonly CompileExpr[],
    scope: Scope,
    k: number,
    lookup: number,
  ): Code {
    const codes = args.map((arg) => this.owned(arg, scope, k + 1));
    const count = codes.length;
    return (f) => {
      const m = f.x.m;
      m.addRuntime(lookup);
      if (fn.activeIn === f.x.id) throw checkError('CircularReference', fn.name);
      if (f.depth + k >= DEPTH_MAX) throw new RuntimeFailure('MaxStackDepthReached');
      const values: Value[] = new Array(count);
      let held = 0;
      for (let i = 0; i < count; i++) {
        const value = codes[i]!(f);
        const size = valueSize(value);
        m.hold(size);
        held += size;
        values[i] = value;
      }
      const result = applyFunction(f.x, fn, { args: values, size: held }, f, f.depth + k + 1);
      m.memoryHeld -= held;
      return result;
    };
  }

  /**
   * Something that `map`, `filter` or `fold` (at depth `k`) applies to values.
   * The lookup itself is charged by the returned pair's `lookup` before the first element.
   */
  applier(name: string, arity: number, scope: Scope, k: number): Applier {
    if (isNativeName(name, this.version)) {
      const plain = PLAIN_NATIVES.get(name);
      if (plain !== undefined) return (f, args) => applyPlain(plain, args, f, k);
      // A special form gets the elements as already evaluated arguments.
      const slots: SlotExpr[] = [];
      for (let i = 0; i < arity; i++) slots.push({ kind: 'slot', slot: scope.reserve() });
      const code = this.call(name, slots, { scope, k, lookup: 0, span: null });
      return (f, args) => {
        for (let i = 0; i < arity; i++) f.locals[slots[i]!.slot] = args[i]!;
        return code(f);
      };
    }
    const fn = this.contract.functions.get(name);
    if (fn === undefined) {
      return () => {
        throw checkError('UndefinedFunction', `use of unresolved function '${name}'`);
      };
    }
    return (f, args) => {
      const m = f.x.m;
      if (f.depth + k >= DEPTH_MAX) throw new RuntimeFailure('MaxStackDepthReached');
      let held = 0;
      for (let i = 0; i < args.length; i++) {
        const arg = args[i]!;
        held += arg.type === 'uint' ? 16 : valueSize(arg);
      }
      m.hold(held);
      const result = applyFunction(f.x, fn, { args, size: held }, f, f.depth + k + 1);
      m.memoryHeld -= held;
      return result;
    };
  }
}

function plainPrincipal(f: Frame, slot: number, cost: number): Value {
  f.x.m.addRuntime(cost);
  const value = f.locals[slot]!;
  return value.type === 'principal' && value.trait !== null ? { ...value, trait: null } : value;
}

function failing(name: string, message: string): Code {
  return () => {
    throw checkError(name, message);
  };
}
