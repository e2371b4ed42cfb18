/**
 * How far apart honest machines can be, beyond what was seen. A token's *spread* is the greatest gap between
 * two candidates' differences, the judge's logprob less the host's: whatever the seed, no draw of this
 * position can be lost by more. Spreads of honest machines fall off like an exponential (measured: the
 * shape of a generalised Pareto fit is about 0), so the mean excess over the ninth decile tells how rare
 * greater ones are. Peaks over threshold; the worst pair counts, with three sigma on its mean.
 */
import type { Observed } from './observe.ts';

export interface NoiseTail {
  /** One spread in ten is greater, millionths of a nat. */
  readonly fromMicro: number;
  /** By how much those are greater, on average and at most. */
  readonly meanExcessMicro: number;
  /** The greatest seen on any pair. */
  readonly greatestMicro: number;
}

const TENTH = 0.1;
/** Fewer tokens tell nothing about a tail. */
const TOKENS_MIN = 200;

/** Of the worst pair: the one whose tail reaches farthest at `share`. */
export function noiseTail(pairs: readonly Observed[], share: number): NoiseTail {
  let worst: NoiseTail = { fromMicro: 0, meanExcessMicro: 0, greatestMicro: 0 };
  let greatestMicro = 0;
  for (const pair of pairs) {
    const spreads = spreadsMicro(pair).sort((a, b) => a - b);
    greatestMicro = Math.max(greatestMicro, spreads.at(-1) ?? 0);
    if (spreads.length < TOKENS_MIN) continue;
    const first = Math.floor((1 - TENTH) * spreads.length);
    const fromMicro = spreads[first]!;
    const excesses = spreads.slice(first).map((one) => one - fromMicro);
    const mean = excesses.reduce((sum, one) => sum + one, 0) / excesses.length;
    const meanExcessMicro = mean * (1 + 3 / Math.sqrt(excesses.length));
    const tail = { fromMicro, meanExcessMicro, greatestMicro };
    if (reachMicro(tail, share) > reachMicro(worst, share)) worst = tail;
  }
  return { ...worst, greatestMicro };
}

/** The spread that `share` of an honest pair's tokens exceed, millionths of a nat. */
export function reachMicro({ fromMicro, meanExcessMicro }: NoiseTail, share: number): number {
  return fromMicro + meanExcessMicro * Math.log(TENTH / share);
}

/** The share of an honest pair's tokens with a greater spread; 1 below the ninth decile. */
export function shareAbove({ fromMicro, meanExcessMicro }: NoiseTail, micro: number): number {
  if (micro <= fromMicro) return 1;
  return meanExcessMicro === 0 ? 0 : TENTH * Math.exp(-(micro - fromMicro) / meanExcessMicro);
}

function spreadsMicro({ specimens, scores }: Observed): number[] {
  return specimens.flatMap(({ tokens }, a) =>
    tokens.map(({ top }, i) => {
      const seen = new Map(scores[a]![i]!.top.map((one) => [one.id, one.logprob]));
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (const { id, logprob } of top) {
        const other = seen.get(id);
        if (other === undefined) continue;
        low = Math.min(low, other - logprob);
        high = Math.max(high, other - logprob);
      }
      return high > low ? Math.round(1e6 * (high - low)) : 0;
    }),
  );
}
