/**
 * How many tokens a cheat survives, and how often an honest host is suspected: observed answers are
 * strung together in random order, as a judge would meet them, until the evidence reaches a bound.
 */
import { type EvidenceTable, meanBetMicro } from '../evidence.ts';
import { createUniform, type ObservedAnswer } from './observe.ts';

export interface PowerOptions {
  /** Log evidence to reach, millionths of a nat. */
  readonly boundMicro: number;
  /** Strings of answers tried. */
  readonly trials: number;
  /** A string this long without conviction counts as undetected. */
  readonly tokensMax: number;
  readonly seed: number;
  /** Count the exact rule of impossible draws as well. */
  readonly withRule?: boolean;
  /** Count instead until the first draw that the judge would have decided otherwise. */
  readonly untilDifference?: boolean;
}

export interface Power {
  /** Tokens for half and for 99 % of the strings; null when more than `tokensMax`. */
  readonly tokens50: number | null;
  readonly tokens99: number | null;
  readonly detected: number;
  /** Tokens to conviction, ascending; undetected strings are missing. */
  readonly counts: readonly number[];
}

/** Strings of whole answers, drawn with replacement. */
export function measurePower(
  table: EvidenceTable,
  answers: readonly ObservedAnswer[],
  options: PowerOptions,
): Power {
  const uniform = createUniform(options.seed);
  const counts: number[] = [];
  for (let trial = 0; trial < options.trials; trial++) {
    const found = survive(table, answers, { ...options, uniform });
    if (found !== null) counts.push(found);
  }
  counts.sort((a, b) => a - b);
  const at = (share: number): number | null => {
    const place = Math.ceil(share * options.trials) - 1;
    return counts[place] ?? null;
  };
  const detected = counts.length / options.trials;
  return { tokens50: at(0.5), tokens99: at(0.99), detected, counts };
}

/** Tokens until the evidence over a string of random answers reaches the bound; null when it never does. */
function survive(
  table: EvidenceTable,
  answers: readonly ObservedAnswer[],
  options: PowerOptions & { readonly uniform: () => number },
): number | null {
  const { alternatives } = table;
  const sums = new Float64Array(alternatives.length);
  let tokens = 0;
  while (tokens < options.tokensMax) {
    const answer = answers[Math.floor(options.uniform() * answers.length)];
    if (answer === undefined || answer.margin.length === 0) return null;
    const variant = Math.floor(options.uniform() * (answer.redrawn.length + 1));
    const margin = variant === 0 ? answer.margin : answer.redrawn[variant - 1]!;
    const endsAt = options.withRule ? answer.impossibleAt[variant]! : -1;
    for (let i = 0; i < margin.length; i++) {
      tokens += 1;
      if (i === endsAt) return tokens;
      if (options.untilDifference) {
        if ((margin[i]! & 255) > 0) return tokens;
        continue;
      }
      if (playToken(table, sums, answer.sketch[i]!, margin[i]!) < options.boundMicro) continue;
      if (meanBetMicro(sums) >= options.boundMicro) return tokens;
    }
  }
  return null;
}

/** Adds one token to every bet. @returns the greatest of them, which the evidence cannot exceed */
function playToken(
  { alternatives }: EvidenceTable,
  sums: Float64Array,
  sketch: number,
  margin: number,
): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let a = 0; a < alternatives.length; a++) {
    const { channel, gammaMilli, scoresMilli } = alternatives[a]!;
    const cell = channel === 'sketch' ? sketch : margin;
    sums[a]! += gammaMilli * scoresMilli[cell >>> 8]![cell & 255]!;
    if (sums[a]! > best) best = sums[a]!;
  }
  return best;
}

/** The greatest log evidence at any token of one answer, millionths of a nat; at least 0. */
export function peakOf(table: EvidenceTable, answer: ObservedAnswer, variant = 0): number {
  const margin = variant === 0 ? answer.margin : answer.redrawn[variant - 1]!;
  const sums = new Float64Array(table.alternatives.length);
  let peak = 0;
  for (let i = 0; i < margin.length; i++) {
    if (playToken(table, sums, answer.sketch[i]!, margin[i]!) <= peak) continue;
    peak = Math.max(peak, meanBetMicro(sums));
  }
  return peak;
}

/** Peaks of log evidence, nats, over strings of exactly `tokens` tokens; ascending. */
export function stringPeaks(
  table: EvidenceTable,
  answers: readonly ObservedAnswer[],
  options: { readonly tokens: number; readonly trials: number; readonly seed: number },
): number[] {
  const uniform = createUniform(options.seed);
  const peaks = Array.from({ length: options.trials }, () => {
    let left = options.tokens;
    const sketch: number[] = [];
    const margin: number[] = [];
    while (left > 0) {
      const answer = answers[Math.floor(uniform() * answers.length)]!;
      const variant = Math.floor(uniform() * (answer.redrawn.length + 1));
      const cells = variant === 0 ? answer.margin : answer.redrawn[variant - 1]!;
      const taken = Math.max(1, Math.min(left, cells.length));
      sketch.push(...answer.sketch.subarray(0, taken));
      margin.push(...cells.subarray(0, taken));
      left -= taken;
    }
    const string = {
      sketch: Uint16Array.from(sketch),
      margin: Uint16Array.from(margin),
      redrawn: [],
      impossibleAt: [-1],
    };
    return peakOf(table, string) / 1e6;
  });
  return peaks.sort((a, b) => a - b);
}

export interface RocPoint {
  readonly falseShare: number;
  readonly foundShare: number;
}

/** Shares above every threshold: honest strings against cheating ones. */
export function rocCurve(honest: readonly number[], cheating: readonly number[]): RocPoint[] {
  const above = (sorted: readonly number[], bound: number): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! > bound) high = middle;
      else low = middle + 1;
    }
    return (sorted.length - low) / Math.max(1, sorted.length);
  };
  const bounds = Array.from({ length: 57 }, (_, i) => i / 4);
  return bounds.map((bound) => ({
    falseShare: above(honest, bound),
    foundShare: above(cheating, bound),
  }));
}
