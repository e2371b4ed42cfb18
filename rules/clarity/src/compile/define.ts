/**
 * Top-level forms to a contract: at deployment they run and are charged, later they are rebuilt
 * from the stored source with the constants that were computed then.
 *
 * Source: stacks-core clarity/src/vm/functions/define.rs, mod.rs (eval_all), contexts.rs
 * (initialize_contract_from_ast).
 */

import { Ty } from '@assay/clarity-value';
import { charge } from '../costs/charge.ts';
import { checkError } from '../errors.ts';
import type { Exec, Frame } from '../exec/exec.ts';
import type { CodeObserver } from '../exec/observer.ts';
import { admitsValue, makeAcceptor, sanitize, typeMismatch } from '../exec/sanitize.ts';
import { isReservedName } from '../names.ts';
import type { Expr, ListExpr, Program } from '../parse/ast.ts';
import { ftBalancePrefix, ftSupplyKey, mapPrefix, nftPrefix, variableKey } from '../state/keys.ts';
import { encodeValueHex, storedReader } from '../stored.ts';
import { principalValue, type Value, valueSize } from '../value.ts';
import type { ClarityVersion } from '../version.ts';
import { Compiler } from './compiler.ts';
import type { CompiledContract, UserFunction } from './contract.ts';
import { Scope } from './scope.ts';
import { parseNameTypePairs, parseTrait, parseType, type StepCounter } from './types.ts';

export function emptyContract(id: string, version: ClarityVersion): CompiledContract {
  return {
    id,
    principal: principalValue(id),
    version,
    functions: new Map(),
    constants: new Map(),
    vars: new Map(),
    maps: new Map(),
    fts: new Map(),
    nfts: new Map(),
    traits: new Map(),
    implemented: new Set(),
    loadSize: 0,
    deploying: false,
  };
}

/**
 * Runs the top level: constants, initial state, loose expressions. The last of these, if any.
 * @throws RuntimeFailure and what running can throw; the caller rolls back
 */
export function runTopLevel(
  x: Exec,
  contract: CompiledContract,
  program: Program,
  observer: CodeObserver | null,
): Value | null {
  contract.deploying = true;
  const builder = new Builder(contract, x, observer);
  let last: Value | null = null;
  let held = 0;
  for (const index of program.order) {
    const value = builder.form(program.expressions[index]!);
    if (value === null) continue;
    if (value.constant) held += valueSize(value.value);
    else last = value.value;
  }
  x.m.memoryHeld -= held;
  contract.deploying = false;
  return last;
}

/** Rebuilds a deployed contract. `constants` as stored; nothing is evaluated or charged. */
export function rebuildContract(
  program: Program,
  version: ClarityVersion,
  constants: ReadonlyMap<string, Value>,
  observer: CodeObserver | null,
): CompiledContract {
  const contract = emptyContract(program.contractId, version);
  for (const [name, value] of constants) contract.constants.set(name, sanitize(value));
  const builder = new Builder(contract, null, observer);
  for (const index of program.order) builder.form(program.expressions[index]!);
  return contract;
}

interface FormValue {
  readonly value: Value;
  readonly constant: boolean;
}

class Builder {
  readonly #contract: CompiledContract;
  readonly #compiler: Compiler;
  /** Null when rebuilding. */
  readonly #x: Exec | null;
  readonly #steps: StepCounter;

  constructor(contract: CompiledContract, x: Exec | null, observer: CodeObserver | null) {
    this.#contract = contract;
    this.#compiler = new Compiler(contract, observer);
    this.#x = x;
    this.#steps = { step: () => x !== null && charge(x.m, 'typeParseStep', 0) };
  }

