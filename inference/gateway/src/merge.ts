/** Several async generators as one stream of what they yield, in the order it comes. */

interface Turn<T> {
  readonly index: number;
  readonly result: IteratorResult<T>;
}

/** Sources that are pulled at the same time; the others begin when one of these is done. */
const AT_ONCE = 16;

/**
 * Yields `[index, value]` as values come, and `[index, null]` when one generator is done. Leaving the
 * loop early ends them all; a failure of one ends the others and is thrown.
 */
export async function* merge<T>(
  sources: readonly AsyncGenerator<T>[],
): AsyncGenerator<readonly [index: number, value: T | null]> {
  if (sources.length === 1) {
    for await (const value of sources[0]!) yield [0, value];
    yield [0, null];
    return;
  }
  const pull = (index: number): Promise<Turn<T>> =>
    sources[index]!.next().then((result) => ({ index, result }));
  let next = Math.min(AT_ONCE, sources.length);
  const waiting = new Map(sources.slice(0, next).map((_, index) => [index, pull(index)]));
  try {
    while (waiting.size > 0) {
      const { index, result } = await Promise.race(waiting.values());
      if (result.done !== true) waiting.set(index, pull(index));
      else {
        waiting.delete(index);
        if (next < sources.length) waiting.set(next, pull(next++));
      }
      yield [index, result.done === true ? null : result.value];
    }
  } finally {
    for (const turn of waiting.values()) turn.catch(() => undefined);
    await Promise.allSettled([...waiting.keys()].map((index) => sources[index]!.return(undefined)));
  }
}
