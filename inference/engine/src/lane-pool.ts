/**
 * Places where answers can be generated at the same time. A caller gets the free lane whose content
 * begins most like its prompt, so that a shared prefix need not be computed again; when none is free,
 * callers wait in order.
 */
import { EngineError } from './engine.ts';

export interface Lane {
  /** Ids whose work the lane still holds. */
  readonly held: readonly number[];
}

export class LanePool<L extends Lane> {
  readonly #free: L[];
  readonly #size: number;
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  constructor(lanes: readonly L[]) {
    this.#free = [...lanes];
    this.#size = lanes.length;
  }

  /** Runs `task` on a lane of its own. @throws EngineError engine/closed, engine/aborted */
  async use<T>(
    promptIds: readonly number[],
    task: (lane: L) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    if (this.#closed) throw new EngineError('engine/closed', 'the engine was closed');
    while (this.#free.length === 0) await this.#turn(signal);
    const lane = this.#takeBest(promptIds);
    try {
      return await task(lane);
    } finally {
      this.#free.push(lane);
      this.#waiting.shift()?.();
    }
  }

  /** Refuses new work and waits for what runs. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#free.length < this.#size) {
      await new Promise<void>((done) => this.#waiting.push(done));
    }
  }

  #takeBest(promptIds: readonly number[]): L {
    let best = 0;
    let longest = -1;
    for (const [i, { held }] of this.#free.entries()) {
      const common = commonPrefix(held, promptIds);
      if (common > longest) {
        best = i;
        longest = common;
      }
    }
    return this.#free.splice(best, 1)[0]!;
  }

  #turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new EngineError('engine/aborted', 'aborted while waiting for a free lane'));
      };
      const go = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      if (signal?.aborted) return leave();
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(go);
    });
  }
}

/** Length of the common beginning. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  let size = 0;
  while (size < a.length && size < b.length && a[size] === b[size]) size += 1;
  return size;
}
