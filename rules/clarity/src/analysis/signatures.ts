/**
 * Natives with a simple type: fixed arguments, unions, arithmetic. They and user functions are what
 * `map`, `filter` and `fold` can apply.
 *
 * Source: stacks-core type_checker/v2_1/mod.rs (FunctionType::check_args), natives/mod.rs.
 */
import { admitsType, formatType, Ty, type TypeSignature } from '@assay/clarity-value';
import type { Expr } from '../parse/ast.ts';
import type { Checker } from './checker.ts';
import type { TypingContext } from './context.ts';
import { fail, typeError } from './fail.ts';

export type Signature =
  | { readonly kind: 'variadic'; readonly arg: TypeSignature; readonly returns: TypeSignature }
  | { readonly kind: 'arithmetic'; readonly arity: 1 | 2 | null }
  | { readonly kind: 'comparison' }
  | {
      readonly kind: 'fixed';
      readonly args: readonly TypeSignature[];
      readonly returns: TypeSignature;
    }
  | {
      readonly kind: 'union';
      readonly args: readonly TypeSignature[];
      readonly returns: TypeSignature;
    }
  /** (int or uint, uint) -> type of the first. */
  | { readonly kind: 'shift' };

const MAX = 1048576;
const HASHABLE = [Ty.buffer(MAX), Ty.uint, Ty.int];
const TEXTS = [Ty.ascii(MAX), Ty.utf8(MAX / 4)];
const INTEGERS = [Ty.int, Ty.uint];

const fixed = (args: TypeSignature[], returns: TypeSignature): Signature => ({
  kind: 'fixed',
  args,
  returns,
});
const union = (args: readonly TypeSignature[], returns: TypeSignature): Signature => ({
  kind: 'union',
  args,
  returns,
});

const PRINCIPAL_PARTS = Ty.tuple([
  ['version', Ty.buffer(1)],
  ['hash-bytes', Ty.buffer(20)],
  ['name', Ty.optional(Ty.ascii(40))],
]);
const BOOL_RESPONSE = Ty.response(Ty.bool, Ty.uint);
const variadic: Signature = { kind: 'arithmetic', arity: null };
const unary: Signature = { kind: 'arithmetic', arity: 1 };
const binary: Signature = { kind: 'arithmetic', arity: 2 };
const comparison: Signature = { kind: 'comparison' };
const logic: Signature = { kind: 'variadic', arg: Ty.bool, returns: Ty.bool };

export const SIMPLE_SIGNATURES: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ...['+', '-', '*', '/', 'bit-or', 'bit-and', 'bit-xor'].map((name): [string, Signature] => [
    name,
    variadic,
  ]),
  ...['mod', 'pow', 'xor'].map((name): [string, Signature] => [name, binary]),
  ...['sqrti', 'log2', 'bit-not'].map((name): [string, Signature] => [name, unary]),
  ...['>=', '<=', '<', '>'].map((name): [string, Signature] => [name, comparison]),
  ['bit-shift-left', { kind: 'shift' }],
  ['bit-shift-right', { kind: 'shift' }],
  ['and', logic],
  ['or', logic],
  ['not', fixed([Ty.bool], Ty.bool)],
  ['to-uint', fixed([Ty.int], Ty.uint)],
  ['to-int', fixed([Ty.uint], Ty.int)],
  ['is-standard', fixed([Ty.principal], Ty.bool)],
  ['buff-to-int-le', fixed([Ty.buffer(16)], Ty.int)],
  ['buff-to-int-be', fixed([Ty.buffer(16)], Ty.int)],
  ['buff-to-uint-le', fixed([Ty.buffer(16)], Ty.uint)],
  ['buff-to-uint-be', fixed([Ty.buffer(16)], Ty.uint)],
  ['string-to-int?', union(TEXTS, Ty.optional(Ty.int))],
  ['string-to-uint?', union(TEXTS, Ty.optional(Ty.uint))],
  ['int-to-ascii', union(INTEGERS, Ty.ascii(40))],
  ['int-to-utf8', union(INTEGERS, Ty.utf8(40))],
  ['hash160', union(HASHABLE, Ty.buffer(20))],
  ['sha256', union(HASHABLE, Ty.buffer(32))],
  ['sha512', union(HASHABLE, Ty.buffer(64))],
  ['sha512/256', union(HASHABLE, Ty.buffer(32))],
  ['keccak256', union(HASHABLE, Ty.buffer(32))],
  ['stx-get-balance', fixed([Ty.principal], Ty.uint)],
  [
    'stx-account',
    fixed(
      [Ty.principal],
      Ty.tuple([
        ['unlocked', Ty.uint],
        ['locked', Ty.uint],
        ['unlock-height', Ty.uint],
      ]),
    ),
  ],
  ['stx-burn?', fixed([Ty.uint, Ty.principal], BOOL_RESPONSE)],
  ['principal-destruct?', fixed([Ty.principal], Ty.response(PRINCIPAL_PARTS, PRINCIPAL_PARTS))],
  ['contract-hash?', fixed([Ty.principal], Ty.response(Ty.buffer(32), Ty.uint))],
]);

export function requireCount(expected: number, given: number): void {
  if (expected !== given) {
    fail('IncorrectArgumentCount', `expecting ${expected} arguments, got ${given}`);
  }
}

export function requireAtLeast(least: number, given: number): void {
  if (given < least) {
    fail('RequiresAtLeastArguments', `expecting >= ${least} arguments, got ${given}`);
  }
}

