/**
 * Contract text and calls written by somebody who wants the node to fall over: nesting, sizes,
 * names of JavaScript's own objects, types that double, work that squares. Every attempt must end
 * in an answer, leave no state when refused, and keep what it leaves small.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cv, clarityValueToString } from '@assay/clarity-value';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_LIMIT,
  type ClarityVersion,
  ClarityVm,
  ContractCache,
  CostMeter,
  LIMITS,
  MemoryBlockInfo,
  MemoryClarityDb,
} from '../src/index.ts';

const ISSUER = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const ID = `${ISSUER}.hostile`;

interface Attempt {
  readonly vm: ClarityVm;
  readonly db: MemoryClarityDb;
  /** `accepted`, or class and name of the refusal. */
  readonly verdict: string;
  readonly message: string;
}

function attempt(
  source: string,
  {
    version = 5,
    contractId = ID,
    db = new MemoryClarityDb(),
  }: {
    readonly version?: ClarityVersion;
    readonly contractId?: string;
    readonly db?: MemoryClarityDb;
  } = {},
): Attempt {
  const before = db.state.size;
  const meter = new CostMeter(BLOCK_LIMIT);
  const vm = new ClarityVm({ db, info: new MemoryBlockInfo(), meter, cache: new ContractCache() });
  const out = vm.deploy({ contractId, source, clarityVersion: version });
  if (!out.ok) expect(db.state.size).toBe(before);
  const verdict = out.ok ? 'accepted' : `${out.error.error.kind} ${out.error.error.name}`;
  return { vm, db, verdict, message: out.ok ? '' : out.error.error.message };
}

const repeat = (text: string, times: number) => text.repeat(times);
const nest = (open: string, inner: string, close: string, times: number) =>
  repeat(open, times) + inner + repeat(close, times);
const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

describe('nesting', () => {
  it.each([
    ['brackets', repeat('(', 500_000)],
    ['closed brackets', nest('(', '', ')', 200_000)],
    ['tuples', repeat('{a:', 200_000)],
    ['tuples in lists', repeat('({a:', 100_000)],
    ['begin', nest('(begin ', '1', ')', 5_000)],
    ['let', nest('(let ((a 1)) ', '1', ')', 5_000)],
    ['types', `(define-data-var v ${nest('(optional ', 'int', ')', 5_000)} none)`],
  ])('%s are refused by depth', (_what, source) => {
    expect(attempt(source).verdict).toMatch(/StackDepthTooDeep|ExpectedClosing|TupleValue/);
  });

  it.each([
    ['optional', (inner: string) => `(optional ${inner})`],
    ['response', (inner: string) => `(response ${inner} ${inner})`],
    ['list', (inner: string) => `(list 1 ${inner})`],
    ['tuple', (inner: string) => `{a: ${inner}}`],
  ])('types of %s stop at the depth of the language', (_what, wrap) => {
    let type = 'bool';
    for (let i = 0; i < 15; i++) type = wrap(type);
    expect(attempt(`(define-map m int ${type})`).verdict).toBe('accepted');
    if (_what === 'response') return;
    for (let i = 0; i < 25; i++) type = wrap(type);
    expect(attempt(`(define-map m int ${type})`).verdict).toBe('check BadMapTypeDefinition');
  });

  it('values nested by running stop too', () => {
    const wrap = (i: number) => `(define-private (f${i}) (some (f${i + 1})))`;
    const source = `${lines(60, wrap)}\n(define-private (f60) u1)\n(define-constant c (f0))`;
    expect(attempt(source).verdict).toBe('check TypeSignatureTooDeep');
  });

  it('a chain of 20,000 functions is put in order without recursion', () => {
    const source = `${lines(20_000, (i) => `(define-private (f${i}) (f${i + 1}))`)}\n(define-private (f20000) u1)`;
    expect(attempt(source).verdict).toBe('accepted');
  });

  it('a ring of 20,000 functions is found without recursion', () => {
    const source = lines(20_000, (i) => `(define-private (f${i}) (f${(i + 1) % 20_000}))`);
    const { verdict, message } = attempt(source);
    expect(verdict).toBe('parse CircularReference');
    expect(message.length).toBeLessThan(LIMITS.errorMessageChars + 1);
  });

  it('calls nested as deep as possible end as the language says', () => {
    const source = `${lines(200, (i) => `(define-read-only (f${i} (x uint)) (if true (let ((y (f${i + 1} x))) (+ y u1)) u0))`)}
      (define-read-only (f200 (x uint)) x)`;
    const { vm, verdict } = attempt(source);
    expect(verdict).toBe('accepted');
    const call = { contractId: ID, functionName: 'f0', args: [Cv.uint(1)], sender: ISSUER };
    const out = vm.callReadOnly(call);
    expect(out.ok ? 'ran' : out.error.error.name).toBe('MaxStackDepthReached');
    const short = vm.callReadOnly({ ...call, functionName: 'f180' });
    expect(short.ok && short.value.result).toEqual(Cv.uint(21));
  });
});

