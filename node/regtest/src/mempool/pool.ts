/**
 * The graph of unconfirmed transactions: who spends what, who descends from whom. No rules here.
 */
import { hashToDisplayHex } from '@assay/bitcoin';
import { assert } from '@assay/bytes';
import { type KnownTransaction, outpointKey } from '../chain/known-transaction.ts';

export interface PoolEntry {
  readonly known: KnownTransaction;
  readonly feeSats: bigint;
  readonly timeSecs: number;
  /** Height of the tip when it arrived. */
  readonly burnHeight: number;
  /** Order of arrival, also across restarts. */
  readonly sequence: number;
  readonly parents: Set<PoolEntry>;
  readonly children: Set<PoolEntry>;
}

export class Pool {
  readonly #entries = new Map<string, PoolEntry>();
  /** By spent outpoint. */
  readonly #spenders = new Map<string, PoolEntry>();
  #vbytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  get vbytes(): number {
    return this.#vbytes;
  }

  /** By order of arrival. */
  all(): Iterable<PoolEntry> {
    return this.#entries.values();
  }

  get(id: string): PoolEntry | null {
    return this.#entries.get(id) ?? null;
  }

  spender(id: string, index: number): PoolEntry | null {
    return this.#spenders.get(outpointKey(id, index)) ?? null;
  }

  /** Entries that spend an output this transaction spends too, by order of its inputs. */
  conflicts({ tx }: KnownTransaction): Set<PoolEntry> {
    const found = new Set<PoolEntry>();
    for (const { prevTxid, prevIndex } of tx.inputs) {
      const spender = this.spender(hashToDisplayHex(prevTxid), prevIndex);
      if (spender !== null) found.add(spender);
    }
    return found;
  }

  parentsOf({ tx }: KnownTransaction): Set<PoolEntry> {
    const found = new Set<PoolEntry>();
    for (const { prevTxid } of tx.inputs) {
      const parent = this.get(hashToDisplayHex(prevTxid));
      if (parent !== null) found.add(parent);
    }
    return found;
  }

  add(entry: Omit<PoolEntry, 'parents' | 'children'>): PoolEntry {
    const { known } = entry;
    assert(!this.#entries.has(known.id), 'a transaction enters the pool once');
    const parents = this.parentsOf(known);
    const added: PoolEntry = { ...entry, parents, children: new Set() };
    for (const parent of parents) parent.children.add(added);
    this.#entries.set(known.id, added);
    for (const { prevTxid, prevIndex } of known.tx.inputs) {
      this.#spenders.set(outpointKey(hashToDisplayHex(prevTxid), prevIndex), added);
    }
    this.#vbytes += known.vsize;
    return added;
  }

  /** Removes one entry; its children stay. */
  remove(entry: PoolEntry): void {
    const { known } = entry;
    this.#entries.delete(known.id);
    for (const { prevTxid, prevIndex } of known.tx.inputs) {
      this.#spenders.delete(outpointKey(hashToDisplayHex(prevTxid), prevIndex));
    }
    for (const parent of entry.parents) parent.children.delete(entry);
    for (const child of entry.children) child.parents.delete(entry);
    this.#vbytes -= known.vsize;
  }

  clear(): void {
    this.#entries.clear();
    this.#spenders.clear();
    this.#vbytes = 0;
  }
}

/** All unconfirmed transactions it rests on, without itself; nearest first. */
export function ancestorsOf(entry: Pick<PoolEntry, 'parents'>): Set<PoolEntry> {
  return closure(entry.parents, (at) => at.parents);
}

/** All that rest on it, without itself. */
export function descendantsOf(entry: Pick<PoolEntry, 'children'>): Set<PoolEntry> {
  return closure(entry.children, (at) => at.children);
}

function closure(
  start: ReadonlySet<PoolEntry>,
  next: (entry: PoolEntry) => ReadonlySet<PoolEntry>,
): Set<PoolEntry> {
  // A Set grows while it is iterated: this visits what is added on the way.
  const found = new Set(start);
  for (const entry of found) for (const other of next(entry)) found.add(other);
  return found;
}
