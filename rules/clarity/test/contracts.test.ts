/**
 * Whole contracts (a SIP-010 token, a SIP-009 collection, a market, a lending pool, a vault of many
 * owners, the registry of a bridge): random sequences of calls give the same values, errors, events,
 * assets and costs on us and on the reference VM.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ClarityVersion } from '../src/index.ts';
import { OPENING, PLANS, pickCall, WALLETS } from './contracts/calls.ts';
import { Dice } from './generator/values.ts';
import { differences, type OurMachine, ours, withoutTracer } from './oracle.ts';
import { Checkout } from './public/checkout.ts';
import { compareContracts } from './public/compare-contracts.ts';
import { type Answer, DEPLOYER, type Machine, type Reference, reference } from './reference.ts';

const SEED = Number(process.env.SEED ?? 1);
const CALLS = Number(process.env.CALLS ?? 80);
/** Run time of the tracer for a few calls by trait. */
const TRACER_MOST = 30;
const PATIENCE_MS = 900_000;

/** In the order they are deployed. */
const CONTRACTS: readonly (readonly [name: string, version: ClarityVersion])[] = [
  ['traits', 1],
  ['token', 2],
  ['nft', 3],
  ['amm', 3],
  ['lending', 4],
  ['vault', 5],
  ['bridge', 5],
];

let theirs: Reference;
let our: OurMachine;

const sourceOf = (name: string) =>
  readFileSync(join(import.meta.dirname, 'contracts', `${name}.clar`), 'utf8');

beforeAll(async () => {
  // The reference prints run-time errors of contracts; they are compared, not shown.
  console.error = () => {};
  theirs = await reference();
  our = ours(theirs.facts);
}, PATIENCE_MS);

/** The reference's answer; what differs is added to `found`. */
function compare(what: string, found: string[], ask: (machine: Machine) => Answer): Answer {
  const [expected, actual] = [ask(theirs), ask(our)];
  for (const one of differences(withoutTracer(expected, actual, TRACER_MOST), actual)) {
    found.push(`${what}: ${one}`);
  }
  return expected;
}

describe(`whole contracts (seed ${SEED})`, () => {
  it('deploy and open alike', { timeout: PATIENCE_MS }, () => {
    const found: string[] = [];
    for (const [name, version] of CONTRACTS) {
      const { error } = compare(name, found, (vm) => vm.deploy(name, sourceOf(name), version));
      expect(error, name).toBeNull();
    }
    for (const [contract, fn, ...args] of OPENING) {
      const what = `${contract}.${fn}`;
      const { result, error } = compare(what, found, (vm) => vm.call(contract, fn, args, DEPLOYER));
      expect(result, `${what}: ${error}`).toMatch(/^07/);
    }
    expect(found).toEqual([]);
  });

  it.each(Object.keys(PLANS))('%s: random calls agree', { timeout: PATIENCE_MS }, (contract) => {
    const dice = new Dice(SEED * 1000 + contract.length);
    const readOnly = new Set(
      [...sourceOf(contract).matchAll(/\(define-read-only \(([^ )]+)/g)].map(([, name]) => name),
    );
    const found: string[] = [];
    let succeeded = 0;
    for (let n = 0; n < CALLS; n++) {
      const { fn, args: make } = pickCall(dice, contract);
      const call = [contract, fn, make(dice), dice.pick(WALLETS)] as const;
      const { result } = compare(`call ${n} ${fn}`, found, (vm) =>
        readOnly.has(fn) ? vm.callReadOnly(...call) : vm.call(...call),
      );
      if (result !== null && !result.startsWith('08')) succeeded++;
    }
    expect(found).toEqual([]);
    // A sequence of refusals would prove little.
    expect(succeeded).toBeGreaterThan(CALLS / 4);
  });

  it('agree as files of a folder, with arguments drawn from their texts', {
    timeout: PATIENCE_MS,
  }, async () => {
    const found: string[] = [];
    const checkout = new Checkout(join(import.meta.dirname, 'contracts'));
    const report = await compareContracts({
      checkout,
      targets: checkout.ids,
      callsPerContract: 12,
      seed: SEED,
      theirs,
      onProgress: () => {},
      onDisagreement: (text) => found.push(text),
    });
    expect(found).toEqual([]);
    expect(report).toMatchObject({ contracts: 7, deployed: 7, refused: 0, skipped: 0, calls: 72 });
    expect(report.succeeded).toBeGreaterThan(10);
  });
});
