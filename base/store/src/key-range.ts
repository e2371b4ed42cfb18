/** The bounds of a `KeyRange`, with a prefix written as start and end. Used by every adapter. */
import { concatBytes } from '@assay/bytes';
import type { KeyRange } from './store.ts';

/** The first key after all keys with this prefix; undefined when there is none (all bytes 0xff). */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  for (let i = prefix.length - 1; i >= 0; i--) {
    if (prefix[i] === 0xff) continue;
    const end = prefix.slice(0, i + 1);
    end[i]! += 1;
    return end;
  }
  return undefined;
}

export interface Bounds {
  /** Inclusive. */
  readonly start: Uint8Array;
  /** Exclusive; undefined: no end. */
  readonly end: Uint8Array | undefined;
}

export function boundsOf(range: KeyRange): Bounds {
  if (range.prefix !== undefined) return { start: range.prefix, end: prefixEnd(range.prefix) };
  return { start: range.start ?? new Uint8Array(0), end: range.end };
}

/** A range of a store seen through a prefix, in the keys of the store below. */
export function withinPrefix(prefix: Uint8Array, range: KeyRange): KeyRange {
  const { start, end } = boundsOf(range);
  const outerEnd = end === undefined ? prefixEnd(prefix) : concatBytes(prefix, end);
  return {
    start: concatBytes(prefix, start),
    ...(outerEnd === undefined ? {} : { end: outerEnd }),
    ...(range.reverse === undefined ? {} : { reverse: range.reverse }),
    ...(range.limit === undefined ? {} : { limit: range.limit }),
  };
}
