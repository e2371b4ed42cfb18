/**
 * Finds writes reachable from read-only functions. Runs before the type checker, so its errors win.
 *
 * Source: stacks-core clarity/src/vm/analysis/read_only_checker/mod.rs.
 */
import { CheckFailure } from '../errors.ts';
import { isNativeName } from '../names.ts';
import type { Expr, Program } from '../parse/ast.ts';
import type { ClarityVersion } from '../version.ts';
import { checkDefineShape } from './define-shapes.ts';
import { fail } from './fail.ts';
import type { RecordLoader } from './record.ts';
import { requireAtLeast, requireCount } from './signatures.ts';

const RECURSION_MAX = 160;

const WRITES: ReadonlySet<string> = new Set([
  'stx-transfer?',
  'stx-transfer-memo?',
  'stx-burn?',
  'map-set',
  'map-delete',
  'map-insert',
  'var-set',
  'nft-mint?',
  'ft-mint?',
  'nft-transfer?',
  'ft-transfer?',
  'nft-burn?',
  'ft-burn?',
]);

export function checkReadOnly(program: Program, version: ClarityVersion, load: RecordLoader): void {
  const checker = new ReadOnlyChecker(version, load);
  for (const index of program.order) checker.topLevel(program.expressions[index]!);
}

class ReadOnlyChecker {
  readonly #version: ClarityVersion;
  readonly #load: RecordLoader;
  /** name -> whether it only reads */
  readonly #functions = new Map<string, boolean>();

  constructor(version: ClarityVersion, load: RecordLoader) {
    this.#version = version;
    this.#load = load;
  }

  topLevel(expr: Expr): void {
    try {
      this.#topLevel(expr);
    } catch (error) {
      if (error instanceof CheckFailure) error.span ??= expr.span;
      throw error;
    }
  }

  #topLevel(expr: Expr): void {
    const form = checkDefineShape(expr);
    if (form === null) {
      this.#reads(expr, 0);
      return;
    }
    const { name, args } = form;
    switch (name) {
      case 'define-constant':
        this.#reads(args[1]!, 0);
        return;
      case 'define-data-var':
        this.#reads(args[2]!, 0);
        return;
      case 'define-fungible-token':
        if (args.length === 2) this.#reads(args[1]!, 0);
        return;
      case 'define-public':
      case 'define-private':
      case 'define-read-only': {
        const signature = args[0]!;
        const head = signature.kind === 'list' ? signature.items[0] : undefined;
        if (head === undefined) fail('DefineFunctionBadSignature');
        if (head.kind !== 'atom') fail('BadFunctionName', 'invalid function name');
        const reads = this.#reads(args[1]!, 0);
        if (!reads && name === 'define-read-only') {
          fail(
            'WriteAttemptedInReadOnly',
            'expecting read-only statements, detected a writing operation',
          );
        }
        this.#functions.set(head.name, reads);
        return;
      }
      default:
        return;
    }
  }

  #reads(expr: Expr, depth: number): boolean {
    return expr.kind === 'list' ? this.#application(expr.items, depth) : true;
  }

  #allRead(exprs: readonly Expr[], depth: number): boolean {
    let result = true;
    for (const expr of exprs) result = this.#reads(expr, depth) && result;
    return result;
  }

  #application(items: readonly Expr[], depth: number): boolean {
    const [head, ...args] = items;
    if (head?.kind !== 'atom')
      return fail('NonFunctionApplication', 'expecting expression of type function');
    if (isNativeName(head.name, this.#version)) {
      try {
        if (depth > RECURSION_MAX) fail('ReadOnlyCheckerRecursionLimitExceeded');
        return this.#native(head.name, args, depth + 1);
      } catch (error) {
        if (error instanceof CheckFailure) error.span ??= head.span;
        throw error;
      }
    }
    const known = this.#functions.get(head.name);
    if (known === undefined) {
      const message = `use of unresolved function '${head.name}'`;
      throw new CheckFailure('UnknownFunction', message, head.span);
    }
    return this.#allRead(args, depth) && known;
  }

  #native(name: string, args: readonly Expr[], depth: number): boolean {
    if (WRITES.has(name)) {
      this.#allRead(args, depth);
      return false;
    }
    switch (name) {
      case 'from-consensus-buff?':
        requireCount(2, args.length);
        return this.#allRead(args.slice(1), depth);
      case 'at-block': {
        requireCount(2, args.length);
        const block = this.#reads(args[0]!, depth);
        if (!this.#reads(args[1]!, depth)) return fail('AtBlockClosureMustBeReadOnly');
        return block;
      }
      case 'map-get?':
        requireCount(2, args.length);
        return this.#allRead(args, depth);
      case 'let': {
        requireAtLeast(2, args.length);
        const bindings = args[0]!;
        if (bindings.kind !== 'list') return fail('BadLetSyntax', "invalid syntax of 'let'");
        return this.#pairs(bindings.items, depth) && this.#allRead(args.slice(1), depth);
      }
      case 'tuple':
        return this.#pairs(args, depth);
      case 'map':
        requireAtLeast(2, args.length);
        return this.#application(args, depth);
      case 'filter':
        requireCount(2, args.length);
        return this.#application(args, depth);
      case 'fold':
        requireCount(3, args.length);
        return this.#application(args, depth);
      case 'contract-call?':
        return this.#contractCall(args, depth);
      case 'restrict-assets?': {
        requireAtLeast(3, args.length);
        const owner = this.#reads(args[0]!, depth);
        const allowances = this.#allowances(args[1]!, depth);
        return this.#allRead(args.slice(2), depth) && owner && allowances;
      }
      case 'as-contract?': {
        requireAtLeast(2, args.length);
        const allowances = this.#allowances(args[0]!, depth);
        return this.#allRead(args.slice(1), depth) && allowances;
      }
      default:
        return this.#allRead(args, depth);
    }
  }

  #allowances(list: Expr, depth: number): boolean {
    if (list.kind !== 'list') return fail('ExpectedListOfAllowances');
    return this.#allRead(list.items, depth);
  }

  /** Stops at the first pair that writes. */
  #pairs(pairs: readonly Expr[], depth: number): boolean {
    for (const pair of pairs) {
      if (pair.kind !== 'list' || pair.items.length !== 2) {
        throw new CheckFailure('BadSyntaxBinding', 'expected a (name value) pair', pair.span);
      }
      if (!this.#reads(pair.items[1]!, depth)) return false;
    }
    return true;
  }

  #contractCall(args: readonly Expr[], depth: number): boolean {
    requireAtLeast(2, args.length);
    const [target, name] = args;
    if (name?.kind !== 'atom')
      return fail('ContractCallExpectName', 'missing contract name for call');
    let readOnly = false;
    if (
      target?.kind === 'literal' &&
      target.value.type === 'principal' &&
      target.value.contractName
    ) {
      const contract =
        this.#load(target.value.text) ??
        fail('NoSuchContract', `use of unresolved contract '${target.value.text}'`);
      readOnly = contract.functions.get(name.name)?.access === 'read-only';
    } else if (target?.kind !== 'atom') {
      return fail('ContractCallExpectName', 'missing contract name for call');
    }
    return this.#allRead(args.slice(2), depth) && readOnly;
  }
}
