/**
 * The real world: system clock, system randomness, timers, HTTP over TCP, files on disk.
 * The composition roots (apps, full-node) call `nodeWorld()` once and hand it to every service.
 * Source of the contracts: `world.ts`.
 */
import { randomFillSync } from 'node:crypto';
import { nodeFiles } from './node-files.ts';
import { nodeNet } from './node-net.ts';
import type { TimerHandle, Timers, World } from './world.ts';

export function nodeWorld(): World {
  return {
    clock: { nowMs: () => Date.now() },
    random: { bytes: (size) => randomFillSync(new Uint8Array(size)) },
    timers: nodeTimers(),
    net: nodeNet(),
    files: nodeFiles(),
  };
}

/** Node truncates longer delays to 1 ms; a longer wait is clamped instead. */
const DELAY_MS_MAX = 2_147_483_647;

function nodeTimers(): Timers {
  return {
    after(delayMs, action): TimerHandle {
      const timer = setTimeout(action, Math.min(Math.max(0, delayMs), DELAY_MS_MAX));
      return { cancel: () => clearTimeout(timer) };
    },
    every(intervalMs, action): TimerHandle {
      const timer = setInterval(action, Math.min(Math.max(1, intervalMs), DELAY_MS_MAX));
      return { cancel: () => clearInterval(timer) };
    },
    sleep(delayMs, signal): Promise<boolean> {
      if (signal?.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const onAbort = () => {
          clearTimeout(timer);
          resolve(false);
        };
        const timer = setTimeout(
          () => {
            signal?.removeEventListener('abort', onAbort);
            resolve(true);
          },
          Math.min(Math.max(0, delayMs), DELAY_MS_MAX),
        );
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
