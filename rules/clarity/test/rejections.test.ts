/** SIP-002: what is refused, by which name, where in the text, and what a limit does. */
import { Cv } from '@assay/clarity-value';
import { describe, expect, it } from 'vitest';
import {
  type ClarityVersion,
  ClarityVm,
  CostMeter,
  MemoryBlockInfo,
  MemoryClarityDb,
  UNLIMITED,
} from '../src/index.ts';

const WALLET = 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5';
const ID = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.t';

function deploy(source: string, version: ClarityVersion = 5, limit = UNLIMITED) {
  const db = new MemoryClarityDb();
  const vm = new ClarityVm({ db, info: new MemoryBlockInfo(), meter: new CostMeter(limit) });
  return { db, vm, out: vm.deploy({ contractId: ID, source, clarityVersion: version }) };
}

function refusal(source: string, version?: ClarityVersion) {
  const { out } = deploy(source, version);
  return out.ok ? 'accepted' : `${out.error.error.kind} ${out.error.error.name}`;
}

describe('SIP-002: refused programs', () => {
  const table: readonly [name: string, source: string, version?: ClarityVersion][] = [
    ['parse ExpressionStackDepthTooDeep', `${'('.repeat(200)}+ 1 1${')'.repeat(200)}`],
    // 134 levels: lists count one, a tuple one or two, as it is asked (stack_depth_checker.rs).
    ['parse ExpressionStackDepthTooDeep', `${'(ok '.repeat(133)}1${')'.repeat(133)}`],
    ['runtime MaxStackDepthReached', `${'(+ 1 '.repeat(132)}1${')'.repeat(132)}`],
    ['parse VaryExpressionStackDepthTooDeep', `${'(ok '.repeat(132)}{a: 1}${')'.repeat(132)}`],
    ['parse ExpressionStackDepthTooDeep', `${'(ok '.repeat(133)}{a: 1}${')'.repeat(133)}`],
    ['parse ExpectedClosing', '(+ 1 2'],
    ['parse NameTooLong', `(define-constant ${'a'.repeat(129)} 1)`],
    ['check UnknownFunction', '(define-constant a (nothing 1))'],
    ['check UndefinedVariable', '(define-constant a b)'],
    ['check NameAlreadyUsed', '(define-constant a 1) (define-constant a 2)'],
    ['check TypeError', '(define-constant a (+ 1 u1))'],
    ['parse CircularReference', '(define-private (a) (b)) (define-private (b) (a))'],
    ['check ReservedWord', '(define-constant block-height 1)'],
    ['runtime NameAlreadyUsed', '(define-constant tx-sender 1)'],
    ['check PublicFunctionMustReturnResponse', '(define-public (f) u1)'],
    [
      'check WriteAttemptedInReadOnly',
      '(define-data-var v int 1) (define-read-only (f) (var-set v 2))',
    ],
    [
      'check UncheckedIntermediaryResponses',
      '(define-public (f) (begin (if true (ok 1) (err 1)) (ok 1)))',
    ],
    ['check NoSuchContract', '(define-public (f) (contract-call? .other g))'],
    ['parse TraitReferenceUnknown', '(define-public (f (t <nope>)) (ok 1))'],
    ['check UnknownFunction', '(define-constant a (is-standard tx-sender))', 1],
    ['check RequiresAtLeastArguments', '(define-constant a (get-block-info? time))', 2],
    ['runtime IncorrectArgumentCount', '(define-constant a (get-block-info? time u1 u2))', 2],
    [
      'check CouldNotDetermineSerializationType',
      `(define-trait a ((ping () (response bool bool))))
       (define-trait b ((pong () (response bool bool))))
       (define-public (f (x <a>) (y <b>)) (ok (to-consensus-buff? (list x y))))`,
    ],
    ['runtime ArithmeticOverflow', '(define-constant a (pow 2 127))'],
    ['runtime DivisionByZero', '(define-constant a (/ 1 0))'],
    ['runtime UnwrapFailure', '(define-constant a (unwrap-panic (if true none (some 1))))'],
  ];
  it.each(table)('%s: %s', (name, source, version) => {
    expect(refusal(source, version)).toBe(name);
  });

  it('says where', () => {
    const { out } = deploy('(define-constant a 1)\n(define-constant b\n  (+ a u1))');
    expect(out.ok ? null : out.error.error.span).toMatchObject({ startLine: 3, startColumn: 3 });
  });

  it('treats names of JavaScript objects as any other', () => {
    const { out, vm } = deploy(
      `
      (define-map constructor {__proto__: uint} uint)
      (define-data-var toString uint u1)
      (define-public (hasOwnProperty (valueOf uint))
        (begin (map-set constructor {__proto__: valueOf} (var-get toString))
          (ok (map-get? constructor {__proto__: valueOf}))))
    `.replaceAll('__proto__', 'prototype'),
    );
    expect(out.ok).toBe(true);
    const call = {
      contractId: ID,
      functionName: 'hasOwnProperty',
      args: [Cv.uint(3)],
      sender: WALLET,
    };
    const called = vm.callPublic(call);
    expect(called.ok && called.value.result).toEqual(Cv.ok(Cv.some(Cv.uint(1))));
    const missing = vm.callPublic({ ...call, functionName: '__proto__' });
    expect(missing.ok ? null : missing.error.error.name).toBe('UndefinedFunction');
  });
});

