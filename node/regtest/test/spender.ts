/** A key with its scripts, and transactions built by our own code or by btc-signer. */
import {
  type BitcoinTransaction,
  bitcoinTxidHex,
  decodeBitcoinTransaction,
  encodeBitcoinTransaction,
  formatAddress,
  hashFromDisplayHex,
  p2pkhScript,
  p2wpkhScript,
  signInput,
} from '@assay/bitcoin';
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { hash160, publicKeyFromPrivate, sha256 } from '@assay/crypto';
import * as btc from '@scure/btc-signer';
import type { Answer, Bitcoin } from './harness.ts';

export interface TestKey {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly p2wpkh: Uint8Array;
  readonly p2pkh: Uint8Array;
  readonly address: string;
  readonly legacyAddress: string;
}

export function testKey(n: number): TestKey {
  const privateKey = sha256(Uint8Array.of(n, 77));
  const publicKey = publicKeyFromPrivate(privateKey);
  const p2wpkh = p2wpkhScript(hash160(publicKey));
  const p2pkh = p2pkhScript(hash160(publicKey));
  return {
    privateKey,
    publicKey,
    p2wpkh,
    p2pkh,
    address: formatAddress(p2wpkh, 'regtest')!,
    legacyAddress: formatAddress(p2pkh, 'regtest')!,
  };
}

export interface Funding {
  readonly txid: string;
  readonly vout: number;
  readonly sats: bigint;
  readonly script: Uint8Array;
}

export interface Made {
  readonly hex: string;
  readonly txid: string;
  readonly tx: BitcoinTransaction;
  output(index: number): Funding;
}

export function made(tx: BitcoinTransaction): Made {
  const txid = bitcoinTxidHex(tx);
  return {
    hex: bytesToHex(encodeBitcoinTransaction(tx)),
    txid,
    tx,
    output: (vout) => {
      const { valueSats, script } = tx.outputs[vout]!;
      return { txid, vout, sats: valueSats, script };
    },
  };
}

/** Spends `from`, all of one key, to the outputs given; what is left is the fee. */
export function spend(
  key: TestKey,
  from: readonly Funding[],
  to: readonly { script: Uint8Array; sats: bigint }[],
  options: { sequence?: number; lockTime?: number; version?: number } = {},
): Made {
  let tx: BitcoinTransaction = {
    version: options.version ?? 2,
    inputs: from.map(({ txid, vout }) => ({
      prevTxid: hashFromDisplayHex(txid)!,
      prevIndex: vout,
      scriptSig: new Uint8Array(0),
      sequence: options.sequence ?? 0xfffffffd,
      witness: [],
    })),
    outputs: to.map(({ script, sats }) => ({ script, valueSats: sats })),
    lockTime: options.lockTime ?? 0,
  };
  for (const [index, { script, sats }] of from.entries()) {
    tx = signInput(tx, index, { script, valueSats: sats }, key)!;
  }
  return made(tx);
}

/** The same by btc-signer: one p2wpkh or p2pkh input (with its previous transaction), an OP_RETURN. */
export function spendWithBtcSigner(
  key: TestKey,
  from: Funding,
  previousHex: string,
  to: readonly { script: Uint8Array; sats: bigint }[],
  data?: Uint8Array,
): Made {
  const tx = new btc.Transaction({ allowUnknownOutputs: true });
  const isLegacy = from.script.length === 25;
  const previous = decodeBitcoinTransaction(bytesFromHex(previousHex));
  if (!previous.ok) throw new Error(previous.error.message);
  const stripped = {
    ...previous.value,
    inputs: previous.value.inputs.map((input) => ({ ...input, witness: [] })),
  };
  tx.addInput({
    txid: from.txid,
    index: from.vout,
    sequence: 0xfffffffd,
    ...(isLegacy
      ? { nonWitnessUtxo: encodeBitcoinTransaction(stripped) }
      : { witnessUtxo: { script: from.script, amount: from.sats } }),
  });
  if (data !== undefined) {
    tx.addOutput({ script: btc.Script.encode(['RETURN', data]), amount: 0n });
  }
  for (const { script, sats } of to) tx.addOutput({ script, amount: sats });
  tx.sign(key.privateKey);
  tx.finalize();
  const decoded = decodeBitcoinTransaction(tx.extract());
  if (!decoded.ok) throw new Error(decoded.error.message);
  return made(decoded.value);
}

/** Coinbases of freshly mined and matured blocks paying `script`'s address. */
export async function matureCoins(
  bitcoin: Bitcoin,
  address: string,
  count: number,
): Promise<Funding[]> {
  const hashes: string[] = await bitcoin.call('generatetoaddress', [count, address]);
  await bitcoin.call('generatetoaddress', [100, testKey(99).address]);
  const coins: Funding[] = [];
  for (const hash of hashes) {
    const block: Answer = await bitcoin.call('getblock', [hash, 2]);
    const [coinbase] = block.tx;
    coins.push({
      txid: coinbase.txid,
      vout: 0,
      sats: BigInt(Math.round(coinbase.vout[0].value * 1e8)),
      script: bytesFromHex(coinbase.vout[0].scriptPubKey.hex),
    });
  }
  return coins;
}
