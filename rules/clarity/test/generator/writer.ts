/**
 * Writes expressions of a wanted type: picks a form that can give it, or binds any form and goes
 * on. What the contract has defined so far is kept here.
 */
import { formatType, Ty, type TypeSignature, typesEqual } from '@assay/clarity-value';
import type { ClarityVersion } from '../../src/index.ts';
import { isReservedName } from '../../src/names.ts';
import { CHAIN_FORMS } from './chain-forms.ts';
import { CONTROL_FORMS } from './control-forms.ts';
import { type Form, GENERAL_FORMS } from './forms.ts';
import { type Dice, literal, randomType } from './values.ts';

export interface Named {
  readonly name: string;
  readonly type: TypeSignature;
}

export interface MapDefinition {
  readonly name: string;
  readonly key: TypeSignature;
  readonly value: TypeSignature;
}

export type Access = 'private' | 'read-only' | 'public';

/** A function and what it takes; a type of null is the trait `<adder>`. */
export interface Fn {
  readonly name: string;
  readonly access: Access;
  readonly args: readonly TypeSignature[];
  readonly returns: TypeSignature;
}

const ALL_FORMS: readonly Form[] = [...GENERAL_FORMS, ...CHAIN_FORMS, ...CONTROL_FORMS];

/** The forms a version of the language has. */
export const formsOf = (version: ClarityVersion) =>
  ALL_FORMS.filter(({ name }) => isReservedName(name, version));

const FORMS = new Map(([1, 2, 3, 4, 5] as const).map((version) => [version, formsOf(version)]));

/** Forms of a contract's turn. */
const DUE = 6;

/** Forms that found no place are tried again so often, all together. */
const POSTPONED_MAX = 12;

/** How many functions one contract writes for its maps, filters and folds. */
const HELPERS_MAX = 5;

export class Writer {
  readonly dice: Dice;
  readonly version: ClarityVersion;
  readonly vars: Named[] = [];
  readonly maps: MapDefinition[] = [];
  readonly constants: Named[] = [];
  readonly fns: Fn[] = [];
  /** Functions of other contracts of the program. */
  readonly foreign: (Fn & { readonly contract: string })[];
  /** Definitions written on the way, for `fn`. */
  readonly extra: string[] = [];
  /** Names of arguments that are traits. */
  traits: readonly string[] = [];
  /** What the function being written gives back; null at top level. */
  returns: TypeSignature | null = null;
  mayWrite = false;
  /** A form of the contract's turn is being written. */
  isDue = false;
  /** Levels of expressions still allowed. */
  depth = 3;
  /** Forms of this program's turn that are still to be written. */
  readonly #due: Form[];
  readonly #forms: readonly Form[];
  #scope: readonly Named[] = [];
  #names = 0;
  #postponed = 0;
  #helpers = 0;

