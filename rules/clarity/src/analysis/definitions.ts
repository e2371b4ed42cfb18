/**
 * Type checking of top-level forms: what each defines, and what defining costs.
 *
 * Source: stacks-core type_checker/v2_1/mod.rs (try_type_check_define).
 */
import { concretize, Ty, type TypeSignature } from '@assay/clarity-value';
import {
  PARAMETERS_MAX,
  parseNameTypePairs,
  parseTrait,
  parseType,
  type StepCounter,
} from '../compile/types.ts';
import { CheckFailure } from '../errors.ts';
import type { Expr, ListExpr, Program } from '../parse/ast.ts';
import type { Checker } from './checker.ts';
import { TypingContext } from './context.ts';
import { checkDefineShape } from './define-shapes.ts';
import { fail } from './fail.ts';
import { type FunctionTypes, functionTypeSize, traitTypeSize } from './record.ts';

/** Types parsed during analysis are not charged: running the definition charges them. */
const FREE: StepCounter = { step: () => {} };

export function checkProgram(c: Checker, program: Program): void {
  let nodes = 0;
  for (const index of program.order) nodes += countNodes(program.expressions[index]!);
  c.charge('analysisStorage', nodes);
  const context = new TypingContext();
  for (const index of program.order) {
    const expr = program.expressions[index]!;
    c.placed(expr, () => checkTopLevel(c, expr, context));
  }
}

function countNodes(expr: Expr): number {
  if (expr.kind !== 'list') return 1;
  return expr.items.reduce((sum, item) => sum + countNodes(item), 1);
}

function checkTopLevel(c: Checker, expr: Expr, context: TypingContext): void {
  const form = checkDefineShape(expr);
  if (form === null) {
    c.visit(expr, context);
    return;
  }
  const { args } = form;
  const name = args[0]?.kind === 'atom' ? args[0].name : '';
  switch (form.name) {
    case 'define-constant': {
      const type = c.visit(args[1]!, context);
      bind(c, name, type.typeSize);
      c.checkNameFree(name);
      c.variables.set(name, type);
      return;
    }
    case 'define-public':
      checkFunction(c, args, 'public', context);
      return;
    case 'define-private':
      checkFunction(c, args, 'private', context);
      return;
    case 'define-read-only':
      checkFunction(c, args, 'read-only', context);
      return;
    case 'define-map': {
      const key = typeOr(args[1]!, 'BadMapTypeDefinition');
      const value = typeOr(args[2]!, 'BadMapTypeDefinition');
      bind(c, name, key.typeSize + value.typeSize);
      c.checkNameFree(name);
      c.maps.set(name, { key, value });
      return;
    }
    case 'define-data-var': {
      const type = typeOr(args[1]!, 'DefineVariableBadSignature');
      c.expects(args[2]!, context, type);
      bind(c, name, type.typeSize);
      c.checkNameFree(name);
      c.dataVars.set(name, type);
      return;
    }
    case 'define-fungible-token':
      if (args.length === 2) c.expects(args[1]!, context, Ty.uint);
      bind(c, name, 1);
      c.checkNameFree(name);
      c.fts.add(name);
      return;
    case 'define-non-fungible-token': {
      const type = typeOr(args[1]!, 'DefineNFTBadSignature');
      bind(c, name, type.typeSize);
      c.checkNameFree(name);
      c.nfts.set(name, type);
      return;
    }
    case 'define-trait': {
      const methods = parseTrait(args[1], c.version, FREE);
      bind(c, name, traitTypeSize(methods));
      c.addTrait(name, { contract: c.contractId, name }, methods);
      return;
    }
    case 'use-trait':
      useTrait(c, name, args[1]!);
      return;
    default: {
      const field = args[0]!;
      if (field.kind !== 'field') return;
      c.m.keep(field.trait.name.length);
      c.implemented.set(`${field.trait.contract}.${field.trait.name}`, field.trait);
    }
  }
}

function bind(c: Checker, name: string, typeSize: number): void {
  c.charge('analysisBindName', typeSize);
  c.m.keep(name.length + typeSize);
}

function typeOr(expr: Expr, error: string): TypeSignature {
  try {
    return parseType(expr, FREE);
  } catch (thrown) {
    if (!(thrown instanceof CheckFailure)) throw thrown;
    throw new CheckFailure(error, `${error}: ${thrown.message}`);
  }
}

function useTrait(c: Checker, name: string, field: Expr): void {
  if (field.kind !== 'field') return;
  const { trait: id } = field;
  const contract = c.load(id.contract);
  if (contract === null) fail('NoSuchContract', `use of unresolved contract '${id.contract}'`);
  const trait = contract.traits.get(id.name);
  if (trait === undefined) {
    c.charge('analysisUseTraitEntry', 1);
    fail('TraitReferenceUnknown', `use of undeclared trait <${name}>`);
  }
  const size = traitTypeSize(trait);
  c.charge('analysisUseTraitEntry', size);
  c.charge('analysisBindName', size);
  c.m.keep(id.name.length + size);
  c.addTrait(name, id, trait);
}

function checkFunction(
  c: Checker,
  args: readonly Expr[],
  access: FunctionTypes['access'],
  context: TypingContext,
): void {
  const signature = args[0] as ListExpr;
  const [head, ...pairs] = signature.items;
  if (head === undefined) fail('RequiresAtLeastArguments', 'expecting >= 1 arguments, got 0');
  if (pairs.length > PARAMETERS_MAX) fail('TooManyFunctionParameters');
  if (head.kind !== 'atom') fail('BadFunctionName', 'invalid function name');
  const parameters = c.placed(signature, () => parseNameTypePairs(pairs, 'Eval', FREE));
  const inner = context.extend();
  let held = 0;
  for (const { name, type } of parameters) {
    c.checkNameFree(name);
    c.m.hold(name.length + type.typeSize);
    held += name.length + type.typeSize;
    inner.addParameter(name, type);
  }
  c.returnType = null;
  const last = c.visit(args[1]!, inner);
  c.m.memoryHeld -= held;
  const early = c.returnType as TypeSignature | null;
  const returns = concretize(early === null ? last : c.joinReturns(early, last));
  c.returnType = undefined;
  const types: FunctionTypes = { access, args: parameters, returns };
  bind(c, head.name, functionTypeSize(types));
  if (access === 'public' && returns.kind !== 'response') {
    fail(
      'PublicFunctionMustReturnResponse',
      'public functions must return an expression of type response',
    );
  }
  c.checkNameFree(head.name);
  c.functions.set(head.name, types);
}
