/**
 * Consensus rules of one transaction: alone, and against the coins it spends.
 * Called for blocks and for the mempool; reasons are bitcoind's own words.
 * Source: Bitcoin Core consensus/tx_check.cpp, consensus/tx_verify.cpp; BIP68, BIP113.
 */
import {
  LIMITS as BITCOIN_LIMITS,
  type BitcoinTransaction,
  encodeWithoutWitness,
  hashToDisplayHex,
  isCoinbase,
} from '@assay/bitcoin';
import { err, ok, type Result } from '@assay/bytes';
import { LIMITS } from '../limits.ts';
import { ancestorAt, type BlockEntry, medianTimeSecs } from './block-index.ts';
import type { Coin } from './coin.ts';
import { outpointKey } from './known-transaction.ts';

export interface Rejection {
  /** E.g. `bad-txns-in-belowout`. */
  readonly reason: string;
  /** Empty when there is nothing to add. */
  readonly details: string;
  /** The inputs are unknown or spent: bitcoind reports this with its own error code. */
  readonly isMissingInputs?: boolean;
}

export function reject(reason: string, details = '') {
  return err({ reason, details } satisfies Rejection);
}

/** As bitcoind prints it. */
export function formatRejection({ reason, details }: Rejection): string {
  return details === '' ? reason : `${reason}, ${details}`;
}

/** Rules that need nothing but the transaction. */
export function checkTransaction(tx: BitcoinTransaction): Result<null, Rejection> {
  if (tx.inputs.length === 0) return reject('bad-txns-vin-empty');
  if (tx.outputs.length === 0) return reject('bad-txns-vout-empty');
  if (encodeWithoutWitness(tx).length * 4 > BITCOIN_LIMITS.blockWeightMax) {
    return reject('bad-txns-oversize');
  }
  let total = 0n;
  for (const { valueSats } of tx.outputs) {
    // bitcoind reads the value as signed.
    if (valueSats >> 63n === 1n) return reject('bad-txns-vout-negative');
    if (valueSats > BITCOIN_LIMITS.moneySatsMax) return reject('bad-txns-vout-toolarge');
    total += valueSats;
    if (total > BITCOIN_LIMITS.moneySatsMax) return reject('bad-txns-txouttotal-toolarge');
  }
  const spent = new Set<string>();
  for (const input of tx.inputs) {
    const key = outpointKey(hashToDisplayHex(input.prevTxid), input.prevIndex);
    if (spent.has(key)) return reject('bad-txns-inputs-duplicate');
    spent.add(key);
  }
  if (isCoinbase(tx)) {
    const size = tx.inputs[0]!.scriptSig.length;
    return size < 2 || size > 100 ? reject('bad-cb-length') : ok(null);
  }
  const isNull = tx.inputs.some(
    (input) => input.prevIndex === 0xffffffff && input.prevTxid.every((byte) => byte === 0),
  );
  return isNull ? reject('bad-txns-prevout-null') : ok(null);
}

/**
 * Rules about the coins spent; the fee in satoshi.
 * @param coins  one per input, in order
 * @param burnHeight  of the block that would hold the transaction
 */
export function checkSpending(
  tx: BitcoinTransaction,
  coins: readonly Coin[],
  burnHeight: number,
): Result<bigint, Rejection> {
  let valueIn = 0n;
  for (const coin of coins) {
    const depth = burnHeight - coin.burnHeight;
    if (coin.isCoinbase && depth < LIMITS.coinbaseMaturity) {
      const details = `tried to spend coinbase at depth ${depth}`;
      return reject('bad-txns-premature-spend-of-coinbase', details);
    }
    valueIn += coin.valueSats;
    if (valueIn > BITCOIN_LIMITS.moneySatsMax) return reject('bad-txns-inputvalues-outofrange');
  }
  const valueOut = tx.outputs.reduce((sum, output) => sum + output.valueSats, 0n);
  if (valueIn < valueOut) {
    const details = `value in (${moneyWords(valueIn)}) < value out (${moneyWords(valueOut)})`;
    return reject('bad-txns-in-belowout', details);
  }
  return ok(valueIn - valueOut);
}

/** Satoshi as bitcoin with eight decimals, the way bitcoind prints amounts. */
export function formatSats(sats: bigint): string {
  const size = sats < 0n ? -sats : sats;
  const fraction = (size % 100_000_000n).toString().padStart(8, '0');
  return `${sats < 0n ? '-' : ''}${size / 100_000_000n}.${fraction}`;
}

/** The same inside bitcoind's sentences: no more decimals than needed, two at least. */
export function moneyWords(sats: bigint): string {
  return formatSats(sats).replace(/0{1,6}$/, '');
}

/** Lock time: true when the transaction may be in a block of this height and clock. */
export function isFinal(tx: BitcoinTransaction, burnHeight: number, clockSecs: number): boolean {
  if (tx.lockTime === 0) return true;
  const limit = tx.lockTime < 500_000_000 ? burnHeight : clockSecs;
  return tx.lockTime < limit || tx.inputs.every((input) => input.sequence === 0xffffffff);
}

/** Relative lock times (BIP68) for a block on top of `parent`. */
export function areSequenceLocksMet(
  tx: BitcoinTransaction,
  coins: readonly Coin[],
  parent: BlockEntry,
): boolean {
  if (tx.version < 2) return true;
  const burnHeight = parent.burnHeight + 1;
  return tx.inputs.every((input, i) => {
    if (input.sequence >>> 31 === 1) return true;
    const span = input.sequence & 0xffff;
    const coin = coins[i]!;
    if ((input.sequence & 0x00400000) === 0) return burnHeight >= coin.burnHeight + span;
    const before = ancestorAt(
      parent,
      Math.min(Math.max(coin.burnHeight - 1, 0), parent.burnHeight),
    );
    return medianTimeSecs(parent) >= medianTimeSecs(before!) + span * 512;
  });
}
