/**
 * Waiting for the chain to move, for many callers at once: one listener on the coordinator wakes
 * all. Bounded in number, so that waiting callers cannot exhaust the node.
 */
import type { TimerHandle, World } from '@assay/world';
import { RPC_LIMITS } from './limits.ts';
import type { CoordinatorPort } from './ports.ts';

export class LongPoll {
  readonly #timers: World['timers'];
  readonly #wake = new Set<(moved: boolean) => void>();
  readonly #stopListening: () => void;

  constructor(world: Pick<World, 'timers'>, coordinator: Pick<CoordinatorPort, 'onTip'>) {
    this.#timers = world.timers;
    this.#stopListening = coordinator.onTip(() => this.#wakeAll(true));
  }

  /** True when the chain moved; false after `waitMs`, at once when too many wait, or on stop. */
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
    this.#stopListening();
    this.#wakeAll(false);
  }

  #wakeAll(moved: boolean): void {
    for (const done of [...this.#wake]) done(moved);
  }
}
