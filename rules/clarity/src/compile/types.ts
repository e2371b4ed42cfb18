/**
 * Type expressions to types: `(list 10 uint)`, `{a: int}`, `<trait>`. Each step has a cost.
 *
 * Used by define forms, `from-consensus-buff?` and the type checker.
 * Source: stacks-core clarity/src/vm/types/signatures.rs (parse_type_repr).
 */
import { ClarityTypeError, Ty, type TypeSignature } from '@assay/clarity-value';
import { CheckFailure } from '../errors.ts';
import type { Expr } from '../parse/ast.ts';
import type { MethodSignature, Parameter } from './contract.ts';

/** Counts what was parsed; a caller charges `typeParseStep` for each. */
export interface StepCounter {
  step(): void;
}

const INVALID = 'InvalidTypeDescription';

function invalid(expr: Expr): never {
  throw new CheckFailure(INVALID, 'supplied type description is invalid', expr.span);
}

/** @throws CheckFailure with Stacks' error name */
export function parseType(expr: Expr, counter: StepCounter): TypeSignature {
  try {
    return parseStep(expr, counter);
  } catch (error) {
    if (error instanceof ClarityTypeError) {
      throw new CheckFailure(error.typeErrorName, error.message, expr.span);
    }
    throw error;
  }
}

function parseStep(expr: Expr, counter: StepCounter): TypeSignature {
  counter.step();
  if (expr.kind === 'atom') {
    switch (expr.name) {
      case 'int':
        return Ty.int;
      case 'uint':
        return Ty.uint;
      case 'bool':
        return Ty.bool;
      case 'principal':
        return Ty.principal;
      default:
        throw new CheckFailure(
          'UnknownTypeName',
          `failed to parse type: '${expr.name}'`,
          expr.span,
        );
    }
  }
  if (expr.kind === 'trait') return Ty.trait(expr.trait);
  if (expr.kind !== 'list') return invalid(expr);
  const head = expr.items[0];
  const args = expr.items.slice(1);
  if (head?.kind !== 'atom') return invalid(expr);
  switch (head.name) {
    case 'list': {
      if (args.length !== 2) return invalid(expr);
      const length = literalInt(args[0]!, expr);
      const entry = parseStep(args[1]!, counter);
      if (length < 0n || length > 0xffffffffn) throw new ClarityTypeError('ValueTooLarge');
      return Ty.list(entry, Number(length));
    }
    case 'buff':
      return Ty.buffer(boundedLength(args, expr));
    case 'string-ascii':
      return Ty.ascii(boundedLength(args, expr));
    case 'string-utf8':
      return Ty.utf8(boundedLength(args, expr));
    case 'optional':
      if (args.length !== 1) return invalid(expr);
      return Ty.optional(parseStep(args[0]!, counter));
    case 'response':
      if (args.length !== 2) return invalid(expr);
      return Ty.response(parseStep(args[0]!, counter), parseStep(args[1]!, counter));
    case 'tuple': {
      const pairs = parseNameTypePairs(args, 'TupleCons', counter);
      if (pairs.length === 0) throw new ClarityTypeError('EmptyTuplesNotAllowed');
      const seen = new Set<string>();
      for (const { name } of pairs) {
        if (seen.has(name)) {
          throw new CheckFailure('NameAlreadyUsed', `defining '${name}' conflicts`, expr.span);
        }
        seen.add(name);
      }
      return Ty.tuple(pairs.map(({ name, type }) => [name, type] as const));
    }
    default:
      return invalid(expr);
  }
}

function literalInt(expr: Expr, whole: Expr): bigint {
  if (expr.kind !== 'literal' || expr.value.type !== 'int') return invalid(whole);
  return expr.value.value;
}

function boundedLength(args: readonly Expr[], expr: Expr): number {
  if (args.length !== 1) return invalid(expr);
  const length = literalInt(args[0]!, expr);
  if (length < 0n) throw new ClarityTypeError('ValueOutOfBounds');
  if (length > 1048576n) throw new ClarityTypeError('ValueTooLarge');
  return Number(length);
}

/** `((name type) ...)`, of parameters and tuple fields. */
export function parseNameTypePairs(
  pairs: readonly Expr[],
  context: string,
  counter: StepCounter,
): Parameter[] {
  return pairs.map((pair) => {
    if (pair.kind !== 'list' || pair.items.length !== 2 || pair.items[0]!.kind !== 'atom') {
      throw new CheckFailure(`BadSyntaxBinding`, `${context}: expected (name type)`, pair.span);
    }
    return { name: pair.items[0]!.name, type: parseStep(pair.items[1]!, counter) };
  });
}

export const TRAIT_METHODS_MAX = 256;
export const PARAMETERS_MAX = 256;

/** `((method (types ..) (response ..)) ...)` */
export function parseTrait(
  expr: Expr | undefined,
  version: number,
  counter: StepCounter,
): Map<string, MethodSignature> {
  const bad = (at: Expr | undefined): never => {
    throw new CheckFailure('DefineTraitBadSignature', 'invalid trait definition', at?.span ?? null);
  };
  if (expr?.kind !== 'list') return bad(expr);
  if (expr.items.length > TRAIT_METHODS_MAX) {
    throw new CheckFailure('TraitTooManyMethods', 'too many trait methods', expr.span);
  }
  const methods: [string, MethodSignature][] = [];
  for (const method of expr.items) {
    if (method.kind !== 'list') return bad(method);
    if (method.items.length !== 3) return invalid(method);
    const [name, args, returns] = method.items;
    if (name?.kind !== 'atom' || args?.kind !== 'list') return bad(method);
    if (args.items.length > PARAMETERS_MAX) {
      throw new CheckFailure('TooManyFunctionParameters', 'too many parameters', method.span);
    }
    const argTypes = args.items.map((arg) => parseType(arg, counter));
    let returnType: TypeSignature;
    try {
      returnType = parseType(returns!, counter);
    } catch (error) {
      if (error instanceof CheckFailure) return bad(method);
      throw error;
    }
    if (returnType.kind !== 'response') return bad(method);
    if (methods.some(([other]) => other === name.name)) {
      if (version >= 2) {
        throw new CheckFailure(
          'DefineTraitDuplicateMethod',
          `duplicate method name '${name.name}' in trait definition`,
          method.span,
        );
      }
      methods.splice(
        methods.findIndex(([other]) => other === name.name),
        1,
      );
    }
    methods.push([name.name, { args: argTypes, returns: returnType }]);
  }
  methods.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  return new Map(methods);
}
