/**
 * Type rules of control flow, optionals, responses, tuples and conversions.
 *
 * Source: stacks-core type_checker/v2_1/natives/{mod,options,conversions}.rs.
 */
import {
  ClarityTypeError,
  concretize,
  formatType,
  leastSupertype,
  mergeTupleTypes,
  type TupleType,
  Ty,
  type TypeSignature,
} from '@assay/clarity-value';
import { parseType } from '../compile/types.ts';
import { CheckFailure, wordsOf } from '../errors.ts';
import type { Expr } from '../parse/ast.ts';
import type { Checker } from './checker.ts';
import type { TypingContext } from './context.ts';
import { fail } from './fail.ts';
import type { NativeCheck } from './native-checks.ts';
import { requireAtLeast, requireCount } from './signatures.ts';

const MAX = 1048576;

/** The supertype, or the named failure. */
function join(a: TypeSignature, b: TypeSignature, error: string, what: string): TypeSignature {
  try {
    return leastSupertype(a, b);
  } catch (thrown) {
    if (!(thrown instanceof ClarityTypeError)) throw thrown;
    return fail(error, `${what} must match: '${formatType(a)}' and '${formatType(b)}'`);
  }
}

const ifCheck: NativeCheck = (c, args, context) => {
  requireCount(3, args.length);
  c.expects(args[0]!, context, Ty.bool);
  const yes = c.visit(args[1]!, context);
  const no = c.visit(args[2]!, context);
  c.chargeCompare(yes, no);
  try {
    return concretize(leastSupertype(yes, no));
  } catch (thrown) {
    if (!(thrown instanceof ClarityTypeError)) throw thrown;
    return fail(
      'IfArmsMustMatch',
      `expression types returned by the arms of 'if' must match: '${formatType(yes)}' and '${formatType(no)}'`,
    );
  }
};

/** `((name value) ..)`; hands each pair to `each`. */
function bindings(pairs: readonly Expr[], each: (name: string, value: Expr) => void): void {
  for (const pair of pairs) {
    const name = pair.kind === 'list' ? pair.items[0] : undefined;
    if (pair.kind !== 'list' || pair.items.length !== 2 || name?.kind !== 'atom') {
      throw new CheckFailure('BadSyntaxBinding', 'expected a (name value) pair', pair.span);
    }
    each(name.name, pair.items[1]!);
  }
}

/** Counts a bound name against memory; returns the bytes. */
function holdName(c: Checker, name: string, type: TypeSignature): number {
  const bytes = name.length + type.typeSize;
  c.m.hold(bytes);
  return bytes;
}

const letCheck: NativeCheck = (c, args, context) => {
  requireAtLeast(2, args.length);
  const list = args[0]!;
  if (list.kind !== 'list') return fail('BadLetSyntax', "invalid syntax of 'let'");
  const inner = context.extend();
  c.charge('analysisCheckLet', args.length);
  let held = 0;
  bindings(list.items, (name, value) => {
    c.checkNameFree(name);
    if (inner.typeOf(name) !== null) {
      fail('NameAlreadyUsed', `defining '${name}' conflicts with previous value`);
    }
    const type = c.visit(value, inner);
    c.charge('analysisBindName', type.typeSize);
    held += holdName(c, name, type);
    inner.bind(name, type, c.version);
  });
  const type = c.visitBody(args.slice(1), inner);
  c.m.memoryHeld -= held;
  return type;
};

const begin: NativeCheck = (c, args, context) => {
  requireAtLeast(1, args.length);
  return c.visitBody(args, context);
};

const equals: NativeCheck = (c, args, context) => {
  requireAtLeast(1, args.length);
  let current: TypeSignature | null = null;
  let mismatch: (() => never) | null = null;
  const compared: [TypeSignature, TypeSignature][] = [];
  for (const arg of args) {
    const type = c.visit(arg, context);
    current ??= type;
    if (mismatch !== null) continue;
    const before: TypeSignature = current;
    compared.push([type, before]);
    try {
      current = leastSupertype(type, before);
    } catch (thrown) {
      if (!(thrown instanceof ClarityTypeError)) throw thrown;
      mismatch = () =>
        fail('TypeError', `expecting '${formatType(type)}', found '${formatType(before)}'`);
    }
  }
  for (const [a, b] of compared) c.chargeCompare(a, b);
  mismatch?.();
  return Ty.bool;
};

