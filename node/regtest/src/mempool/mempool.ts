/**
 * Unconfirmed transactions: admission, replacement, what leaves when blocks come and go, and what
 * the next block should hold. Kept in the store, so an acknowledged transaction survives a crash.
 * Source: Bitcoin Core validation.cpp (MemPoolAccept), txmempool.cpp, node/miner.cpp.
 */
import { decodeBitcoinTransaction, hashToDisplayHex, isCoinbase } from '@assay/bitcoin';
import { assert, ByteReader, ByteWriter, ok, type Result } from '@assay/bytes';
import { medianTimeSecs } from '../chain/block-index.ts';
import type { ChainMove, RegtestChain } from '../chain/chain.ts';
import {
  areSequenceLocksMet,
  checkSpending,
  checkTransaction,
  isFinal,
  type Rejection,
  reject,
} from '../chain/check-transaction.ts';
import { type Coin, KEYS } from '../chain/coin.ts';
import { type KnownTransaction, knownTransaction } from '../chain/known-transaction.ts';
import type { WriteBuffer } from '../chain/write-buffer.ts';
import { LIMITS } from '../limits.ts';
import { checkStandard, feeAtRate, rateOfFee, signalsReplacement } from './policy.ts';
import { ancestorsOf, descendantsOf, Pool, type PoolEntry } from './pool.ts';
import { checkReplacement } from './replace.ts';

export interface MempoolOptions {
  /** True (bitcoind's default since 28): any transaction is replaceable, signalling or not. */
  readonly fullRbf: boolean;
}

/** A transaction that may enter, and what it would push out. */
export interface Admission {
  readonly known: KnownTransaction;
  readonly feeSats: bigint;
  readonly leaving: ReadonlySet<PoolEntry>;
}

interface CheckOptions {
  /** Re-entry after a reorganization or restart: fees and standard forms were judged before. */
  readonly isReturning: boolean;
}

export class Mempool {
  readonly pool = new Pool();
  readonly #chain: RegtestChain;
  readonly #buffer: WriteBuffer;
  readonly #options: MempoolOptions;
  #sequence = 0;

  /** Loads what the store holds. */
  constructor(chain: RegtestChain, buffer: WriteBuffer, options: MempoolOptions) {
    this.#chain = chain;
    this.#buffer = buffer;
    this.#options = options;
    this.#load();
    chain.onMove((move) => this.#onMove(move));
  }

  /** An output of the chain or of the pool, spent in the pool or not; null when unknown. */
  coin(txid: Uint8Array, index: number): Coin | null {
    const parent = this.pool.get(hashToDisplayHex(txid));
    if (parent === null) return this.#chain.coins.get({ txid, index });
    const output = parent.known.tx.outputs[index];
    if (output === undefined) return null;
    return { ...output, burnHeight: this.#chain.burnHeight + 1, isCoinbase: false };
  }

  /** Verdict without effect. */
  check(
    known: KnownTransaction,
    options: CheckOptions = { isReturning: false },
  ): Result<Admission, Rejection> {
    const alone = this.#checkAlone(known, options);
    if (!alone.ok) return alone;
    const conflicts = this.pool.conflicts(known);
    if (!this.#options.fullRbf && ![...conflicts].every((entry) => isReplaceable(entry))) {
      return reject('txn-mempool-conflict');
    }
    const coins = this.#coinsOf(known);
    if (coins === null) return this.#missing(known);
    const { tip } = this.#chain;
    if (!areSequenceLocksMet(known.tx, coins, tip)) return reject('non-BIP68-final');
    const fee = checkSpending(known.tx, coins, tip.burnHeight + 1);
    if (!fee.ok) return fee;
    const feeSats = fee.value;
    const leaving = this.#checkFee(known, feeSats, conflicts, options);
    if (!leaving.ok) return leaving;
    const scripts = this.#chain.scripts.check(known, coins);
    if (!scripts.ok) return reject(`mandatory-script-verify-flag-failed (${scripts.error})`);
    return ok({ known, feeSats, leaving: leaving.value });
  }

  /** Enters, or says why not. */
  accept(known: KnownTransaction, nowSecs: number): Result<PoolEntry, Rejection> {
    const admission = this.check(known);
    if (!admission.ok) return admission;
    for (const entry of admission.value.leaving) this.#remove(entry);
    const entry = this.#add(known, admission.value.feeSats, nowSecs);
    this.#trim();
    return this.pool.get(known.id) === null ? reject('mempool full') : ok(entry);
  }

  #checkAlone(known: KnownTransaction, { isReturning }: CheckOptions): Result<null, Rejection> {
    const { tx } = known;
    const sane = checkTransaction(tx);
    if (!sane.ok) return sane;
    if (isCoinbase(tx)) return reject('coinbase');
    const standard = isReturning ? ok(null) : checkStandard(known);
    if (!standard.ok) return standard;
    const { tip } = this.#chain;
    if (!isFinal(tx, tip.burnHeight + 1, medianTimeSecs(tip))) return reject('non-final');
    const present = this.pool.get(known.id);
    if (present === null) return ok(null);
    const isSame = present.known.witnessId === known.witnessId;
    return reject(isSame ? 'txn-already-in-mempool' : 'txn-same-nonwitness-data-in-mempool');
  }

  #coinsOf({ tx }: KnownTransaction): Coin[] | null {
    const coins: Coin[] = [];
    for (const { prevTxid, prevIndex } of tx.inputs) {
      const coin = this.coin(prevTxid, prevIndex);
      if (coin === null) return null;
      coins.push(coin);
    }
    return coins;
  }

