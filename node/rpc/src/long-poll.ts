/**
 * Waiting for something to move (the chain, a StackerDB), for many callers at once: one listener per
 * source wakes all. Bounded in number, so that waiting callers cannot exhaust the node.
 */
import type { TimerHandle, World } from '@assay/world';
import { RPC_LIMITS } from './limits.ts';

/** Calls `wake` when there is news. Returns the way to stop. */
export type NewsSource = (wake: () => void) => () => void;

export class LongPoll {
  readonly #timers: World['timers'];
  readonly #wake = new Set<(moved: boolean) => void>();
  readonly #stopListening: readonly (() => void)[];

  constructor(world: Pick<World, 'timers'>, ...sources: readonly NewsSource[]) {
    this.#timers = world.timers;
    this.#stopListening = sources.map((listen) => listen(() => this.#wakeAll(true)));
  }

  /** True when there is news; false after `waitMs`, at once when too many wait, or on stop. */
  wait(waitMs: number): Promise<boolean> {
    if (this.#wake.size >= RPC_LIMITS.longPollsMax) return Promise.resolve(false);
    return new Promise((resolve) => {
      let timer: TimerHandle | null = null;
      const done = (moved: boolean) => {
        timer?.cancel();
        this.#wake.delete(done);
        resolve(moved);
      };
      this.#wake.add(done);
      timer = this.#timers.after(waitMs, () => done(false));
    });
  }

  stop(): void {
    for (const stop of this.#stopListening) stop();
    this.#wakeAll(false);
  }

  #wakeAll(moved: boolean): void {
    for (const done of [...this.#wake]) done(moved);
  }
}