describe('sizes', () => {
  it.each([
    ['digits', repeat('9', 1_000_000), 'parse FailedParsingIntValue'],
    ['leading zeros', `(define-constant a ${repeat('0', 100_000)}7)`, 'accepted'],
    ['a negative number of zeros', `(define-constant a -${repeat('0', 100_000)}7)`, 'accepted'],
    ['uint digits', `u${repeat('9', 1_000_000)}`, 'parse FailedParsingUIntValue'],
    ['a name', `(define-constant ${repeat('a', 1_000_000)} 1)`, 'parse NameTooLong'],
    ['a trait name', `<${repeat('a', 1_000_000)}>`, 'parse NameTooLong'],
    ['a contract name', `.${repeat('a', 1_000_000)}`, 'parse ContractNameTooLong'],
    ['a principal', `'${repeat('S', 1_000_000)}`, 'parse InvalidPrincipalLiteral'],
    ['a buffer', `0x${repeat('ab', 1_048_577)}`, 'runtime ContractTooLarge'],
    ['a buffer of nearly the largest size', `0x${repeat('ab', 1_048_500)}`, 'accepted'],
    ['an unclosed string', `"${repeat('a', 1_000_000)}`, 'parse Lexer(ExpectedClosing)'],
    [
      'an unclosed escape',
      `u"\\u{${repeat('0', 1_000_000)}`,
      'parse Lexer(UnterminatedUTF8Encoding)',
    ],
    [
      'an escape of many digits',
      `(define-constant a u"\\u{${repeat('0', 100_000)}41}")`,
      'accepted',
    ],
    ['a comment', `;;${repeat(' ', 2_000_000)}`, 'accepted'],
    ['nothing but spaces', repeat(' \n', 1_000_000), 'accepted'],
    [
      'a text above the limit',
      repeat(' ', LIMITS.contractSourceBytes + 1),
      'runtime ContractTooLarge',
    ],
  ])('%s: %#', (_what, source, verdict) => {
    expect(attempt(source).verdict).toBe(verdict);
  });

  it('a long string is a value, one character more than a value is not', () => {
    const text = (n: number) => `(define-constant a "${repeat('x', n)}")`;
    expect(attempt(text(1_000_000)).verdict).toBe('accepted');
    expect(attempt(text(1_100_000)).verdict).not.toBe('accepted');
  });

  it('a value cannot grow beyond its limit by doubling', () => {
    const double = (i: number) =>
      `(define-private (d${i} (b (buff 1048576))) (unwrap-panic (as-max-len? (concat b b) u524288)))`;
    const { verdict } = attempt(
      `${lines(25, double)}\n(define-constant c ${nest('(d0 ', '0x00', ')', 20)})`,
    );
    expect(verdict).toMatch(/ValueTooLarge|MaxLengthOverflow|TypeError/);
  });

  it('lists cannot be longer than a value can hold', () => {
    expect(attempt('(define-data-var v (list 4294967295 bool) (list))').verdict).not.toBe(
      'accepted',
    );
    expect(attempt('(define-data-var v (list 4294967296 (list 0 bool)) (list))').verdict).not.toBe(
      'accepted',
    );
    expect(attempt('(define-map m int (list 99999999999999999999 int))').verdict).toBe(
      'check BadMapTypeDefinition',
    );
  });
});

