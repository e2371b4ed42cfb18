/**
 * What a host publishes about a token's logprobs instead of floats: one byte each, on a companded scale of
 * 255 steps, fine near zero (0.0013 nats) and coarse far away (0.8 nats at -30), like the ear: a small change
 * of a likely token matters, a small change of an unlikely one does not. Two codes:
 *
 * - the *absolute* code, the nearest step: of the sampled token. Tells the value to anybody.
 * - the *fine* code: the step divided into 2^b parts, and of the part's number the low eight bits, as a
 *   vernier tells the part of a millimetre. Of the likeliest tokens. A judge knows the whole steps from its
 *   own model; what it does not know is the rest, and the rest is where another precision shows.
 *
 * Integers and a frozen table, so that two machines with equal logprobs write equal bytes.
 * Source: verification.md 5.2 (the scale u = ln(1 + (-l) / 0.05)); the fine code is ours: docs/calibration.md
 * shows what it finds.
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
  const micro = microOf(logprob);
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

/** Parts of a step in which positions are counted. */
export const STEP_PARTS = 65_536;
const STEP_BITS = 16;

/** Where a logprob lies on the scale, in parts of a step, between the table's values in proportion. */
export function compandedPosition(logprob: number): number {
  return positionOf(microOf(logprob));
}

/** The positions that share an absolute code: `[low, high)`, in parts of a step. */
export function absoluteCell(code: number): { readonly low: number; readonly high: number } {
  const { low, high } = logprobCellMicro(code);
  return { low: positionOf(low), high: high <= MICRO_MAX ? positionOf(high) : high };
}

/**
 * The low eight bits of the number of the part a logprob lies in.
 * @param fineBits a step has 2^fineBits parts, 0 to 6
 */
export function fineCode(logprob: number, fineBits: number): number {
  return (compandedPosition(logprob) >>> (STEP_BITS - fineBits)) & 255;
}

/**
 * How finely the sketches of a model are written: the difference honest machines reach should be
 * a few parts, so that it never comes near the 256 after which codes repeat. At 0.01 nats 32 parts, at
 * 0.1 nats 2.
 * @param toleranceMicro of the manifest's thresholds, millionths of a nat
 */
export function fineBitsOf(toleranceMicro: number): number {
  const parts = (32 * 10_000) / Math.max(1, toleranceMicro);
  return Math.max(0, Math.min(6, Math.floor(Math.log2(parts))));
}

const MICRO_MAX = 30_000_000;

function microOf(logprob: number): number {
  if (Number.isNaN(logprob)) return MICRO_MAX;
  return Math.round(Math.min(Math.max(-logprob, 0), 30) * 1e6);
}

function positionOf(micro: number): number {
  let low = 0;
  let high = 254;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (micro >= COMPANDING_MICRO[middle]!) low = middle;
    else high = middle - 1;
  }
  const from = COMPANDING_MICRO[low]!;
  const width = COMPANDING_MICRO[low + 1]! - from;
  return low * STEP_PARTS + Math.floor((STEP_PARTS * (micro - from)) / width);
}
