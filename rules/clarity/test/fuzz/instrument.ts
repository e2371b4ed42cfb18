/**
 * Counts how often each block of a JavaScript module runs: a counter goes in wherever control can
 * branch (bodies, arms, cases, right sides of `&&` and `||`). Instrumented code stays optimisable,
 * so a fuzzer sees coverage at full speed and needs no clock to tell linear from quadratic work.
 */
import { parseAst } from 'vitest/node';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
  readonly closes: boolean;
}

/** The array of counters, one number per point, under this global name. */
export const COUNTERS = '__fuzzCounters';

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

class Instrumenter {
  readonly insertions: Insertion[] = [];
  next: number;

  constructor(firstPoint: number) {
    this.next = firstPoint;
  }

  #count(): string {
    return `${COUNTERS}[${this.next++}]++`;
  }

  #wrap(node: Node, open: string, close: string): void {
    this.insertions.push({ at: node.start, text: open, closes: false });
    this.insertions.push({ at: node.end, text: close, closes: true });
  }

  #expression(node: unknown): void {
    if (isNode(node)) this.#wrap(node, `(${this.#count()},`, ')');
  }

  #statement(node: unknown): void {
    if (isNode(node) && node.type !== 'BlockStatement') {
      this.#wrap(node, `{${this.#count()};`, '}');
    }
  }

  visit(node: Node): void {
    switch (node.type) {
      case 'BlockStatement':
        this.insertions.push({ at: node.start + 1, text: `${this.#count()};`, closes: false });
        break;
      case 'ArrowFunctionExpression':
        if ((node.body as Node).type !== 'BlockStatement') this.#expression(node.body);
        break;
      case 'ConditionalExpression':
        this.#expression(node.consequent);
        this.#expression(node.alternate);
        break;
      case 'LogicalExpression':
        this.#expression(node.right);
        break;
      case 'IfStatement':
        this.#statement(node.consequent);
        this.#statement(node.alternate);
        break;
      case 'ForStatement':
      case 'ForOfStatement':
      case 'ForInStatement':
      case 'WhileStatement':
        this.#statement(node.body);
        break;
      case 'SwitchCase': {
        const [first] = node.consequent as Node[];
        if (first !== undefined) {
          this.insertions.push({ at: first.start, text: `${this.#count()};`, closes: false });
        }
        break;
      }
    }
    for (const child of Object.values(node)) {
      if (isNode(child)) this.visit(child);
      else if (Array.isArray(child)) for (const one of child) if (isNode(one)) this.visit(one);
    }
  }
}

/** @param firstPoint number of the first counter; the answer says how many points there are now */
export function instrument(code: string, firstPoint: number): { code: string; points: number } {
  const instrumenter = new Instrumenter(firstPoint);
  instrumenter.visit(parseAst(code) as unknown as Node);
  // At one place inner wrappers close before outer ones, and everything closes before it opens.
  const ordered = instrumenter.insertions
    .map((insertion, i) => ({ ...insertion, rank: insertion.closes ? -i : i }))
    .sort((a, b) => a.at - b.at || Number(b.closes) - Number(a.closes) || a.rank - b.rank);
  let out = '';
  let from = 0;
  for (const { at, text } of ordered) {
    out += code.slice(from, at) + text;
    from = at;
  }
  return { code: out + code.slice(from), points: instrumenter.next };
}
