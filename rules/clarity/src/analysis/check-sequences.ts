/**
 * Type rules of lists, buffers and strings. Source: stacks-core
 * type_checker/v2_1/natives/sequences.rs.
 */
import {
  ClarityTypeError,
  formatType,
  leastSupertype,
  Ty,
  type TypeSignature,
} from '@assay/clarity-value';
import { isNativeName } from '../names.ts';
import type { Expr } from '../parse/ast.ts';
import { EMPTY_LIST_TYPE } from '../value.ts';
import type { Checker } from './checker.ts';
import { fail, typeError } from './fail.ts';
import type { NativeCheck } from './native-checks.ts';
import {
  ArgumentVisitor,
  applySignature,
  requireAtLeast,
  requireCount,
  SIMPLE_SIGNATURES,
  type Signature,
} from './signatures.ts';

const MAX = 1048576;

type SequenceType = Extract<
  TypeSignature,
  { kind: 'list' | 'buffer' | 'string-ascii' | 'string-utf8' }
>;

function asSequence(type: TypeSignature): SequenceType {
  switch (type.kind) {
    case 'list':
    case 'buffer':
    case 'string-ascii':
    case 'string-utf8':
      return type;
    default:
      return fail('ExpectedSequence', `expecting sequence, found '${formatType(type)}'`);
  }
}

function unitType(type: SequenceType): TypeSignature {
  switch (type.kind) {
    case 'list':
      return type.entry;
    case 'buffer':
      return Ty.buffer(1);
    case 'string-ascii':
      return Ty.ascii(1);
    case 'string-utf8':
      return Ty.utf8(1);
  }
}

/** What `map`, `filter` and `fold` can apply: simple natives and the contract's functions. */
function appliedFunction(c: Checker, expr: Expr | undefined): Signature {
  if (expr?.kind !== 'atom')
    return fail('NonFunctionApplication', 'expecting expression of type function');
  c.charge('analysisLookupFunction', 0);
  const illegal = () =>
    fail(
      'IllegalOrUnknownFunctionApplication',
      `use of illegal / unresolved function '${expr.name}'`,
    );
  if (isNativeName(expr.name, c.version)) return SIMPLE_SIGNATURES.get(expr.name) ?? illegal();
  const fn = c.functions.get(expr.name) ?? illegal();
  return { kind: 'fixed', args: fn.args.map((arg) => arg.type), returns: fn.returns };
}

const listCons: NativeCheck = (c, args, context) => {
  const types: TypeSignature[] = [];
  const sizes: number[] = [];
  let total = 0;
  for (const arg of args) {
    const type = c.visit(arg, context);
    sizes.push(type.typeSize);
    total += type.size;
    if (total <= MAX) types.push(type);
  }
  for (const size of sizes) c.charge('analysisListItemsCheck', size);
  if (total > MAX) return fail('ValueTooLarge');
  if (types.length === 0) return EMPTY_LIST_TYPE;
  return Ty.list(types.reduce(leastSupertype), types.length);
};

const map: NativeCheck = (c, args, context) => {
  requireAtLeast(2, args.length);
  const signature = appliedFunction(c, args[0]);
  c.charge('analysisIterableFunc', args.length);
  let length = 0xffffffff;
  const visitor = new ArgumentVisitor(c, signature);
  for (const arg of args.slice(1)) {
    const type = asSequence(c.visit(arg, context));
    length = Math.min(length, type.length);
    visitor.add(unitType(type));
  }
  const mapped = visitor.finish(args.length - 1);
  try {
    return Ty.list(mapped, length);
  } catch (thrown) {
    if (!(thrown instanceof ClarityTypeError)) throw thrown;
    return fail('ConstructedListTooLarge');
  }
};

const filter: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  const signature = appliedFunction(c, args[0]);
  c.charge('analysisIterableFunc', 0);
  const type = asSequence(c.visit(args[1]!, context));
  const result = applySignature(c, signature, [unitType(type)]);
  if (result.kind !== 'bool') typeError(Ty.bool, result);
  return type;
};

const fold: NativeCheck = (c, args, context) => {
  requireCount(3, args.length);
  const signature = appliedFunction(c, args[0]);
  c.charge('analysisIterableFunc', 0);
  const unit = unitType(asSequence(c.visit(args[1]!, context)));
  const initial = c.visit(args[2]!, context);
  // Once for the start, once more for what the function itself returns.
  const once = applySignature(c, signature, [unit, initial]);
  return applySignature(c, signature, [unit, once]);
};

