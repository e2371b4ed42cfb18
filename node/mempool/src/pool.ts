/**
 * The pool's data: entries by id, and one line of nonces per account (an account spends the same
 * sequence of nonces as origin and as sponsor). Knows nothing of admission, disk or time; that is
 * `mempool.ts`.
 */
import { bytesToHex } from '@assay/bytes';
import type { CheckedTransaction } from '@assay/chainstate';

export interface PoolEntry {
  readonly checked: CheckedTransaction;
  /** Hex of the txid. */
  readonly key: string;
  /** Order of arrival: breaks ties of the fee rate. */
  readonly sequence: number;
  readonly receivedMs: number;
  /** micro-STX per byte. */
  readonly feeRate: number;
}

/** An account and a nonce of it: each pending transaction takes one, a sponsored one two. */
export interface NonceSlot {
  readonly principal: string;
  readonly nonce: bigint;
}

export function slotsOf(checked: CheckedTransaction): NonceSlot[] {
  const origin = { principal: checked.origin, nonce: checked.originNonce };
  if (checked.sponsor === null || checked.sponsorNonce === null) return [origin];
  return [origin, { principal: checked.sponsor, nonce: checked.sponsorNonce }];
}

/** Better first: the higher fee rate, then the earlier arrival. */
export function compareEntries(a: PoolEntry, b: PoolEntry): number {
  return b.feeRate - a.feeRate || a.sequence - b.sequence;
}

export class Pool {
  readonly #entries = new Map<string, PoolEntry>();
  readonly #lines = new Map<string, Map<bigint, PoolEntry>>();
  #sizeBytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** In order of arrival. */
  get entries(): IterableIterator<PoolEntry> {
    return this.#entries.values();
  }

  /** Accounts with anything pending. */
  get principals(): IterableIterator<string> {
    return this.#lines.keys();
  }

  get(key: string): PoolEntry | null {
    return this.#entries.get(key) ?? null;
  }

  at(slot: NonceSlot): PoolEntry | null {
    return this.#lines.get(slot.principal)?.get(slot.nonce) ?? null;
  }

  hasPending(principal: string): boolean {
    return this.#lines.has(principal);
  }

  /** Pending nonces of an account, ascending. */
  nonces(principal: string): bigint[] {
    const line = this.#lines.get(principal);
    return line === undefined ? [] : [...line.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  /** The entries that hold a nonce which `checked` wants, once each. */
  conflicts(checked: CheckedTransaction): PoolEntry[] {
    const found = new Set<PoolEntry>();
    for (const slot of slotsOf(checked)) {
      const entry = this.at(slot);
      if (entry !== null) found.add(entry);
    }
    return [...found];
  }

  add(entry: PoolEntry): void {
    this.#entries.set(entry.key, entry);
    this.#sizeBytes += entry.checked.bytes.length;
    for (const { principal, nonce } of slotsOf(entry.checked)) {
      let line = this.#lines.get(principal);
      if (line === undefined) {
        line = new Map();
        this.#lines.set(principal, line);
      }
      line.set(nonce, entry);
    }
  }

  remove(entry: PoolEntry): void {
    if (!this.#entries.delete(entry.key)) return;
    this.#sizeBytes -= entry.checked.bytes.length;
    for (const { principal, nonce } of slotsOf(entry.checked)) {
      const line = this.#lines.get(principal);
      if (line?.get(nonce) !== entry) continue;
      line.delete(nonce);
      if (line.size === 0) this.#lines.delete(principal);
    }
  }

  /** The last transaction of the unbroken run of nonces that starts at `entry`. */
  tailOf(entry: PoolEntry): PoolEntry {
    const line = this.#lines.get(entry.checked.origin);
    let tail = entry;
    for (;;) {
      const next = line?.get(tail.checked.originNonce + 1n);
      if (next === undefined || next.checked.origin !== entry.checked.origin) return tail;
      tail = next;
    }
  }
}

export function poolEntry(
  checked: CheckedTransaction,
  arrival: { readonly sequence: number; readonly receivedMs: number },
): PoolEntry {
  return {
    checked,
    key: bytesToHex(checked.txid),
    ...arrival,
    feeRate: Number(checked.feeMicro) / checked.bytes.length,
  };
}
