/**
 * Whether a contract may define cost functions: constants, private and read-only functions of
 * arithmetic, logic, tuples, optionals and responses. Nothing that reads or writes state, calls
 * contracts, knows traits, hashes, or works longer on longer input.
 *
 * Source: SIP-006; stacks-core clarity/src/vm/analysis/arithmetic_checker/mod.rs.
 */
import { CheckFailure } from '../errors.ts';
import { isDefineForm, isNativeName, isVariableName } from '../names.ts';
import type { Expr, Program } from '../parse/ast.ts';
import type { ClarityVersion } from '../version.ts';

/** Natives whose arguments are all looked at. */
const ALLOWED: ReadonlySet<string> = new Set(
  (
    '+ - * / >= <= < > mod pow sqrti log2 xor bit-and bit-or bit-xor bit-not bit-shift-left ' +
    'bit-shift-right and or not is-eq if some ok err default-to unwrap! unwrap-err! unwrap-panic ' +
    'unwrap-err-panic is-ok is-none is-err is-some asserts! try! to-int to-uint len begin merge'
  ).split(' '),
);
const ALLOWED_VARIABLES: ReadonlySet<string> = new Set(['none', 'true', 'false']);
const ALLOWED_DEFINITIONS: ReadonlySet<string> = new Set([
  'define-constant',
  'define-private',
  'define-read-only',
]);

/** Why the contract may not define cost functions; null when it may. */
export function costContractProblem(
  program: Program,
  version: ClarityVersion,
): CheckFailure | null {
  try {
    const checker = new ArithmeticOnly(version);
    for (const expr of program.expressions) checker.topLevel(expr);
    return null;
  } catch (error) {
    if (error instanceof CheckFailure) return error;
    throw error;
  }
}

function forbid(name: string, message: string, { span }: Expr): never {
  throw new CheckFailure(name, message, span);
}

const malformed = (expr: Expr) =>
  forbid('UnexpectedContractStructure', 'this form has too few or too many parts', expr);

/** Depth is bounded by the parser. */
class ArithmeticOnly {
  readonly #version: ClarityVersion;

  constructor(version: ClarityVersion) {
    this.#version = version;
  }

  topLevel(expr: Expr): void {
    const head = expr.kind === 'list' ? expr.items[0] : undefined;
    if (expr.kind !== 'list' || head?.kind !== 'atom' || !isDefineForm(head.name)) {
      this.#check(expr);
      return;
    }
    if (!ALLOWED_DEFINITIONS.has(head.name)) {
      forbid('DefineTypeForbidden', `${head.name} can not be used in a cost contract`, expr);
    }
    this.#check(expr.items[2] ?? malformed(expr));
  }

  #check(expr: Expr): void {
    switch (expr.kind) {
      case 'literal':
        return;
      case 'atom':
        if (isVariableName(expr.name, this.#version) && !ALLOWED_VARIABLES.has(expr.name)) {
          forbid('VariableForbidden', `${expr.name} can not be read in a cost contract`, expr);
        }
        return;
      case 'list':
        this.#application(expr, expr.items);
        return;
      default:
        forbid('TraitReferencesForbidden', 'traits can not be used in a cost contract', expr);
    }
  }

  #all(exprs: readonly Expr[]): void {
    for (const expr of exprs) this.#check(expr);
  }

  #application(expr: Expr, [head, ...args]: readonly Expr[]): void {
    if (head?.kind !== 'atom') malformed(expr);
    else if (!isNativeName(head.name, this.#version) || ALLOWED.has(head.name)) this.#all(args);
    else this.#all(evaluated(head.name, args, expr));
  }
}

/** Of a native that takes names beside expressions: the expressions. */
function evaluated(native: string, args: readonly Expr[], expr: Expr): readonly Expr[] {
  switch (native) {
    case 'get':
      return args.length === 2 ? [args[1]!] : malformed(expr);
    case 'match':
      if (args.length !== 4 && args.length !== 5) return malformed(expr);
      return [args[0]!, args[2]!, args.at(-1)!];
    case 'let': {
      const [bindings, ...body] = args;
      if (bindings?.kind !== 'list' || body.length === 0) return malformed(expr);
      return [...bindings.items.map(boundValue), ...body];
    }
    case 'tuple':
      return args.map(boundValue);
    default:
      return forbid('FunctionNotPermitted', `${native} can not be used in a cost contract`, expr);
  }
}

/** Of `(name value)`. */
function boundValue(pair: Expr): Expr {
  return pair.kind === 'list' && pair.items.length === 2 ? pair.items[1]! : malformed(pair);
}
