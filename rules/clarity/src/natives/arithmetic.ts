/**
 * 128-bit integers: checked arithmetic, bits, comparisons (Clarity 2 compares text and buffers too).
 *
 * Source: stacks-core clarity/src/vm/functions/arithmetic.rs.
 */
import { compareBytes } from '@assay/bytes';
import { DEPTH_MAX, tooDeep } from '../compile/depth.ts';
import type { PlainNative } from '../compile/plain.ts';
import { costRuntime } from '../costs/charge.ts';
import type { CostName } from '../costs/costs.table.ts';
import { RuntimeFailure } from '../errors.ts';
import { FALSE, INT_MAX, INT_MIN, TRUE, UINT_MAX, type Value, valueSize } from '../value.ts';
import { badType, wrongArity } from './special.ts';
import type { SpecialNative } from './table.ts';

const overflow = () => new RuntimeFailure('ArithmeticOverflow');
const underflow = () => new RuntimeFailure('ArithmeticUnderflow');
const divisionByZero = () => new RuntimeFailure('DivisionByZero');
const arithmetic = (message: string) => new RuntimeFailure('Arithmetic', message);

type Operation = (a: bigint, b: bigint) => bigint;
interface Checked {
  readonly uint: Operation;
  readonly int: Operation;
}

const add: Checked = {
  uint(a, b) {
    const r = a + b;
    if (r > UINT_MAX) throw overflow();
    return r;
  },
  int(a, b) {
    const r = a + b;
    if (r > INT_MAX || r < INT_MIN) throw overflow();
    return r;
  },
};
const subtract: Checked = {
  uint(a, b) {
    const r = a - b;
    if (r < 0n) throw underflow();
    return r;
  },
  int(a, b) {
    const r = a - b;
    if (r > INT_MAX || r < INT_MIN) throw underflow();
    return r;
  },
};
const multiply: Checked = {
  uint(a, b) {
    const r = a * b;
    if (r > UINT_MAX) throw overflow();
    return r;
  },
  int(a, b) {
    const r = a * b;
    if (r > INT_MAX || r < INT_MIN) throw overflow();
    return r;
  },
};
const divide: Checked = {
  uint(a, b) {
    if (b === 0n) throw divisionByZero();
    return a / b;
  },
  int(a, b) {
    // Quirk: the one overflowing quotient is reported as a division by zero.
    if (b === 0n || (b === -1n && a === INT_MIN)) throw divisionByZero();
    return a / b;
  },
};
const modulo: Checked = {
  uint(a, b) {
    if (b === 0n) throw divisionByZero();
    return a % b;
  },
  int(a, b) {
    if (b === 0n || (b === -1n && a === INT_MIN)) throw divisionByZero();
    return a % b;
  },
};
const bitAnd: Checked = { uint: (a, b) => a & b, int: (a, b) => a & b };
const bitOr: Checked = { uint: (a, b) => a | b, int: (a, b) => a | b };
const bitXor: Checked = { uint: (a, b) => a ^ b, int: (a, b) => a ^ b };

function power(base: bigint, exponent: bigint, low: bigint, high: bigint): bigint {
  if (exponent === 0n && base === 0n) return 1n;
  if (base === 1n) return 1n;
  if (base === 0n) return 0n;
  if (exponent === 1n) return base;
  if (exponent < 0n || exponent > 0xffffffffn) {
    throw arithmetic('Power argument to (pow ...) must be a u32 integer');
  }
  if (base === -1n) return exponent % 2n === 0n ? 1n : -1n;
  // Any larger base overflows within 127 doublings.
  if (exponent > 128n) throw overflow();
  const r = base ** exponent;
  if (r > high || r < low) throw overflow();
  return r;
}
const pow: Checked = {
  uint: (a, b) => power(a, b, 0n, UINT_MAX),
  int: (a, b) => power(a, b, INT_MIN, INT_MAX),
};

function binary(name: string, cost: CostName, op: Checked): PlainNative {
  const { uint, int } = op;
  const two = (a: Value, b: Value): Value => {
    if (a.type === 'uint') {
      if (b.type === 'uint') return { type: 'uint', value: uint(a.value, b.value) };
    } else if (a.type === 'int') {
      if (b.type === 'int') return { type: 'int', value: int(a.value, b.value) };
    }
    throw badType('(union int uint)', a);
  };
  return { name, cost, input: 'count', arity: 2, two };
}

function fold(
  op: Operation,
  args: readonly Value[],
  type: 'int' | 'uint',
  from: number,
  start: bigint,
) {
  let acc = start;
  for (let i = from; i < args.length; i++) {
    const arg = args[i]!;
    if (arg.type !== type) throw badType(type, arg);
    acc = op(acc, arg.value);
  }
  return acc;
}

/** Left fold over any number of arguments; `start` null begins with the first. */
function variadic(name: string, cost: CostName, op: Checked, start: bigint | null): PlainNative {
  const many = (args: readonly Value[]): Value => {
    const first = args[0]!;
    if (first.type !== 'int' && first.type !== 'uint') throw badType('(union int uint)', first);
    const from = start === null ? 1 : 0;
    const { type } = first;
    return { type, value: fold(op[type], args, type, from, start ?? first.value) };
  };
  return { ...binary(name, cost, op), arity: null, one: (a) => many([a]), many };
}