const concat: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  const left = c.visit(args[0]!, context);
  const right = c.visit(args[1]!, context);
  c.charge('analysisIterableFunc', 0);
  c.chargeCompare(left, right);
  const notSequence = () =>
    fail('ExpectedSequence', `expecting sequence, found '${formatType(left)}'`);
  if (!isSequence(left) || !isSequence(right)) return notSequence();
  const length = left.length + right.length;
  if (left.kind === 'list' && right.kind === 'list') {
    const entry = leastSupertype(left.entry, right.entry);
    if (length > 0xffffffff) return fail('MaxLengthOverflow');
    return Ty.list(entry, length);
  }
  if (left.kind === 'buffer' && right.kind === 'buffer') return Ty.buffer(length);
  if (left.kind === 'string-ascii' && right.kind === 'string-ascii') return Ty.ascii(length);
  if (left.kind === 'string-utf8' && right.kind === 'string-utf8') return Ty.utf8(length);
  return typeError(left, right);
};

function isSequence(type: TypeSignature): type is SequenceType {
  return (
    type.kind === 'list' ||
    type.kind === 'buffer' ||
    type.kind === 'string-ascii' ||
    type.kind === 'string-utf8'
  );
}

const append: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  c.charge('analysisIterableFunc', 0);
  const list = c.visit(args[0]!, context);
  if (list.kind !== 'list') return fail('ExpectedListApplication', 'expecting a list');
  const item = c.visit(args[1]!, context);
  c.chargeCompare(list.entry, item);
  return Ty.list(leastSupertype(list.entry, item), list.length + 1);
};

const asMaxLen: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  const bound = args[1]!;
  if (bound.kind !== 'literal' || bound.value.type !== 'uint') {
    return typeError(Ty.uint, c.visit(bound, context));
  }
  c.charge('analysisTypeAnnotate', Ty.uint.typeSize);
  if (bound.value.value > 0xffffffffn) return fail('MaxLengthOverflow');
  const length = Number(bound.value.value);
  const type = asSequenceLate(c, c.visit(args[0]!, context));
  switch (type.kind) {
    case 'list':
      return loose(Ty.list(type.entry, length));
    case 'buffer':
      return loose(Ty.buffer(length));
    case 'string-ascii':
      return loose(Ty.ascii(length));
    case 'string-utf8':
      return loose(Ty.utf8(length));
  }
};

/** As `asSequence`, after charging for the function. */
function asSequenceLate(c: Checker, type: TypeSignature): SequenceType {
  c.charge('analysisIterableFunc', 0);
  return asSequence(type);
}

/** `(optional inner)` without the size check the constructor makes: upstream builds it by hand. */
function loose(inner: TypeSignature): TypeSignature {
  return {
    kind: 'optional',
    inner,
    size: inner.size + 1,
    typeSize: inner.typeSize + 1,
    depth: inner.depth + 1,
  };
}

const len: NativeCheck = (c, args, context) => {
  requireCount(1, args.length);
  asSequenceLate(c, c.visit(args[0]!, context));
  return Ty.uint;
};

const elementAt: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  c.expects(args[1]!, context, Ty.uint);
  return Ty.optional(unitType(asSequenceLate(c, c.visit(args[0]!, context))));
};

const indexOf: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  c.charge('analysisIterableFunc', 0);
  const unit = unitType(asSequence(c.visit(args[0]!, context)));
  c.expects(args[1]!, context, unit);
  return Ty.optional(Ty.uint);
};

const slice: NativeCheck = (c, args, context) => {
  requireCount(3, args.length);
  c.charge('analysisIterableFunc', 0);
  const type = Ty.optional(asSequence(c.visit(args[0]!, context)));
  c.expects(args[1]!, context, Ty.uint);
  c.expects(args[2]!, context, Ty.uint);
  return type;
};

const replaceAt: NativeCheck = (c, args, context) => {
  requireCount(3, args.length);
  c.charge('analysisIterableFunc', 0);
  const type = asSequence(c.visit(args[0]!, context));
  c.expects(args[1]!, context, Ty.uint);
  c.expects(args[2]!, context, unitType(type));
  return Ty.optional(type);
};

export const SEQUENCE_CHECKS: readonly [string, NativeCheck][] = [
  ['list', listCons],
  ['map', map],
  ['filter', filter],
  ['fold', fold],
  ['concat', concat],
  ['append', append],
  ['as-max-len?', asMaxLen],
  ['len', len],
  ['element-at', elementAt],
  ['element-at?', elementAt],
  ['index-of', indexOf],
  ['index-of?', indexOf],
  ['slice?', slice],
  ['replace-at?', replaceAt],
];