describe('names of JavaScript objects are names like any other', () => {
  // Clarity names start with a letter, so `__proto__` is no name at all.
  const NAMES = [
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'prototype',
    'length',
    'then',
  ];

  it.each(NAMES)('%s', (name) => {
    const source = `
      (define-constant ${name} u1)
      (define-map m {${name}: uint} {${name}: uint})
      (define-read-only (get-it (t {${name}: uint})) (merge t {${name}: (get ${name} t)}))
      (define-public (put) (ok (map-set m {${name}: ${name}} {${name}: u2})))`;
    const { vm, verdict } = attempt(source);
    expect(verdict).toBe('accepted');
    const put = vm.callPublic({ contractId: ID, functionName: 'put', args: [], sender: ISSUER });
    expect(put.ok && put.value.result).toEqual(Cv.ok(Cv.bool(true)));
    expect(vm.readMapEntry(ID, 'm', Cv.tuple({ [name]: Cv.uint(1) }))).toEqual(
      Cv.some(Cv.tuple({ [name]: Cv.uint(2) })),
    );
  });

  it.each(NAMES)('undefined %s is unknown everywhere', (name) => {
    expect(attempt(`(define-constant a ${name})`).verdict).toBe('check UndefinedVariable');
    expect(attempt(`(define-constant a (${name} 1))`).verdict).toBe('check UnknownFunction');
    expect(attempt(`(define-constant a (var-get ${name}))`).verdict).toBe(
      'check NoSuchDataVariable',
    );
    expect(attempt(`(define-constant a (map-get? ${name} 1))`).verdict).toBe('check NoSuchMap');
    expect(attempt(`(define-constant a (ft-get-supply ${name}))`).verdict).toBe('check NoSuchFT');
    expect(attempt(`(define-constant a (nft-get-owner? ${name} 1))`).verdict).toBe(
      'check NoSuchNFT',
    );
    expect(attempt(`(define-constant a (get ${name} {b: 1}))`).verdict).toBe(
      'check NoSuchTupleField',
    );
    expect(attempt(`(define-data-var a ${name} 1)`).verdict).toBe(
      'check DefineVariableBadSignature',
    );
    expect(attempt(`(define-constant a (get-stacks-block-info? ${name} u1))`).verdict).toBe(
      'check NoSuchStacksBlockInfoProperty',
    );
    const { vm } = attempt('(define-read-only (f) u1)');
    for (const functionName of [name, '__proto__']) {
      const out = vm.callReadOnly({ contractId: ID, functionName, args: [], sender: ISSUER });
      expect(out.ok ? 'ran' : out.error.error.name).toBe('UndefinedFunction');
    }
    expect(vm.readDataVar(ID, name)).toBeNull();
    expect(vm.readMapEntry(ID, '__proto__', Cv.uint(1))).toBeNull();
  });

  /** A contract that names each kind of thing so; `go` uses it. */
  const USES: readonly (readonly [kind: string, source: (name: string) => string, ok: string])[] = [
    [
      'a variable',
      (name) => `(define-data-var ${name} uint u1)
        (define-public (go) (begin (var-set ${name} (+ (var-get ${name}) u1)) (ok (var-get ${name}))))`,
      '(ok u2)',
    ],
    [
      'a map',
      (name) => `(define-map ${name} uint uint)
        (define-public (go) (begin (map-set ${name} u1 u2) (ok (map-get? ${name} u1))))`,
      '(ok (some u2))',
    ],
    [
      'a fungible token',
      (name) => `(define-fungible-token ${name} u9)
        (define-public (go) (begin (try! (ft-mint? ${name} u2 tx-sender))
          (try! (ft-transfer? ${name} u1 tx-sender 'ST000000000000000000002AMW42H))
          (ok (+ (ft-get-balance ${name} tx-sender) (ft-get-supply ${name})))))`,
      '(ok u3)',
    ],
    [
      'a non-fungible token',
      (name) => `(define-non-fungible-token ${name} {${name}: uint})
        (define-public (go) (begin (try! (nft-mint? ${name} {${name}: u1} tx-sender))
          (ok (is-some (nft-get-owner? ${name} {${name}: u1})))))`,
      '(ok true)',
    ],
    [
      'functions',
      (name) => `(define-private (${name} (n uint)) (+ n u1))
        (define-public (go) (ok (fold + (map ${name} (list u1 u2)) (${name} u3))))`,
      '(ok u9)',
    ],
    [
      'parameters and bindings',
      (name) => `(define-private (f (${name} uint)) (+ ${name} u1))
        (define-public (go) (let ((${name} (f u1)))
          (ok (match (some u5) more (+ more ${name}) u0))))`,
      '(ok u7)',
    ],
    [
      'what a match binds',
      (name) => `(define-public (go) (ok (match (some u5) ${name} (+ ${name} u1) u0)))`,
      '(ok u6)',
    ],
    [
      'a trait and its method',
      (name) => `(define-trait ${name} ((${name} (uint) (response uint uint))))
        (define-private (ask (t <${name}>)) (contract-call? t ${name} u4))
        (define-public (go) (ask .${name}))`,
      '(ok u4)',
    ],
    [
      'a trait of another contract',
      (name) => `(use-trait ${name} .shape.${name})
        (define-private (ask (t <${name}>)) (contract-call? t ${name} u4))
        (define-public (go) (ask .${name}))`,
      '(ok u4)',
    ],
    [
      'a contract and its function',
      (name) => `(define-public (go) (contract-call? .${name} ${name} u4))`,
      '(ok u4)',
    ],
    [
      'a field that came as bytes',
      (name) => `(define-public (go) (ok (from-consensus-buff? {${name}: uint}
          (unwrap-panic (to-consensus-buff? (merge {${name}: 1} {${name}: u8}))))))`,
      '(ok (some (tuple (NAME u8))))',
    ],
  ];

  it.each(NAMES.flatMap((name) => USES.map((use) => [name, ...use] as const)))(
    '%s as the name of %s',
    (name, _kind, source, expected) => {
      const db = new MemoryClarityDb();
      const neighbour = `(define-public (${name} (n uint)) (ok n))`;
      const shape = `(define-trait ${name} ((${name} (uint) (response uint uint))))`;
      expect(attempt(neighbour, { db, contractId: `${ISSUER}.${name}` }).verdict).toBe('accepted');
      expect(attempt(shape, { db, contractId: `${ISSUER}.shape` }).verdict).toBe('accepted');
      const { vm, verdict, message } = attempt(source(name), { db });
      expect(message).toBe('');
      expect(verdict).toBe('accepted');
      // Once from the top level's compilation, once from the source in the store.
      const again = new ClarityVm({ db, info: new MemoryBlockInfo(), cache: new ContractCache() });
      for (const machine of [vm, again]) {
        db.begin();
        const call = { contractId: ID, functionName: 'go', args: [], sender: ISSUER };
        const out = machine.callPublic(call);
        db.rollback();
        expect(out.ok ? clarityValueToString(out.value.result) : out.error.error.message).toBe(
          expected.replace('NAME', name),
        );
      }
      expect(JSON.stringify(vm.contractInterface(`${ISSUER}.${name}`))).toContain(
        `"name":"${name}"`,
      );
    },
  );

  it.each(USES)('__proto__ is no name of %s', (_kind, source) => {
    expect(attempt(source('__proto__')).verdict).toMatch(/^parse /);
  });

  it('a tuple key from bytes named __proto__ is refused', () => {
    const { vm } = attempt(
      '(define-read-only (f (b (buff 64))) (from-consensus-buff? {a: uint} b))',
    );
    const bytes = Uint8Array.from([12, 0, 0, 0, 1, 9, ...Buffer.from('__proto__'), 3]);
    const out = vm.callReadOnly({
      contractId: ID,
      functionName: 'f',
      args: [Cv.buffer(bytes)],
      sender: ISSUER,
    });
    expect(out.ok && out.value.result).toEqual(Cv.none());
  });
});

