/**
 * Parsed source to a program ready for analysis: names expanded, traits bound, definitions sorted.
 *
 * Source: stacks-core clarity/src/vm/ast/{mod,sugar_expander,traits_resolver}.rs.
 */
import { comparePrincipals, parsePrincipal, type TraitId } from '@assay/clarity-value';
import { ParseFailure } from '../errors.ts';
import type { ClarityVersion } from '../version.ts';
import type { Expr, Program, SourceExpr, TraitBinding } from './ast.ts';
import { parseSource } from './parser.ts';
import { sortDefinitions } from './sort.ts';

/**
 * @param contractId `ST....name`; relative names belong to its issuer
 * @param onEdges told how many dependencies sorting found: its cost is charged on them, and before
 * cycles and unknown traits are refused
 * @throws ParseFailure with Stacks' error name and a span
 */
export function parseProgram(
  contractId: string,
  source: string,
  version: ClarityVersion,
  onEdges: (count: number) => void = () => {},
): Program {
  const issuer = contractId.slice(0, contractId.indexOf('.'));
  const exprs = parseSource(source, issuer);
  const order = sortDefinitions(exprs, version, onEdges);
  const { traits, implemented } = resolveTraits(contractId, exprs);
  const expressions: Expr[] = [];
  const indexOf = new Map<number, number>();
  try {
    for (const [i, expr] of exprs.entries()) {
      if (expr.kind === 'comment') continue;
      indexOf.set(i, expressions.length);
      expressions.push(expand(expr, traits));
    }
  } catch (error) {
    throw error instanceof UnknownTrait ? refusalOf(error.trait, exprs) : error;
  }
  const kept = order.filter((i) => indexOf.has(i)).map((i) => indexOf.get(i)!);
  return { contractId, expressions, order: kept, traits, implemented };
}

/** Inside this file only: `refusalOf` gives it a place. */
class UnknownTrait {
  readonly trait: string;

  constructor(trait: string) {
    this.trait = trait;
  }
}

/** Quirk: of several uses of an unknown trait the last one is shown. */
function refusalOf(trait: string, exprs: readonly SourceExpr[]): ParseFailure {
  let { span } = exprs[0]!;
  const visit = (expr: SourceExpr): void => {
    if (expr.kind === 'trait' && expr.name === trait) span = expr.span;
    else if (expr.kind === 'list' || expr.kind === 'tuple') expr.items.forEach(visit);
  };
  exprs.forEach(visit);
  return new ParseFailure('TraitReferenceUnknown', `use of undeclared trait <${trait}>`, span);
}

function expand(expr: SourceExpr, traits: ReadonlyMap<string, TraitBinding>): Expr {
  const { span } = expr;
  switch (expr.kind) {
    case 'list':
      return { kind: 'list', span, items: expandAll(expr.items, traits) };
    case 'tuple': {
      const items = expandAll(expr.items, traits);
      const pairs: Expr[] = [{ kind: 'atom', span, name: 'tuple' }];
      for (let i = 0; i < items.length; i += 2) {
        const pair = items.slice(i, i + 2);
        pairs.push({ kind: 'list', span: pair[0]!.span, items: pair });
      }
      return { kind: 'list', span, items: pairs };
    }
    case 'trait': {
      const binding = traits.get(expr.name);
      if (binding === undefined) throw new UnknownTrait(expr.name);
      return { kind: 'trait', span, name: expr.name, ...binding };
    }
    case 'comment':
      throw new Error('comments are dropped before');
    default:
      return expr;
  }
}

function expandAll(
  items: readonly SourceExpr[],
  traits: ReadonlyMap<string, TraitBinding>,
): Expr[] {
  const out: Expr[] = [];
  for (const item of items) if (item.kind !== 'comment') out.push(expand(item, traits));
  return out;
}

/** Forms whose contents are kept: traits cannot be. */
const STORED: ReadonlySet<string> = new Set([
  'define-constant',
  'define-map',
  'define-data-var',
  'define-fungible-token',
  'define-non-fungible-token',
]);

function rejectTraits(exprs: readonly SourceExpr[]): void {
  for (const expr of exprs) {
    if (expr.kind === 'list' || expr.kind === 'tuple') rejectTraits(expr.items);
    else if (expr.kind === 'trait') {
      throw new ParseFailure(
        'TraitReferenceNotAllowed',
        'trait references can not be stored',
        expr.span,
      );
    }
  }
}

function resolveTraits(
  contractId: string,
  exprs: readonly SourceExpr[],
): { traits: Map<string, TraitBinding>; implemented: TraitId[] } {
  const traits = new Map<string, TraitBinding>();
  const implemented: TraitId[] = [];
  const declare = (name: string, binding: TraitBinding, expr: SourceExpr) => {
    if (traits.has(name)) {
      throw new ParseFailure(
        'NameAlreadyUsed',
        `defining '${name}' conflicts with previous value`,
        expr.span,
      );
    }
    traits.set(name, binding);
  };
  for (const expr of exprs) {
    if (expr.kind !== 'list') continue;
    const items = expr.items.filter((item) => item.kind !== 'comment');
    const head = items[0];
    if (head?.kind !== 'atom') continue;
    const args = items.slice(1);
    if (head.name === 'define-trait') {
      const [name, methods] = args;
      if (args.length !== 2 || name?.kind !== 'atom' || methods?.kind !== 'list') {
        throw new ParseFailure('DefineTraitBadSignature', 'invalid trait definition', expr.span);
      }
      declare(
        name.name,
        { trait: { contract: contractId, name: name.name }, imported: false },
        expr,
      );
    } else if (head.name === 'use-trait') {
      const [name, field] = args;
      if (args.length !== 2 || name?.kind !== 'atom' || field?.kind !== 'field') {
        throw new ParseFailure(
          'ImportTraitBadSignature',
          '(use-trait ...) expects a trait name and a trait identifier',
          expr.span,
        );
      }
      declare(name.name, { trait: field.trait, imported: true }, expr);
    } else if (head.name === 'impl-trait') {
      const field = args[0];
      if (args.length !== 1 || field?.kind !== 'field') {
        throw new ParseFailure(
          'ImplTraitBadSignature',
          '(impl-trait ...) expects a trait identifier',
          expr.span,
        );
      }
      implemented.push(field.trait);
    } else if (STORED.has(head.name)) {
      rejectTraits(args.slice(1));
    }
  }
  return { traits, implemented: distinct(implemented) };
}

/** Each trait once, by name and then by contract: upstream's order of checking. */
function distinct(traits: readonly TraitId[]): TraitId[] {
  const byId = new Map(traits.map((trait) => [`${trait.contract}.${trait.name}`, trait]));
  return [...byId.values()].sort((a, b) => {
    if (a.name !== b.name) return a.name < b.name ? -1 : 1;
    const [left, right] = [parsePrincipal(a.contract), parsePrincipal(b.contract)];
    return left.ok && right.ok ? comparePrincipals(left.value, right.value) : 0;
  });
}
