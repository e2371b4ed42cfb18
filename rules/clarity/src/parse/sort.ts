/**
 * Orders top-level expressions so that definitions come before their uses, and finds cycles.
 *
 * Called by program.ts. Source: stacks-core clarity/src/vm/ast/definition_sorter/mod.rs, whose
 * order this keeps exactly: it decides the order in which constants and state are initialised.
 */
import { ParseFailure } from '../errors.ts';
import { isDefineForm, isNativeName } from '../names.ts';
import type { ClarityVersion } from '../version.ts';
import type { SourceExpr } from './ast.ts';

interface Definition {
  readonly index: number;
  /** The name's own node: meeting it is not a use. */
  readonly node: SourceExpr;
}

/** @param onEdges told how many dependencies there are, before cycles are looked for */
export function sortDefinitions(
  exprs: readonly SourceExpr[],
  version: ClarityVersion,
  onEdges: (count: number) => void,
): number[] {
  const definitions = new Map<string, Definition>();
  for (const [index, expr] of exprs.entries()) {
    const node = definedName(expr);
    if (node !== null) definitions.set(node.name, { index, node });
  }
  const edges: number[][] = exprs.map(() => []);
  for (const [index, expr] of exprs.entries())
    new Probe(definitions, edges[index]!, version).visit(expr);
  onEdges(edges.reduce((sum, list) => sum + list.length, 0));
  const order = topological(edges);
  rejectCycles(exprs, edges, order);
  return order;
}

function definedName(expr: SourceExpr): (SourceExpr & { kind: 'atom' }) | null {
  if (expr.kind !== 'list') return null;
  const head = expr.items[0];
  if (head?.kind !== 'atom' || !isDefineForm(head.name)) return null;
  const target = expr.items[1];
  if (target === undefined) return null;
  const name = target.kind === 'list' ? target.items[0] : target;
  return name?.kind === 'atom' ? name : null;
}

/** Collects what one top-level expression depends on. Depth is bounded by the parser. */
class Probe {
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #edges: number[];
  readonly #version: ClarityVersion;

  constructor(
    definitions: ReadonlyMap<string, Definition>,
    edges: number[],
    version: ClarityVersion,
  ) {
    this.#definitions = definitions;
    this.#edges = edges;
    this.#version = version;
  }

  visit(expr: SourceExpr): void {
    switch (expr.kind) {
      case 'atom':
      case 'trait': {
        const found = this.#definitions.get(expr.name);
        if (found !== undefined && found.node !== expr) this.#edges.push(found.index);
        return;
      }
      case 'list':
        this.#list(expr.items.filter((item) => item.kind !== 'comment'));
        return;
      case 'tuple':
        for (let i = 1; i < expr.items.length; i += 2) this.visit(expr.items[i]!);
        return;
      default:
        return;
    }
  }

  #list(items: readonly SourceExpr[]): void {
    const head = items[0];
    const args = items.slice(1);
    if (head?.kind === 'atom') {
      if (isDefineForm(head.name)) {
        this.#define(head.name, args);
        return;
      }
      if (isNativeName(head.name, this.#version) && this.#special(head.name, args)) return;
    }
    for (const item of items) this.visit(item);
  }

  #define(form: string, args: readonly SourceExpr[]): void {
    switch (form) {
      case 'define-data-var':
      case 'define-constant':
        for (const arg of args.slice(1)) this.visit(arg);
        return;
      case 'define-public':
      case 'define-private':
      case 'define-read-only':
        if (args.length !== 2) return;
        if (args[0]!.kind === 'list') this.#pairs(args[0]!.items.slice(1));
        this.visit(args[1]!);
        return;
      case 'define-map':
        if (args.length !== 3) return;
        this.visit(args[1]!);
        this.visit(args[2]!);
        return;
      case 'define-trait':
        this.#trait(args);
        return;
      case 'define-fungible-token':
        if (args.length === 2) this.visit(args[1]!);
        return;
      default:
        return;
    }
  }

  #trait(args: readonly SourceExpr[]): void {
    const methods = args[1];
    if (args.length !== 2 || methods?.kind !== 'list') return;
    for (const method of methods.items) {
      if (method.kind !== 'list' || method.items.length !== 3) continue;
      this.visit(method.items[1]!);
      this.visit(method.items[2]!);
    }
  }

  /** Forms whose names are not uses. True when handled. */
  #special(name: string, args: readonly SourceExpr[]): boolean {
    switch (name) {
      case 'contract-call?':
        for (const arg of args.slice(2)) this.visit(arg);
        return true;
      case 'let':
        if (args.length > 1) {
          if (args[0]!.kind === 'list') this.#pairs(args[0]!.items);
          for (const arg of args.slice(1)) this.visit(arg);
        }
        return true;
      case 'get':
        if (args.length === 2) this.visit(args[1]!);
        return true;
      case 'tuple':
        this.#pairs(args);
        return true;
      default:
        return false;
    }
  }

  #pairs(items: readonly SourceExpr[]): void {
    for (const item of items) {
      if (item.kind === 'list' && item.items.length === 2) this.visit(item.items[1]!);
    }
  }
}

/** Depth-first, dependencies first, with an explicit stack. */
function topological(edges: readonly (readonly number[])[]): number[] {
  const order: number[] = [];
  const seen = new Set<number>();
  for (let start = 0; start < edges.length; start++) {
    const stack: [number, boolean][] = [[start, false]];
    while (stack.length > 0) {
      const [node, done] = stack.pop()!;
      if (done) {
        order.push(node);
        continue;
      }
      if (seen.has(node)) continue;
      seen.add(node);
      stack.push([node, true]);
      const list = edges[node]!;
      for (let i = list.length - 1; i >= 0; i--) {
        if (!seen.has(list[i]!)) stack.push([list[i]!, false]);
      }
    }
  }
  return order;
}

function rejectCycles(
  exprs: readonly SourceExpr[],
  edges: readonly (readonly number[])[],
  order: readonly number[],
): void {
  const settled = new Set<number>();
  for (const node of order) {
    let count = 0;
    for (const next of edges[node]!) {
      if (edges[next]!.length === 0 || settled.has(next)) {
        settled.add(next);
        count++;
      }
    }
    if (count === edges[node]!.length) settled.add(node);
  }
  if (settled.size === order.length) return;
  const names: string[] = [];
  let span = exprs[0]!.span;
  for (const node of order) {
    if (settled.has(node)) continue;
    const name = definedName(exprs[node]!);
    if (name !== null) names.push(name.name);
    span = exprs[node]!.span;
  }
  names.sort();
  throw new ParseFailure(
    'CircularReference',
    `detected circular reference: ${names.join(', ')}`,
    span,
  );
}
