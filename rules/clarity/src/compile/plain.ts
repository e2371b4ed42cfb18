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
import { NONE, type Value, valueSize } from '../value.ts';
import type { CompileExpr, Compiler, Operand } from './compiler.ts';
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
  const at = { k, lookup };
  if (args.length === 1) return compileOne(native, c.operand(args[0]!, scope, k + 1), at);
  if (args.length === 2) {
    const left = c.operand(args[0]!, scope, k + 1);
    return compileTwo(native, left, c.operand(args[1]!, scope, k + 1), at);
  }
  const codes = args.map((arg) => c.owned(arg, scope, k + 1));
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

/** Where a call stands: stack entries below it, run time for having found the function. */
interface Place {
  readonly k: number;
  readonly lookup: number;
}

const sizeOf = (value: Value) => (value.type === 'uint' ? 16 : valueSize(value));

function compileOne(native: PlainNative, arg: Operand, { k, lookup }: Place): Code {
  const { one } = native;
  const fixed = native.input === 'count' && one !== undefined ? costRuntime(native.cost, 1) : -1;
  const finish = (f: Frame, value: Value, size: number, before: number): Value => {
    const m = f.x.m;
    m.hold(size);
    let result: Value;
    if (fixed >= 0) {
      m.addRuntime(before + fixed);
      result = one!(value, f);
    } else {
      m.addRuntime(before);
      result = run(native, [value], f);
    }
    m.memoryHeld -= size;
    return result;
  };
  switch (arg.kind) {
    case 'slot': {
      const { slot, sized } = arg;
      const cost = lookup + arg.cost;
      return (f) => {
        if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
        const value = f.locals[slot]!;
        const size = sizeOf(value);
        return finish(f, value, size, cost + sized * size);
      };
    }
    case 'fixed': {
      const { value } = arg;
      const size = valueSize(value);
      const cost = lookup + arg.cost;
      return (f) => {
        if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
        return finish(f, value, size, cost);
      };
    }
    case 'code': {
      const { code } = arg;
      return (f) => {
        if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
        f.x.m.addRuntime(lookup);
        const value = code(f);
        return finish(f, value, sizeOf(value), 0);
      };
    }
  }
}

/**
 * Costs of arguments that only have to be read are charged together with the call: nothing can
 * happen between them.
 */
function compileTwo(
  native: PlainNative,
  left: Operand,
  right: Operand,
  { k, lookup }: Place,
): Code {
  const finish = finisher(native);
  if (left.kind === 'code' && right.kind === 'code') {
    const [first, second] = [left.code, right.code];
    return (f) => {
      if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
      const m = f.x.m;
      m.addRuntime(lookup);
      const a = first(f);
      const size = sizeOf(a);
      m.hold(size);
      const b = second(f);
      m.memoryHeld -= size;
      return finish(f, a, b, size, sizeOf(b), 0);
    };
  }
  if (left.kind === 'code') return codeThenRead(finish, left.code, right, { k, lookup });
  if (right.kind === 'code') return readThenCode(finish, left, right.code, { k, lookup });
  return readBoth(finish, left, right, { k, lookup });
}

type Finish2 = (
  f: Frame,
  a: Value,
  b: Value,
  sizeA: number,
  sizeB: number,
  before: number,
) => Value;

function finisher(native: PlainNative): Finish2 {
  const { two } = native;
  if (two === undefined) {
    return (f, a, b, sizeA, sizeB, before) => {
      const m = f.x.m;
      m.hold(sizeA + sizeB);
      m.addRuntime(before);
      const result = run(native, [a, b], f);
      m.memoryHeld -= sizeA + sizeB;
      return result;
    };
  }
  if (native.input === 'serialized') {
    return (f, a, b, sizeA, sizeB, before) => {
      const m = f.x.m;
      m.hold(sizeA + sizeB);
      m.addRuntime(before);
      charge(m, native.cost, encodedSize(a) + encodedSize(b));
      const result = two(a, b, f);
      m.memoryHeld -= sizeA + sizeB;
      return result;
    };
  }
  const cost = costRuntime(native.cost, 2);
  return (f, a, b, sizeA, sizeB, before) => {
    const m = f.x.m;
    m.hold(sizeA + sizeB);
    m.addRuntime(before + cost);
    const result = two(a, b, f);
    m.memoryHeld -= sizeA + sizeB;
    return result;
  };
}

type Readable = Exclude<Operand, { kind: 'code' }>;

/** Slot -1 stands for a value known beforehand. */
function readable(arg: Readable) {
  if (arg.kind === 'slot') return { slot: arg.slot, sized: arg.sized, cost: arg.cost, value: NONE };
  return { slot: -1, sized: 0, cost: arg.cost, value: arg.value };
}

function readBoth(finish: Finish2, left: Readable, right: Readable, { k, lookup }: Place): Code {
  const [l, r] = [readable(left), readable(right)];
  const cost = lookup + l.cost + r.cost;
  const [slotA, slotB, fixedA, fixedB] = [l.slot, r.slot, l.value, r.value];
  return (f) => {
    if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
    const a = slotA < 0 ? fixedA : f.locals[slotA]!;
    const b = slotB < 0 ? fixedB : f.locals[slotB]!;
    const sizeA = sizeOf(a);
    const sizeB = sizeOf(b);
    return finish(f, a, b, sizeA, sizeB, cost + l.sized * sizeA + r.sized * sizeB);
  };
}

function codeThenRead(finish: Finish2, first: Code, right: Operand, { k, lookup }: Place): Code {
  if (right.kind === 'code') throw new Error('a readable operand is expected');
  const { slot, sized, cost, value } = readable(right);
  return (f) => {
    if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
    f.x.m.addRuntime(lookup);
    const a = first(f);
    const b = slot < 0 ? value : f.locals[slot]!;
    const sizeB = sizeOf(b);
    return finish(f, a, b, sizeOf(a), sizeB, cost + sized * sizeB);
  };
}

function readThenCode(finish: Finish2, left: Readable, second: Code, { k, lookup }: Place): Code {
  const { slot, sized, value } = readable(left);
  const cost = lookup + left.cost;
  return (f) => {
    if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
    const m = f.x.m;
    const a = slot < 0 ? value : f.locals[slot]!;
    const sizeA = sizeOf(a);
    m.addRuntime(cost + sized * sizeA);
    m.hold(sizeA);
    const b = second(f);
    m.memoryHeld -= sizeA;
    return finish(f, a, b, sizeA, sizeOf(b), 0);
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
