/**
 * Builds and signs the Bitcoin transactions that carry a miner's burn operations: OP_RETURN first,
 * the bid's outputs, and the change behind them, which the next commit must spend. Every input
 * signals replaceability. Pure: same coins, same key, same bytes (RFC 6979).
 * Source: SIP-001, SIP-007; BIP-125 (replacement), BIP-141.
 */
import {
  type BitcoinTransaction,
  bitcoinTransactionWeight,
  bitcoinTxid,
  encodeBitcoinTransaction,
  formatAddress,
  p2pkhScript,
  p2wpkhScript,
  reverseHash,
  signInput,
  weightToVsize,
} from '@assay/bitcoin';
import { assert } from '@assay/bytes';
import { hash160, publicKeyFromPrivate } from '@assay/crypto';
import type { NetworkParams } from '@assay/params';
import { type BurnAddress, burnAddressToScript, opReturnScript } from '@assay/sortition';
import type { Coin } from './bitcoin-rpc.ts';
import { BurnchainError } from './error.ts';
import { LIMITS } from './limits.ts';

export interface MinerKey {
  /** 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
  readonly address: string;
  readonly script: Uint8Array;
}

/** Replaceable (BIP-125), no relative lock. */
const SEQUENCE = 0xfffffffd;

/** Address and script a miner pays from. */
export function minerKey(
  privateKey: Uint8Array,
  network: NetworkParams['bitcoin']['network'],
  kind: 'p2wpkh' | 'p2pkh' = 'p2wpkh',
): MinerKey {
  const hash = hash160(publicKeyFromPrivate(privateKey));
  const script = kind === 'p2wpkh' ? p2wpkhScript(hash) : p2pkhScript(hash);
  const address = formatAddress(script, network);
  assert(address !== null, 'a single-key payment has an address');
  return { privateKey, address, script };
}

export interface OpTransactionPlan {
  readonly key: MinerKey;
  /** Spent in this order; the first is what chains a commit to the one before. */
  readonly coins: readonly Coin[];
  /** Behind OP_RETURN, magic included. */
  readonly data: Uint8Array;
  /** Paid in this order right behind the OP_RETURN. */
  readonly payments: readonly { readonly to: BurnAddress; readonly sats: bigint }[];
  readonly satsPerVbyte: number;
  /** At least this much, whatever the size: what a replacement must offer. */
  readonly feeSatsMin: bigint;
}

export interface OpTransaction {
  readonly bytes: Uint8Array;
  /** Display order. */
  readonly txid: Uint8Array;
  readonly feeSats: bigint;
  readonly vsize: number;
  /** The output behind the payments; null when what was left is not worth an output. */
  readonly change: Coin | null;
}

/** @throws BurnchainError burnchain/no-funds */
export function buildOpTransaction(plan: OpTransactionPlan): OpTransaction {
  const have = sum(plan.coins);
  const paid = sum(plan.payments);
  if (plan.coins.length === 0 || have < paid) throw noFunds(plan.key, have, paid);
  // Signatures differ by a byte or so: size first, with one byte per input to spare.
  const draft = sign(plan, LIMITS.changeSatsMin);
  const vsize = vsizeOf(draft) + plan.coins.length;
  const wanted = BigInt(Math.ceil(vsize * plan.satsPerVbyte));
  const feeSats = wanted > plan.feeSatsMin ? wanted : plan.feeSatsMin;
  const left = have - paid - feeSats;
  if (left < 0n) throw noFunds(plan.key, have, paid + feeSats);
  const changeSats = left >= LIMITS.changeSatsMin ? left : 0n;
  const tx = sign(plan, changeSats);
  const txid = reverseHash(bitcoinTxid(tx));
  const index = 1 + plan.payments.length;
  return {
    bytes: encodeBitcoinTransaction(tx),
    txid,
    feeSats: have - paid - changeSats,
    vsize: vsizeOf(tx),
    change: changeSats === 0n ? null : { txid, index, sats: changeSats, burnHeight: null },
  };
}

function noFunds(key: MinerKey, have: bigint, needed: bigint): BurnchainError {
  const text =
    have === 0n
      ? `${key.address} has no bitcoin to spend; send some there`
      : `${key.address} has ${have} satoshis to spend, ${needed} are needed; ` +
        'send bitcoin there or lower burn_fee_cap';
  return new BurnchainError('burnchain/no-funds', text);
}

function sum(items: readonly { readonly sats: bigint }[]): bigint {
  return items.reduce((total, item) => total + item.sats, 0n);
}

function vsizeOf(tx: BitcoinTransaction): number {
  return weightToVsize(bitcoinTransactionWeight(tx));
}

function sign({ key, coins, data, payments }: OpTransactionPlan, changeSats: bigint) {
  const outputs = [
    { script: opReturnScript(data), valueSats: 0n },
    ...payments.map(({ to, sats }) => ({ script: burnAddressToScript(to), valueSats: sats })),
  ];
  if (changeSats > 0n) outputs.push({ script: key.script, valueSats: changeSats });
  let tx: BitcoinTransaction = {
    version: 2,
    inputs: coins.map(({ txid, index }) => ({
      prevTxid: reverseHash(txid),
      prevIndex: index,
      scriptSig: new Uint8Array(0),
      sequence: SEQUENCE,
      witness: [],
    })),
    outputs,
    lockTime: 0,
  };
  for (const [i, { sats }] of coins.entries()) {
    const signed = signInput(tx, i, { script: key.script, valueSats: sats }, key);
    assert(signed !== null, "the miner's key spends the miner's coins");
    tx = signed;
  }
  return tx;
}
