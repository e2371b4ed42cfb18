/**
 * The Simnet API means what it means in @stacks/clarinet-sdk: the example project in both, the same
 * calls, and after each the same result, events, heights, assets and interfaces.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as reference from '@stacks/clarinet-sdk';
import { Cl, type ClarityValue } from '@stacks/transactions';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getSDK, type Simnet, tx } from '../src/index.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..', 'examples', 'clarity-counter');
const OPTIONS = { trackCosts: true, trackCoverage: false };
const RUNS = 60;
const SEED = 20_261_121;

let ours: Simnet;
let theirs: Simnet;
let deployer: string;
let alice: string;
let bob: string;

beforeAll(async () => {
  // The reference prints run-time errors and prints of contracts.
  console.error = () => {};
  console.log = () => {};
  theirs = (await reference.getSDK(OPTIONS)) as unknown as Simnet;
  await theirs.initSession(PROJECT, 'Clarinet.toml');
  ours = await getSDK(OPTIONS);
  await ours.initSession(PROJECT, 'Clarinet.toml');
  deployer = ours.deployer;
  alice = ours.getAccounts().get('wallet_1')!;
  bob = ours.getAccounts().get('wallet_2')!;
});

// The reference writes its plan beside the project.
afterAll(() => rmSync(join(PROJECT, 'deployments'), { recursive: true, force: true }));

/** Plain data with sorted keys: WASM maps have no order. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, plain(one)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Outcome {
  readonly value: unknown;
  readonly thrown: string | null;
}

/** Text before the first bracket of run-time details, and the error's name. */
function errorCore(thrown: unknown): string {
  const text = String(thrown);
  const name = /Runtime(?:Check)?\((\w+)/.exec(text)?.[1];
  return name === undefined ? text.split('\n')[0]! : `${text.split('Runtime')[0]}${name}`;
}

function attempt(simnet: Simnet, step: (simnet: Simnet) => unknown): Outcome {
  try {
    return { value: plain(step(simnet)), thrown: null };
  } catch (error) {
    return { value: null, thrown: errorCore(error) };
  }
}

const heights = (s: Simnet) => [
  s.blockHeight,
  s.stacksBlockHeight,
  s.burnBlockHeight,
  s.currentEpoch,
];

/** Constants weigh when a contract is loaded: in a node and here, not in the reference. */
function withoutCosts(outcome: Outcome): Outcome {
  const text = JSON.stringify(outcome, (key, value) =>
    key === 'costs' || key === 'performance' ? undefined : value,
  );
  return JSON.parse(text) as Outcome;
}

function expectSame(what: string, step: (simnet: Simnet) => unknown, keepCosts = false): void {
  const expected = attempt(theirs, step);
  const actual = attempt(ours, step);
  const [a, b] = keepCosts ? [actual, expected] : [withoutCosts(actual), withoutCosts(expected)];
  expect(a, what).toEqual(b);
  expect(heights(ours), `heights after ${what}`).toEqual(heights(theirs));
  expect(plain(ours.getAssetsMap()), `assets after ${what}`).toEqual(plain(theirs.getAssetsMap()));
}

const uint = Cl.uint;
const call =
  (contract: string, method: string, args: ClarityValue[], sender: string) => (s: Simnet) =>
    s.callPublicFn(contract, method, args, sender);

describe('Simnet API, compared with the reference', () => {
  it('starts at the same heights, with the same accounts', () => {
    expect(heights(ours)).toEqual(heights(theirs));
    expect(plain(ours.getAccounts())).toEqual(plain(theirs.getAccounts()));
    expect(ours.deployer).toBe(theirs.deployer);
  });

  it('counter, token and collectible', () => {
    const token = Cl.contractPrincipal(deployer, 'token');
    const steps: [string, (s: Simnet) => unknown][] = [
      ['increment', call('counter', 'increment', [], alice)],
      ['add 0', call('counter', 'add', [uint(0)], alice)],
      ['add', call('counter', 'add', [uint(7)], bob)],
      ['add too much', call('counter', 'add', [uint(1001)], bob)],
      ['share', call('counter', 'share', [uint(2)], bob)],
      ['share by nothing', call('counter', 'share', [uint(0)], bob)],
      ['tip', call('counter', 'tip', [Cl.principal(alice), uint(5)], bob)],
      ['tip oneself', call('counter', 'tip', [Cl.principal(bob), uint(5)], bob)],
      ['private', (s) => s.callPrivateFn('counter', 'note', [Cl.principal(bob), uint(3)], alice)],
      ['read', (s) => s.callReadOnlyFn('counter', 'get-count', [Cl.principal(bob)], alice)],
      ['variable', (s) => s.getDataVar('counter', 'total')],
      ['entry', (s) => s.getMapEntry('counter', 'counts', Cl.principal(bob))],
      ['mint', call('token', 'mint', [uint(5000)], alice)],
      ['mint too much', call('token', 'mint', [uint(5_000_000)], alice)],
      [
        'transfer',
        call(
          'token',
          'transfer',
          [uint(600), Cl.principal(alice), Cl.principal(bob), Cl.none()],
          alice,
        ),
      ],
      [
        'memo',
        call(
          'token',
          'transfer',
          [uint(1), Cl.principal(alice), Cl.principal(bob), Cl.some(Cl.bufferFromUtf8('hi'))],
          alice,
        ),
      ],
      [
        'not the owner',
        call(
          'token',
          'transfer',
          [uint(1), Cl.principal(alice), Cl.principal(bob), Cl.none()],
          bob,
        ),
      ],
      ['burn', call('token', 'burn', [uint(1)], bob)],
      ['buy', call('collectible', 'buy', [token], alice)],
      ['buy without money', call('collectible', 'buy', [token], deployer)],
      [
        'give',
        call('collectible', 'transfer', [uint(1), Cl.principal(alice), Cl.principal(bob)], alice),
      ],
      ['discard', call('collectible', 'discard', [uint(1)], bob)],
      ['owner', (s) => s.callReadOnlyFn('collectible', 'get-owner', [uint(1)], bob)],
      ['uri', (s) => s.callReadOnlyFn('collectible', 'get-token-uri', [uint(1)], bob)],
    ];
    for (const [what, step] of steps) expectSame(what, step);
  });

  it('refuses what the reference refuses', () => {
    const steps: [string, (s: Simnet) => unknown][] = [
      ['no function', call('counter', 'nothing', [], alice)],
      ['no contract', call('nowhere', 'nothing', [], alice)],
      ['private as public', call('counter', 'note', [Cl.principal(bob), uint(3)], alice)],
      ['read-only as public', call('counter', 'get-total', [], alice)],
      ['public as read-only', (s) => s.callReadOnlyFn('counter', 'increment', [], alice)],
      ['public as private', (s) => s.callPrivateFn('counter', 'increment', [], alice)],
      ['too many arguments', call('counter', 'increment', [uint(1)], alice)],
      ['wrong argument', call('counter', 'add', [Cl.int(1)], alice)],
      ['no variable', (s) => s.getDataVar('counter', 'nothing')],
      ['no map', (s) => s.getMapEntry('counter', 'nothing', uint(1))],
      [
        'ill-typed deploy',
        (s) => s.deployContract('bad', '(define-public (f) (+ 1 u1))', null, alice),
      ],
      [
        'deploy that fails',
        (s) => s.deployContract('bad', '(define-constant x (/ 1 0))', null, alice),
      ],
      ['version of the future', (s) => s.callPublicFn('counter', 'increment', [], 'nobody')],
    ];
    for (const [what, step] of steps) expectSame(what, step);
  });

  it('blocks, epochs and transfers', () => {
    const steps: [string, (s: Simnet) => unknown][] = [
      ['empty block', (s) => s.mineEmptyBlock()],
      ['empty blocks', (s) => s.mineEmptyBlocks(3)],
      ['burn blocks', (s) => s.mineEmptyBurnBlocks(2)],
      ['stacks blocks', (s) => s.mineEmptyStacksBlocks(2)],
      ['epoch', (s) => s.setEpoch('3.1')],
      ['latest', (s) => s.setEpoch('3.4')],
      ['transfer', (s) => s.transferSTX(10, bob, alice)],
      ['transfer nothing', (s) => s.transferSTX(0, bob, alice)],
      ['transfer to oneself', (s) => s.transferSTX(1, bob, bob)],
      ['transfer too much', (s) => s.transferSTX(10n ** 20n, bob, alice)],
      ['mint', (s) => s.mintSTX(bob, 1_000n)],
      [
        'block',
        (s) =>
          s.mineBlock([
            tx.callPublicFn('counter', 'increment', [], alice),
            tx.callPublicFn('counter', 'add', [uint(0)], alice),
            tx.transferSTX(5, alice, bob),
            tx.callPrivateFn('counter', 'note', [Cl.principal(bob), uint(1)], alice),
            tx.deployContract('one', '(define-public (f) (ok u1))', null, alice),
          ]),
      ],
      ['empty', (s) => s.mineBlock([])],
      ['call what was deployed', (s) => s.callPublicFn(`${alice}.one`, 'f', [], bob)],
    ];
    for (const [what, step] of steps) expectSame(what, step);
  });

  it('snippets', () => {
    const snippets = [
      '(+ 1 2)',
      '(list u1 u2)',
      '(+ 1 u1)',
      '(/ 1 0)',
      '(nothing)',
      'tx-sender',
      'stacks-block-height',
      '(list stacks-block-height burn-block-height tenure-height)',
      '(contract-call? .counter get-total)',
      '(contract-call? .counter increment)',
      `(stx-get-balance '${'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5'})`,
      '(err u1)',
      '(define-data-var x uint u1)',
      '',
      '(print 1) (print 2)',
      '(stx-transfer? u1 tx-sender .counter)',
    ];
    for (const snippet of snippets) {
      expectSame(`runSnippet ${snippet}`, (s) =>
        s.runSnippet(snippet).replace(/Runtime Error.*/, (t) => errorCore(t)),
      );
    }
    for (const snippet of ['(+ 1 2)', '(print 1) (print 2)', '(err u1)', '(/ 1 0)', '(nothing)']) {
      expectSame(`execute ${snippet}`, (s) => s.execute(snippet));
    }
    for (const command of ['::get_epoch', '(+ 1 2)']) {
      expectSame(command, (s) => s.executeCommand(command));
    }
  });

  it('costs of calls, to the unit', () => {
    const source = `
(define-data-var n uint u0)
(define-map m uint (string-ascii 5))
(define-fungible-token tok)
(define-read-only (get-n) (var-get n))
(define-private (twice (x uint)) (* x u2))
(define-public (inc)
  (begin (var-set n (+ (var-get n) u1)) (map-set m (var-get n) "hi") (print {n: (var-get n)}) (ok (var-get n))))
(define-public (mint (amount uint)) (ft-mint? tok amount tx-sender))`;
    for (const s of [ours, theirs])
      s.deployContract('plain', source, { clarityVersion: 3 }, deployer);
    expectSame('inc', call('plain', 'inc', [], alice), true);
    expectSame('mint', call('plain', 'mint', [uint(3)], alice), true);
    expectSame('get', (s) => s.callReadOnlyFn('plain', 'get-n', [], alice), true);
    expectSame('twice', (s) => s.callPrivateFn('plain', 'twice', [uint(2)], alice), true);
  });

  it('interfaces and sources', () => {
    const mine = ours.getContractsInterfaces();
    const other = theirs.getContractsInterfaces();
    expect(mine.size).toBeGreaterThan(4);
    for (const [id, found] of mine) {
      expect(plain(found), id).toEqual(plain(other.get(id)));
      expect(ours.getContractSource(id)).toBe(theirs.getContractSource(id));
    }
    expect(ours.getContractSource('counter')).toBe(
      readFileSync(join(PROJECT, 'contracts', 'counter.clar'), 'utf8'),
    );
  });

  it(`random calls (seed ${SEED}, ${RUNS})`, () => {
    const who = fc.constantFrom(deployer, alice, bob);
    const principal = who.map((address) => Cl.principal(address));
    const small = fc.constantFrom(0, 1, 2, 3, 400, 999, 1001, 2_000_000).map((n) => uint(n));
    const token = fc.constantFrom(
      Cl.contractPrincipal(deployer, 'token'),
      Cl.contractPrincipal(deployer, 'counter'),
    );
    const step = fc.oneof(
      fc.tuple(fc.constant('counter.increment'), fc.tuple(), who),
      fc.tuple(fc.constant('counter.add'), fc.tuple(small), who),
      fc.tuple(fc.constant('counter.share'), fc.tuple(small), who),
      fc.tuple(fc.constant('counter.tip'), fc.tuple(principal, small), who),
      fc.tuple(fc.constant('token.mint'), fc.tuple(small), who),
      fc.tuple(fc.constant('token.burn'), fc.tuple(small), who),
      fc.tuple(
        fc.constant('token.transfer'),
        fc.tuple(
          small,
          principal,
          principal,
          fc.constantFrom(Cl.none(), Cl.some(Cl.bufferFromHex('00ff'))),
        ),
        who,
      ),
      fc.tuple(fc.constant('collectible.buy'), fc.tuple(token), who),
      fc.tuple(fc.constant('collectible.transfer'), fc.tuple(small, principal, principal), who),
      fc.tuple(fc.constant('collectible.discard'), fc.tuple(small), who),
    );
    for (const [name, args, sender] of fc.sample(step, { numRuns: RUNS, seed: SEED })) {
      const [contract, method] = name.split('.') as [string, string];
      const list = args as ClarityValue[];
      expectSame(
        `${name} ${list.map((arg) => Cl.prettyPrint(arg)).join(' ')}`,
        call(contract, method, list, sender),
      );
    }
  });
});
