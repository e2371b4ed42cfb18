/**
 * The next nonce of every account with something pending, at the canonical tip, and from it the
 * transactions whose origin may be mined at once. Kept up to date block by block, so that a walk
 * over a large pool need not read every account again.
 */
import { bytesEqual } from '@assay/bytes';
import type { Pool, PoolEntry } from './pool.ts';

/** The part of a state that the pool reads. `StateView` of chainstate satisfies it. */
export interface NonceView {
  readonly header: { readonly blockId: Uint8Array };
  account(principal: string): { readonly nonce: bigint };
}

export class NonceBook {
  readonly #pool: Pool;
  readonly #nonces = new Map<string, bigint>();
  /** Entries whose origin nonce is next; sponsors are checked by the walk. */
  readonly #ready = new Set<PoolEntry>();
  #view: NonceView;

  constructor(pool: Pool, view: NonceView) {
    this.#pool = pool;
    this.#view = view;
  }

  isAt(blockId: Uint8Array): boolean {
    return bytesEqual(this.#view.header.blockId, blockId);
  }

  /** The account's next nonce at the tip. */
  nonce(principal: string): bigint {
    const known = this.#nonces.get(principal);
    if (known !== undefined) return known;
    const nonce = this.#view.account(principal).nonce;
    this.#nonces.set(principal, nonce);
    return nonce;
  }

  /** A fresh list. */
  ready(): PoolEntry[] {
    return [...this.#ready];
  }

  added(entry: PoolEntry): void {
    const { origin, originNonce } = entry.checked;
    if (this.nonce(origin) === originNonce) this.#ready.add(entry);
  }

  /** Call after the pool let go of the entry. */
  removed(entry: PoolEntry): void {
    this.#ready.delete(entry);
    const { origin, sponsor } = entry.checked;
    if (!this.#pool.hasPending(origin)) this.#nonces.delete(origin);
    if (sponsor !== null && !this.#pool.hasPending(sponsor)) this.#nonces.delete(sponsor);
  }

  /** Moves to a state that is not the child of the old one: everything is read again. */
  reset(view: NonceView): void {
    this.#view = view;
    this.#nonces.clear();
    this.#ready.clear();
    for (const entry of this.#pool.entries) this.added(entry);
  }

  /** Moves to the child state, in which only `touched` accounts spent nonces. */
  advance(view: NonceView, touched: Iterable<string>): void {
    this.#view = view;
    for (const principal of touched) {
      const was = this.#nonces.get(principal);
      if (was === undefined) continue;
      const nonce = view.account(principal).nonce;
      if (nonce === was) continue;
      const before = this.#pool.at({ principal, nonce: was });
      if (before !== null) this.#ready.delete(before);
      this.#nonces.set(principal, nonce);
      const head = this.#pool.at({ principal, nonce });
      if (head?.checked.origin === principal) this.added(head);
    }
  }
}