  #missing({ txid, tx }: KnownTransaction): Result<never, Rejection> {
    const isKnown = tx.outputs.some((_, index) => this.#chain.coins.get({ txid, index }) !== null);
    if (isKnown) return reject('txn-already-known');
    const reason = 'bad-txns-inputs-missingorspent';
    return { ok: false, error: { reason, details: '', isMissingInputs: true } };
  }

  #checkFee(
    known: KnownTransaction,
    feeSats: bigint,
    conflicts: ReadonlySet<PoolEntry>,
    { isReturning }: CheckOptions,
  ): Result<ReadonlySet<PoolEntry>, Rejection> {
    const leastSats = feeAtRate(LIMITS.relayFeePerKvbSats, known.vsize);
    if (!isReturning && feeSats < leastSats) {
      return reject('min relay fee not met', `${feeSats} < ${leastSats}`);
    }
    const parents = this.pool.parentsOf(known);
    const none: ReadonlySet<PoolEntry> = new Set();
    const leaving =
      conflicts.size === 0 ? ok(none) : checkReplacement({ known, feeSats, parents, conflicts });
    if (!leaving.ok || isReturning) return leaving;
    return checkPackage(known, parents, leaving.value);
  }

  #add(known: KnownTransaction, feeSats: bigint, timeSecs: number): PoolEntry {
    const sequence = this.#sequence++;
    const { burnHeight } = this.#chain;
    const record = new ByteWriter(known.bytes.length + 8).u32(timeSecs).u32(burnHeight);
    this.#buffer.put(KEYS.pooled(sequence), record.raw(known.bytes).finish());
    return this.pool.add({ known, feeSats, timeSecs, burnHeight, sequence });
  }

  #remove(entry: PoolEntry): void {
    this.pool.remove(entry);
    this.#buffer.remove(KEYS.pooled(entry.sequence));
  }

  /** When the pool is too large, the packages that pay least leave. */
  #trim(): void {
    while (this.pool.vbytes > LIMITS.mempoolVbytesMax) {
      let worst: PoolEntry | null = null;
      for (const entry of this.pool.all()) {
        if (worst === null || packageRate(entry, descendantsOf) < packageRate(worst, descendantsOf))
          worst = entry;
      }
      if (worst === null) return;
      for (const entry of [...descendantsOf(worst), worst]) this.#remove(entry);
    }
  }

  #onMove({ disconnected, connected }: ChainMove): void {
    for (const { transactions } of connected) {
      for (const known of transactions) this.#onConfirmed(known);
    }
    if (disconnected.length > 0) this.#rebuild(disconnected);
  }

  #onConfirmed(known: KnownTransaction): void {
    const own = this.pool.get(known.id);
    if (own !== null) this.#remove(own);
    for (const conflict of this.pool.conflicts(known)) {
      for (const entry of [...descendantsOf(conflict), conflict]) this.#remove(entry);
    }
  }

  /** After a reorganization: what was undone comes back first, then the rest, where still valid. */
  #rebuild(disconnected: ChainMove['disconnected']): void {
    const nowSecs = this.#chain.tip.header.timeSecs;
    const undone = [...disconnected].reverse().flatMap(({ transactions }) => transactions);
    const before = [...this.pool.all()];
    for (const entry of before) this.#remove(entry);
    for (const known of undone) this.#return(known, nowSecs);
    for (const { known, timeSecs } of before) this.#return(known, timeSecs);
  }

  #return(known: KnownTransaction, timeSecs: number): void {
    const admission = this.check(known, { isReturning: true });
    if (admission.ok && admission.value.leaving.size === 0) {
      this.#add(known, admission.value.feeSats, timeSecs);
    }
  }

  #load(): void {
    const stored = this.#buffer.withPrefix(KEYS.allPooled);
    for (const { key } of stored) this.#buffer.remove(key);
    for (const { value } of stored) {
      const timeSecs = new ByteReader(value).u32();
      const decoded = decodeBitcoinTransaction(value.slice(8));
      assert(decoded.ok, 'a stored transaction decodes');
      this.#return(knownTransaction(decoded.value), timeSecs);
    }
    this.#buffer.commit();
  }
}

