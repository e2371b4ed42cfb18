/**
 * What the coordinator announces, and to whom. Listeners run one after another in the order they
 * came; what one throws is logged and stops nobody else.
 */
import type { AppliedBlock } from '@assay/chainstate';
import type { Logger } from '@assay/observe';
import type { BurnDecision, Snapshot } from '@assay/sortition';
import type { TipMove } from './fork-choice.ts';

export interface CoordinatorEvents {
  /** A burn block joined the canonical fork, with or without a winner. In order of height. */
  'burn-block': {
    readonly snapshot: Snapshot;
    /** Null after a restart or for a block decided long ago. */
    readonly decision: BurnDecision | null;
  };
  /** The canonical burn fork changed below its tip; `burn-block` follows for each new block. */
  'burn-reorg': {
    readonly fork: Snapshot;
    readonly oldTip: Snapshot;
    readonly newTip: Snapshot;
  };
  /** A Stacks block was executed and stored, on whatever fork. */
  block: { readonly applied: AppliedBlock; readonly isTip: boolean };
  /** The canonical burn tip moved and everything that follows from it is done. */
  'burn-tip': { readonly snapshot: Snapshot };
  /** The canonical Stacks tip moved. */
  tip: TipMove;
}

export type CoordinatorEvent = keyof CoordinatorEvents;

export class Listeners {
  readonly #log: Logger;
  readonly #listeners = new Map<CoordinatorEvent, Set<(event: never) => void>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Returns the way to stop listening. */
  on<E extends CoordinatorEvent>(
    name: E,
    listener: (event: CoordinatorEvents[E]) => void,
  ): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  emit<E extends CoordinatorEvent>(name: E, event: CoordinatorEvents[E]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (event: CoordinatorEvents[E]) => void)(event);
      } catch (error) {
        this.#log.error('a listener failed', { event: name, error });
      }
    }
  }
}