const asserts: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  c.expects(args[0]!, context, Ty.bool);
  c.trackReturn(c.visit(args[1]!, context));
  return Ty.bool;
};

const print: NativeCheck = (c, args, context) => {
  requireCount(1, args.length);
  return c.visit(args[0]!, context);
};

function wrapper(make: (inner: TypeSignature) => TypeSignature): NativeCheck {
  return (c, args, context) => {
    requireCount(1, args.length);
    c.charge('analysisOptionCons', 0);
    return make(c.visit(args[0]!, context));
  };
}

function predicate(kind: 'response' | 'optional'): NativeCheck {
  return (c, args, context) => {
    requireCount(1, args.length);
    const type = c.visit(args[0]!, context);
    c.charge('analysisOptionCheck', 0);
    if (type.kind === kind) return Ty.bool;
    const error = kind === 'response' ? 'ExpectedResponseType' : 'ExpectedOptionalType';
    return fail(error, `expecting ${kind} type, found '${formatType(type)}'`);
  };
}

const defaultTo: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  const fallback = c.visit(args[0]!, context);
  const input = c.visit(args[1]!, context);
  c.chargeCompare(fallback, input);
  if (input.kind !== 'optional') {
    return fail('ExpectedOptionalType', `expecting optional type, found '${formatType(input)}'`);
  }
  return join(fallback, input.inner, 'DefaultTypesMustMatch', "types of 'default-to'");
};

function contents(c: Checker, input: TypeSignature): TypeSignature {
  c.charge('analysisOptionCheck', 0);
  const inner =
    input.kind === 'optional' ? input.inner : input.kind === 'response' ? input.ok : null;
  if (inner === null) {
    return fail(
      'ExpectedOptionalOrResponseType',
      `expecting optional or response type, found '${formatType(input)}'`,
    );
  }
  if (inner.kind === 'no-type') return fail('CouldNotDetermineResponseOkType');
  return inner;
}

function errContents(c: Checker, input: TypeSignature): TypeSignature {
  c.charge('analysisOptionCheck', 0);
  if (input.kind !== 'response') {
    return fail('ExpectedResponseType', `expecting response type, found '${formatType(input)}'`);
  }
  if (input.err.kind === 'no-type') return fail('CouldNotDetermineResponseErrType');
  return input.err;
}

type Unwrap = (c: Checker, input: TypeSignature) => TypeSignature;

const unwrapOr = (unwrap: Unwrap): NativeCheck => {
  return (c, args, context) => {
    requireCount(2, args.length);
    const input = c.visit(args[0]!, context);
    c.trackReturn(c.visit(args[1]!, context));
    return unwrap(c, input);
  };
};

const unwrapPanic = (unwrap: Unwrap): NativeCheck => {
  return (c, args, context) => {
    requireCount(1, args.length);
    return unwrap(c, c.visit(args[0]!, context));
  };
};

const tryCheck: NativeCheck = (c, args, context) => {
  requireCount(1, args.length);
  const input = c.visit(args[0]!, context);
  c.charge('analysisOptionCheck', 0);
  if (input.kind === 'optional') {
    if (input.inner.kind === 'no-type') return fail('CouldNotDetermineResponseOkType');
    c.trackReturn(Ty.optional(Ty.noType));
    return input.inner;
  }
  if (input.kind === 'response') {
    if (input.ok.kind === 'no-type') return fail('CouldNotDetermineResponseOkType');
    if (input.err.kind === 'no-type') return fail('CouldNotDetermineResponseErrType');
    c.trackReturn(Ty.response(Ty.noType, input.err));
    return input.ok;
  }
  return fail(
    'ExpectedOptionalOrResponseType',
    `expecting optional or response type, found '${formatType(input)}'`,
  );
};