describe('bytes of values', () => {
  // Found by `npm run fuzz:clarity -- --inputs 10000000 --seed 20261128`.
  it('a field that would be dropped may hold a list without a type: no value, no crash', () => {
    const { vm } = attempt(
      '(define-read-only (f (b (buff 99))) (from-consensus-buff? {a: int} b))',
    );
    const hex = `0c00000002016100${'00'.repeat(15)}0701620b0000000200${'00'.repeat(15)}01`;
    const call = (last: string) =>
      vm.callReadOnly({
        contractId: ID,
        functionName: 'f',
        args: [Cv.buffer(Uint8Array.from(Buffer.from(`${hex}${last}`, 'hex')))],
        sender: ISSUER,
      });
    const mixed = call('04');
    expect(mixed.ok && mixed.value.result).toEqual(Cv.none());
    const plain = call(`00${'00'.repeat(15)}02`);
    expect(plain.ok && plain.value.result).toEqual(Cv.some(Cv.tuple({ a: Cv.int(7) })));
  });
});

describe('types that double', () => {
  /** A value of 2^times leaves in a text of `times` lines. */
  const doubling = (times: number, leaf = 'true') =>
    `(let ((a0 ${leaf}) ${lines(times, (i) => `(a${i + 1} {l: a${i}, r: a${i}})`)}) a${times})`;

  it('stop at the size and depth of a value', () => {
    expect(attempt(`(define-private (f) ${doubling(40)})`).verdict).toMatch(/^check /);
    expect(attempt(`(define-private (f) ${doubling(31)})`).verdict).toMatch(/^check /);
    expect(attempt(`(define-private (f) ${doubling(10)})`).verdict).toBe('accepted');
  });

  it('hundreds of functions with such a type leave a small record, and the interface can be read', () => {
    const { vm, db, verdict } = attempt(
      lines(300, (i) => `(define-read-only (f${i}) ${doubling(13)})`),
    );
    expect(verdict).toBe('accepted');
    let bytes = 0;
    for (const [key, text] of db.metadata) if (!key.includes('contract-src')) bytes += text.length;
    expect(bytes).toBeLessThan(4_000_000);
    // Read by another contract, which needs one function only.
    const source = `(define-read-only (g) (get l (contract-call? .hostile f7)))`;
    expect(attempt(source, { db, contractId: `${ISSUER}.reader` }).verdict).toBe('accepted');
    expect(vm.hasContract(ID)).toBe(true);
  });

  it('traits that refer to each other are compared once, not once per path', () => {
    const chain = (p: string) =>
      `${lines(14, (i) => `(define-trait ${p}${i} (${lines(6, (k) => `(m${k} (<${p}${i + 1}> <${p}${i + 1}>) (response bool bool))`)}))`)}
       (define-trait ${p}14 ((m (uint) (response bool bool))))`;
    const source = `${chain('a')}\n${chain('b')}
      (define-public (take (t <b0>)) (ok true))
      (define-public (give (t <a0>)) (take t))`;
    expect(attempt(source).verdict).toBe('accepted');
    // One leaf differs: the refusal is as quick.
    const different = source.replace('(define-trait b14 ((m (uint)', '(define-trait b14 ((m (int)');
    expect(attempt(different).verdict).toBe('check IncompatibleTrait');
  });

  it('a chain of traits deeper than types may be is refused', () => {
    const chain = (p: string) =>
      `${lines(40, (i) => `(define-trait ${p}${i} ((m (<${p}${i + 1}>) (response bool bool))))`)}
       (define-trait ${p}40 ((m (uint) (response bool bool))))`;
    const source = `${chain('a')}\n${chain('b')}
      (define-public (take (t <b0>)) (ok true))
      (define-public (give (t <a0>)) (take t))`;
    expect(attempt(source).verdict).toBe('check TraitReferenceChainTooDeep');
  });

  it('implementing one trait ten thousand times is checked once', () => {
    const methods = lines(200, (i) => `(m${i} (${repeat('uint ', 40)}) (response bool uint))`);
    const params = Array.from({ length: 40 }, (_, i) => `(p${i} uint)`).join(' ');
    const functions = lines(200, (i) => `(define-public (m${i} ${params}) (ok true))`);
    const db = new MemoryClarityDb();
    attempt(`(define-trait t (${methods}))`, { db, contractId: `${ISSUER}.traits` });
    const { verdict, vm } = attempt(`${functions}\n${repeat('(impl-trait .traits.t)\n', 10_000)}`, {
      db,
    });
    expect(verdict).toBe('accepted');
    expect(vm.hasContract(ID)).toBe(true);
  });
});

