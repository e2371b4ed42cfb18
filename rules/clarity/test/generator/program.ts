/**
 * A random program: one or two contracts of any versions and calls of them. The same seed writes
 * the same program. Most are well typed; a third is spoiled somewhere.
 */
import { type ClarityValue, Cv, formatType, Ty, type TypeSignature } from '@assay/clarity-value';
import type { ClarityVersion } from '../../src/index.ts';
import { DEPLOYER, WALLET_1, WALLET_2 } from '../reference.ts';
import { libraryName, VERSIONS } from './library.ts';
import { spoil } from './spoil.ts';
import { Dice, literal, randomType, randomValue } from './values.ts';
import { type Access, PUBLIC_RESULTS, Writer } from './writer.ts';

export interface RandomContract {
  readonly name: string;
  readonly version: ClarityVersion;
  readonly source: string;
}

export interface RandomCall {
  readonly contract: string;
  readonly fn: string;
  readonly access: Access;
  readonly args: readonly ClarityValue[];
  readonly sender: string;
}

export interface RandomProgram {
  readonly seed: number;
  readonly contracts: readonly RandomContract[];
  readonly calls: readonly RandomCall[];
  /** Run time the reference's tracer may have added, see `withoutTracer`. */
  readonly tracerMost: number;
}

const SENDERS = [WALLET_1, WALLET_1, WALLET_2, DEPLOYER];

export function randomProgram(seed: number): RandomProgram {
  const dice = new Dice(seed);
  const version = VERSIONS[seed % VERSIONS.length]!;
  const turn = Math.floor(seed / VERSIONS.length);
  const contracts: RandomContract[] = [];
  const calls: RandomCall[] = [];
  let foreign: Writer['foreign'] = [];
  if (dice.chance(0.25)) {
    const name = `p${seed}-a`;
    const writer = new Writer(dice, dice.pick(VERSIONS), { turn: turn + 1, foreign: [] });
    contracts.push({ name, version: writer.version, source: writeContract(writer, 1) });
    foreign = writer.fns
      .filter((fn) => fn.access !== 'private')
      .map((fn) => ({ ...fn, contract: name }));
  }
  const name = `p${seed}-m`;
  const writer = new Writer(dice, version, { turn, foreign });
  const source = writeContract(writer, 1 + dice.below(2), (call) =>
    calls.push({ ...call, contract: name, sender: dice.pick(SENDERS) }),
  );
  contracts.push({ name, version, source: dice.chance(0.3) ? spoil(dice, source) : source });
  const tracerMost = contracts.some((one) => /contract-call\? [^.]/.test(one.source)) ? 60 : 0;
  return { seed, contracts, calls, tracerMost };
}

type OnCall = (call: Omit<RandomCall, 'contract' | 'sender'>) => void;

/** A contract with `publics` public functions and a few of everything else. */
function writeContract(w: Writer, publics: number, onCall: OnCall = () => {}): string {
  const { dice } = w;
  const forms = [
    '(define-fungible-token coin)',
    '(define-fungible-token capped u1000)',
    '(define-non-fungible-token badge uint)',
    `(use-trait adder .${libraryName(dice.pick(VERSIONS))}.adder)`,
  ];
  if (dice.chance(0.15)) forms.push(...ownTrait(w));
  for (let i = 1 + dice.below(2); i > 0; i--) forms.push(dataVar(w));
  for (let i = 1 + dice.below(2); i > 0; i--) forms.push(map(w));
  for (let i = dice.below(3); i > 0; i--) forms.push(constant(w));
  const add = (access: Access, count: number) => {
    for (let i = 0; i < count; i++) forms.push(functionOf(w, access, onCall));
  };
  add('private', 1);
  add('read-only', dice.below(2));
  add('public', publics);
  if (dice.chance(0.2)) forms.push(topLevel(w));
  forms.push(...w.extra);
  return shuffled(dice, forms).join('\n');
}

/** Definitions may stand in any order: sorting them is the language's task. */
function shuffled(dice: Dice, forms: string[]): string[] {
  if (dice.chance(0.7)) return forms;
  for (let i = forms.length - 1; i > 0; i--) {
    const at = dice.below(i + 1);
    [forms[i], forms[at]] = [forms[at]!, forms[i]!];
  }
  return forms;
}

