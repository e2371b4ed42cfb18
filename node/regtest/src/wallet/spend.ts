/**
 * Pays from a wallet: picks coins, adds change, signs. Coins are taken richest first, so the result
 * depends only on the wallet's state.
 */
import {
  type BitcoinOutput,
  type BitcoinTransaction,
  p2wpkhScript,
  signInput,
} from '@assay/bitcoin';
import { bytesFromHex, compareBytes, err, ok, type Result } from '@assay/bytes';
import { type KnownTransaction, knownTransaction } from '../chain/known-transaction.ts';
import { dustSats, feeAtRate } from '../mempool/policy.ts';
import type { Wallet, WalletCoin } from './wallet.ts';

export interface PaymentPlan {
  readonly wallet: Wallet;
  /** Spendable coins. */
  readonly coins: readonly WalletCoin[];
  readonly outputs: readonly BitcoinOutput[];
  readonly feePerKvbSats: bigint;
  /** The fee comes out of the first output instead of on top. */
  readonly subtractFee: boolean;
  readonly isReplaceable: boolean;
  /** Called at most once, when there is change. */
  readonly changeScript: () => Uint8Array;
}

export type PaymentError = 'insufficient-funds' | 'amount-too-small' | 'cannot-sign';

export function buildPayment(plan: PaymentPlan): Result<KnownTransaction, PaymentError> {
  const wanted = plan.outputs.reduce((sum, output) => sum + output.valueSats, 0n);
  const coins = [...plan.coins].sort((a, b) =>
    a.coin.valueSats === b.coin.valueSats
      ? compareBytes(a.at.txid, b.at.txid) || a.at.index - b.at.index
      : a.coin.valueSats > b.coin.valueSats
        ? -1
        : 1,
  );
  let total = 0n;
  for (let count = 1; count <= coins.length; count++) {
    total += coins[count - 1]!.coin.valueSats;
    if (total < wanted) continue;
    const built = tryCoins(plan, coins.slice(0, count), total - wanted);
    if (built !== null) return built;
  }
  return err('insufficient-funds');
}

/** Null when these coins do not cover the fee. */
function tryCoins(
  plan: PaymentPlan,
  coins: readonly WalletCoin[],
  left: bigint,
): Result<KnownTransaction, PaymentError> | null {
  const draftChange = { valueSats: left, script: p2wpkhScript(new Uint8Array(20)) };
  const draft = signAll(plan, coins, [...plan.outputs, draftChange]);
  if (draft === null) return err('cannot-sign');
  // Signatures vary by a byte each.
  const feeSats = feeAtRate(plan.feePerKvbSats, draft.vsize + coins.length);
  const outputs = [...plan.outputs];
  let change = left - feeSats;
  if (plan.subtractFee) {
    const [first] = outputs;
    const reduced = { ...first!, valueSats: first!.valueSats - feeSats };
    if (reduced.valueSats < dustSats(reduced)) return err('amount-too-small');
    outputs[0] = reduced;
    change = left;
  }
  if (change < 0n) return null;
  if (change >= dustSats(draftChange)) {
    outputs.push({ valueSats: change, script: plan.changeScript() });
  }
  const signed = signAll(plan, coins, outputs);
  return signed === null ? err('cannot-sign') : ok(signed);
}

function signAll(
  plan: PaymentPlan,
  coins: readonly WalletCoin[],
  outputs: readonly BitcoinOutput[],
): KnownTransaction | null {
  let tx: BitcoinTransaction = {
    version: 2,
    inputs: coins.map(({ at }) => ({
      prevTxid: at.txid,
      prevIndex: at.index,
      scriptSig: new Uint8Array(0),
      sequence: plan.isReplaceable ? 0xfffffffd : 0xfffffffe,
      witness: [],
    })),
    outputs,
    lockTime: 0,
  };
  for (const [index, { coin, script }] of coins.entries()) {
    const key = plan.wallet.keyOf(bytesFromHex(script.scriptHex));
    const signed = key === null ? null : signInput(tx, index, coin, key);
    if (signed === null) return null;
    tx = signed;
  }
  return knownTransaction(tx);
}