/** Signals itself, or rests on an unconfirmed transaction that does (BIP125 rule 1). */
export function isReplaceable(entry: PoolEntry): boolean {
  if (signalsReplacement(entry.known)) return true;
  return [...ancestorsOf(entry)].some(({ known }) => signalsReplacement(known));
}

/** Fee rate of an entry together with its relatives, per 1,000 vbytes. */
export function packageRate(
  entry: PoolEntry,
  relatives: (entry: PoolEntry) => ReadonlySet<PoolEntry>,
): bigint {
  let feeSats = entry.feeSats;
  let vsize = entry.known.vsize;
  for (const other of relatives(entry)) {
    feeSats += other.feeSats;
    vsize += other.known.vsize;
  }
  return rateOfFee(feeSats, vsize);
}

function checkPackage(
  known: KnownTransaction,
  parents: Set<PoolEntry>,
  leaving: ReadonlySet<PoolEntry>,
): Result<ReadonlySet<PoolEntry>, Rejection> {
  const { packageCountMax: countMax, packageVbytesMax: vbytesMax } = LIMITS;
  const ancestors = [...ancestorsOf({ parents })];
  const vbytes = ancestors.reduce((sum, entry) => sum + entry.known.vsize, known.vsize);
  if (ancestors.length + 1 > countMax) {
    return reject('too-long-mempool-chain', `too many unconfirmed ancestors [limit: ${countMax}]`);
  }
  if (vbytes > vbytesMax) {
    return reject('too-long-mempool-chain', `exceeds ancestor size limit [limit: ${vbytesMax}]`);
  }
  for (const ancestor of ancestors) {
    const staying = [...descendantsOf(ancestor)].filter((entry) => !leaving.has(entry));
    if (staying.length + 2 <= countMax) continue;
    const details = `too many descendants for tx ${ancestor.known.id} [limit: ${countMax}]`;
    return reject('too-long-mempool-chain', details);
  }
  return ok(leaving);
}
