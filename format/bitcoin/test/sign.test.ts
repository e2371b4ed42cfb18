/** Signing and verifying: ours, btc-signer's, and every way to break a signature. */
import { bytesFromHex, concatBytes } from '@assay/bytes';
import { hash160, publicKeyFromPrivate, sha256 } from '@assay/crypto';
import * as btc from '@scure/btc-signer';
import { describe, expect, it } from 'vitest';
import {
  type BitcoinOutput,
  type BitcoinTransaction,
  bitcoinTxidHex,
  decodeBitcoinTransaction,
  encodeBitcoinTransaction,
  p2pkhScript,
  p2pkScript,
  p2shScript,
  p2wpkhScript,
  signInput,
  verifyInput,
} from '../src/index.ts';

const privateKey = sha256(Uint8Array.of(1));
const otherKey = sha256(Uint8Array.of(2));
const publicKey = publicKeyFromPrivate(privateKey);
const longKey = publicKeyFromPrivate(privateKey, false);
const keyHash = hash160(publicKey);

const forms: [string, Uint8Array, boolean][] = [
  ['p2pk', p2pkScript(publicKey), true],
  ['p2pk, uncompressed', p2pkScript(longKey), false],
  ['p2pkh', p2pkhScript(keyHash), true],
  ['p2pkh, uncompressed', p2pkhScript(hash160(longKey)), false],
  ['p2wpkh', p2wpkhScript(keyHash), true],
  ['p2wpkh in p2sh', p2shScript(hash160(p2wpkhScript(keyHash))), true],
];

function spend(outputs: readonly BitcoinOutput[]): BitcoinTransaction {
  return {
    version: 2,
    inputs: outputs.map((_, i) => ({
      prevTxid: sha256(Uint8Array.of(i)),
      prevIndex: i,
      scriptSig: new Uint8Array(0),
      sequence: 0xfffffffd,
      witness: [],
    })),
    outputs: [{ valueSats: 1_000n, script: p2wpkhScript(keyHash) }],
    lockTime: 0,
  };
}

describe.each(forms)('%s', (_name, script, compressed) => {
  const spent = [
    { valueSats: 5_000n, script },
    { valueSats: 7_000n, script: p2wpkhScript(keyHash) },
  ];
  const signed = signInput(spend(spent), 0, spent[0]!, { privateKey, compressed })!;

  it('verifies, also after another input is signed', () => {
    expect(verifyInput(signed, 0, spent)).toEqual({ ok: true, value: null });
    const both = signInput(signed, 1, spent[1]!, { privateKey })!;
    expect(verifyInput(both, 0, spent).ok && verifyInput(both, 1, spent).ok).toBe(true);
    expect(decodeBitcoinTransaction(encodeBitcoinTransaction(both)).ok).toBe(true);
  });

  it('is deterministic', () => {
    expect(signInput(spend(spent), 0, spent[0]!, { privateKey, compressed })).toEqual(signed);
  });

  it('fails when an output, the sequence or the lock time changes', () => {
    const [input, second] = signed.inputs;
    const changes: BitcoinTransaction[] = [
      { ...signed, outputs: [{ ...signed.outputs[0]!, valueSats: 1_001n }] },
      { ...signed, lockTime: 1 },
      { ...signed, inputs: [{ ...input!, sequence: 0 }, second!] },
      { ...signed, inputs: [input!, { ...second!, prevIndex: 9 }] },
    ];
    for (const change of changes) expect(verifyInput(change, 0, spent).ok).toBe(false);
  });

  it('fails for any flipped byte of the unlocking data', () => {
    const [input, second] = signed.inputs;
    const flip = (bytes: Uint8Array, at: number) => {
      const copy = bytes.slice();
      copy[at]! ^= 1;
      return copy;
    };
    for (let at = 0; at < input!.scriptSig.length; at += 7) {
      const inputs = [{ ...input!, scriptSig: flip(input!.scriptSig, at) }, second!];
      expect(verifyInput({ ...signed, inputs }, 0, spent).ok, `scriptSig ${at}`).toBe(false);
    }
    for (const [item, bytes] of input!.witness.entries()) {
      for (let at = 0; at < bytes.length; at += 7) {
        const witness = input!.witness.map((w, i) => (i === item ? flip(w, at) : w));
        const inputs = [{ ...input!, witness }, second!];
        expect(verifyInput({ ...signed, inputs }, 0, spent).ok, `witness ${at}`).toBe(false);
      }
    }
  });

  it('cannot be signed with another key', () => {
    expect(signInput(spend(spent), 0, spent[0]!, { privateKey: otherKey })).toBeNull();
  });
});

