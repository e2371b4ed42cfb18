/** Syntax trees as text, to compare where each expression stands. */
import type { Expr, Program } from '../../src/parse/ast.ts';

/** Maps of the WASM boundary as plain objects, in the same order. */
export function plain(value: unknown): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
  }
  if (Array.isArray(value)) return value.map(plain);
  return value;
}

interface ReferenceExpr {
  readonly expr: { readonly List?: readonly ReferenceExpr[] };
  readonly span: Readonly<
    Record<'start_line' | 'start_column' | 'end_line' | 'end_column', number>
  >;
}

/** Of the parts of a tuple that braces spell the reference keeps no place. */
const NOWHERE = '0:0-0:0';

/** One place per expression, outside before inside, in the order in which the contract is run. */
export function astSpans(ast: unknown): string[] {
  const lines: string[] = [];
  const visit = ({ expr, span }: ReferenceExpr) => {
    lines.push(`${span.start_line}:${span.start_column}-${span.end_line}:${span.end_column}`);
    for (const item of expr.List ?? []) visit(item);
  };
  for (const one of (plain(ast) as { expressions: ReferenceExpr[] }).expressions) visit(one);
  return lines;
}

export function programSpans(program: Program): string[] {
  const lines: string[] = [];
  const visit = (expr: Expr) => {
    const { startLine, startColumn, endLine, endColumn } = expr.span;
    lines.push(`${startLine}:${startColumn}-${endLine}:${endColumn}`);
    if (expr.kind === 'list') for (const item of expr.items) visit(item);
  };
  for (const index of program.order) visit(program.expressions[index]!);
  return lines;
}

/** Null when every place that the reference knows is ours too. */
export function spansDiffer(theirs: readonly string[], our: readonly string[]): string | null {
  if (theirs.length !== our.length) return `reference ${theirs.length}, ours ${our.length} places`;
  const at = theirs.findIndex((place, i) => place !== NOWHERE && place !== our[i]);
  return at < 0 ? null : `reference ${theirs[at]}, ours ${our[at]}`;
}
