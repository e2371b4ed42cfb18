/**
 * One pass over the pool for a block under construction: always the best-paying transaction whose
 * nonces (origin's, and sponsor's if any) are the next ones of their accounts. The walk counts
 * nonces forward as transactions are included; the pool itself does not change.
 */
import type { CheckedTransaction } from '@assay/chainstate';
import { Heap } from './heap.ts';
import { compareEntries, type Pool, type PoolEntry, slotsOf } from './pool.ts';

export class MempoolWalk {
  readonly #pool: Pool;
  readonly #nonceOf: (principal: string) => bigint;
  /** Nonces that this walk has moved. */
  readonly #moved = new Map<string, bigint>();
  readonly #candidates: Heap<PoolEntry>;
  /** Each transaction is offered once. */
  readonly #offered = new Set<string>();

  /** @param ready entries that may be mineable; the walk checks each again */
  constructor(pool: Pool, ready: PoolEntry[], nonceOf: (principal: string) => bigint) {
    this.#pool = pool;
    this.#nonceOf = nonceOf;
    this.#candidates = new Heap(compareEntries, ready);
  }

  /** The next candidate, or null when nothing more can be mined now. */
  next(): CheckedTransaction | null {
    for (;;) {
      const entry = this.#candidates.pop();
      if (entry === null) return null;
      if (this.#offered.has(entry.key) || this.#pool.get(entry.key) !== entry) continue;
      if (!this.#isMineable(entry)) continue;
      this.#offered.add(entry.key);
      return entry.checked;
    }
  }

  /** The candidate went into the block: the next nonces of its accounts are free. */
  included(checked: CheckedTransaction): void {
    for (const { principal, nonce } of slotsOf(checked)) this.#moved.set(principal, nonce + 1n);
    for (const { principal, nonce } of slotsOf(checked)) {
      const successor = this.#pool.at({ principal, nonce: nonce + 1n });
      if (successor !== null) this.#candidates.push(successor);
    }
  }

  /** It did not fit: later nonces of its accounts stay out of reach in this walk. */
  skipped(_checked: CheckedTransaction): void {}

  #isMineable(entry: PoolEntry): boolean {
    return slotsOf(entry.checked).every(
      ({ principal, nonce }) => (this.#moved.get(principal) ?? this.#nonceOf(principal)) === nonce,
    );
  }
}