function constant(w: Writer): string {
  const name = w.fresh('k');
  const type = randomType(w.dice, 2);
  w.depth = 2;
  const plain = type.kind === 'int' || type.kind === 'uint' || type.kind === 'bool';
  const source = plain ? w.expr(type) : literal(w.dice, type);
  // A literal may be narrower than its type: only plain ones are used again.
  if (plain) w.constants.push({ name, type });
  return `(define-constant ${name} ${source})`;
}

function dataVar(w: Writer): string {
  const type = w.dice.chance(0.4) ? w.dice.pick([Ty.uint, Ty.bool, Ty.int]) : randomType(w.dice, 2);
  const name = w.fresh('v');
  const source = `(define-data-var ${name} ${formatType(type)} ${literal(w.dice, type)})`;
  w.vars.push({ name, type });
  return source;
}

function map(w: Writer): string {
  const key = w.dice.chance(0.5) ? Ty.uint : randomType(w.dice, 1);
  const value = randomType(w.dice, 2);
  const name = w.fresh('m');
  w.maps.push({ name, key, value });
  return `(define-map ${name} ${formatType(key)} ${formatType(value)})`;
}

function functionOf(w: Writer, access: Access, onCall: OnCall): string {
  const { dice } = w;
  const traits = access === 'public' && dice.chance(0.35) ? ['t'] : [];
  const args = w.argTypes(access === 'private' ? 1 : 0);
  const returns = access === 'public' ? PUBLIC_RESULTS(dice) : randomType(dice, 2);
  w.mayWrite = access === 'public';
  const { name, source } = w.define(access, { args, returns, depth: 2 + dice.below(2), traits });
  w.mayWrite = false;
  const count = access === 'public' ? 1 + dice.below(2) : dice.below(2);
  for (let n = 0; n < count; n++) {
    onCall({ fn: name, access, args: callArguments(dice, args, traits.length) });
  }
  return source;
}

/** Now and then one too many, or of another type. */
function callArguments(dice: Dice, types: readonly TypeSignature[], traits: number) {
  const args = types.map((type) =>
    randomValue(dice, dice.chance(0.02) ? randomType(dice, 1) : type),
  );
  for (let i = 0; i < traits; i++) {
    const name = dice.pick([...VERSIONS.map(libraryName), 'lib5', 'half', 'missing']);
    args.push(Cv.principal(dice.chance(0.05) ? WALLET_1 : `${DEPLOYER}.${name}`));
  }
  if (dice.chance(0.02)) args.push(Cv.uint(1));
  return args;
}

/** The contract defines a trait, or says it is an adder. */
function ownTrait(w: Writer): string[] {
  const { dice } = w;
  if (dice.chance(0.5)) {
    const methods = Array.from({ length: 1 + dice.below(3) }, () => {
      const args = w.argTypes(0).map(formatType).join(' ');
      return `(${w.fresh('t')} (${args}) ${formatType(PUBLIC_RESULTS(dice))})`;
    });
    return [`(define-trait ${w.fresh('trait')} (${methods.join(' ')}))`];
  }
  const impl = `(impl-trait .${libraryName(dice.pick(VERSIONS))}.adder)`;
  const add = dice.pick([
    '(define-public (add (a uint) (b uint)) (if (> a b) (ok a) (err b)))',
    '(define-read-only (add (a uint) (b uint)) (if (> a b) (ok a) (err b)))',
    '(define-public (add (a uint) (b uint)) (ok (+ a b)))',
    '(define-public (add (a uint) (b int)) (if (> b 0) (ok a) (err a)))',
    '(define-private (add (a uint) (b uint)) (if (> a b) (ok a) (err b)))',
  ]);
  return [impl, add];
}

/** Something that runs while the contract is deployed. */
function topLevel(w: Writer): string {
  w.mayWrite = true;
  w.depth = 2;
  const source = `(print ${w.expr(randomType(w.dice, 1))})`;
  w.mayWrite = false;
  return source;
}