  form(expr: Expr): FormValue | null {
    if (expr.kind === 'list' && expr.items[0]?.kind === 'atom') {
      const args = expr.items.slice(1);
      switch (expr.items[0].name) {
        case 'define-constant':
          return this.#constant(args);
        case 'define-public':
          return this.#function(args, 'public');
        case 'define-private':
          return this.#function(args, 'private');
        case 'define-read-only':
          return this.#function(args, 'read-only');
        case 'define-data-var':
          return this.#dataVar(args);
        case 'define-map':
          return this.#map(args);
        case 'define-fungible-token':
          return this.#fungible(args);
        case 'define-non-fungible-token':
          return this.#nonFungible(args);
        case 'define-trait':
          this.#contract.traits.set(
            this.#newName(args[0]),
            parseTrait(args[1], this.#contract.version, this.#steps),
          );
          return null;
        case 'impl-trait':
          if (args[0]?.kind === 'field') {
            const { trait } = args[0];
            this.#contract.implemented.add(`${trait.contract}.${trait.name}`);
          }
          return null;
        case 'use-trait':
          return null;
      }
    }
    if (this.#x === null) return null;
    return { value: this.#evaluate(expr, true), constant: false };
  }

  #newName(expr: Expr | undefined): string {
    if (expr?.kind !== 'atom') throw checkError('Unreachable', 'Expected name');
    this.#requireFree(expr.name);
    return expr.name;
  }

  #requireFree(name: string): void {
    const c = this.#contract;
    const used =
      isReservedName(name, c.version) ||
      c.functions.has(name) ||
      c.vars.has(name) ||
      c.maps.has(name) ||
      c.fts.has(name) ||
      c.nfts.has(name) ||
      c.traits.has(name) ||
      (this.#x !== null && c.constants.has(name));
    if (used)
      throw checkError('NameAlreadyUsed', `defining '${name}' conflicts with previous value`);
  }

  /** At the top level: no locals, the issuer calls. */
  #evaluate(expr: Expr, copied: boolean): Value {
    const scope = new Scope();
    const code = copied
      ? this.#compiler.owned(expr, scope, 0)
      : this.#compiler.code(expr, scope, 0);
    const issuer = principalValue(this.#contract.id.slice(0, this.#contract.id.indexOf('.')));
    const frame: Frame = { x: this.#x!, locals: [], sender: issuer, caller: issuer, depth: 0 };
    return code(frame);
  }

  #constant(args: readonly Expr[]): FormValue | null {
    const name = this.#newName(args[0]);
    if (this.#x === null) return null;
    const value = this.#evaluate(args[1]!, true);
    charge(this.#x.m, 'bindName', 0);
    this.#x.m.hold(valueSize(value));
    this.#contract.constants.set(name, value);
    return { value, constant: true };
  }

  #function(args: readonly Expr[], access: UserFunction['access']): null {
    const signature = args[0] as ListExpr;
    const name = this.#newName(signature.items[0]);
    const parameters = parseNameTypePairs(signature.items.slice(1), 'Eval', this.#steps);
    const { version } = this.#contract;
    const scope = new Scope();
    for (const { name: parameter, type } of parameters) {
      this.#requireFree(parameter);
      scope.define(parameter, version === 1 && type.kind === 'trait');
    }
    const body = this.#compiler.owned(args[1]!, scope, 0);
    if (this.#x !== null) charge(this.#x.m, 'bindName', 0);
    this.#contract.functions.set(name, {
      name,
      contract: this.#contract,
      access,
      parameters,
      kinds: parameters.map(({ type }) =>
        type.kind === 'int' || type.kind === 'uint' || type.kind === 'bool' ? type.kind : null,
      ),
      accept: parameters.map(({ type }) => makeAcceptor(type, version)),
      body,
      activeIn: 0,
    });
    return null;
  }

  #dataVar(args: readonly Expr[]): null {
    const name = this.#newName(args[0]);
    const type = parseType(args[1]!, this.#steps);
    const key = variableKey(this.#contract.id, name);
    const x = this.#x;
    if (x !== null) {
      const value = this.#evaluate(args[2]!, true);
      charge(x.m, 'createVar', type.size);
      x.m.keep(type.typeSize + valueSize(value));
      if (!admitsValue(type, value)) typeMismatch(type, value);
      x.db.put(key, encodeValueHex(value));
    }
    this.#contract.vars.set(name, { name, type, key, read: storedReader(type) });
    return null;
  }

  #map(args: readonly Expr[]): null {
    const name = this.#newName(args[0]);
    const keyType = parseType(args[1]!, this.#steps);
    const valueType = parseType(args[2]!, this.#steps);
    if (this.#x !== null) {
      charge(this.#x.m, 'createMap', keyType.size + valueType.size);
      this.#x.m.keep(keyType.typeSize + valueType.typeSize);
    }
    this.#contract.maps.set(name, {
      name,
      keyType,
      valueType,
      read: storedReader(Ty.optional(valueType)),
      prefix: mapPrefix(this.#contract.id, name),
    });
    return null;
  }

  #fungible(args: readonly Expr[]): null {
    const name = this.#newName(args[0]);
    const { id } = this.#contract;
    const supplyKey = ftSupplyKey(id, name);
    const supplyMax = this.#supplyMax(name, args[1]);
    const x = this.#x;
    if (x !== null) {
      charge(x.m, 'createFt', 0);
      x.m.keep(1);
      x.db.put(supplyKey, '0');
    }
    this.#contract.fts.set(name, {
      name,
      supplyMax,
      supplyKey,
      balancePrefix: ftBalancePrefix(id, name),
      assetId: `${id}::${name}`,
    });
    return null;
  }

  /** Kept beside the constants, under a name no constant can have. */
  #supplyMax(name: string, expr: Expr | undefined): bigint | null {
    if (expr === undefined) return null;
    const slot = supplySlot(name);
    if (this.#x !== null) {
      const value = this.#evaluate(expr, false);
      if (value.type !== 'uint') throw checkError('TypeValueError', 'expected uint');
      this.#contract.constants.set(slot, value);
      return value.value;
    }
    const stored = this.#contract.constants.get(slot);
    return stored?.type === 'uint' ? stored.value : null;
  }

  #nonFungible(args: readonly Expr[]): null {
    const name = this.#newName(args[0]);
    const type = parseType(args[1]!, this.#steps);
    if (this.#x !== null) {
      charge(this.#x.m, 'createNft', type.size);
      this.#x.m.keep(type.typeSize);
    }
    this.#contract.nfts.set(name, {
      name,
      type,
      prefix: nftPrefix(this.#contract.id, name),
      assetId: `${this.#contract.id}::${name}`,
    });
    return null;
  }
}

const supplySlot = (token: string) => `${token}::supply`;

export function isSupplySlot(name: string): boolean {
  return name.endsWith('::supply');
}