function negateOrSubtract(a: Value): Value {
  if (a.type === 'int') {
    if (a.value === INT_MIN) throw underflow();
    return { type: 'int', value: -a.value };
  }
  if (a.type !== 'uint') throw badType('(union int uint)', a);
  if (a.value !== 0n) throw underflow();
  return a;
}

function unary(name: string, cost: CostName, int: (a: bigint) => bigint, uint = int): PlainNative {
  const one = (a: Value): Value => {
    if (a.type === 'int') return { type: 'int', value: int(a.value) };
    if (a.type === 'uint') return { type: 'uint', value: uint(a.value) };
    throw badType('(union int uint)', a);
  };
  return { name, cost, input: 'count', arity: 1, one };
}

function squareRoot(n: bigint): bigint {
  if (n < 0n) throw arithmetic('sqrti must be passed a positive integer');
  if (n < 2n) return n;
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

function log2(n: bigint): bigint {
  if (n < 1n) throw arithmetic('log2 must be passed a positive integer');
  return BigInt(n.toString(2).length - 1);
}

function shift(name: string, cost: CostName, left: boolean): PlainNative {
  const two = (a: Value, b: Value): Value => {
    if (b.type !== 'uint') throw badType('uint', b);
    const by = b.value & 0x7fn;
    if (a.type === 'int') {
      return { type: 'int', value: left ? BigInt.asIntN(128, a.value << by) : a.value >> by };
    }
    if (a.type === 'uint') {
      return { type: 'uint', value: left ? BigInt.asUintN(128, a.value << by) : a.value >> by };
    }
    throw badType('(union int uint)', a);
  };
  return { name, cost, input: 'count', arity: 2, two };
}

export const ARITHMETIC: readonly PlainNative[] = [
  variadic('+', 'add', add, 0n),
  { ...variadic('-', 'sub', subtract, null), one: negateOrSubtract },
  variadic('*', 'mul', multiply, 1n),
  variadic('/', 'div', divide, null),
  binary('mod', 'mod', modulo),
  binary('pow', 'pow', pow),
  unary('sqrti', 'sqrti', squareRoot),
  unary('log2', 'log2', log2),
  binary('xor', 'xor', bitXor),
  variadic('bit-xor', 'xor', bitXor, 0n),
  variadic('bit-and', 'bitwiseAnd', bitAnd, null),
  variadic('bit-or', 'bitwiseOr', bitOr, 0n),
  unary(
    'bit-not',
    'bitwiseNot',
    (a) => ~a,
    (a) => UINT_MAX ^ a,
  ),
  shift('bit-shift-left', 'bitwiseLShift', true),
  shift('bit-shift-right', 'bitwiseRShift', false),
  {
    name: 'to-uint',
    cost: 'intCast',
    input: 'count',
    arity: 1,
    one(a) {
      if (a.type !== 'int') throw badType('int', a);
      if (a.value < 0n) throw underflow();
      return { type: 'uint', value: a.value };
    },
  },
  {
    name: 'to-int',
    cost: 'intCast',
    input: 'count',
    arity: 1,
    one(a) {
      if (a.type !== 'uint') throw badType('uint', a);
      if (a.value > INT_MAX) throw overflow();
      return { type: 'int', value: a.value };
    },
  },
];

/** Code points, not UTF-16 units: surrogates sort above the rest of the basic plane. */
function compareText(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && x <= 0xdfff) x += 0x10000;
    if (y >= 0xd800 && y <= 0xdfff) y += 0x10000;
    return x - y;
  }
  return a.length - b.length;
}

/** Negative, zero or positive; values of one comparable type. */
function compareValues(a: Value, b: Value, textToo: boolean): number {
  if ((a.type === 'uint' || a.type === 'int') && b.type === a.type) {
    return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  }
  if (textToo) {
    if (a.type === 'string-ascii' && b.type === 'string-ascii')
      return compareText(a.value, b.value);
    if (a.type === 'string-utf8' && b.type === 'string-utf8') return compareText(a.value, b.value);
    if (a.type === 'buffer' && b.type === 'buffer') return compareBytes(a.value, b.value);
  }
  throw badType('a comparable type', a);
}

function comparison(cost: CostName, test: (order: number) => boolean): SpecialNative {
  const costs = costRuntime(cost, 16);
  return (call) => {
    const { c, args, scope, k, lookup } = call;
    if (args.length !== 2) return wrongArity(call);
    const left = c.code(args[0]!, scope, k + 1);
    const right = c.code(args[1]!, scope, k + 1);
    const textToo = c.version >= 2;
    const v1Cost = costRuntime(cost, 2);
    return (f) => {
      if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
      const m = f.x.m;
      m.addRuntime(lookup);
      const a = left(f);
      const b = right(f);
      if (a.type === 'uint' && b.type === 'uint') {
        m.addRuntime(textToo ? costs : v1Cost);
        return test(a.value < b.value ? -1 : a.value > b.value ? 1 : 0) ? TRUE : FALSE;
      }
      m.addRuntime(textToo ? costRuntime(cost, Math.min(valueSize(a), valueSize(b))) : v1Cost);
      return test(compareValues(a, b, textToo)) ? TRUE : FALSE;
    };
  };
}

export const COMPARISONS: readonly [string, SpecialNative][] = [
  ['>=', comparison('geq', (order) => order >= 0)],
  ['<=', comparison('leq', (order) => order <= 0)],
  ['<', comparison('le', (order) => order < 0)],
  ['>', comparison('ge', (order) => order > 0)],
];
