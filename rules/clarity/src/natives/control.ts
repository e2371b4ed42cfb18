/**
 * Control flow, optionals and responses: what decides, binds, leaves early or wraps.
 *
 * Source: stacks-core clarity/src/vm/functions/{mod,boolean,options}.rs.
 */

import { leastSupertype } from '@assay/clarity-value';
import type { CompileExpr } from '../compile/compiler.ts';
import { DEPTH_MAX, tooDeep } from '../compile/depth.ts';
import type { PlainNative } from '../compile/plain.ts';
import type { Scope } from '../compile/scope.ts';
import { charge, costRuntime } from '../costs/charge.ts';
import type { CostName } from '../costs/costs.table.ts';
import { checkError, EarlyReturn, RuntimeFailure } from '../errors.ts';
import type { Code } from '../exec/exec.ts';
import { isReservedName } from '../names.ts';
import {
  errValue,
  exportValue,
  FALSE,
  NONE,
  okValue,
  someValue,
  TRUE,
  typeOfValue,
  type Value,
  valueSize,
  valuesEqual,
} from '../value.ts';
import { badType, special, unreachableType, wrongArity } from './special.ts';
import type { SpecialCall, SpecialNative } from './table.ts';

const ifNative: SpecialNative = (call) => {
  const { c, args, scope, k, lookup } = call;
  if (args.length !== 3) return wrongArity(call);
  const condition = c.code(args[0]!, scope, k + 1);
  const yes = c.owned(args[1]!, scope, k + 1);
  const no = c.owned(args[2]!, scope, k + 1);
  const cost = lookup + costRuntime('if', 0);
  return (f) => {
    if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
    f.x.m.addRuntime(cost);
    const test = condition(f);
    if (test.type !== 'bool') throw badType('bool', test);
    return test.value ? yes(f) : no(f);
  };
};

const asserts: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 2) return wrongArity(call);
  const condition = c.code(args[0]!, scope, k + 1);
  // A true condition is returned as a copy: that costs when it is a variable.
  const sizeCost = isVariableAtom(call, args[0]!) ? costRuntime('lookupVariableSize', 1) : 0;
  const thrown = c.owned(args[1]!, scope, k + 1);
  return special(call, costRuntime('asserts', 0), (f) => {
    const test = condition(f);
    if (test.type !== 'bool') throw badType('bool', test);
    if (test.value) {
      if (sizeCost > 0) f.x.m.addRuntime(sizeCost);
      return test;
    }
    throw new EarlyReturn(thrown(f), 'assert');
  });
};

/** Whether reading the expression is a variable lookup whose copy costs. */
function isVariableAtom(call: SpecialCall, expr: CompileExpr): boolean {
  if (expr.kind !== 'atom') return false;
  const local = call.scope.lookup(expr.name);
  return local !== null ? !local.callableOnly : call.c.contract.constants.has(expr.name);
}

function junction(cost: CostName, stopAt: boolean): SpecialNative {
  return (call) => {
    const { c, args, scope, k } = call;
    if (args.length === 0) return wrongArity(call);
    const codes = args.map((arg) => c.code(arg, scope, k + 1));
    return special(call, costRuntime(cost, args.length), (f) => {
      for (const code of codes) {
        const value = code(f);
        if (value.type !== 'bool') throw badType('bool', value);
        if (value.value === stopAt) return value.value ? TRUE : FALSE;
      }
      return stopAt ? FALSE : TRUE;
    });
  };
}

