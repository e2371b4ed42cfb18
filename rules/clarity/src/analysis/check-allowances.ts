/**
 * Type rules of `as-contract?` and `restrict-assets?`. Source: stacks-core
 * type_checker/v2_1/natives/post_conditions.rs.
 */
import { Ty, type TypeSignature } from '@assay/clarity-value';
import { isNativeName } from '../names.ts';
import type { Expr } from '../parse/ast.ts';
import type { Checker } from './checker.ts';
import type { TypingContext } from './context.ts';
import { fail } from './fail.ts';
import type { NativeCheck } from './native-checks.ts';
import { requireAtLeast, requireCount } from './signatures.ts';

const ALLOWANCES_MAX = 128;
const NFT_IDS_MAX = 128;

/** True for `with-all-assets-unsafe`. */
function checkAllowance(c: Checker, expr: Expr, context: TypingContext): boolean {
  if (expr.kind !== 'list' || expr.items.length === 0) {
    return fail('ExpectedListApplication', 'expected an allowance');
  }
  const [head, ...args] = expr.items;
  if (head?.kind !== 'atom') return fail('NonFunctionApplication');
  const expects = (types: readonly TypeSignature[]) => {
    for (const [i, type] of types.entries()) c.expects(args[i]!, context, type);
  };
  switch (isNativeName(head.name, c.version) ? head.name : '') {
    case 'with-stx':
    case 'with-stacking':
      requireCount(1, args.length);
      expects([Ty.uint]);
      return false;
    case 'with-ft':
      requireCount(3, args.length);
      expects([Ty.principal, Ty.ascii(128), Ty.uint]);
      return false;
    case 'with-nft': {
      requireCount(3, args.length);
      expects([Ty.principal, Ty.ascii(128)]);
      const ids = c.visit(args[2]!, context);
      if (ids.kind !== 'list') return fail('WithNftExpectedListOfIdentifiers');
      if (ids.length > NFT_IDS_MAX) return fail('MaxIdentifierLengthExceeded');
      return false;
    }
    case 'with-all-assets-unsafe':
      requireCount(0, args.length);
      return true;
    default:
      return fail('ExpectedAllowanceExpr', `expected an allowance expression, got ${head.name}`);
  }
}

function checkBody(c: Checker, body: readonly Expr[], context: TypingContext): TypeSignature {
  let last: TypeSignature | null = null;
  for (const expr of body) {
    last = c.visit(expr, context);
    // The last one too: its response would be nested in the result.
    if (last.kind === 'response') {
      fail('UncheckedIntermediaryResponses', 'responses in the body must be checked');
    }
  }
  return Ty.response(last!, Ty.uint);
}

function allowanceItems(expr: Expr, native: string): readonly Expr[] {
  if (expr.kind !== 'list') {
    return fail('ExpectedListOfAllowances', `expected a list of allowances in ${native}`);
  }
  if (expr.items.length > ALLOWANCES_MAX) return fail('TooManyAllowances');
  return expr.items;
}

const restrictAssets: NativeCheck = (c, args, context) => {
  requireAtLeast(3, args.length);
  const allowances = allowanceItems(args[1]!, 'restrict-assets?');
  c.charge('analysisListItemsCheck', allowances.length + args.length - 2);
  c.expects(args[0]!, context, Ty.principal);
  for (const allowance of allowances) {
    if (checkAllowance(c, allowance, context)) fail('WithAllAllowanceNotAllowed');
  }
  return checkBody(c, args.slice(2), context);
};

const asContract: NativeCheck = (c, args, context) => {
  requireAtLeast(2, args.length);
  const allowances = allowanceItems(args[0]!, 'as-contract?');
  c.charge('analysisListItemsCheck', allowances.length + args.length - 1);
  for (const allowance of allowances) {
    if (checkAllowance(c, allowance, context) && allowances.length > 1) {
      fail('WithAllAllowanceNotAlone');
    }
  }
  return checkBody(c, args.slice(1), context);
};

const notHere: NativeCheck = () =>
  fail('AllowanceExprNotAllowed', 'allowance expressions are only allowed in an allowance list');

export const ALLOWANCE_CHECKS: readonly [string, NativeCheck][] = [
  ['restrict-assets?', restrictAssets],
  ['as-contract?', asContract],
  ['with-stx', notHere],
  ['with-ft', notHere],
  ['with-nft', notHere],
  ['with-stacking', notHere],
  ['with-all-assets-unsafe', notHere],
];