  /** @param turn which forms this contract must use, as far as it comes to it */
  constructor(
    dice: Dice,
    version: ClarityVersion,
    options: { readonly turn: number; readonly foreign: Writer['foreign'] },
  ) {
    this.dice = dice;
    this.version = version;
    this.foreign = options.foreign;
    const forms = FORMS.get(version)!;
    this.#forms = forms;
    this.#due = Array.from(
      { length: DUE },
      (_, i) => forms[(options.turn * DUE + i) % forms.length]!,
    );
  }

  fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** Writes with more names in scope. */
  within(names: readonly Named[], write: () => string): string {
    const outer = this.#scope;
    this.#scope = [...outer, ...names];
    const source = write();
    this.#scope = outer;
    return source;
  }

  /** An expression that may stand where the type is wanted. */
  expr(type: TypeSignature): string {
    const fitting = this.#scope.filter((one) => typesEqual(one.type, type));
    if (fitting.length > 0 && this.dice.chance(this.depth > 0 ? 0.3 : 0.7)) {
      return this.dice.pick(fitting).name;
    }
    if (this.depth <= 0) return this.#leaf(type);
    this.depth--;
    const due = this.mayWrite && this.#due.length > 0;
    const source = due || this.dice.chance(0.2) ? this.#bound(type, due) : this.#form(type);
    this.depth++;
    return source ?? this.#leaf(type);
  }

  /** As `expr`, but now and then a tuple with one field more: supertypes drop it. */
  wider(type: TypeSignature): string {
    if (type.kind !== 'tuple' || !this.dice.chance(0.2)) return this.expr(type);
    return this.expr(Ty.tuple([...type.fields, ['more', Ty.uint]]));
  }

  /** Keys repeat, so that maps are hit. */
  key(type: TypeSignature): string {
    if (this.dice.chance(0.5)) return this.expr(type);
    return type.kind === 'uint' ? `u${this.dice.below(3)}` : literal(this.dice, type);
  }

  #leaf(type: TypeSignature): string {
    const known = this.constants.filter((one) => typesEqual(one.type, type));
    if (known.length > 0 && this.dice.chance(0.3)) return this.dice.pick(known).name;
    if (type.kind === 'principal' && this.dice.chance(0.4)) return 'tx-sender';
    return literal(this.dice, type);
  }

  #usable(form: Form): boolean {
    return this.mayWrite || !form.writes;
  }

  #form(type: TypeSignature): string | null {
    if (this.dice.chance(0.12)) return this.#call(type);
    for (let tries = 0; tries < 8; tries++) {
      const form = this.dice.pick(this.#forms);
      const source = this.#usable(form) ? form.source(this, type) : null;
      if (source !== null) return source;
    }
    return null;
  }

  /** A call of a function written before. */
  #call(type: TypeSignature): string | null {
    const known = this.fns.filter(
      (fn) => typesEqual(fn.returns, type) && (this.mayWrite || fn.access !== 'public'),
    );
    if (known.length === 0) return null;
    const fn = this.dice.pick(known);
    return `(${fn.name} ${fn.args.map((arg) => this.expr(arg)).join(' ')})`;
  }

  /** A form, one that is due or any, and then an expression that may use its value. */
  #bound(type: TypeSignature, due: boolean): string | null {
    const form = due ? this.#due.pop()! : this.dice.pick(this.#forms);
    if (!this.#usable(form)) return null;
    this.isDue = due;
    const given = form.gives(this);
    const source = form.source(this, given);
    this.isDue = false;
    // Not here; perhaps in another function.
    if (due && source === null && this.#postponed++ < POSTPONED_MAX) this.#due.unshift(form);
    return source === null ? null : this.#use(source, given, type);
  }

  #use(source: string, given: TypeSignature, type: TypeSignature): string {
    const name = this.fresh('x');
    const bind = () => {
      const rest = this.within([{ name, type: given }], () => this.expr(type));
      return `(let ((${name} ${source})) ${rest})`;
    };
    const ways = [bind];
    if (given.kind === 'response') {
      const other = this.fresh('e');
      ways.push(
        () =>
          `(match ${source} ${name} ${this.within([{ name, type: given.ok }], () => this.expr(type))} ${other} ${this.within([{ name: other, type: given.err }], () => this.expr(type))})`,
        () => `(if (is-ok ${source}) ${this.expr(type)} ${this.expr(type)})`,
      );
      const { returns } = this;
      if (returns?.kind === 'response' && typesEqual(returns.err, given.err)) {
        ways.push(() => `(let ((${name} (try! ${source}))) ${this.expr(type)})`);
      }
    } else if (given.kind === 'optional') {
      ways.push(
        () =>
          `(match ${source} ${name} ${this.within([{ name, type: given.inner }], () => this.expr(type))} ${this.expr(type)})`,
        () => `(if (is-some ${source}) ${this.expr(type)} ${this.expr(type)})`,
      );
    } else {
      ways.push(() => `(begin ${source} ${this.expr(type)})`);
    }
    return this.dice.pick(ways)();
  }

  /** Name of a private function of these types, written when there is none; null for enough. */
  fn(args: readonly TypeSignature[], returns: TypeSignature): string | null {
    const known = this.fns.find(
      (fn) =>
        fn.access === 'private' &&
        fn.args.length === args.length &&
        typesEqual(fn.returns, returns) &&
        fn.args.every((arg, i) => typesEqual(arg, args[i]!)),
    );
    if (known !== undefined) return known.name;
    if (this.#helpers >= HELPERS_MAX) return null;
    this.#helpers++;
    const outer = [this.#scope, this.returns, this.mayWrite, this.depth, this.traits] as const;
    [this.#scope, this.traits, this.mayWrite] = [[], [], false];
    const fn = this.define('private', { args, returns, depth: 1 });
    [this.#scope, this.returns, this.mayWrite, this.depth, this.traits] = outer;
    this.extra.push(fn.source);
    return fn.name;
  }

  /** A whole function of these types; known to later calls when it is done. */
  define(
    access: Access,
    shape: {
      readonly args: readonly TypeSignature[];
      readonly returns: TypeSignature;
      readonly depth: number;
      /** Names of further arguments of trait `<adder>`. */
      readonly traits?: readonly string[];
      readonly name?: string;
    },
  ): { readonly name: string; readonly source: string } {
    const name = shape.name ?? this.fresh('f');
    const params = shape.args.map((type) => ({ name: this.fresh('p'), type }));
    const { returns, traits = [] } = shape;
    [this.returns, this.depth, this.traits] = [returns, shape.depth, traits];
    const body = this.within(params, () => this.expr(returns));
    this.returns = null;
    if (traits.length === 0) this.fns.push({ name, access, args: shape.args, returns });
    const list = [
      ...params.map((param) => ` (${param.name} ${formatType(param.type)})`),
      ...traits.map((trait) => ` (${trait} <adder>)`),
    ].join('');
    return { name, source: `(define-${access} (${name}${list})\n  ${body})` };
  }

  /** Types for the arguments of a function. */
  argTypes(least: number): TypeSignature[] {
    return Array.from({ length: least + this.dice.below(3) }, () => randomType(this.dice, 1));
  }
}

export const PUBLIC_RESULTS = (dice: Dice) =>
  Ty.response(randomType(dice, 1), dice.chance(0.7) ? Ty.uint : randomType(dice, 0));
