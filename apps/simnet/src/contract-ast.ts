/**
 * A contract's syntax tree in the shape of `getContractAST`: expressions numbered from 1 in the order
 * they are written, tuples spelled `(tuple ...)`, contract names in full. Literals are values of
 * @stacks/transactions.
 */
import { type Expr, parseProgram, type Span } from '@assay/clarity';
import type { ClarityValue as Ours } from '@assay/clarity-value';
import type { ClarityValue } from '@stacks/transactions';
import { toStacksJs } from './stacks-js.ts';

interface TraitReference {
  readonly name: string;
  readonly contract_identifier: string;
}

export type AstNode =
  | { readonly List: readonly AstExpression[] }
  | { readonly Atom: string }
  | { readonly LiteralValue: ClarityValue }
  | { readonly Field: TraitReference }
  /** The name in this contract, and the trait it stands for. */
  | { readonly TraitReference: readonly [string, TraitReference] };

export interface AstExpression {
  readonly expr: AstNode;
  readonly id: number;
  readonly span: {
    readonly start_line: number;
    readonly start_column: number;
    readonly end_line: number;
    readonly end_column: number;
  };
}

export interface ContractAst {
  readonly contract_identifier: string;
  /** Always empty: expressions before names are resolved are not kept. */
  readonly pre_expressions: readonly never[];
  readonly expressions: readonly AstExpression[];
  /** Indices of `expressions` so that definitions come before their uses. */
  readonly top_level_expression_sorting: readonly number[];
  readonly referenced_traits: ReadonlyMap<string, TraitReference>;
  readonly implemented_traits: readonly TraitReference[];
}

const spanOf = (span: Span) => ({
  start_line: span.startLine,
  start_column: span.startColumn,
  end_line: span.endLine,
  end_column: span.endColumn,
});

const traitOf = ({ contract, name }: { contract: string; name: string }): TraitReference => ({
  name,
  contract_identifier: contract,
});

/** @param source of a deployed contract: it parses */
export function contractAst(
  contractId: string,
  source: string,
  clarityVersion: Parameters<typeof parseProgram>[2],
): ContractAst {
  const program = parseProgram(contractId, source, clarityVersion);
  let next = 1;
  const nodeOf = (expr: Expr): AstNode => {
    switch (expr.kind) {
      case 'list':
        return { List: expr.items.map(expression) };
      case 'atom':
        return { Atom: expr.name };
      case 'literal':
        return { LiteralValue: toStacksJs(expr.value as Ours) };
      case 'field':
        return { Field: traitOf(expr.trait) };
      case 'trait':
        return { TraitReference: [expr.name, traitOf(expr.trait)] };
    }
  };
  const expression = (expr: Expr): AstExpression => {
    const id = next++;
    return { expr: nodeOf(expr), id, span: spanOf(expr.span) };
  };
  return {
    contract_identifier: contractId,
    pre_expressions: [],
    expressions: program.expressions.map(expression),
    top_level_expression_sorting: program.order,
    referenced_traits: new Map(
      [...program.traits].map(([name, { trait }]) => [name, traitOf(trait)]),
    ),
    implemented_traits: program.implemented.map(traitOf),
  };
}