describe('work that squares', () => {
  it.each([
    ['definitions', lines(8_000, (i) => `(define-constant c${i} u${i})`)],
    [
      'uses of one name',
      `(define-constant a u1)\n(define-private (f) (+ ${repeat('a ', 50_000)}))`,
    ],
    [
      'uses of many names',
      `${lines(5_000, (i) => `(define-constant c${i} u${i})`)}
      (define-private (f) (+ ${lines(5_000, (i) => `c${i}`)}))`,
    ],
    [
      'parameters of one function',
      `(define-private (f ${lines(255, (i) => `(p${i} uint)`)}) (+ ${lines(255, (i) => `p${i}`)}))`,
    ],
    [
      'bindings of one let',
      `(define-private (f) (let (${lines(20_000, (i) => `(a${i} u${i})`)}) a0))`,
    ],
    [
      'fields of one tuple',
      `(define-private (f) {${Array.from({ length: 20_000 }, (_, i) => `a${i}: u1`).join(',')}})`,
    ],
    ['comments in a tuple', `(define-private (f) {${repeat(';; c\n', 100_000)} a: 1})`],
    ['top-level atoms', repeat('1 ', 60_000)],
    ['the same definition', repeat('(define-constant a 1)', 10_000)],
    ['elements of one list', `(define-constant a (list ${repeat('1 ', 60_000)}))`],
    [
      'different elements of one list',
      `(define-constant a (list ${lines(20_000, (i) => `"${repeat('x', i % 40)}"`)}))`,
    ],
  ])('%s', (_what, source) => {
    // An answer at all is what is asked: the runner's time limit is the bound.
    expect(attempt(source).verdict).toMatch(/accepted|[a-z]+ [A-Z]/);
  });

  it('a list built one by one is stopped by its cost', () => {
    const { vm } = attempt(`
      (define-private (add (i uint) (acc (list 8192 uint))) (unwrap-panic (as-max-len? (append acc i) u8192)))
      (define-read-only (build (xs (list 8192 uint))) (len (fold add xs (list))))`);
    const args = [Cv.list(Array.from({ length: 8192 }, (_, i) => Cv.uint(i)))];
    const out = vm.callReadOnly({ contractId: ID, functionName: 'build', args, sender: ISSUER });
    expect(out.ok ? out.value.result : out.error.error.name).toEqual(Cv.uint(8192));
    expect(vm.meter.runtime).toBeGreaterThan(8192 * 8192 * 16);
  });
});