function branch(
  c: Checker,
  name: string,
  type: TypeSignature,
  body: Expr,
  context: TypingContext,
): TypeSignature {
  const inner = context.extend();
  c.charge('analysisBindName', type.typeSize);
  const held = holdName(c, name, type);
  c.checkNameFree(name);
  if (inner.typeOf(name) !== null) {
    fail('NameAlreadyUsed', `defining '${name}' conflicts with previous value`);
  }
  inner.bind(name, type, c.version);
  const result = c.visit(body, inner);
  c.m.memoryHeld -= held;
  return result;
}

const match: NativeCheck = (c, args, context) => {
  requireAtLeast(1, args.length);
  const input = c.visit(args[0]!, context);
  const [first, firstBody, second, secondBody] = args.slice(1);
  let left: TypeSignature;
  let right: TypeSignature;
  if (input.kind === 'optional') {
    if (args.length !== 4)
      return fail('BadMatchOptionSyntax', 'match on an optional takes 4 arguments');
    if (first?.kind !== 'atom') return fail('BadMatchOptionSyntax', 'expected a name');
    if (input.inner.kind === 'no-type') return fail('CouldNotDetermineMatchTypes');
    left = branch(c, first.name, input.inner, firstBody!, context);
    right = c.visit(second!, context);
  } else if (input.kind === 'response') {
    if (args.length !== 5)
      return fail('BadMatchResponseSyntax', 'match on a response takes 5 arguments');
    if (first?.kind !== 'atom' || second?.kind !== 'atom') {
      return fail('BadMatchResponseSyntax', 'expected a name');
    }
    if (input.ok.kind === 'no-type' || input.err.kind === 'no-type') {
      return fail('CouldNotDetermineMatchTypes');
    }
    left = branch(c, first.name, input.ok, firstBody!, context);
    right = branch(c, second.name, input.err, secondBody!, context);
  } else {
    return fail(
      'BadMatchInput',
      `match works on optional and response, found '${formatType(input)}'`,
    );
  }
  c.chargeCompare(left, right);
  return join(left, right, 'MatchArmsMustMatch', "types returned by the arms of 'match'");
};

const tuple: NativeCheck = (c, args, context) => {
  requireAtLeast(1, args.length);
  c.charge('analysisCheckTupleCons', args.length);
  const fields: [string, TypeSignature][] = [];
  let size = 0;
  let tooLarge = false;
  bindings(args, (name, value) => {
    const type = c.visit(value, context);
    c.charge('analysisTupleItemsCheck', type.typeSize);
    if (size < MAX) {
      size += 2 * name.length + type.typeSize + type.size;
      fields.push([name, type]);
    } else {
      tooLarge = true;
    }
  });
  if (tooLarge) return fail('BadTupleConstruction', 'tuple too large');
  const names = new Set(fields.map(([name]) => name));
  if (names.size !== fields.length) return fail('BadTupleConstruction', 'a field occurs twice');
  try {
    return Ty.tuple(fields);
  } catch (thrown) {
    if (!(thrown instanceof ClarityTypeError)) throw thrown;
    return fail('BadTupleConstruction', wordsOf(thrown.typeErrorName));
  }
};

function field(c: Checker, type: TupleType, name: string): TypeSignature {
  c.charge('analysisCheckTupleGet', type.fields.size);
  return type.fields.get(name) ?? fail('NoSuchTupleField', `cannot find field '${name}' in tuple`);
}

const get: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  const name = args[0]!;
  if (name.kind !== 'atom') return fail('BadTupleFieldName', 'invalid tuple field name');
  const input = c.visit(args[1]!, context);
  if (input.kind === 'tuple') return field(c, input, name.name);
  if (input.kind === 'optional' && input.inner.kind === 'tuple') {
    return Ty.optional(field(c, input.inner, name.name));
  }
  return fail('ExpectedTuple', `expecting tuple, found '${formatType(input)}'`);
};

const merge: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  const [base, update] = args.map((arg) => {
    const type = c.visit(arg, context);
    return type.kind === 'tuple'
      ? type
      : fail('ExpectedTuple', `expecting tuple, found '${formatType(type)}'`);
  });
  c.charge('analysisCheckTupleMerge', update!.fields.size);
  return mergeTupleTypes(base!, update!);
};

