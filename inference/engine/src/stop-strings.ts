/**
 * Stop strings: an answer ends where its text contains one. A pure function of the text, so a judge
 * finds the same end. Of strings that end at the same place the earliest beginning wins, then the
 * order in which they were given.
 */
import { EngineError } from './engine.ts';
import { ENGINE_LIMITS } from './limits.ts';

/** Watches a text that arrives in pieces and lets through what no stop string can still claim. */
export class StopStrings {
  readonly #stops: readonly string[];
  #held = '';
  /** The stop string that was found. */
  found: string | null = null;
  /** What came behind it in the same piece. */
  rest = '';

  /** @throws EngineError engine/refused when there are too many, or one is empty or too long */
  constructor(stops: readonly string[]) {
    const { stopStringsMax, stopStringCharsMax } = ENGINE_LIMITS;
    const fits = stops.every((one) => one !== '' && one.length <= stopStringCharsMax);
    if (stops.length > stopStringsMax || !fits) {
      const rule = `${stopStringsMax} stop strings of 1 to ${stopStringCharsMax} characters`;
      throw new EngineError('engine/refused', `at most ${rule}`);
    }
    this.#stops = stops;
  }

  /** @returns the text that may be shown; nothing more once a stop string was found */
  push(piece: string): string {
    if (this.found !== null) return '';
    const text = this.#held + piece;
    const hit = firstStop(text, this.#stops);
    if (hit !== null) {
      this.found = hit.stop;
      this.rest = text.slice(hit.at + hit.stop.length);
      this.#held = '';
      return text.slice(0, hit.at);
    }
    const keep = beginningAtEnd(text, this.#stops);
    this.#held = text.slice(text.length - keep);
    return text.slice(0, text.length - keep);
  }

  /** @returns what was held back, when the text ended without a stop string */
  finish(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}

/** The stop string whose end comes first. */
function firstStop(
  text: string,
  stops: readonly string[],
): { readonly stop: string; readonly at: number } | null {
  let best: { stop: string; at: number } | null = null;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at < 0) continue;
    const end = at + stop.length;
    const bestEnd = best === null ? Number.POSITIVE_INFINITY : best.at + best.stop.length;
    if (end < bestEnd || (end === bestEnd && at < best!.at)) best = { stop, at };
  }
  return best;
}

/** Length of the longest beginning of a stop string that `text` ends with. */
function beginningAtEnd(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let size = Math.min(stop.length - 1, text.length); size > longest; size--) {
      if (text.endsWith(stop.slice(0, size))) longest = size;
    }
  }
  return longest;
}