describe('memory', () => {
  it('compiled contracts are kept by the size of their source, the oldest leave', () => {
    const cache = new ContractCache({ contractsMax: 1000, sourceBytesMax: 10_000 });
    const db = new MemoryClarityDb();
    const vm = new ClarityVm({ db, info: new MemoryBlockInfo(), cache });
    const body = repeat('u1 ', 1000);
    for (let i = 0; i < 20; i++) {
      const contractId = `${ISSUER}.c${i}`;
      const source = `(define-read-only (f) (+ ${body}))`;
      expect(vm.deploy({ contractId, source, clarityVersion: 5 }).ok).toBe(true);
      const out = vm.callReadOnly({ contractId, functionName: 'f', args: [], sender: ISSUER });
      expect(out.ok && out.value.result).toEqual(Cv.uint(1000));
    }
    expect(cache.size).toBe(3);
    expect(cache.sourceBytes).toBeLessThanOrEqual(10_000);
  });

  it('what an error says stays short', () => {
    const fields = Array.from({ length: 5_000 }, (_, i) => `field-${i}: u1`).join(', ');
    const { verdict, message } = attempt(`(define-private (f) (+ u1 {${fields}}))`);
    expect(verdict).toBe('check TypeError');
    expect(message.length).toBeLessThanOrEqual(LIMITS.errorMessageChars);
  });
});

describe('code', () => {
  it('no source text becomes JavaScript source', () => {
    const folder = join(import.meta.dirname, '..', 'src');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) =>
      f.endsWith('.ts'),
    );
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      expect(readFileSync(join(folder, file), 'utf8')).not.toMatch(
        /\beval\(|\bFunction\(|\bimport\([^'"]/,
      );
    }
  });

  it('nothing depends on clock, chance, locale, rounding or the order of object keys', () => {
    const folder = join(import.meta.dirname, '..', 'src');
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      // Data and prose for docs/clarity.md, which no contract reaches.
      if (!file.endsWith('.ts') || file.startsWith('reference')) continue;
      expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(
        /\bDate\b|performance\.|Math\.(random|log|pow|sqrt|exp|round)|\bIntl\b|[Ll]ocale|parseFloat|toFixed|Object\.(keys|entries|values)|\bfor \(const \w+ in /,
      );
    }
  });
});
