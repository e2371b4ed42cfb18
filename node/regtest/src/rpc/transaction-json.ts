/**
 * Transactions and scripts as bitcoind shows them.
 * Source: Bitcoin Core core_write.cpp (TxToUniv, ScriptToUniv).
 */
import {
  type BitcoinOutput,
  formatAddress,
  formatScript,
  hashToDisplayHex,
  isCoinbase,
  type OutputKind,
  recognizeOutput,
} from '@assay/bitcoin';
import { bytesToHex } from '@assay/bytes';
import type { Coin } from '../chain/coin.ts';
import type { KnownTransaction } from '../chain/known-transaction.ts';
import { inferDescriptor } from '../wallet/descriptor.ts';
import { amount, type RpcObject } from './json.ts';

const TYPE_NAMES: Readonly<Record<OutputKind['kind'], string>> = {
  p2pk: 'pubkey',
  p2pkh: 'pubkeyhash',
  p2sh: 'scripthash',
  p2wpkh: 'witness_v0_keyhash',
  p2wsh: 'witness_v0_scripthash',
  p2tr: 'witness_v1_taproot',
  multisig: 'multisig',
  'op-return': 'nulldata',
  'witness-unknown': 'witness_unknown',
  nonstandard: 'nonstandard',
};

export function scriptToJson(script: Uint8Array): RpcObject {
  return {
    asm: formatScript(script),
    desc: inferDescriptor(script),
    hex: bytesToHex(script),
    address: formatAddress(script, 'regtest') ?? undefined,
    type: TYPE_NAMES[recognizeOutput(script).kind],
  };
}

function outputToJson(output: BitcoinOutput, n: number): RpcObject {
  return { value: amount(output.valueSats), n, scriptPubKey: scriptToJson(output.script) };
}

export interface SpentCoins {
  /** One per input; absent for a coinbase. */
  readonly coins: readonly Coin[];
  readonly withPrevouts: boolean;
}

/** Without `hex`, which callers place where bitcoind does. */
export function transactionToJson(known: KnownTransaction, spent: SpentCoins | null): RpcObject {
  const { tx } = known;
  return {
    txid: known.id,
    hash: known.witnessId,
    version: tx.version,
    size: known.bytes.length,
    vsize: known.vsize,
    weight: known.weight,
    locktime: tx.lockTime,
    vin: tx.inputs.map((_, index) => inputToJson(known, index, spent)),
    vout: tx.outputs.map(outputToJson),
    ...(spent === null || isCoinbase(tx) ? {} : { fee: amount(feeOf(known, spent.coins)) }),
  };
}

function inputToJson({ tx }: KnownTransaction, index: number, spent: SpentCoins | null): RpcObject {
  const input = tx.inputs[index]!;
  const txinwitness = input.witness.length === 0 ? undefined : input.witness.map(bytesToHex);
  if (isCoinbase(tx)) {
    return { coinbase: bytesToHex(input.scriptSig), txinwitness, sequence: input.sequence };
  }
  const coin = spent?.withPrevouts === true ? spent.coins[index] : undefined;
  return {
    txid: hashToDisplayHex(input.prevTxid),
    vout: input.prevIndex,
    scriptSig: { asm: formatScript(input.scriptSig, true), hex: bytesToHex(input.scriptSig) },
    txinwitness,
    prevout: coin && {
      generated: coin.isCoinbase,
      height: coin.burnHeight,
      value: amount(coin.valueSats),
      scriptPubKey: scriptToJson(coin.script),
    },
    sequence: input.sequence,
  };
}

export function feeOf({ tx }: KnownTransaction, coins: readonly Coin[]): bigint {
  const valueIn = coins.reduce((sum, coin) => sum + coin.valueSats, 0n);
  return tx.outputs.reduce((left, output) => left - output.valueSats, valueIn);
}
