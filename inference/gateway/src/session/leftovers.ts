/**
 * What no gateway holds any more: deposits on their way when a gateway died become sessions of the
 * ledger, and sessions that are over are closed, so that what is left of a deposit comes back. Every
 * gateway looks from time to time; a lease decides who acts, and acting twice does no harm.
 */
import { bytesEqual } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import type { Opening, SessionRow } from '../ledger/ledger.ts';
import { LIMITS } from '../limits.ts';
import { closeSession, type OpeningDeps } from './open-session.ts';
import { leaseName } from './pool.ts';

export interface LeftoverOptions {
  /** Names this process in leases. */
  readonly gateway: string;
  /** 32 bytes. Secret. */
  readonly voucherKey: Uint8Array;
}

export class Leftovers {
  readonly #deps: OpeningDeps;
  readonly #gateway: string;
  readonly #voucherPublicKey: Uint8Array;
  /** When a session that did not close is tried again: each try costs a fee. */
  readonly #againAtMs = new Map<bigint, number>();

  constructor(deps: OpeningDeps, { gateway, voucherKey }: LeftoverOptions) {
    this.#deps = deps;
    this.#gateway = gateway;
    this.#voucherPublicKey = publicKeyFromPrivate(voucherKey);
  }

  async run(burnHeight: number): Promise<void> {
    const { ledger, chain, world } = this.#deps;
    for (const opening of await ledger.openings()) await this.#adopt(opening);
    const over = (await ledger.sessions()).filter(({ terms }) => terms.expiresAt <= burnHeight);
    if (over.length === 0) return;
    const grace = await chain.claimGrace();
    for (const row of over) {
      const isDue = (this.#againAtMs.get(row.id) ?? 0) <= world.clock.nowMs();
      if (isDue && row.terms.expiresAt + grace <= burnHeight) await this.#close(row);
    }
  }

  /** The chain says what became of the transaction; a gateway that waits for it finds the same. */
  async #adopt(opening: Opening): Promise<void> {
    const { chain, ledger, log, world } = this.#deps;
    const outcome = await chain.outcome(opening.txid);
    const isLost =
      outcome.kind === 'unknown' && world.clock.nowMs() - opening.sentAtMs > LIMITS.openForgetMs;
    if (outcome.kind !== 'success' && outcome.kind !== 'failed' && !isLost) return;
    const id = outcome.kind === 'success' ? outcome.id : null;
    const terms = id === null ? null : await chain.session(id);
    if (terms !== null && bytesEqual(terms.voucherKey, this.#voucherPublicKey)) {
      const state = terms.isOpen ? 'open' : 'closed';
      await ledger.putSession({ id: terms.id, terms, endpoint: opening.endpoint, state });
      log.info('an opening was adopted', { session: terms.id, txid: opening.txid });
    }
    await ledger.putOpening({ ...opening, state: 'done' });
  }

  async #close(row: SessionRow): Promise<void> {
    const { chain, ledger, log, world } = this.#deps;
    const lease = leaseName(row.id);
    // Whoever holds the session still settles with its host.
    if (!(await ledger.lease(lease, `${this.#gateway}/close`, LIMITS.leaseMs))) return;
    try {
      const terms = await chain.session(row.id);
      if (terms?.isOpen && (await closeSession(this.#deps, this.#gateway, row.id)) === null) {
        this.#againAtMs.set(row.id, world.clock.nowMs() + LIMITS.closeRetryMs);
        return;
      }
      this.#againAtMs.delete(row.id);
      await ledger.putSession({ ...row, terms: terms ?? row.terms, state: 'closed' });
      log.info('a session is closed', { session: row.id, host: row.terms.host });
    } finally {
      await ledger.release(lease, `${this.#gateway}/close`);
    }
  }
}
