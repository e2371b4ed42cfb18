/** Server-sent events as OpenAI's API sends them: `data: {json}`, and `data: [DONE]` at the end. */
import { bytesFromUtf8 } from '@assay/bytes';
import type { Timers } from '@assay/world';

export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-store',
  // Proxies such as nginx must not collect what is meant to be seen at once.
  'x-accel-buffering': 'no',
} as const;

export function event(value: unknown): Uint8Array {
  return bytesFromUtf8(`data: ${JSON.stringify(value)}\n\n`);
}

export const DONE: Uint8Array = bytesFromUtf8('data: [DONE]\n\n');
/** A comment: keeps connections open that would be cut for silence. */
const KEEP_ALIVE: Uint8Array = bytesFromUtf8(': keep-alive\n\n');

/** The pieces as they come, and a comment whenever none came for `silenceMs`. */
export async function* keptAlive(
  pieces: AsyncGenerator<Uint8Array>,
  timers: Timers,
  silenceMs: number,
): AsyncGenerator<Uint8Array> {
  let next = pieces.next();
  try {
    for (;;) {
      const turn = await within(next, timers, silenceMs);
      if (turn === null) {
        yield KEEP_ALIVE;
        continue;
      }
      if (turn.done === true) return;
      yield turn.value;
      next = pieces.next();
    }
  } finally {
    await pieces.return(undefined);
  }
}

/** Null when it takes longer. */
function within<T>(promise: Promise<T>, timers: Timers, waitMs: number): Promise<T | null> {
  return new Promise((done, failed) => {
    const timer = timers.after(waitMs, () => done(null));
    promise.then(done, failed).finally(() => timer.cancel());
  });
}
