/** Hashes of keys into addresses (stacks-common address tests) and SIP-018's reference hashes. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { Cv, encodeClarityValue, formatAddress } from '@assay/clarity-value';
import { convertPublicKey, sha256, signRecoverable, vrsToRsv } from '@assay/crypto';
import { describe, expect, it } from 'vitest';
import {
  addressOfSigner,
  type HashMode,
  hashPublicKeys,
  structuredDataHash,
} from '../src/index.ts';

const LONG_1 =
  '040fadbbcea0ff3b05f03195b41cd991d7a0af8bd38559943aec99cbdaf0b22cc806b9a4f07579934774cc0c155e781d45c989f94336765e88a66d91cfb9f060b0';
const LONG_2 =
  '04c77f262dda02580d65c9069a8a34c56bd77325bba4110b693b90216f5a3edc0bebc8ce28d61aa86b414aa91ecb29823b11aeed06098fcd97fee4bc73d54b1e96';
const SHORT_1 = '020fadbbcea0ff3b05f03195b41cd991d7a0af8bd38559943aec99cbdaf0b22cc8';
const SHORT_2 = '02c77f262dda02580d65c9069a8a34c56bd77325bba4110b693b90216f5a3edc0b';

const CASES: ReadonlyArray<readonly [HashMode, readonly string[], number, string]> = [
  ['p2pkh', [LONG_1], 1, '395f3643cea07ec4eec73b4d9a973dcce56b9bf1'],
  ['p2sh', [LONG_1, LONG_2], 2, 'fd3a5e9f5ba311ce6122765f0af8da7488e25d3a'],
  ['p2sh-unordered', [LONG_1, LONG_2], 2, 'fd3a5e9f5ba311ce6122765f0af8da7488e25d3a'],
  ['p2wpkh', [SHORT_1], 1, '0ac7ad046fe22c794dd923b3be14b2e668e50c42'],
  ['p2wsh', [SHORT_1, SHORT_2], 2, '3e02fa83ac2fae11fd6703b91e7c94ad393052e2'],
  ['p2wsh-unordered', [SHORT_1, SHORT_2], 2, '3e02fa83ac2fae11fd6703b91e7c94ad393052e2'],
];

describe('key hashes', () => {
  for (const [mode, keys, required, hash] of CASES) {
    it(mode, () => {
      expect(bytesToHex(hashPublicKeys(mode, keys.map(bytesFromHex), required))).toBe(hash);
    });
  }

  it('the short form of a key is the point of the long one', () => {
    expect(bytesToHex(convertPublicKey(bytesFromHex(LONG_1), true)!)).toBe(SHORT_1);
  });

  it('versions follow network and mode', () => {
    const hash = bytesFromHex('a46ff88886c2ef9762d970b4d2c63678835bd39d');
    const text = (mode: HashMode, version: 0 | 0x80): string =>
      formatAddress(addressOfSigner(mode, hash, version));
    expect(text('p2pkh', 0)).toBe('SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7');
    expect(text('p2wpkh', 0)).toBe('SM2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQVX8X0G');
    expect(text('p2pkh', 0x80)).toBe('ST2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKQYAC0RQ');
    expect(text('p2wsh', 0x80)).toBe('SN2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKP6D2ZK9');
  });
});

describe('SIP-018 reference vectors', () => {
  const message = Cv.ascii('Hello World');
  const domain = { name: 'Test App', version: '1.0.0', chainId: 1 };

  it('hash of a value', () => {
    expect(bytesToHex(sha256(encodeClarityValue(message)))).toBe(
      '5297eef9765c466d945ad1cb2c81b30b9fed6c165575dc9226e9edf78b8cd9e8',
    );
  });

  it('hash of domain and message, and its signature', () => {
    const hash = structuredDataHash(domain, message);
    expect(bytesToHex(hash)).toBe(
      '1bfdab6d4158313ce34073fbb8d6b0fc32c154d439def12247a0f44bb2225259',
    );
    const key = bytesFromHex('753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a6');
    expect(bytesToHex(vrsToRsv(signRecoverable(hash, key)))).toBe(
      '8b94e45701d857c9f1d1d70e8b2ca076045dae4920fb0160be0642a68cd78de072ab527b5c5277a593baeb2a8b657c216b99f7abb5d14af35b4bf12ba6460ba401',
    );
  });
});