const letNative: SpecialNative = (call) => {
  const { c, args, scope, k, lookup } = call;
  const bindings = args[0];
  if (args.length < 2 || bindings?.kind !== 'list') return wrongArity(call);
  const inner = scope.extend();
  const slots: number[] = [];
  const values: Code[] = [];
  for (const pair of bindings.items) {
    if (pair.kind !== 'list' || pair.items[0]?.kind !== 'atom') return wrongArity(call);
    const { name } = pair.items[0];
    // The value is compiled before its name exists.
    values.push(taken(call, inner, name) ?? c.owned(pair.items[1]!, inner, k + 1));
    slots.push(inner.define(name));
  }
  const body = args.slice(1);
  const last = c.owned(body.at(-1)!, inner, k + 1);
  const before = body.slice(0, -1).map((expr) => c.code(expr, inner, k + 1));
  const cost = lookup + costRuntime('let', slots.length);
  // Upstream counts the memory of a binding before it charges for copying the value; the order
  // shows only when both limits are passed at once.
  return (f) => {
    if (f.depth + k >= DEPTH_MAX) tooDeep(f, lookup);
    const m = f.x.m;
    m.addRuntime(cost);
    let held = 0;
    for (let i = 0; i < slots.length; i++) {
      const value = values[i]!(f);
      const size = valueSize(value);
      m.hold(size);
      held += size;
      f.locals[slots[i]!] = value;
    }
    for (let i = 0; i < before.length; i++) before[i]!(f);
    const result = last(f);
    m.memoryHeld -= held;
    return result;
  };
};

/** A name that cannot be bound: found when running, as upstream does. */
function taken(call: SpecialCall, scope: Scope, name: string): Code | null {
  const { contract, version } = call.c;
  if (
    !isReservedName(name, version) &&
    !contract.functions.has(name) &&
    scope.lookup(name) === null
  ) {
    return null;
  }
  return () => {
    throw checkError('NameAlreadyUsed', `defining '${name}' conflicts with previous value`);
  };
}

/** A branch of `match` with its value bound to a name. */
function bound(call: SpecialCall, name: string, body: CompileExpr): (slotValue: Value) => Code {
  const inner = call.scope.extend();
  const conflict = taken(call, inner, name);
  const slot = inner.define(name);
  const code = conflict ?? call.c.owned(body, inner, call.k + 1);
  return (value) => (f) => {
    const size = valueSize(value);
    f.x.m.hold(size);
    f.locals[slot] = value;
    const result = code(f);
    f.x.m.memoryHeld -= size;
    return result;
  };
}

const match: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  const input = args[0] === undefined ? null : c.owned(args[0], scope, k + 1);
  const first = args[1];
  const third = args[3];
  if (input === null || first?.kind !== 'atom') return wrongArity(call);
  const cost = costRuntime('match', 0);
  if (args.length === 4) {
    const some = bound(call, first.name, args[2]!);
    const none = c.owned(args[3]!, scope, k + 1);
    return special(call, 0, (f) => {
      const value = input(f);
      f.x.m.addRuntime(cost);
      if (value.type === 'some') return some(value.value)(f);
      if (value.type === 'none') return none(f);
      throw unreachableType('Bad match input');
    });
  }
  if (args.length !== 5 || third?.kind !== 'atom') return wrongArity(call);
  const onOk = bound(call, first.name, args[2]!);
  const onErr = bound(call, third.name, args[4]!);
  return special(call, 0, (f) => {
    const value = input(f);
    f.x.m.addRuntime(cost);
    if (value.type === 'ok') return onOk(value.value)(f);
    if (value.type === 'err') return onErr(value.value)(f);
    throw unreachableType('Bad match input');
  });
};

const print: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length < 1) return wrongArity(call);
  const input = c.code(args[0]!, scope, k + 1);
  const copies = isVariableAtom(call, args[0]!);
  const contractId = c.contract.id;
  return special(call, 0, (f) => {
    const value = input(f);
    const size = valueSize(value);
    charge(f.x.m, 'print', size);
    if (copies) f.x.m.addRuntime(1 + 2 * size);
    f.x.addEvent(
      { type: 'contract_event', contractId, topic: 'print', value: exportValue(value) },
      size,
    );
    return value;
  });
};

export const CONTROL_SPECIALS: readonly [string, SpecialNative][] = [
  ['if', ifNative],
  ['asserts!', asserts],
  ['and', junction('and', false)],
  ['or', junction('or', true)],
  ['let', letNative],
  ['match', match],
  ['print', print],
];

function plain1(name: string, cost: CostName, one: (a: Value) => Value): PlainNative {
  return { name, cost, input: 'count', arity: 1, one };
}

