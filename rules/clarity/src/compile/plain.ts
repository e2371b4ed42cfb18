/**
 * Natives that take their arguments evaluated: charge by argument count or size, then compute.
 * One and two arguments have closures of their own; they are the hot ones.
 *
 * Source: stacks-core clarity/src/vm/mod.rs (apply, dispatch_args), callables.rs.
 */
import { encodedSize } from '../codec.ts';
import { charge, costRuntime } from '../costs/charge.ts';
import type { CostName } from '../costs/costs.table.ts';
import { checkError, RuntimeFailure } from '../errors.ts';
import type { Code, Frame } from '../exec/exec.ts';
import { type Value, valueSize } from '../value.ts';
import type { CompileExpr, Compiler } from './compiler.ts';
import { DEPTH_MAX, tooDeep } from './depth.ts';
import type { Scope } from './scope.ts';

export interface PlainNative {
  readonly name: string;
  readonly cost: CostName;
  /** Cost input: number of arguments, or the sum of their serialized sizes. */
  readonly input: 'count' | 'serialized';
  /** Exact number of arguments, or null for any. */
  readonly arity: number | null;
  readonly one?: (a: Value, f: Frame) => Value;
  readonly two?: (a: Value, b: Value, f: Frame) => Value;
  readonly many?: (args: readonly Value[], f: Frame) => Value;
}

export function compilePlain(
  c: Compiler,
  native: PlainNative,
  args: readonly CompileExpr[],
  scope: Scope,
  k: number,
  lookup: number,
): Code {
  const codes = args.map((arg) => c.owned(arg, scope, k + 1));
  if (codes.length === 1) return compileOne(native, codes[0]!, k, lookup);
  if (codes.length === 2) return compileTwo(native, codes[0]!, codes[1]!, k, lookup);
  const count = codes.length;
  return (f) => {
    if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
    const m = f.x.m;
    m.addRuntime(lookup);
    const values: Value[] = new Array(count);
    let held = 0;
    for (let i = 0; i < count; i++) {
      const value = codes[i]!(f);
      const size = valueSize(value);
      m.hold(size);
      held += size;
      values[i] = value;
    }
    const result = run(native, values, f);
    m.memoryHeld -= held;
    return result;
  };
}

function compileOne(native: PlainNative, code: Code, k: number, lookup: number): Code {
  const { one } = native;
  if (native.input === 'count' && one !== undefined) {
    const cost = costRuntime(native.cost, 1);
    return (f) => {
      if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
      const m = f.x.m;
      m.addRuntime(lookup);
      const value = code(f);
      const size = valueSize(value);
      m.hold(size);
      m.addRuntime(cost);
      const result = one(value, f);
      m.memoryHeld -= size;
      return result;
    };
  }
  return (f) => {
    if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
    const m = f.x.m;
    m.addRuntime(lookup);
    const value = code(f);
    const size = valueSize(value);
    m.hold(size);
    const result = run(native, [value], f);
    m.memoryHeld -= size;
    return result;
  };
}

function compileTwo(native: PlainNative, left: Code, right: Code, k: number, lookup: number): Code {
  const { two } = native;
  const cost = native.input === 'count' ? costRuntime(native.cost, 2) : -1;
  return (f) => {
    if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
    const m = f.x.m;
    m.addRuntime(lookup);
    const a = left(f);
    const sizeA = valueSize(a);
    m.hold(sizeA);
    const b = right(f);
    const sizeB = valueSize(b);
    m.hold(sizeB);
    let result: Value;
    if (two !== undefined) {
      if (cost >= 0) m.addRuntime(cost);
      else charge(m, native.cost, encodedSize(a) + encodedSize(b));
      result = two(a, b, f);
    } else {
      result = run(native, [a, b], f);
    }
    m.memoryHeld -= sizeA + sizeB;
    return result;
  };
}

/** With evaluated arguments, as `map`, `filter` and `fold` apply it. */
export function applyPlain(native: PlainNative, args: Value[], f: Frame, k: number): Value {
  if (f.depth + k >= DEPTH_MAX) throw new RuntimeFailure('MaxStackDepthReached');
  const m = f.x.m;
  let held = 0;
  for (let i = 0; i < args.length; i++) held += valueSize(args[i]!);
  m.hold(held);
  const result = run(native, args, f);
  m.memoryHeld -= held;
  return result;
}

function run(native: PlainNative, args: readonly Value[], f: Frame): Value {
  let input = args.length;
  if (native.input === 'serialized') {
    input = 0;
    for (let i = 0; i < args.length; i++) input += encodedSize(args[i]!);
  }
  charge(f.x.m, native.cost, input);
  if (native.arity !== null && native.arity !== args.length) {
    throw checkError('IncorrectArgumentCount', `${native.name} takes ${native.arity} arguments`);
  }
  if (args.length === 1 && native.one !== undefined) return native.one(args[0]!, f);
  if (args.length === 2 && native.two !== undefined) return native.two(args[0]!, args[1]!, f);
  if (native.many !== undefined) return native.many(args, f);
  throw checkError('IncorrectArgumentCount', `${native.name}: ${args.length} arguments`);
}
