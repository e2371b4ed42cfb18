/**
 * The type checker: walks expressions, charges each step, and knows the contract being defined.
 * What each native demands is in check-*.ts.
 *
 * Source: stacks-core clarity/src/vm/analysis/type_checker/v2_1/mod.rs.
 */
import {
  admitsType,
  ClarityTypeError,
  formatType,
  leastSupertype,
  type TraitId,
  Ty,
  type TypeSignature,
} from '@assay/clarity-value';
import { charge } from '../costs/charge.ts';
import type { CostMeter } from '../costs/cost.ts';
import type { CostName } from '../costs/costs.table.ts';
import { CheckFailure } from '../errors.ts';
import { isNativeName, isVariableName } from '../names.ts';
import type { Expr } from '../parse/ast.ts';
import { literalTypeOf } from '../value.ts';
import type { ClarityVersion } from '../version.ts';
import { checkCompliance } from './compliance.ts';
import type { TypingContext } from './context.ts';
import { fail, typeError } from './fail.ts';
import { NATIVE_CHECKS } from './native-checks.ts';
import type { FunctionTypes, RecordLoader, TraitMethods } from './record.ts';
import { fitTraits, TraitPairs } from './traits.ts';

const RESERVED_SINCE_3 = 'block-height';

export class Checker {
  readonly contractId: string;
  readonly version: ClarityVersion;
  readonly m: CostMeter;
  readonly load: RecordLoader;
  readonly variables = new Map<string, TypeSignature>();
  readonly dataVars = new Map<string, TypeSignature>();
  readonly maps = new Map<string, { readonly key: TypeSignature; readonly value: TypeSignature }>();
  readonly fts = new Set<string>();
  readonly nfts = new Map<string, TypeSignature>();
  readonly functions = new Map<string, FunctionTypes>();
  /** By identity; in Clarity 1 by bare name. */
  readonly #traits = new Map<string, TraitMethods>();
  readonly #traitNames = new Set<string>();
  /** By identity: naming a trait twice implements it once. */
  readonly implemented = new Map<string, TraitId>();
  readonly traitPairs = new TraitPairs();
  /** Undefined outside a function; null until something may return early. */
  returnType: TypeSignature | null | undefined = undefined;

  constructor(
    contractId: string,
    version: ClarityVersion,
    deps: { readonly meter: CostMeter; readonly load: RecordLoader },
  ) {
    this.contractId = contractId;
    this.version = version;
    this.m = deps.meter;
    this.load = deps.load;
  }

  charge(name: CostName, n: number): void {
    charge(this.m, name, n);
  }

  /** Comparing two types costs by the larger description. */
  chargeCompare(a: TypeSignature, b: TypeSignature): void {
    charge(this.m, 'analysisTypeCheck', Math.max(a.typeSize, b.typeSize));
  }

  visit(expr: Expr, context: TypingContext): TypeSignature {
    this.charge('analysisVisit', 0);
    return this.placed(expr, () => {
      const type = this.#typeOf(expr, context);
      this.charge('analysisTypeAnnotate', type.typeSize);
      return type;
    });
  }

  /** The type of an expression that must be of `expected`. */
  expects(expr: Expr, context: TypingContext, expected: TypeSignature): TypeSignature {
    if (this.version >= 2) {
      return this.placed(expr, () => {
        const type = this.#typeOf(expr, context);
        this.chargeCompare(expected, type);
        fitTraits(this, type, expected, 1);
        this.charge('analysisTypeAnnotate', expected.typeSize);
        return expected;
      });
    }
    return this.#expectsV1(expr, context, expected);
  }

