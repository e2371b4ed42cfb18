/**
 * Whether one type may stand for another where traits are involved: a contract for a trait it
 * satisfies, a trait for another with at least its methods (Clarity 2 and later).
 *
 * Source: stacks-core type_checker/v2_1/mod.rs (clarity2_inner_type_check_type and around).
 */
import {
  admitsType,
  ClarityTypeError,
  type TraitId,
  type TypeSignature,
} from '@assay/clarity-value';
import { CheckFailure } from '../errors.ts';
import type { Checker } from './checker.ts';
import { checkCompliance } from './compliance.ts';
import { fail, typeError } from './fail.ts';
import { type TraitMethods, traitTypeSize } from './record.ts';

const DEPTH_MAX = 32;

/**
 * Pairs of traits found compatible, and how many levels of types and traits that took. Without it,
 * traits that refer to each other in several methods are compared once per path: exponentially.
 */
export class TraitPairs {
  readonly #levels = new Map<string, number>();
  /** The deepest level looked at since it was last reset. */
  deepest = 0;

  levels(actual: TraitId, expected: TraitId): number | null {
    return this.#levels.get(pairKey(actual, expected)) ?? null;
  }

  note(actual: TraitId, expected: TraitId, levels: number): void {
    this.#levels.set(pairKey(actual, expected), levels);
  }
}

const pairKey = (a: TraitId, b: TraitId) => `${a.contract}.${a.name} ${b.contract}.${b.name}`;

/** @throws CheckFailure when `actual` cannot be used as `expected` */
export function fitTraits(
  c: Checker,
  actual: TypeSignature,
  expected: TypeSignature,
  depth: number,
): void {
  if (depth > DEPTH_MAX) fail('TypeSignatureTooDeep');
  if (depth > c.traitPairs.deepest) c.traitPairs.deepest = depth;
  if (actual.kind === 'optional' && expected.kind === 'optional') {
    fitTraits(c, actual.inner, expected.inner, depth + 1);
  } else if (actual.kind === 'response' && expected.kind === 'response') {
    fitTraits(c, actual.ok, expected.ok, depth + 1);
    fitTraits(c, actual.err, expected.err, depth + 1);
  } else if (actual.kind === 'list' && expected.kind === 'list') {
    if (actual.length > expected.length) typeError(expected, actual);
    fitTraits(c, actual.entry, expected.entry, depth + 1);
  } else if (actual.kind === 'tuple' && expected.kind === 'tuple') {
    if (actual.fields.size !== expected.fields.size) typeError(expected, actual);
    for (const [name, field] of expected.fields) {
      const found = actual.fields.get(name);
      if (found === undefined) typeError(expected, actual);
      fitTraits(c, found, field, depth + 1);
    }
  } else if (expected.kind === 'trait' && actual.kind === 'trait') {
    fitTrait(c, actual.trait, expected.trait, depth);
  } else if (expected.kind === 'trait' && actual.kind === 'callable-principal') {
    fitContract(c, actual.contract, expected.trait);
  } else if (expected.kind === 'trait' && actual.kind === 'list-union') {
    for (const member of actual.members) fitTraits(c, member, expected, depth + 1);
  } else if (actual.kind !== 'no-type' && !admitsType(expected, actual)) {
    typeError(expected, actual);
  }
}

function fitContract(c: Checker, contractId: string, trait: TraitId): void {
  const contract = c.load(contractId);
  if (contract === null) {
    c.charge('analysisFetchContractEntry', 1);
    fail('NoSuchContract', `use of unresolved contract '${contractId}'`);
  }
  let size = 0;
  for (const fn of contract.functions.values()) if (fn.access !== 'private') size++;
  c.charge('analysisFetchContractEntry', size);
  checkCompliance(contract, trait, lookupTrait(c, trait));
}

export function lookupTrait(c: Checker, id: TraitId): TraitMethods {
  const own = c.traitMethods(id);
  if (own !== null) return own;
  const missing = () => fail('NoSuchTrait', `use of unresolved trait ${id.contract}.${id.name}`);
  if (id.contract === c.contractId) return missing();
  const contract = c.load(id.contract);
  const trait = contract?.traits.get(id.name);
  c.charge('analysisUseTraitEntry', trait === undefined ? 1 : traitTypeSize(trait));
  if (contract === null) fail('NoSuchContract', `use of unresolved contract '${id.contract}'`);
  return trait ?? missing();
}

function fitTrait(c: Checker, actual: TraitId, expected: TraitId, depth: number): void {
  if (actual.contract === expected.contract && actual.name === expected.name) return;
  const pairs = c.traitPairs;
  const levels = pairs.levels(actual, expected);
  if (levels !== null) {
    if (depth + levels > DEPTH_MAX) fail('TraitReferenceChainTooDeep');
    pairs.deepest = Math.max(pairs.deepest, depth + levels);
    return;
  }
  const outer = pairs.deepest;
  const runtime = c.m.runtime;
  pairs.deepest = depth;
  compareTraits(c, actual, expected, depth);
  // What was charged must be charged again; then the charges bound the work.
  if (c.m.runtime === runtime) pairs.note(actual, expected, pairs.deepest - depth);
  pairs.deepest = Math.max(pairs.deepest, outer);
}

function compareTraits(c: Checker, actual: TraitId, expected: TraitId, depth: number): void {
  const actualTrait = lookupTrait(c, actual);
  const expectedTrait = lookupTrait(c, expected);
  if (depth > DEPTH_MAX) fail('TraitReferenceChainTooDeep');
  for (const [name, method] of expectedTrait) {
    const found = actualTrait.get(name);
    const compatible =
      found !== undefined &&
      found.args.length === method.args.length &&
      // Quirk: arguments are compared in the same direction as results.
      method.args.every((arg, i) => fits(c, found.args[i]!, arg, depth + 1)) &&
      fits(c, found.returns, method.returns, depth + 1);
    if (!compatible)
      fail('IncompatibleTrait', `trait <${expected.name}> and <${actual.name}> do not match`);
  }
}

function fits(c: Checker, actual: TypeSignature, expected: TypeSignature, depth: number): boolean {
  try {
    fitTraits(c, actual, expected, depth);
    return true;
  } catch (error) {
    if (error instanceof ClarityTypeError) return false;
    if (!(error instanceof CheckFailure)) throw error;
    if (error.name === 'TraitReferenceChainTooDeep') throw error;
    if (error.name === 'TypeSignatureTooDeep') fail('TraitReferenceChainTooDeep');
    return false;
  }
}
