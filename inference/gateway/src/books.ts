/**
 * The ends of requests, written behind the answers: no caller waits for the database. That a request
 * was begun, and at which hosts, is in the ledger before anything of its answer is given out; so what a
 * killed gateway had not yet written is found there, and its end is asked of the host (`sweep.ts`).
 */
import type { Logger } from '@assay/observe';
import type { World } from '@assay/world';
import type { AnswerPart, BeginOutcome, Ledger } from './ledger/ledger.ts';
import { LIMITS } from './limits.ts';

export interface BooksDeps {
  readonly world: Pick<World, 'timers'>;
  readonly ledger: Ledger;
  readonly log: Logger;
}

export class Books {
  readonly #deps: BooksDeps;
  readonly #open = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(deps: BooksDeps) {
    this.#deps = deps;
  }

  /** Requests that ended and are not in the ledger yet. */
  get count(): number {
    return this.#open.size;
  }

  /** Writes the end of a request, as soon and as often as it takes. */
  close(id: string, begun: Promise<BeginOutcome>, parts: readonly AnswerPart[]): void {
    const written = this.#write(id, begun, parts).finally(() => this.#open.delete(id));
    this.#open.set(id, written);
  }

  async #write(id: string, begun: Promise<BeginOutcome>, parts: readonly AnswerPart[]) {
    const outcome = await begun.catch(() => null);
    if (outcome?.kind !== 'ok') return;
    const { ledger, log, world } = this.#deps;
    for (;;) {
      try {
        await ledger.finish(id, parts);
        return;
      } catch (cause) {
        log.error('a request could not be written to the ledger', { request: id, cause });
      }
      if (!(await world.timers.sleep(LIMITS.ledgerRetryMs, this.#stopped.signal))) return;
    }
  }

  /** Resolves when the end of this request is in the ledger, as far as it has ended here. */
  async written(id: string): Promise<void> {
    await this.#open.get(id);
  }

  /** As `written`, for all that have ended by now. */
  async settled(): Promise<void> {
    await Promise.all(this.#open.values());
  }

  /** Writes what can be written now; a ledger that fails leaves the rest to the sweep. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.settled();
  }
}
