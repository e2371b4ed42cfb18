/** Addresses and keys: Bitcoin Core's base58 vectors, BIP173, BIP350, and btc-signer as a peer. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { hash160, publicKeyFromPrivate } from '@assay/crypto';
import { Address, NETWORK, OutScript } from '@scure/btc-signer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  formatWif,
  p2pkhScript,
  p2shScript,
  p2trScript,
  p2wpkhScript,
  p2wshScript,
  parseAddress,
  parseWif,
  recognizeOutput,
} from '../src/index.ts';
import { readVectors } from './vectors.ts';

function script(text: string, network: 'mainnet' | 'testnet' | 'regtest'): string | null {
  const parsed = parseAddress(text, network);
  return parsed.ok ? bytesToHex(parsed.value) : null;
}

describe('base58check', () => {
  type Case = [
    string,
    string,
    { isPrivkey: boolean; isTestnet: boolean; isCompressed?: boolean; addrType?: string },
  ];
  it('reads and writes every valid key and address of Bitcoin Core', () => {
    const cases = readVectors<Case>('base58-keys');
    expect(cases.length).toBe(50);
    for (const [text, hex, about] of cases) {
      const network = about.isTestnet ? 'testnet' : 'mainnet';
      const payload = bytesFromHex(hex);
      if (about.isPrivkey) {
        const key = { privateKey: payload, compressed: about.isCompressed === true };
        expect(parseWif(text, network)).toEqual(key);
        expect(formatWif(key, network)).toBe(text);
        expect(parseWif(text, about.isTestnet ? 'mainnet' : 'testnet')).toBeNull();
      } else {
        const wanted = about.addrType === 'pubkey' ? p2pkhScript(payload) : p2shScript(payload);
        expect(script(text, network)).toBe(bytesToHex(wanted));
        expect(formatAddress(wanted, network)).toBe(text);
        expect(script(text, about.isTestnet ? 'mainnet' : 'testnet')).toBeNull();
      }
    }
  });

  it('refuses every invalid one', () => {
    for (const text of readVectors<string>('base58-keys-invalid')) {
      expect(script(text, 'mainnet'), text).toBeNull();
      expect(script(text, 'testnet'), text).toBeNull();
      expect(parseWif(text, 'mainnet'), text).toBeNull();
      expect(parseWif(text, 'testnet'), text).toBeNull();
    }
  });
});

describe('BIP173 and BIP350', () => {
  it.each([
    [
      'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4',
      'mainnet',
      '0014751e76e8199196d454941c45d1b3a323f1433bd6',
    ],
    [
      'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7',
      'testnet',
      '00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
    ],
    [
      'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y',
      'mainnet',
      '5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6',
    ],
    ['BC1SW50QGDZ25J', 'mainnet', '6002751e'],
    ['bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', 'mainnet', '5210751e76e8199196d454941c45d1b3a323'],
    [
      'tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy',
      'testnet',
      '0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433',
    ],
    [
      'tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c',
      'testnet',
      '5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433',
    ],
    [
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
      'mainnet',
      '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    ],
  ] as const)('valid %s', (text, network, hex) => {
    expect(script(text, network)).toBe(hex);
    expect(formatAddress(bytesFromHex(hex), network)).toBe(text.toLowerCase());
  });

  it.each([
    ['tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty', 'unknown prefix'],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'checksum'],
    ['BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2', 'version'],
    ['bc1rw5uspcuh', 'program length'],
    ['bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90', 'length'],
    ['BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P', 'version 0 length'],
    ['bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du', 'padding'],
    ['bc1gmk9yu', 'empty data'],
    ['bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd', 'bech32 for version 1'],
    ['BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL', 'bech32 for version 16'],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh', 'bech32m for version 0'],
    ['bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4', 'invalid character'],
    ['BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R', 'version 17'],
    ['bc1pw5dgrnzv', 'one byte program'],
    ['bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf', 'padding of 5 bits'],
    ['bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'mixed case'],
  ])('invalid %s (%s)', (text) => {
    expect(script(text, 'mainnet')).toBeNull();
  });

  it('names the network it belongs to', () => {
    const parsed = parseAddress('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'mainnet');
    expect(parsed.ok ? null : parsed.error.code).toBe('bitcoin/address-network');
    expect(script('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'regtest')).toBe(
      '0014751e76e8199196d454941c45d1b3a323f1433bd6',
    );
  });
});

it('agrees with btc-signer on random output scripts', () => {
  const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
  const scripts = fc.oneof(
    bytes(20).map(p2pkhScript),
    bytes(20).map(p2shScript),
    bytes(20).map(p2wpkhScript),
    bytes(32).map(p2wshScript),
    bytes(32).map(p2trScript),
  );
  fc.assert(
    fc.property(scripts, (output) => {
      const text = formatAddress(output, 'mainnet')!;
      expect(script(text, 'mainnet')).toBe(bytesToHex(output));
      // The peer refuses taproot keys that are not on the curve.
      if (recognizeOutput(output).kind === 'p2tr') return;
      expect(Address(NETWORK).encode(OutScript.decode(output))).toBe(text);
    }),
    { numRuns: 200 },
  );
});

it('derives the address of a known key', () => {
  const key = parseWif('KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn', 'mainnet');
  const publicKey = publicKeyFromPrivate(key!.privateKey);
  expect(formatAddress(p2wpkhScript(hash160(publicKey)), 'mainnet')).toBe(
    'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
  );
});

it('never throws on any text', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((s) => `bc1${s}`),
      ),
      (text) => {
        parseAddress(text, 'mainnet');
        parseWif(text, 'regtest');
      },
    ),
    { numRuns: 500 },
  );
});
