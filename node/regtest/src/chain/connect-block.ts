/**
 * Applies a block to the set of unspent outputs and takes it back. Connecting first checks
 * everything in memory and only then writes, so a bad block leaves no trace.
 * Source: Bitcoin Core validation.cpp (ConnectBlock, DisconnectBlock).
 */
import { type BitcoinOutput, hashToDisplayHex, isCoinbase, verifyInput } from '@assay/bitcoin';
import { assert, ok, type Result } from '@assay/bytes';
import { LIMITS } from '../limits.ts';
import type { BlockEntry } from './block-index.ts';
import type { KnownBlock } from './check-block.ts';
import { areSequenceLocksMet, checkSpending, type Rejection, reject } from './check-transaction.ts';
import type { Coin, Outpoint } from './coin.ts';
import type { CoinSet } from './coin-set.ts';
import { type KnownTransaction, outpointKey } from './known-transaction.ts';
import { subsidySats } from './params.ts';

/** Scripts already verified, by wtxid: the mempool's work is not repeated for blocks. */
export class VerifiedScripts {
  readonly #ids = new Set<string>();

  /** Verifies all inputs, unless that was done before for the same bytes. */
  check(known: KnownTransaction, spent: readonly BitcoinOutput[]): Result<null, string> {
    if (this.#ids.has(known.witnessId)) return ok(null);
    for (const [index] of known.tx.inputs.entries()) {
      const verdict = verifyInput(known.tx, index, spent);
      if (!verdict.ok) return { ok: false, error: verdict.error.message };
    }
    if (this.#ids.size >= LIMITS.verifiedScriptsMax) this.#ids.clear();
    this.#ids.add(known.witnessId);
    return ok(null);
  }
}

/** Everything a valid block changes. */
export interface BlockChanges {
  readonly created: readonly [Outpoint, Coin][];
  readonly spent: readonly [Outpoint, Coin][];
  /** All inputs' coins in order, also those made in the same block. */
  readonly undo: readonly Coin[];
}

export function checkConnect(
  known: KnownBlock,
  entry: BlockEntry,
  coins: CoinSet,
  scripts: VerifiedScripts,
): Result<BlockChanges, Rejection> {
  const made = new Map<string, [Outpoint, Coin]>();
  const gone = new Map<string, [Outpoint, Coin]>();
  const undo: Coin[] = [];
  let feesSats = 0n;
  for (const transaction of known.transactions) {
    const isFirst = isCoinbase(transaction.tx);
    if (!isFirst) {
      const inputs = takeCoins(transaction, coins, made, gone);
      if (inputs === null) return reject('bad-txns-inputs-missingorspent');
      const fee = checkInputs(transaction, inputs, entry, scripts);
      if (!fee.ok) return fee;
      feesSats += fee.value;
      undo.push(...inputs);
    }
    for (const [at, coin] of coins.created(transaction, entry.burnHeight, isFirst)) {
      made.set(outpointKey(transaction.id, at.index), [at, coin]);
    }
  }
  const limitSats = subsidySats(entry.burnHeight) + feesSats;
  const paidSats = known.block.transactions[0]!.outputs.reduce((n, o) => n + o.valueSats, 0n);
  if (paidSats > limitSats) {
    const details = `coinbase pays too much (actual=${paidSats} vs limit=${limitSats})`;
    return reject('bad-cb-amount', details);
  }
  return ok({ created: [...made.values()], spent: [...gone.values()], undo });
}

/** The coins a transaction spends, moved from `made` or to `gone`; null when one is missing. */
function takeCoins(
  transaction: KnownTransaction,
  coins: CoinSet,
  made: Map<string, [Outpoint, Coin]>,
  gone: Map<string, [Outpoint, Coin]>,
): Coin[] | null {
  const taken: Coin[] = [];
  for (const { prevTxid: txid, prevIndex: index } of transaction.tx.inputs) {
    const key = outpointKey(hashToDisplayHex(txid), index);
    const own = made.get(key);
    const coin = own?.[1] ?? (gone.has(key) ? null : coins.get({ txid, index }));
    if (coin === null) return null;
    if (own !== undefined) made.delete(key);
    else gone.set(key, [{ txid, index }, coin]);
    taken.push(coin);
  }
  return taken;
}

function checkInputs(
  transaction: KnownTransaction,
  inputs: readonly Coin[],
  entry: BlockEntry,
  scripts: VerifiedScripts,
): Result<bigint, Rejection> {
  const fee = checkSpending(transaction.tx, inputs, entry.burnHeight);
  if (!fee.ok) return fee;
  if (!areSequenceLocksMet(transaction.tx, inputs, entry.parent!)) {
    return reject('bad-txns-nonfinal', 'contains a non-BIP68-final transaction');
  }
  const verdict = scripts.check(transaction, inputs);
  if (!verdict.ok) return reject(`mandatory-script-verify-flag-failed (${verdict.error})`);
  return fee;
}

/** Takes the block's outputs away and gives back what it spent. */
export function disconnect(known: KnownBlock, undo: readonly Coin[], coins: CoinSet): void {
  let at = undo.length;
  for (const transaction of [...known.transactions].reverse()) {
    const isFirst = isCoinbase(transaction.tx);
    for (const [outpoint, coin] of coins.created(transaction, 0, isFirst)) {
      coins.remove(outpoint, coin);
    }
    if (isFirst) continue;
    for (const { prevTxid: txid, prevIndex: index } of [...transaction.tx.inputs].reverse()) {
      const coin = undo[--at];
      assert(coin !== undefined, 'undo data has one coin per input');
      coins.add({ txid, index }, coin);
    }
  }
  assert(at === 0, 'undo data has no coin left over');
}
