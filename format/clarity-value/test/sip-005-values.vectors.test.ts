/** SIP-005 Clarity values: the vectors of clarity-types/src/tests/types/serialization.rs, limits. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { describe, expect, it } from 'vitest';
import {
  type ClarityValue,
  Cv,
  clarityValueToString,
  decodeClarityValue,
  encodeClarityValue,
  isClarityName,
  isContractName,
  UNTYPED_DEPTH_MAX,
} from '../src/index.ts';

const HASH = bytesFromHex('11deadbeef11ababffff11deadbeef11ababffff');

const VECTORS: ReadonlyArray<readonly [hex: string, value: ClarityValue, text: string]> = [
  ['0000000000000000000000000000000001', Cv.int(1), '1'],
  ['00ffffffffffffffffffffffffffffffff', Cv.int(-1), '-1'],
  ['0100000000000000000000000000000001', Cv.uint(1), 'u1'],
  ['0200000004deadbeef', Cv.buffer(bytesFromHex('deadbeef')), '0xdeadbeef'],
  ['03', Cv.bool(true), 'true'],
  ['04', Cv.bool(false), 'false'],
  [
    '050011deadbeef11ababffff11deadbeef11ababffff',
    Cv.principal({ version: 0, hash: HASH, contractName: null }),
    'S08XXBDYXW8TQAZZZW8XXBDYXW8TQAZZZZ88551S',
  ],
  [
    '060011deadbeef11ababffff11deadbeef11ababffff0461626364',
    Cv.principal({ version: 0, hash: HASH, contractName: 'abcd' }),
    'S08XXBDYXW8TQAZZZW8XXBDYXW8TQAZZZZ88551S.abcd',
  ],
  ['0700ffffffffffffffffffffffffffffffff', Cv.ok(Cv.int(-1)), '(ok -1)'],
  ['0800ffffffffffffffffffffffffffffffff', Cv.err(Cv.int(-1)), '(err -1)'],
  ['09', Cv.none(), 'none'],
  ['0a00ffffffffffffffffffffffffffffffff', Cv.some(Cv.int(-1)), '(some -1)'],
  [
    '0b0000000400000000000000000000000000000000010000000000000000000000000000000002000000000000000000000000000000000300fffffffffffffffffffffffffffffffc',
    Cv.list([Cv.int(1), Cv.int(2), Cv.int(3), Cv.int(-4)]),
    '(list 1 2 3 -4)',
  ],
  [
    '0c000000020362617a0906666f6f62617203',
    Cv.tuple({ foobar: Cv.bool(true), baz: Cv.none() }),
    '(tuple (baz none) (foobar true))',
  ],
  ['0d0000000568656c6c6f', Cv.ascii('hello'), '"hello"'],
  ['0e00000006e282ac227e5c', Cv.utf8('€"~\\'), 'u"€\\"~\\\\"'],
];

describe('published values', () => {
  for (const [hex, value, text] of VECTORS) {
    it(text, () => {
      expect(bytesToHex(encodeClarityValue(value))).toBe(hex);
      expect(decodeClarityValue(bytesFromHex(hex))).toEqual({ ok: true, value });
      expect(clarityValueToString(value)).toBe(text);
    });
  }
});

describe('refused bytes', () => {
  const DEEP =
    '08080808080808080808070707080807080808080808080708080808080708080707080707080807080808080808080708080808080708080707080708070807080808080808080708080808080708080708080808080808080807070807080808080808070808070707080807070808070808080808070808070708070807080808080808080707080708070807080807080708080808080808070808080808070808080808070808080808080707080807080708080808080807080807070708070707080807080808080807080807080807070807080708080808080808070708070808080808080808080707080808070708080707080807080807070708';
  const CASES: ReadonlyArray<readonly [name: string, hex: string, code: string]> = [
    ['unknown type', '1010', 'value/type'],
    ['list longer than a value may be', '0bffffffffffffffffffffffffffff', 'value/too-large'],
    ['tuple longer than a value may be', '0cffffffffffffffffffffffffffff', 'value/too-large'],
    ['buffer longer than a value may be', '0200100001', 'value/too-large'],
    ['nested to overflow a stack', DEEP, 'value/too-deep'],
    ['missing content', '00ff', 'bytes/short'],
    ['surplus byte', '0303', 'bytes/trailing'],
    ['address version 32', `0520${'00'.repeat(20)}`, 'value/address-version'],
    ['contract name that starts with a digit', `0600${'00'.repeat(20)}0130`, 'value/contract-name'],
    ['tuple keys descending', '0c000000020162090161' + '09', 'value/tuple-order'],
    ['tuple key twice', '0c000000020161090161' + '09', 'value/tuple-order'],
    ['tuple key empty', '0c000000010009', 'value/clarity-name'],
    ['control character in string-ascii', '0d0000000101', 'value/ascii'],
    ['vertical tab in string-ascii', '0d000000010b', 'value/ascii'],
    ['high byte in string-ascii', '0d0000000180', 'value/ascii'],
    ['broken string-utf8', '0e00000002c328', 'value/utf8'],
    ['surrogate in string-utf8', '0e00000003eda080', 'value/utf8'],
  ];
  for (const [name, hex, code] of CASES) {
    it(name, () => {
      expect(decodeClarityValue(bytesFromHex(hex))).toMatchObject({ ok: false, error: { code } });
    });
  }

  it('fifteen containers are the most a transaction may nest', () => {
    const nested = (count: number): Uint8Array => bytesFromHex(`${'0a'.repeat(count)}03`);
    const options = { depthMax: UNTYPED_DEPTH_MAX };
    expect(decodeClarityValue(nested(15), options).ok).toBe(true);
    expect(decodeClarityValue(nested(16), options)).toMatchObject({
      error: { code: 'value/too-deep' },
    });
    expect(decodeClarityValue(nested(31)).ok).toBe(true);
    expect(decodeClarityValue(nested(32)).ok).toBe(false);
  });

  it('a string-utf8 holds 262,144 code points, however many bytes each', () => {
    const wide = encodeClarityValue(Cv.utf8('😀'.repeat(262_144)));
    expect(decodeClarityValue(wide).ok).toBe(true);
    const narrow = encodeClarityValue(Cv.utf8('a'.repeat(262_145)));
    expect(decodeClarityValue(narrow)).toMatchObject({ error: { code: 'value/too-large' } });
  });
});

describe('constructors assert their bounds', () => {
  const BAD: ReadonlyArray<() => unknown> = [
    () => Cv.int(2n ** 127n),
    () => Cv.uint(-1),
    () => Cv.uint(2n ** 128n),
    () => Cv.ascii('é'),
    () => Cv.utf8('a\ud800'),
    () => Cv.tuple({ '1': Cv.none() }),
    () => Cv.principal('nobody'),
  ];
  for (const make of BAD) it(String(make).slice(6), () => expect(make).toThrow());
});

it('names follow the regular expressions of the language', () => {
  for (const good of ['a', 'a-b!?+<>=/*_', '+', '-', '*', '/', '=', '<', '>', '<=', '>=']) {
    expect(isClarityName(good), good).toBe(true);
  }
  for (const bad of ['', '1a', '==', '<>', 'a b', 'é', 'a'.repeat(129), 'a\n']) {
    expect(isClarityName(bad), bad).toBe(false);
  }
  for (const good of ['a', 'A_b-9', '__transient', 'a'.repeat(40)]) {
    expect(isContractName(good), good).toBe(true);
  }
  for (const bad of ['', '_a', '9', 'a!', 'a'.repeat(41), 'a.b', 'a\n']) {
    expect(isContractName(bad), bad).toBe(false);
  }
});