describe('what btc-signer makes', () => {
  const network = { ...btc.TEST_NETWORK, bech32: 'bcrt' };
  const keys = [privateKey, otherKey, sha256(Uint8Array.of(3))];
  const publicKeys = keys.map((key) => publicKeyFromPrivate(key));
  type Payment = { readonly script: Uint8Array };
  const payments: [string, Payment, Uint8Array[]][] = [
    ['p2wpkh', btc.p2wpkh(publicKey, network), [privateKey]],
    ['p2sh-p2wpkh', btc.p2sh(btc.p2wpkh(publicKey, network), network), [privateKey]],
    ['p2wsh 2 of 3', btc.p2wsh(btc.p2ms(2, publicKeys), network), keys.slice(1)],
    ['p2sh 2 of 3', btc.p2sh(btc.p2ms(2, publicKeys), network), keys.slice(0, 2)],
    ['p2sh-p2wsh 2 of 3', btc.p2sh(btc.p2wsh(btc.p2ms(2, publicKeys)), network), keys.slice(1)],
    ['p2tr key path', btc.p2tr(publicKey.subarray(1), undefined, network), [privateKey]],
  ];

  it.each(payments)('%s verifies here, with the same txid', (name, payment, signers) => {
    const tx = new btc.Transaction({ allowUnknownOutputs: true, allowLegacyWitnessUtxo: true });
    const funding: BitcoinTransaction = {
      ...spend([{ valueSats: 1n, script: new Uint8Array(0) }]),
      outputs: [{ valueSats: 9_000n, script: payment.script }],
    };
    const { script, ...rest } = payment;
    const previous =
      name.includes('w') || name.includes('tr')
        ? { witnessUtxo: { script, amount: 9_000n } }
        : { nonWitnessUtxo: encodeBitcoinTransaction(funding) };
    tx.addInput({ ...rest, txid: bitcoinTxidHex(funding), index: 0, ...previous });
    tx.addOutput({ script: p2wpkhScript(keyHash), amount: 8_000n });
    for (const key of signers) tx.sign(key);
    tx.finalize();
    const decoded = decodeBitcoinTransaction(tx.extract());
    if (!decoded.ok) throw new Error(decoded.error.message);
    expect(bitcoinTxidHex(decoded.value)).toBe(tx.id);
    const spent = [{ script: payment.script, valueSats: 9_000n }];
    expect(verifyInput(decoded.value, 0, spent)).toEqual({ ok: true, value: null });
    const cheaper = {
      ...decoded.value,
      outputs: [{ ...decoded.value.outputs[0]!, valueSats: 1n }],
    };
    expect(verifyInput(cheaper, 0, spent).ok).toBe(false);
  });
});

it('refuses other scripts by name, and never calls them valid', () => {
  const spent = [{ valueSats: 1n, script: bytesFromHex('51') }];
  const verdict = verifyInput(spend(spent), 0, spent);
  expect(verdict.ok ? null : verdict.error.code).toBe('bitcoin/script-unsupported');
  const returned = [{ valueSats: 1n, script: concatBytes(Uint8Array.of(0x6a)) }];
  expect(verifyInput(spend(returned), 0, returned).ok).toBe(false);
});
