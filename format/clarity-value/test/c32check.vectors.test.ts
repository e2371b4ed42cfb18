/** c32check: the addresses and encodings pinned by stacks-common/src/address/c32.rs. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  c32Decode,
  c32Encode,
  formatC32Address,
  formatPrincipal,
  parseC32Address,
  parsePrincipal,
} from '../src/index.ts';

const HASHES = [
  'a46ff88886c2ef9762d970b4d2c63678835bd39d',
  '0000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000001',
  '1000000000000000000000000000000000000001',
  '1000000000000000000000000000000000000000',
];

const ADDRESSES: Record<number, string[]> = {
  22: [
    'SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7',
    'SP000000000000000000002Q6VF78',
    'SP00000000000000000005JA84HQ',
    'SP80000000000000000000000000000004R0CMNV',
    'SP800000000000000000000000000000033H8YKK',
  ],
  0: [
    'S02J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKPVKG2CE',
    'S0000000000000000000002AA028H',
    'S000000000000000000006EKBDDS',
    'S080000000000000000000000000000007R1QC00',
    'S080000000000000000000000000000003ENTGCQ',
  ],
  31: [
    'SZ2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQ9H6DPR',
    'SZ000000000000000000002ZE1VMN',
    'SZ00000000000000000005HZ3DVN',
    'SZ80000000000000000000000000000004XBV6MS',
    'SZ800000000000000000000000000000007VF5G0',
  ],
  20: [
    'SM2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQVX8X0G',
    'SM0000000000000000000062QV6X',
    'SM00000000000000000005VR75B2',
    'SM80000000000000000000000000000004WBEWKC',
    'SM80000000000000000000000000000000JGSYGV',
  ],
  26: [
    'ST2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQYAC0RQ',
    'ST000000000000000000002AMW42H',
    'ST000000000000000000042DB08Y',
    'ST80000000000000000000000000000006BYJ4R4',
    'ST80000000000000000000000000000002YBNPV3',
  ],
  21: [
    'SN2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKP6D2ZK9',
    'SN000000000000000000003YDHWKJ',
    'SN00000000000000000005341MC8',
    'SN800000000000000000000000000000066KZWY0',
    'SN800000000000000000000000000000006H75AK',
  ],
};

const ENCODINGS: ReadonlyArray<readonly [string, string]> = [
  ['a46ff88886c2ef9762d970b4d2c63678835bd39d', 'MHQZH246RBQSERPSE2TD5HHPF21NQMWX'],
  ['', ''],
  ['0000000000000000000000000000000000000000', '00000000000000000000'],
  ['0000000000000000000000000000000000000001', '00000000000000000001'],
  ['1000000000000000000000000000000000000001', '20000000000000000000000000000001'],
  ['1000000000000000000000000000000000000000', '20000000000000000000000000000000'],
  ['01', '1'],
  ['22', '12'],
  ['0001', '01'],
  ['000001', '001'],
  ['00000001', '0001'],
  ['10', 'G'],
  ['0100', '80'],
  ['1000', '400'],
  ['010000', '2000'],
  ['100000', '10000'],
  ['01000000', 'G0000'],
  ['10000000', '800000'],
  ['0100000000', '4000000'],
];

describe('c32check addresses', () => {
  for (const [version, addresses] of Object.entries(ADDRESSES)) {
    for (const [i, address] of addresses.entries()) {
      it(`version ${version}: ${address}`, () => {
        const hash = bytesFromHex(HASHES[i]!);
        expect(formatC32Address(Number(version), hash)).toBe(address);
        expect(parseC32Address(address)).toEqual({ version: Number(version), data: hash });
      });
    }
  }

  it('reads lower case and the look-alikes O, I, L', () => {
    for (const text of [
      'SO2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKPVKG2CE',
      'S02J6ZY48GVLEZ5V2V5RB9MP66SW86PYKKPVKG2CE',
      'sO2j6zy48gvlez5v2v5rb9mp66sw86pykkpvkg2ce',
    ]) {
      expect(bytesToHex(parseC32Address(text)!.data)).toBe(HASHES[0]);
    }
  });
});

describe('c32 encodings', () => {
  for (const [hex, text] of ENCODINGS) {
    it(`${hex || '(empty)'} is ${text || '(empty)'}`, () => {
      expect(c32Encode(bytesFromHex(hex))).toBe(text);
      expect(bytesToHex(c32Decode(text)!)).toBe(hex);
    });
  }
});

it('round-trips any hash, and one changed character never parses to another address', () => {
  fc.assert(
    fc.property(
      fc.nat(31),
      fc.uint8Array({ minLength: 20, maxLength: 20 }),
      fc.nat(36),
      fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'),
      (version, data, at, char) => {
        const text = formatC32Address(version, data);
        expect(parseC32Address(text)).toEqual({ version, data });
        const position = 1 + (at % (text.length - 1));
        fc.pre(text[position] !== char);
        expect(parseC32Address(text.slice(0, position) + char + text.slice(position + 1))).toBe(
          null,
        );
      },
    ),
    { numRuns: 300 },
  );
});

it('parses principals and names the fault', () => {
  const text = 'ST000000000000000000002AMW42H.inference';
  const parsed = parsePrincipal(text);
  expect(parsed.ok && formatPrincipal(parsed.value)).toBe(text);
  expect(parsePrincipal('ST000000000000000000002AMW42J')).toMatchObject({
    error: { code: 'value/address' },
  });
  expect(parsePrincipal('ST000000000000000000002AMW42H.1x')).toMatchObject({
    error: { code: 'value/contract-name' },
  });
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (foreign) => {
      expect(parsePrincipal(foreign).ok).toBe(false);
    }),
  );
});
