/** Shapes of define forms: how many parts, which of them names or lists. */
import { isDefineForm } from '../names.ts';
import type { Expr } from '../parse/ast.ts';
import { fail } from './fail.ts';
import { requireAtLeast, requireCount } from './signatures.ts';

export interface DefineForm {
  readonly name: string;
  readonly args: readonly Expr[];
}

/**
 * Null for an expression that defines nothing.
 * Source: stacks-core clarity/src/vm/functions/define.rs (DefineFunctionsParsed::try_parse).
 */
export function checkDefineShape(expr: Expr): DefineForm | null {
  if (expr.kind !== 'list' || expr.items[0]?.kind !== 'atom') return null;
  const { name } = expr.items[0];
  if (!isDefineForm(name)) return null;
  const args = expr.items.slice(1);
  switch (name) {
    case 'define-constant':
      requireCount(2, args.length);
      requireName(args[0]);
      break;
    case 'define-private':
    case 'define-public':
    case 'define-read-only':
      requireCount(2, args.length);
      if (args[0]!.kind !== 'list')
        fail('DefineFunctionBadSignature', 'invalid function definition');
      break;
    case 'define-non-fungible-token':
      requireCount(2, args.length);
      requireName(args[0]);
      break;
    case 'define-fungible-token':
      requireAtLeast(1, args.length);
      requireName(args[0]);
      if (args.length > 2) requireCount(1, args.length);
      break;
    case 'define-map':
    case 'define-data-var':
      requireCount(3, args.length);
      requireName(args[0]);
      break;
    case 'define-trait':
      requireCount(2, args.length);
      requireName(args[0]);
      break;
    case 'use-trait':
      requireCount(2, args.length);
      requireName(args[0]);
      requireField(args[1]);
      break;
    default:
      requireCount(1, args.length);
      requireField(args[0]);
  }
  return { name, args };
}

function requireName(expr: Expr | undefined): void {
  if (expr?.kind !== 'atom') fail('ExpectedName', 'expected a name argument');
}

function requireField(expr: Expr | undefined): void {
  if (expr?.kind !== 'field')
    fail('ExpectedTraitIdentifier', 'expecting expression of type trait identifier');
}
