/**
 * Signs inputs that one private key can spend: p2pk, p2pkh, p2wpkh and p2wpkh inside p2sh.
 * Deterministic (RFC 6979) and low-S: same transaction, same key, same bytes. Everything larger
 * (PSBT, multisig, taproot) is `@scure/btc-signer`'s business; what it makes is verified here alike.
 */
import { assert, bytesEqual, concatBytes } from '@assay/bytes';
import { hash160, publicKeyFromPrivate, signRecoverable } from '@assay/crypto';
import { encodeDerSignature } from './der.ts';
import { p2pkhScript, p2wpkhScript, pushScript, recognizeOutput } from './script.ts';
import { legacySighash, SIGHASH, witnessV0Sighash } from './sighash.ts';
import type { BitcoinInput, BitcoinOutput, BitcoinTransaction } from './transaction.ts';

export interface SpendingKey {
  /** 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
  /** Default true; false only for old p2pk and p2pkh outputs. */
  readonly compressed?: boolean;
}

/** Ready to be placed behind each other into a scriptSig or witness. */
function signature(digest: Uint8Array, key: SpendingKey): Uint8Array {
  const rs = signRecoverable(digest, key.privateKey).subarray(1);
  return concatBytes(encodeDerSignature(rs), Uint8Array.of(SIGHASH.all));
}

/**
 * The same transaction with input `index` signed (SIGHASH_ALL); null when this key alone cannot
 * spend `spent`. Signatures of other inputs stay valid.
 */
export function signInput(
  tx: BitcoinTransaction,
  index: number,
  spent: BitcoinOutput,
  key: SpendingKey,
): BitcoinTransaction | null {
  const input = tx.inputs[index];
  assert(input !== undefined, 'input index out of range');
  const publicKey = publicKeyFromPrivate(key.privateKey, key.compressed ?? true);
  const unlocked = unlock(tx, index, spent, key, publicKey);
  if (unlocked === null) return null;
  const inputs = tx.inputs.map((other, i) => (i === index ? { ...input, ...unlocked } : other));
  return { ...tx, inputs };
}

function unlock(
  tx: BitcoinTransaction,
  index: number,
  spent: BitcoinOutput,
  key: SpendingKey,
  publicKey: Uint8Array,
): Pick<BitcoinInput, 'scriptSig' | 'witness'> | null {
  const output = recognizeOutput(spent.script);
  const keyHash = hash160(publicKey);
  const code = p2pkhScript(keyHash);
  const legacy = () => signature(legacySighash(tx, index, spent.script, SIGHASH.all), key);
  const witness = () => [
    signature(witnessV0Sighash(tx, index, code, spent.valueSats, SIGHASH.all), key),
    publicKey,
  ];
  if (output.kind === 'p2pk' && bytesEqual(output.publicKey, publicKey)) {
    return { scriptSig: pushScript(legacy()), witness: [] };
  }
  if (output.kind === 'p2pkh' && bytesEqual(output.hash, keyHash)) {
    return { scriptSig: concatBytes(pushScript(legacy()), pushScript(publicKey)), witness: [] };
  }
  if (publicKey.length !== 33) return null;
  if (output.kind === 'p2wpkh' && bytesEqual(output.hash, keyHash)) {
    return { scriptSig: new Uint8Array(0), witness: witness() };
  }
  const nested = p2wpkhScript(keyHash);
  if (output.kind === 'p2sh' && bytesEqual(output.hash, hash160(nested))) {
    return { scriptSig: pushScript(nested), witness: witness() };
  }
  return null;
}
