/**
 * Builds and signs the Bitcoin transactions that carry a miner's burn operations: OP_RETURN first,
 * the bid's outputs, and the change behind them, which the next commit must spend. Every input
 * signals replaceability. Pure: same coins, same key, same bytes (RFC 6979).
 * Source: SIP-001, SIP-007; BIP-125 (replacement), BIP-141.
 */
import { assert, bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import type { NetworkParams } from '@assay/params';
import { type BurnAddress, burnAddressToScript, opReturnScript } from '@assay/sortition';
import { NETWORK, p2pkh, p2wpkh, TEST_NETWORK, Transaction } from '@scure/btc-signer';
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

const REGTEST = { ...TEST_NETWORK, bech32: 'bcrt' };

/** Address and script a miner pays from. */
export function minerKey(
  privateKey: Uint8Array,
  network: NetworkParams['bitcoin']['network'],
  kind: 'p2wpkh' | 'p2pkh' = 'p2wpkh',
): MinerKey {
  const chain = network === 'mainnet' ? NETWORK : network === 'testnet' ? TEST_NETWORK : REGTEST;
  const publicKey = publicKeyFromPrivate(privateKey);
  const payment = kind === 'p2wpkh' ? p2wpkh(publicKey, chain) : p2pkh(publicKey, chain);
  assert(payment.address !== undefined, 'a single-key payment has an address');
  return { privateKey, address: payment.address, script: payment.script };
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
  const vsize = draft.vsize + plan.coins.length;
  const wanted = BigInt(Math.ceil(vsize * plan.satsPerVbyte));
  const feeSats = wanted > plan.feeSatsMin ? wanted : plan.feeSatsMin;
  const left = have - paid - feeSats;
  if (left < 0n) throw noFunds(plan.key, have, paid + feeSats);
  const changeSats = left >= LIMITS.changeSatsMin ? left : 0n;
  const tx = sign(plan, changeSats);
  const txid = Uint8Array.from(tx.id.match(/../g)!.map((byte) => Number.parseInt(byte, 16)));
  const index = 1 + plan.payments.length;
  return {
    bytes: tx.extract(),
    txid,
    feeSats: have - paid - changeSats,
    vsize: tx.vsize,
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

function sign(plan: OpTransactionPlan, changeSats: bigint): Transaction {
  const tx = new Transaction({
    allowUnknownOutputs: true,
    allowLegacyWitnessUtxo: true,
    disableScriptCheck: true,
  });
  for (const coin of plan.coins) {
    const witnessUtxo = { script: plan.key.script, amount: coin.sats };
    const { index } = coin;
    tx.addInput({ txid: bytesToHex(coin.txid), index, witnessUtxo, sequence: SEQUENCE });
  }
  tx.addOutput({ script: opReturnScript(plan.data), amount: 0n });
  for (const { to, sats } of plan.payments) {
    tx.addOutput({ script: burnAddressToScript(to), amount: sats });
  }
  if (changeSats > 0n) tx.addOutput({ script: plan.key.script, amount: changeSats });
  tx.sign(plan.key.privateKey);
  tx.finalize();
  return tx;
}