  #expectsV1(expr: Expr, context: TypingContext, expected: TypeSignature): TypeSignature {
    if (
      expected.kind === 'trait' &&
      expr.kind === 'literal' &&
      expr.value.type === 'principal' &&
      expr.value.contractName !== null
    ) {
      const { value } = expr;
      return this.placed(expr, () => {
        const contract =
          this.load(value.text) ??
          fail('NoSuchContract', `use of unresolved contract '${value.text}'`);
        const { contract: where, name } = expected.trait;
        const definer =
          this.load(where) ?? fail('NoSuchContract', `use of unresolved contract '${where}'`);
        const trait =
          definer.traits.get(name) ??
          fail('NoSuchTrait', `use of unresolved trait ${where}.${name}`);
        checkCompliance(contract, expected.trait, trait);
        return expected;
      });
    }
    const type = this.visit(expr, context);
    return this.placed(expr, () => {
      this.chargeCompare(expected, type);
      if (!admitsType(expected, type)) typeError(expected, type);
      return type;
    });
  }

  #typeOf(expr: Expr, context: TypingContext): TypeSignature {
    switch (expr.kind) {
      case 'literal':
        return literalTypeOf(expr.value);
      case 'atom':
        return this.#lookup(expr.name, context);
      case 'list':
        return this.#application(expr.items, context);
      default:
        return fail(
          'UnexpectedTraitOrFieldReference',
          'unexpected use of trait reference or field',
        );
    }
  }

  #lookup(name: string, context: TypingContext): TypeSignature {
    this.charge('analysisLookupVariableConst', 0);
    if (isVariableName(name, this.version)) return keywordType(name);
    const constant = this.variables.get(name);
    if (constant !== undefined) return constant;
    const trait = context.traitOf(name);
    if (trait !== null) return Ty.trait(trait);
    if (context.depth === 0) fail('UndefinedVariable', `use of unresolved variable '${name}'`);
    this.charge('analysisLookupVariableDepth', context.depth);
    return (
      context.typeOf(name) ?? fail('UndefinedVariable', `use of unresolved variable '${name}'`)
    );
  }

  #application(items: readonly Expr[], context: TypingContext): TypeSignature {
    const head = items[0];
    if (head?.kind !== 'atom')
      return fail('NonFunctionApplication', 'expecting expression of type function');
    const args = items.slice(1);
    const { name } = head;
    if (isNativeName(name, this.version)) return NATIVE_CHECKS.get(name)!(this, args, context);
    const fn =
      this.functions.get(name) ?? fail('UnknownFunction', `use of unresolved function '${name}'`);
    // Quirk: a wrong number of arguments is found only when running.
    const count = Math.min(fn.args.length, args.length);
    for (let i = 0; i < count; i++) this.expects(args[i]!, context, fn.args[i]!.type);
    return fn.returns;
  }

  /** Runs a check and gives its failure the place of `expr`, unless it has one. */
  placed<T>(expr: Expr, check: () => T): T {
    try {
      return check();
    } catch (error) {
      if (error instanceof CheckFailure) {
        error.span ??= expr.span;
        throw error;
      }
      if (error instanceof ClarityTypeError) {
        const { left, right, typeErrorName } = error;
        const both =
          typeErrorName === 'TypeError' && left !== null && right !== null
            ? `expecting expression of type '${formatType(left)}', found '${formatType(right)}'`
            : error.message;
        throw new CheckFailure(typeErrorName, both, expr.span);
      }
      throw error;
    }
  }

  visitAll(exprs: readonly Expr[], context: TypingContext): TypeSignature[] {
    return exprs.map((expr) => this.visit(expr, context));
  }

  /** A body: the last value counts, responses before it must not be dropped. */
  visitBody(exprs: readonly Expr[], context: TypingContext): TypeSignature {
    let dropped = false;
    let last: TypeSignature | null = null;
    for (const [i, expr] of exprs.entries()) {
      const type = this.visit(expr, context);
      if (i + 1 < exprs.length) dropped ||= type.kind === 'response';
      else last = type;
    }
    if (dropped)
      fail(
        'UncheckedIntermediaryResponses',
        'intermediary responses in consecutive statements must be checked',
      );
    return last!;
  }

  /** Something that may leave the function with a value of this type. */
  trackReturn(type: TypeSignature): void {
    this.charge('analysisTypeCheck', type.typeSize);
    if (this.returnType === undefined) return;
    this.returnType = this.returnType === null ? type : this.joinReturns(this.returnType, type);
  }

  joinReturns(a: TypeSignature, b: TypeSignature): TypeSignature {
    try {
      return leastSupertype(a, b);
    } catch (error) {
      if (!(error instanceof ClarityTypeError)) throw error;
      return fail(
        'ReturnTypesMustMatch',
        `detected two execution paths, returning two different types '${formatType(a)}' and '${formatType(b)}'`,
      );
    }
  }

  checkNameFree(name: string): void {
    if (this.version >= 3 && name === RESERVED_SINCE_3)
      fail('ReservedWord', `${name} is a reserved word`);
    const used =
      this.variables.has(name) ||
      this.dataVars.has(name) ||
      // Quirk: a read-only function's name does not count here; running finds it.
      (this.functions.get(name)?.access ?? 'read-only') !== 'read-only' ||
      this.fts.has(name) ||
      this.nfts.has(name) ||
      this.#traitNames.has(name) ||
      this.maps.has(name);
    if (used) fail('NameAlreadyUsed', `defining '${name}' conflicts with previous value`);
  }

  addTrait(alias: string, id: TraitId, methods: TraitMethods): void {
    if (this.version >= 3) this.checkNameFree(alias);
    if (this.version >= 2) {
      this.#traitNames.add(alias);
      this.#traits.set(`${id.contract}.${id.name}`, methods);
    } else {
      this.#traitNames.add(id.name);
      this.#traits.set(id.name, methods);
    }
  }

  /** What others may import. Quirk: from a Clarity 1 contract also the traits it only uses. */
  exportedTraits(): ReadonlyMap<string, TraitMethods> {
    if (this.version === 1) return this.#traits;
    const own = `${this.contractId}.`;
    return new Map(
      [...this.#traits]
        .filter(([id]) => id.startsWith(own))
        .map(([id, methods]) => [id.slice(own.length), methods]),
    );
  }

  /** A trait this contract defines or uses. */
  traitMethods(id: TraitId): TraitMethods | null {
    return this.#traits.get(this.version >= 2 ? `${id.contract}.${id.name}` : id.name) ?? null;
  }
}

function keywordType(name: string): TypeSignature {
  switch (name) {
    case 'tx-sender':
    case 'contract-caller':
    case 'current-contract':
      return Ty.principal;
    case 'tx-sponsor?':
      return Ty.optional(Ty.principal);
    case 'none':
      return Ty.optional(Ty.noType);
    case 'true':
    case 'false':
    case 'is-in-regtest':
    case 'is-in-mainnet':
      return Ty.bool;
    default:
      return Ty.uint;
  }
}