/** Bytes of the longest serialization of a value of this type; null when the type is not known. */
function serializedMax(type: TypeSignature): number | null {
  switch (type.kind) {
    case 'no-type':
    case 'list-union':
      return null;
    case 'int':
    case 'uint':
      return 17;
    case 'bool':
      return 1;
    case 'list': {
      const entry = serializedMax(type.entry);
      return entry === null ? null : 5 + type.length * entry;
    }
    case 'buffer':
    case 'string-ascii':
      return 5 + type.length;
    case 'string-utf8':
      return 5 + 4 * type.length;
    case 'principal':
    case 'callable-principal':
    case 'trait':
      return 151;
    case 'tuple': {
      let size = 5;
      for (const [name, field] of type.fields) {
        const one = serializedMax(field);
        if (one === null) return null;
        size += 1 + name.length + one;
      }
      return size;
    }
    case 'optional':
      // Of an unknown content only `none` can be written.
      return 1 + (serializedMax(type.inner) ?? 0);
    case 'response': {
      const [ok, err] = [serializedMax(type.ok), serializedMax(type.err)];
      return ok === null && err === null ? null : 1 + Math.max(ok ?? 0, err ?? 0);
    }
  }
}

const toConsensusBuff: NativeCheck = (c, args, context) => {
  requireCount(1, args.length);
  const bytes =
    serializedMax(c.visit(args[0]!, context)) ?? fail('CouldNotDetermineSerializationType');
  return Ty.optional(Ty.buffer(bytes));
};

const fromConsensusBuff: NativeCheck = (c, args, context) => {
  requireCount(2, args.length);
  const type = parseType(args[0]!, { step: () => c.charge('typeParseStep', 0) });
  c.expects(args[1]!, context, Ty.buffer(MAX));
  return Ty.optional(type);
};

/** Longest buffer whose hex text is still a value inside a response. */
const TO_ASCII_BUFFER_MAX = Math.floor((MAX - 5 - 2) / 2);

function asciiOf(type: TypeSignature): TypeSignature {
  switch (type.kind) {
    case 'int':
    case 'uint':
      return Ty.ascii(40);
    case 'bool':
      return Ty.ascii(5);
    case 'principal':
    case 'trait':
    case 'callable-principal':
      return Ty.ascii(170);
    case 'buffer':
      if (type.length <= TO_ASCII_BUFFER_MAX) return Ty.ascii(2 * type.length + 2);
      break;
    case 'string-utf8':
      return Ty.ascii(type.length);
  }
  return fail('UnionTypeError', `to-ascii? takes simple values, found '${formatType(type)}'`);
}

const toAscii: NativeCheck = (c, args, context) => {
  requireCount(1, args.length);
  return Ty.response(asciiOf(c.visit(args[0]!, context)), Ty.uint);
};

export const CONTROL_CHECKS: readonly [string, NativeCheck][] = [
  ['if', ifCheck],
  ['let', letCheck],
  ['begin', begin],
  ['is-eq', equals],
  ['asserts!', asserts],
  ['print', print],
  ['some', wrapper((inner) => Ty.optional(inner))],
  ['ok', wrapper((inner) => Ty.response(inner, Ty.noType))],
  ['err', wrapper((inner) => Ty.response(Ty.noType, inner))],
  ['is-ok', predicate('response')],
  ['is-err', predicate('response')],
  ['is-some', predicate('optional')],
  ['is-none', predicate('optional')],
  ['default-to', defaultTo],
  ['unwrap!', unwrapOr(contents)],
  ['unwrap-err!', unwrapOr(errContents)],
  ['unwrap-panic', unwrapPanic(contents)],
  ['unwrap-err-panic', unwrapPanic(errContents)],
  ['try!', tryCheck],
  ['match', match],
  ['tuple', tuple],
  ['get', get],
  ['merge', merge],
  ['to-consensus-buff?', toConsensusBuff],
  ['from-consensus-buff?', fromConsensusBuff],
  ['to-ascii?', toAscii],
];