describe('limits', () => {
  const source = `
    (define-data-var n uint u0)
    (define-private (step (i uint) (sum uint)) (+ i sum))
    (define-public (work)
      (begin (var-set n u9)
        (ok (fold step (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10) (var-get n)))))`;

  it('a call over its cost limit leaves no trace but its cost', () => {
    const { db } = deploy(source);
    const before = new Map(db.state);
    const limit = { ...UNLIMITED, runtime: 2000 };
    const vm = new ClarityVm({ db, info: new MemoryBlockInfo(), meter: new CostMeter(limit) });
    const out = vm.callPublic({ contractId: ID, functionName: 'work', args: [], sender: WALLET });
    expect(out.ok ? null : out.error.error.kind).toBe('cost');
    expect(new Map(db.state)).toEqual(before);
  });

  it('a deploy over its cost limit leaves no contract', () => {
    const { vm, out } = deploy(source, 5, { ...UNLIMITED, runtime: 1000 });
    expect(out.ok ? null : out.error.error.kind).toBe('cost');
    expect(vm.hasContract(ID)).toBe(false);
  });

  // By clarity/src/vm/mod.rs and contexts.rs: a loaded contract, bindings and arguments count.
  it.each([
    ['what is bound and passed', '(define-public (f) (let ((a BYTES)) (ok (len a))))', 2 * 104],
    ['nothing after it was used', '(define-public (f) (ok (+ (len BYTES) (len BYTES))))', 104 + 16],
    // Two values of 105 bytes on the chain; begin holds two booleans and a response.
    [
      'what is written, to the end',
      '(define-data-var v (buff 100) 0x) (define-public (f) (begin (var-set v BYTES) (var-set v BYTES) (ok true)))',
      2 * 105 + 1 + 1 + 2,
    ],
    [
      'arguments of functions',
      '(define-private (g (a (buff 100))) (is-eq a a)) (define-public (f) (ok (g BYTES)))',
      3 * 104,
    ],
    ['what a match binds', '(define-public (f) (ok (match (some BYTES) a (len a) u0)))', 2 * 104],
  ])('memory counts %s', (_what, template, bytes) => {
    const text = template.replaceAll('BYTES', `0x${'ab'.repeat(100)}`);
    const { db } = deploy(text);
    const run = (memoryMax: number) => {
      const meter = new CostMeter(UNLIMITED, memoryMax);
      const vm = new ClarityVm({ db, info: new MemoryBlockInfo(), meter });
      const out = vm.callPublic({ contractId: ID, functionName: 'f', args: [], sender: WALLET });
      return out.ok ? 'fits' : `${out.error.error.kind} ${out.error.error.name}`;
    };
    const most = text.length + bytes;
    expect(run(most)).toBe('fits');
    expect(run(most - 1)).toBe('cost MemoryBalanceExceeded');
  });
});
