/** Transactions and blocks of Bitcoin's mainnet, and Bitcoin Core's own valid transactions. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { describe, expect, it } from 'vitest';
import {
  bitcoinBlockHashHex,
  bitcoinBlockWeight,
  bitcoinTransactionWeight,
  bitcoinTxid,
  bitcoinTxidHex,
  bitcoinWtxid,
  decodeBitcoinBlock,
  decodeBitcoinTransaction,
  encodeBitcoinBlock,
  encodeBitcoinTransaction,
  hashToDisplayHex,
  hasProofOfWork,
  isCoinbase,
  transactionMerkleRoot,
} from '../src/index.ts';
import { readVectors } from './vectors.ts';

function block(hex: string) {
  const decoded = decodeBitcoinBlock(bytesFromHex(hex));
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
}

const GENESIS_TX =
  '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d' +
  '04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e' +
  '6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afd' +
  'b0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384d' +
  'f7ba0b8d578a4c702b6bf11d5fac00000000';
const GENESIS_ROOT = '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a';

describe('genesis blocks', () => {
  it.each([
    [
      'mainnet',
      '01000000',
      '29ab5f49ffff001d1dac2b7c',
      '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    ],
    [
      'testnet',
      '01000000',
      'dae5494dffff001d1aa4ae18',
      '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943',
    ],
    [
      'regtest',
      '01000000',
      'dae5494dffff7f2002000000',
      '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    ],
  ])('%s', (_name, version, tail, hash) => {
    const header = `${version}${'00'.repeat(32)}${GENESIS_ROOT}${tail}`;
    const genesis = block(`${header}01${GENESIS_TX}`);
    expect(bitcoinBlockHashHex(genesis.header)).toBe(hash);
    expect(hasProofOfWork(genesis.header)).toBe(true);
    expect(bytesToHex(transactionMerkleRoot(genesis.transactions))).toBe(GENESIS_ROOT);
    expect(isCoinbase(genesis.transactions[0]!)).toBe(true);
    expect(bitcoinTransactionWeight(genesis.transactions[0]!)).toBe(204 * 4);
    expect(bitcoinBlockWeight(genesis)).toBe(285 * 4);
  });
});

describe('mainnet blocks', () => {
  const cases = readVectors<{ id: string; transactions: number; hex: string }>('blocks');
  it.each(cases.map((c) => [c.id, c] as const))('%s', (id, { transactions, hex }) => {
    const decoded = block(hex);
    expect(bitcoinBlockHashHex(decoded.header)).toBe(id);
    expect(hasProofOfWork(decoded.header)).toBe(true);
    expect(decoded.transactions.length).toBe(transactions);
    expect(transactionMerkleRoot(decoded.transactions)).toEqual(decoded.header.merkleRoot);
    expect(bytesToHex(encodeBitcoinBlock(decoded))).toBe(hex);
  });
});

describe('BIP144 serialisation', () => {
  it('keeps every valid transaction of Bitcoin Core byte for byte', () => {
    const cases = readVectors<[unknown, string, string]>('tx-valid');
    expect(cases.length).toBeGreaterThan(100);
    for (const [, hex] of cases) {
      const tx = decodeBitcoinTransaction(bytesFromHex(hex));
      expect(tx.ok && bytesToHex(encodeBitcoinTransaction(tx.value)), hex).toBe(hex.toLowerCase());
    }
  });

  it('separates txid from wtxid (BIP143 example, native P2WPKH)', () => {
    const hex =
      '01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830' +
      '450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f928' +
      '1a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e81' +
      '5b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f6' +
      '6f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988' +
      'ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c' +
      '4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7aca' +
      'fcdb3566bb0ad253f62fc70f07aeee635711000000';
    const decoded = decodeBitcoinTransaction(bytesFromHex(hex));
    if (!decoded.ok) throw new Error(decoded.error.message);
    const tx = decoded.value;
    expect(bitcoinTxidHex(tx)).toBe(
      'e8151a2af31c368a35053ddd4bdb285a8595c769a3ad83e0fa02314a602d4609',
    );
    expect(hashToDisplayHex(bitcoinWtxid(tx))).toBe(
      'c36c38370907df2324d9ce9d149d191192f338b37665a82e78e76a12c909b762',
    );
    expect(bitcoinWtxid(tx)).not.toEqual(bitcoinTxid(tx));
    expect(bitcoinTransactionWeight(tx)).toBe(3 * 233 + 343);
  });

  it('refuses a witness flag without witnesses, other flags, and no inputs', () => {
    const code = (hex: string) => {
      const decoded = decodeBitcoinTransaction(bytesFromHex(hex));
      return decoded.ok ? null : decoded.error.code;
    };
    const input = `${'11'.repeat(32)}0000000000ffffffff`;
    const rest = '010000000000000000015100000000';
    expect(code(`01000000000101${input}0101000000000000000151${'00'}00000000`)).toBe(
      'bitcoin/superfluous-witness',
    );
    expect(code(`01000000000201${input}${rest}`)).toBe('bitcoin/unknown-flag');
    expect(code('01000000000000000000')).toBe('bitcoin/no-inputs');
    expect(code(`0100000001${input}0101000000000000000151000000`)).toBe('bitcoin/short');
    expect(code(`0100000001${input}010100000000000000015100000000ff`)).toBe('bitcoin/trailing');
    expect(code(`01000000fdfc00${input}${rest}`)).toBe('bitcoin/non-minimal');
    expect(code(`01000000feffffff01${input}${rest}`)).toBe('bitcoin/count');
  });
});
