/**
 * The mempool service: admits transactions that chainstate finds acceptable, keeps one per nonce
 * (the better-paying), survives `kill -9` for everything it acknowledged, hands candidates to the
 * miner best first, and forgets what was mined, replaced, outlived or crowded out.
 * Called by rpc (submit, lookups), miner (walk, drop), full-node (advance).
 * Source: SIP-005 (fees, nonces); stacks-core `core/mempool.rs` (facts).
 *
 * Store layout: `m|txid` -> received ms u64 | transaction bytes.
 */
import {
  ByteReader,
  ByteWriter,
  bytesFromUtf8,
  bytesToHex,
  concatBytes,
  err,
  ok,
  type Result,
} from '@assay/bytes';
import type { CheckedTransaction } from '@assay/chainstate';
import { formatPrincipal } from '@assay/clarity-value';
import { type Logger, silentLogger } from '@assay/observe';
import type { Store } from '@assay/store';
import { authAccounts, type Transaction, transactionId, transactionIdOfBytes } from '@assay/wire';
import type { World } from '@assay/world';
import { Heap } from './heap.ts';
import { MEMPOOL_LIMITS, type MempoolLimits } from './limits.ts';
import { NonceBook, type NonceView } from './nonce-book.ts';
import { compareEntries, Pool, type PoolEntry, poolEntry, slotsOf } from './pool.ts';
import {
  chainingRejection,
  conflictRejection,
  type Departure,
  type DropReason,
  fullRejection,
  type MempoolRejection,
} from './rejection.ts';
import { MempoolWalk } from './walk.ts';

/** What the pool asks of chainstate. */
export interface AdmissionPort<View extends NonceView = NonceView> {
  /** The state after the canonical tip. */
  view(): View;
  /** Form and signatures. */
  check(bytes: Uint8Array): Result<CheckedTransaction, MempoolRejection>;
  /** Fee, nonce, funds, contract: against the state. */
  admit(checked: CheckedTransaction, view: View): Result<void, MempoolRejection>;
}

export interface Admission {
  readonly txid: Uint8Array;
  /** False: it was in the pool already. */
  readonly isNew: boolean;
  /** Transactions that gave way. */
  readonly replaced: readonly Uint8Array[];
}

export interface DropEvent {
  readonly txids: readonly Uint8Array[];
  readonly reason: DropReason;
  /** The transaction that took their nonce, when one did. */
  readonly replacedBy: Uint8Array | null;
}

export interface MempoolDeps<View extends NonceView> {
  readonly world: Pick<World, 'clock' | 'timers'>;
  readonly store: Store;
  readonly admission: AdmissionPort<View>;
  readonly log?: Logger;
}

const KEY = bytesFromUtf8('m|');

export class Mempool<View extends NonceView = NonceView> {
  readonly #deps: MempoolDeps<View>;
  readonly #log: Logger;
  readonly #limits: MempoolLimits;
  readonly #pool = new Pool();
  readonly #book: NonceBook;
  readonly #departed = new Map<string, Departure>();
  readonly #admittedListeners = new Set<(checked: CheckedTransaction) => void>();
  readonly #dropListeners = new Set<(event: DropEvent) => void>();
  #cheapest = new Heap<PoolEntry>((a, b) => compareEntries(b, a));
  #sequence = 0;
  #unwritten: PoolEntry[] = [];
  /** Leaving may reach the disk late: a restart drops what was mined or outpaid anyway. */
  #unremoved: Uint8Array[] = [];
  #flush: Promise<void> | null = null;

  /** Reads back what an earlier run acknowledged. */
  constructor(deps: MempoolDeps<View>, limits: Partial<MempoolLimits> = {}) {
    this.#deps = deps;
    this.#log = deps.log ?? silentLogger;
    this.#limits = { ...MEMPOOL_LIMITS, ...limits };
    this.#book = new NonceBook(this.#pool, deps.admission.view());
    this.#restore();
  }

  get size(): number {
    return this.#pool.size;
  }

  get sizeBytes(): number {
    return this.#pool.sizeBytes;
  }

