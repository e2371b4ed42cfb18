/** Signature digests: Bitcoin Core's legacy cases, BIP143's and BIP341's examples. */
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { describe, expect, it } from 'vitest';
import {
  type BitcoinOutput,
  type BitcoinTransaction,
  decodeBitcoinTransaction,
  decodeDerSignature,
  encodeDerSignature,
  hashToDisplayHex,
  legacySighash,
  taprootSighash,
  verifyInput,
  witnessV0Sighash,
} from '../src/index.ts';
import { assembleScript, readVectors } from './vectors.ts';

function transaction(hex: string): BitcoinTransaction {
  const decoded = decodeBitcoinTransaction(bytesFromHex(hex));
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
}

it('legacy digests equal Bitcoin Core sighash.json', () => {
  const cases = readVectors<[string, string, number, number, string]>('sighash');
  expect(cases.length).toBe(200);
  for (const [hex, script, index, hashType, digest] of cases) {
    const hash = legacySighash(transaction(hex), index, bytesFromHex(script), hashType);
    expect(hashToDisplayHex(hash), hex).toBe(digest);
  }
});

interface Bip143Case {
  description: string;
  txHex: string;
  inIndex: number;
  script: string;
  type: number;
  value: number;
  hash: string;
}

it.each(readVectors<Bip143Case>('bip143').map((c) => [c.description, c] as const))(
  'BIP143: %s',
  (_name, { txHex, inIndex, script, type, value, hash }) => {
    const words = script
      .replaceAll(/OP_(\d+)/g, '$1')
      .split(' ')
      .map((word) => (/^[0-9a-f]{10,}$/.test(word) ? `${pushPrefix(word)}${word}` : word));
    const code = assembleScript(words.join(' '));
    const digest = witnessV0Sighash(transaction(txHex), inIndex, code, BigInt(value), type);
    expect(bytesToHex(digest)).toBe(hash);
  },
);

function pushPrefix(hex: string): string {
  return `0x${(hex.length / 2).toString(16).padStart(2, '0')}`;
}

interface Bip341Case {
  given: { rawUnsignedTx: string; utxosSpent: { scriptPubKey: string; amountSats: number }[] };
  inputSpending: {
    given: { txinIndex: number; hashType: number };
    intermediary: { sigHash: string };
    expected: { witness: string[] };
  }[];
  auxiliary: { fullySignedTx: string };
}

describe('BIP341 wallet vectors', () => {
  const [vector] = readVectors<Bip341Case>('bip341');
  const spent: BitcoinOutput[] = vector!.given.utxosSpent.map((utxo) => ({
    script: bytesFromHex(utxo.scriptPubKey),
    valueSats: BigInt(utxo.amountSats),
  }));

  it('key path digests', () => {
    const tx = transaction(vector!.given.rawUnsignedTx);
    for (const { given, intermediary } of vector!.inputSpending) {
      const digest = taprootSighash(tx, given.txinIndex, spent, given.hashType);
      expect(digest && bytesToHex(digest)).toBe(intermediary.sigHash);
    }
  });

  it('the fully signed transaction verifies, and not with another amount', () => {
    const tx = transaction(vector!.auxiliary.fullySignedTx);
    for (const [index] of tx.inputs.entries()) {
      expect(verifyInput(tx, index, spent), `input ${index}`).toEqual({ ok: true, value: null });
    }
    const other = spent.map((output) => ({ ...output, valueSats: output.valueSats + 1n }));
    // Input 2 is legacy p2pkh: its digest does not cover amounts.
    const verdicts = tx.inputs.map((_, index) => verifyInput(tx, index, other).ok);
    expect(verdicts).toEqual(tx.inputs.map((_, index) => index === 2));
  });
});

it('BIP66: strict DER exactly where Bitcoin Core says so', () => {
  // Refused by Core for its hash type alone, which is not part of the DER encoding.
  const badTypes = /(05|04|21|00|11)$/;
  for (const [canonical, hex] of readVectors<[boolean, string]>('signature-encoding')) {
    const bytes = bytesFromHex(hex);
    const rs = bytes.length > 0 ? decodeDerSignature(bytes.subarray(0, -1)) : null;
    if (canonical)
      expect(bytesToHex(encodeDerSignature(rs!)), hex).toBe(hex.slice(0, -2).toLowerCase());
    else if (!badTypes.test(hex)) expect(rs, hex).toBeNull();
  }
});

it('Bitcoin Core tx_valid: every input of a standard form verifies', () => {
  type Prevout = [string, number, string, number?];
  let verified = 0;
  const refusals = new Map<string, number>();
  for (const [prevouts, hex] of readVectors<[Prevout[], string, string]>('tx-valid')) {
    const tx = transaction(hex);
    const spent = tx.inputs.map((input): BitcoinOutput => {
      const key = hashToDisplayHex(input.prevTxid);
      const found = prevouts.find(([txid, n]) => txid === key && n >>> 0 === input.prevIndex);
      return { script: assembleScript(found?.[2] ?? ''), valueSats: BigInt(found?.[3] ?? 0) };
    });
    for (const [index] of tx.inputs.entries()) {
      const verdict = verifyInput(tx, index, spent);
      if (verdict.ok) verified++;
      else refusals.set(verdict.error.message, (refusals.get(verdict.error.message) ?? 0) + 1);
    }
  }
  // What is refused is refused as not standard or by policy, never as a false signature.
  expect([...refusals.keys()].sort()).toMatchInlineSnapshot(`
    [
      "Dummy CHECKMULTISIG argument must be zero",
      "Non-canonical DER signature",
      "Non-canonical signature: S value is unnecessarily high",
      "Witness provided for non-witness script",
      "only standard key scripts can be spent here",
      "scriptSig does more than push",
    ]
  `);
  expect(verified).toMatchInlineSnapshot(`44`);
});
