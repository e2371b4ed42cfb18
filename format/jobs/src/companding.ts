/**
 * Eight-bit companding of logprobs: what a host publishes about each token instead of a float.
 * Fine near zero (0.0013 nats), coarse far away (0.8 nats at -30), like the ear: a small change of
 * a likely token matters, a small change of an unlikely one does not. Works on integers and a frozen
 * table, so that two machines with equal logprobs write equal bytes.
 * Source: verification.md 5.2 (u = ln(1 + (-l) / 0.05), measured to lose nothing against floats).
 */
import { COMPANDING_MICRO } from './companding.table.ts';

/** Smallest micro-nats that round to code c + 1 rather than c; ties go up. */
const BOUNDARY_MICRO: readonly number[] = Array.from({ length: 255 }, (_, c) =>
  Math.ceil((COMPANDING_MICRO[c]! + COMPANDING_MICRO[c + 1]!) / 2),
);

/**
 * The code of a logprob.
 * @param logprob natural logarithm of a probability, <= 0; positive values and NaN count as 0 and
 *   as minus infinity
 * @returns 0 (certain) .. 255 (-30 nats or less)
 */
export function encodeLogprob(logprob: number): number {
  if (Number.isNaN(logprob)) return 255;
  const micro = Math.round(Math.min(Math.max(-logprob, 0), 30) * 1e6);
  let low = 0;
  let high = 255;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (micro >= BOUNDARY_MICRO[middle]!) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The logprob a code stands for, in nats. @param code 0..255 */
export function decodeLogprob(code: number): number {
  return -COMPANDING_MICRO[code & 255]! / 1e6;
}

/**
 * The interval of logprobs that share a code, in micro-nats below zero: `[low, high)`.
 * A judge measures how far its own value lies outside it.
 */
export function logprobCellMicro(code: number): { readonly low: number; readonly high: number } {
  const c = code & 255;
  return {
    low: c === 0 ? 0 : BOUNDARY_MICRO[c - 1]!,
    high: c === 255 ? Number.POSITIVE_INFINITY : BOUNDARY_MICRO[c]!,
  };
}