  /**
   * Takes a transaction in. On return it is durable; a second submission of the same bytes is
   * acknowledged without doing anything.
   * @rejects what `AdmissionPort` rejects; mempool/conflict, mempool/too-much-chaining, mempool/full
   */
  async submit(bytes: Uint8Array): Promise<Result<Admission, MempoolRejection>> {
    const known = this.#pool.get(bytesToHex(transactionIdOfBytes(bytes)));
    if (known !== null) {
      await this.#flush;
      return ok({ txid: known.checked.txid, isNew: false, replaced: [] });
    }
    const checked = this.#deps.admission.check(bytes);
    if (!checked.ok) return checked;
    const judged = this.#judge(checked.value);
    if (!judged.ok) return judged;
    const entry = poolEntry(checked.value, {
      sequence: this.#sequence++,
      receivedMs: this.#deps.world.clock.nowMs(),
    });
    const room = this.#makeRoom(entry, judged.value);
    if (!room.ok) return room;
    this.#leave(judged.value, 'ReplaceByFee', 'replaced by a higher fee', entry.checked.txid);
    this.#enter(entry);
    this.#unwritten.push(entry);
    await this.#flushed();
    for (const listener of [...this.#admittedListeners]) listener(entry.checked);
    const replaced = judged.value.map((old) => old.checked.txid);
    return ok({ txid: entry.checked.txid, isNew: true, replaced });
  }

  /** A pass for the miner over the state it builds on. */
  walk(view: NonceView): MempoolWalk {
    if (this.#book.isAt(view.header.blockId)) {
      return new MempoolWalk(this.#pool, this.#book.ready(), (who) => this.#book.nonce(who));
    }
    const nonces = new Map<string, bigint>();
    const nonceOf = (who: string): bigint => {
      const nonce = nonces.get(who) ?? view.account(who).nonce;
      nonces.set(who, nonce);
      return nonce;
    };
    const ready: PoolEntry[] = [];
    for (const who of this.#pool.principals) {
      const head = this.#pool.at({ principal: who, nonce: nonceOf(who) });
      if (head !== null) ready.push(head);
    }
    return new MempoolWalk(this.#pool, ready, nonceOf);
  }

  /**
   * The canonical tip moved to `view`. `mined`: transactions of the new blocks since
   * `parentBlockId`, which leave the pool; `returned`: bytes of transactions of blocks that a
   * reorganisation took away, which come back if they still can be mined.
   */
  advance(
    view: NonceView,
    change: {
      readonly parentBlockId: Uint8Array;
      readonly mined: readonly Transaction[];
      readonly returned?: readonly Uint8Array[];
    },
  ): void {
    const isChild = this.#book.isAt(change.parentBlockId);
    const touched = new Set<string>();
    const mined: PoolEntry[] = [];
    for (const tx of change.mined) {
      const { origin, sponsor } = authAccounts(tx);
      touched.add(formatPrincipal({ ...origin, contractName: null }));
      if (sponsor !== null) touched.add(formatPrincipal({ ...sponsor, contractName: null }));
      const entry = this.#pool.get(bytesToHex(transactionId(tx)));
      if (entry !== null) mined.push(entry);
    }
    if (isChild) this.#book.advance(view, touched);
    this.#forget(mined, { kind: 'mined' });
    if (!isChild) this.#book.reset(view);
    this.#dropPassed(isChild ? touched : [...this.#pool.principals]);
    for (const bytes of change.returned ?? []) {
      this.submit(bytes).catch((cause) => this.#log.error('transaction not kept', { cause }));
    }
  }

  /** Removes what waited too long. Call now and then. */
  expire(): void {
    const oldestMs = this.#deps.world.clock.nowMs() - this.#limits.ageMsMax;
    const old: PoolEntry[] = [];
    for (const entry of this.#pool.entries) {
      if (entry.receivedMs < oldestMs) old.push(entry);
    }
    this.#leave(old, 'StaleGarbageCollect', 'nobody mined it in time', null);
  }

  /** A transaction that can never be mined; `why` is the miner's code for it. */
  drop(txid: Uint8Array, why: string): void {
    const entry = this.#pool.get(bytesToHex(txid));
    if (entry === null) return;
    const isCostly = /cost|expensive|budget|too-(big|large)/.test(why);
    this.#leave([entry], isCostly ? 'TooExpensive' : 'Problematic', why, null);
  }

  transaction(txid: Uint8Array): {
    readonly checked: CheckedTransaction;
    readonly receivedMs: number;
  } | null {
    return this.#pool.get(bytesToHex(txid));
  }

  /** What became of a transaction that left; null when it never was here (or too long ago). */
  departure(txid: Uint8Array): Departure | null {
    return this.#departed.get(bytesToHex(txid)) ?? null;
  }

  /** Nonces that pending transactions of the account hold (as origin or sponsor), ascending. */
  pendingNonces(principal: string): bigint[] {
    return this.#pool.nonces(principal);
  }

  /** Newest first. */
  recent(limit: number): CheckedTransaction[] {
    const all = [...this.#pool.entries];
    return all
      .slice(-limit)
      .reverse()
      .map((entry) => entry.checked);
  }

  /** Told after the transaction is durable. Returns the way to stop. */
  onAdmitted(listener: (checked: CheckedTransaction) => void): () => void {
    this.#admittedListeners.add(listener);
    return () => this.#admittedListeners.delete(listener);
  }

  onDropped(listener: (event: DropEvent) => void): () => void {
    this.#dropListeners.add(listener);
    return () => this.#dropListeners.delete(listener);
  }

  /** Writes what is still waiting for the disk. */
  async stop(): Promise<void> {
    await this.#flush;
  }

  // ---- admission ------------------------------------------------------------------------------

  /** The entries that would have to give way, or why not. */
  #judge(checked: CheckedTransaction): Result<PoolEntry[], MempoolRejection> {
    const view = this.#deps.admission.view();
    const admitted = this.#deps.admission.admit(checked, view);
    if (!admitted.ok) return admitted;
    for (const { principal, nonce } of slotsOf(checked)) {
      const expected = view.account(principal).nonce + 1n + BigInt(this.#limits.chainingMax);
      if (nonce <= expected) continue;
      const isOrigin = principal === checked.origin;
      return err(chainingRejection({ expected, actual: nonce, principal, isOrigin }));
    }
    const conflicts = this.#pool.conflicts(checked);
    const isBetter = conflicts.every((old) => checked.feeMicro > old.checked.feeMicro);
    return isBetter ? ok(conflicts) : err(conflictRejection());
  }

  /** Crowds out the cheapest when the pool is full; refuses when the newcomer is the cheapest. */
  #makeRoom(entry: PoolEntry, leaving: readonly PoolEntry[]): Result<void, MempoolRejection> {
    const { transactionsMax, bytesMax } = this.#limits;
    let count = this.#pool.size - leaving.length + 1;
    let bytes = this.#pool.sizeBytes + entry.checked.bytes.length;
    for (const old of leaving) bytes -= old.checked.bytes.length;
    const victims: PoolEntry[] = [];
    while (count > transactionsMax || bytes > bytesMax) {
      const cheapest = this.#popCheapest([...leaving, ...victims]);
      if (cheapest === null || cheapest.feeRate >= entry.feeRate) {
        for (const spared of cheapest === null ? victims : [...victims, cheapest]) {
          this.#cheapest.push(spared);
        }
        return err(fullRejection());
      }
      const tail = this.#pool.tailOf(cheapest);
      const victim = victims.includes(tail) || leaving.includes(tail) ? cheapest : tail;
      if (victim !== cheapest) this.#cheapest.push(cheapest);
      victims.push(victim);
      count -= 1;
      bytes -= victim.checked.bytes.length;
    }
    this.#leave(victims, 'StaleGarbageCollect', 'crowded out of a full pool', null);
    return ok(undefined);
  }

  #popCheapest(except: readonly PoolEntry[]): PoolEntry | null {
    for (;;) {
      const entry = this.#cheapest.pop();
      if (entry === null) return null;
      if (this.#pool.get(entry.key) === entry && !except.includes(entry)) return entry;
    }
  }

  #enter(entry: PoolEntry): void {
    this.#pool.add(entry);
    this.#book.added(entry);
    this.#cheapest.push(entry);
    this.#departed.delete(entry.key);
  }

  // ---- departure ------------------------------------------------------------------------------

  /** Nonces below the account's can never be mined on this fork. */
  #dropPassed(principals: Iterable<string>): void {
    const passed = new Set<PoolEntry>();
    for (const principal of principals) {
      if (!this.#pool.hasPending(principal)) continue;
      const next = this.#book.nonce(principal);
      for (const nonce of this.#pool.nonces(principal)) {
        if (nonce < next) passed.add(this.#pool.at({ principal, nonce })!);
      }
    }
    this.#leave([...passed], 'StaleGarbageCollect', 'another transaction used its nonce', null);
  }

  #leave(
    entries: readonly PoolEntry[],
    reason: DropReason,
    detail: string,
    replacedBy: Uint8Array | null,
  ): void {
    if (entries.length === 0) return;
    this.#forget(entries, { kind: 'dropped', reason, detail, replacedBy });
    const txids = entries.map((entry) => entry.checked.txid);
    for (const listener of [...this.#dropListeners]) listener({ txids, reason, replacedBy });
    this.#log.debug('transactions dropped', { reason, count: entries.length });
  }

  #forget(entries: readonly PoolEntry[], departure: Departure): void {
    if (entries.length === 0) return;
    for (const entry of entries) {
      this.#pool.remove(entry);
      this.#book.removed(entry);
      this.#departed.set(entry.key, departure);
      this.#unremoved.push(entry.checked.txid);
    }
    this.#flushed().catch((cause) => this.#log.error('mempool not written', { cause }));
    for (const key of this.#departed.keys()) {
      if (this.#departed.size <= this.#limits.departedMax) break;
      this.#departed.delete(key);
    }
    this.#compactCheapest();
  }

  /** The heap drops dead entries lazily; rebuilt when they are the majority. */
  #compactCheapest(): void {
    if (this.#cheapest.size <= 2 * this.#pool.size + 1_000) return;
    this.#cheapest = new Heap<PoolEntry>((a, b) => compareEntries(b, a), [...this.#pool.entries]);
  }

  // ---- disk -----------------------------------------------------------------------------------

  /** Resolves when all that is known now is on disk. Concurrent callers share one batch. */
  #flushed(): Promise<void> {
    this.#flush ??= this.#flushSoon();
    return this.#flush;
  }

  async #flushSoon(): Promise<void> {
    await this.#deps.world.timers.sleep(this.#limits.groupCommitMs);
    const entries = this.#unwritten.filter((entry) => this.#pool.get(entry.key) === entry);
    const removed = this.#unremoved;
    this.#unwritten = [];
    this.#unremoved = [];
    this.#flush = null;
    try {
      this.#deps.store.batch((batch) => {
        for (const txid of removed) batch.remove(concatBytes(KEY, txid));
        for (const { checked, receivedMs } of entries) {
          const value = new ByteWriter(checked.bytes.length + 8).u64(receivedMs);
          batch.put(concatBytes(KEY, checked.txid), value.raw(checked.bytes).finish());
        }
      });
    } catch (cause) {
      for (const entry of entries) {
        this.#pool.remove(entry);
        this.#book.removed(entry);
      }
      throw cause;
    }
  }

  #restore(): void {
    const stored: { receivedMs: number; bytes: Uint8Array; key: Uint8Array }[] = [];
    for (const { key, value } of this.#deps.store.range({ prefix: KEY })) {
      const reader = new ByteReader(value.slice());
      const receivedMs = reader.u64Safe();
      stored.push({ key: key.slice(), receivedMs, bytes: reader.take(reader.remaining) });
    }
    stored.sort((a, b) => a.receivedMs - b.receivedMs);
    const useless: Uint8Array[] = [];
    for (const { key, receivedMs, bytes } of stored) {
      const checked = this.#deps.admission.check(bytes);
      const isPassed =
        checked.ok && slotsOf(checked.value).some((s) => s.nonce < this.#book.nonce(s.principal));
      if (!checked.ok || isPassed || this.#pool.conflicts(checked.value).length > 0) {
        useless.push(key);
        continue;
      }
      this.#enter(poolEntry(checked.value, { sequence: this.#sequence++, receivedMs }));
    }
    if (useless.length > 0) {
      this.#deps.store.batch((batch) => {
        for (const key of useless) batch.remove(key);
      });
    }
    if (stored.length > 0) {
      this.#log.info('mempool restored', { count: this.size, dropped: useless.length });
    }
  }
}
