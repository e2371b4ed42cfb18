/** What adapters of servers ask in common when they are opened. */
import { EngineError } from '../engine.ts';

const FOUND_NOT: ReadonlySet<string> = new Set([
  'engine/refused',
  'engine/misbehaved',
  'engine/unsupported',
]);

/** A server that refuses a question, or answers it in a shape of its own, cannot do what was asked. */
export async function foundOrNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof EngineError && FOUND_NOT.has(error.code)) return null;
    throw error;
  }
}

/** Whether a sampler that is given its seed again says the same again; an empty answer shows nothing. */
export async function repeatsItself(sample: () => Promise<string | null>): Promise<boolean> {
  const first = await sample();
  return first !== null && first !== '' && first === (await sample());
}