/** The content of `some` or `ok`; null for `none` and `err`. */
function unwrapped(value: Value): Value | null {
  if (value.type === 'some' || value.type === 'ok') return value.value;
  if (value.type === 'none' || value.type === 'err') return null;
  throw unreachableType('Expected optional or response value');
}

function unwrappedErr(value: Value): Value | null {
  if (value.type === 'err') return value.value;
  if (value.type === 'ok') return null;
  throw unreachableType('Expected response value');
}

function isSome(value: Value): boolean {
  if (value.type === 'some') return true;
  if (value.type === 'none') return false;
  throw unreachableType('Expected option value');
}

function isOk(value: Value): boolean {
  if (value.type === 'ok') return true;
  if (value.type === 'err') return false;
  throw unreachableType('Expected response value');
}

function equalAll(args: readonly Value[]): Value {
  let type = typeOfValue(args[0]!);
  for (const arg of args) {
    type = leastSupertype(typeOfValue(arg), type);
    if (!valuesEqual(arg, args[0]!)) return FALSE;
  }
  return TRUE;
}

export const CONTROL_PLAIN: readonly PlainNative[] = [
  {
    name: 'is-eq',
    cost: 'eq',
    input: 'serialized',
    arity: null,
    one: () => TRUE,
    two: (a, b) => (valuesEqual(a, b) ? TRUE : FALSE),
    many: (args) => (args.length < 2 ? TRUE : equalAll(args)),
  },
  {
    name: 'begin',
    cost: 'begin',
    input: 'count',
    arity: null,
    one: (a) => a,
    two: (_a, b) => b,
    many(args) {
      const last = args.at(-1);
      if (last === undefined) throw unreachableType('Requires at least args: 1 got 0');
      return last;
    },
  },
  plain1('not', 'not', (a) => {
    if (a.type !== 'bool') throw badType('bool', a);
    return a.value ? FALSE : TRUE;
  }),
  plain1('some', 'someCons', someValue),
  plain1('ok', 'okCons', okValue),
  plain1('err', 'errCons', errValue),
  plain1('is-some', 'isSome', (a) => (isSome(a) ? TRUE : FALSE)),
  plain1('is-none', 'isNone', (a) => (isSome(a) ? FALSE : TRUE)),
  plain1('is-ok', 'isOkay', (a) => (isOk(a) ? TRUE : FALSE)),
  plain1('is-err', 'isErr', (a) => (isOk(a) ? FALSE : TRUE)),
  {
    name: 'default-to',
    cost: 'defaultTo',
    input: 'count',
    arity: 2,
    two(fallback, value) {
      if (value.type === 'some') return value.value;
      if (value.type === 'none') return fallback;
      throw unreachableType('Expected option value');
    },
  },
  {
    name: 'unwrap!',
    cost: 'unwrapRet',
    input: 'count',
    arity: 2,
    two(value, thrown) {
      const inner = unwrapped(value);
      if (inner === null) throw new EarlyReturn(thrown, 'unwrap');
      return inner;
    },
  },
  {
    name: 'unwrap-err!',
    cost: 'unwrapErrOrRet',
    input: 'count',
    arity: 2,
    two(value, thrown) {
      const inner = unwrappedErr(value);
      if (inner === null) throw new EarlyReturn(thrown, 'unwrap');
      return inner;
    },
  },
  plain1('unwrap-panic', 'unwrap', (value) => {
    const inner = unwrapped(value);
    if (inner === null) throw new RuntimeFailure('UnwrapFailure');
    return inner;
  }),
  plain1('unwrap-err-panic', 'unwrapErr', (value) => {
    const inner = unwrappedErr(value);
    if (inner === null) throw new RuntimeFailure('UnwrapFailure');
    return inner;
  }),
  plain1('try!', 'tryRet', (value) => {
    if (value.type === 'some' || value.type === 'ok') return value.value;
    if (value.type === 'none') throw new EarlyReturn(NONE, 'unwrap');
    if (value.type === 'err') throw new EarlyReturn(value, 'unwrap');
    throw checkError('Unreachable', 'Expected optional or response value');
  }),
];