function unionError(expected: readonly TypeSignature[], found: TypeSignature): never {
  const names = expected.map((type) => `'${formatType(type)}'`).join(', ');
  fail('UnionTypeError', `expecting expression of type ${names}, found '${formatType(found)}'`);
}

/** A call of a simple native: arguments are visited left to right, then checked together. */
export function checkSimple(
  c: Checker,
  signature: Signature,
  args: readonly Expr[],
  context: TypingContext,
): TypeSignature {
  const visitor = new ArgumentVisitor(c, signature);
  for (const arg of args) visitor.add(c.visit(arg, context));
  return visitor.finish(args.length);
}

/**
 * Stops judging at the first bad argument but lets the rest be visited: upstream's order of costs
 * and errors.
 */
export class ArgumentVisitor {
  readonly #c: Checker;
  readonly #signature: Signature;
  readonly #types: TypeSignature[] = [];
  /** Types compared so far; charged only when an argument is bad. */
  readonly #compared: [TypeSignature, TypeSignature][] = [];
  #first: TypeSignature | null = null;
  #failure: ((given: number) => never) | null = null;

  constructor(c: Checker, signature: Signature) {
    this.#c = c;
    this.#signature = signature;
  }

  add(type: TypeSignature): void {
    if (this.#failure !== null) return;
    this.#failure = this.#judge(type, this.#types.length);
    this.#types.push(type);
  }

  #judge(type: TypeSignature, index: number): ((given: number) => never) | null {
    const signature = this.#signature;
    switch (signature.kind) {
      case 'variadic':
        this.#compared.push([signature.arg, type]);
        return admitsType(signature.arg, type) ? null : () => typeError(signature.arg, type);
      case 'fixed':
        return tooMany(index, signature.args.length);
      case 'union':
        return tooMany(index, 1);
      case 'comparison':
      case 'shift':
        return tooMany(index, 2);
      case 'arithmetic': {
        if (signature.arity !== null) return tooMany(index, signature.arity);
        this.#compared.push([Ty.int, type]);
        if (this.#first === null) {
          if (type.kind !== 'int' && type.kind !== 'uint') return () => unionError(INTEGERS, type);
          this.#first = type;
          return null;
        }
        const first = this.#first;
        return type.kind === first.kind ? null : () => typeError(first, type);
      }
    }
  }

  finish(given: number): TypeSignature {
    if (this.#failure !== null) {
      for (const [a, b] of this.#compared) this.#c.chargeCompare(a, b);
      this.#failure(given);
    }
    return applySignature(this.#c, this.#signature, this.#types);
  }
}

function tooMany(index: number, arity: number): ((given: number) => never) | null {
  if (index < arity) return null;
  return (given) => fail('IncorrectArgumentCount', `expecting ${arity} arguments, got ${given}`);
}

/** The result type of applying a signature to argument types. */
export function applySignature(
  c: Checker,
  signature: Signature,
  args: readonly TypeSignature[],
): TypeSignature {
  switch (signature.kind) {
    case 'variadic':
      requireAtLeast(1, args.length);
      for (const arg of args) compare(c, signature.arg, arg);
      return signature.returns;
    case 'fixed':
      requireCount(signature.args.length, args.length);
      for (const [i, expected] of signature.args.entries()) compare(c, expected, args[i]!);
      return signature.returns;
    case 'union': {
      requireCount(1, args.length);
      for (const expected of signature.args) {
        c.chargeCompare(expected, args[0]!);
        if (admitsType(expected, args[0]!)) return signature.returns;
      }
      return unionError(signature.args, args[0]!);
    }
    case 'shift': {
      requireCount(2, args.length);
      let admitted = false;
      for (const expected of INTEGERS) {
        c.chargeCompare(expected, args[0]!);
        admitted = admitsType(expected, args[0]!);
        if (admitted) break;
      }
      if (!admitted) unionError(INTEGERS, args[0]!);
      compare(c, Ty.uint, args[1]!);
      return args[0]!;
    }
    case 'arithmetic':
      return applyArithmetic(c, signature.arity, args);
    case 'comparison':
      return applyComparison(c, args);
  }
}

function compare(c: Checker, expected: TypeSignature, found: TypeSignature): void {
  c.chargeCompare(expected, found);
  if (!admitsType(expected, found)) typeError(expected, found);
}

function applyArithmetic(
  c: Checker,
  arity: 1 | 2 | null,
  args: readonly TypeSignature[],
): TypeSignature {
  if (arity !== null) requireCount(arity, args.length);
  requireAtLeast(1, args.length);
  const first = args[0]!;
  c.chargeCompare(Ty.int, first);
  if (first.kind !== 'int' && first.kind !== 'uint') return unionError(INTEGERS, first);
  for (const arg of args.slice(1)) {
    c.chargeCompare(Ty.int, arg);
    if (arg.kind !== first.kind) typeError(first, arg);
  }
  return first;
}

function applyComparison(c: Checker, args: readonly TypeSignature[]): TypeSignature {
  requireCount(2, args.length);
  const [first, second] = [args[0]!, args[1]!];
  c.chargeCompare(Ty.int, first);
  c.chargeCompare(Ty.int, second);
  const comparable =
    first.kind === 'int' ||
    first.kind === 'uint' ||
    (c.version >= 2 &&
      (first.kind === 'string-ascii' || first.kind === 'string-utf8' || first.kind === 'buffer'));
  if (!comparable) unionError([...INTEGERS, ...TEXTS, Ty.buffer(MAX)], first);
  if (first.kind !== second.kind) typeError(first, second);
  return Ty.bool;
}
