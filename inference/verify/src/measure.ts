/**
 * The two measurements of every token, both in millionths of a nat.
 * Channel A, sketch distance: how far the judge's logprobs lie outside the cells that the host
 * published, weighted by probability. Channel B, sampling margin: by how much the host's token lost
 * the draw under the judge's logprobs; 0 when it won. Source: verification.md 5.4 A and B.
 */
import {
  type Candidate,
  type Draw,
  drawGmV1,
  expGm,
  gumbel,
  type ScoredCandidate,
  type TokenScore,
} from '@assay/engine';
import { logprobCellMicro, type SamplingParams, SKETCH_BYTES } from '@assay/jobs';

/** Distance of a logprob from the cell of a code, in nats; 0 inside. */
function outsideCell(code: number, logprob: number): number {
  const { low, high } = logprobCellMicro(code);
  const micro = -logprob * 1e6;
  return Math.max(0, low - micro, micro - high) / 1e6;
}

/**
 * Channel A for one token: root of the probability-weighted squared distances of the sampled token
 * and of the four likeliest (by rank, whoever they are).
 * @param sketch the host's five codes for this token
 */
export function sketchDistanceMicro(score: TokenScore, sketch: Uint8Array): number {
  let sum = expGm(score.logprob) * outsideCell(sketch[0]!, score.logprob) ** 2;
  for (let rank = 0; rank + 1 < SKETCH_BYTES; rank++) {
    const one = score.top[rank];
    if (one === undefined) continue;
    sum += expGm(one.logprob) * outsideCell(sketch[rank + 1]!, one.logprob) ** 2;
  }
  return Math.round(1e6 * Math.sqrt(sum));
}

/** How channel B saw one token. */
export interface Margin {
  readonly marginMicro: number;
  /**
   * By how much the winner beat the runner-up here, times T. A wide lead survives any honest rounding
   * and most quantisation; a narrow one is where a coarser model shows.
   */
  readonly leadMicro: number;
  /** Top-k or top-p had removed the token, and not by a hair. */
  readonly filtered: boolean;
  /**
   * By how much the token lost against candidates that are no border cases of top-k or top-p: what
   * no rounding explains. Millionths of a nat.
   */
  readonly sureMicro: number;
}

export interface DrawPoint {
  readonly seed: Uint8Array;
  readonly position: number;
  readonly params: SamplingParams;
  /** Differences honest machines reach, millionths of a nat. */
  readonly toleranceMicro: number;
}

/** Channel B for one token. */
export function samplingMargin(score: TokenScore, point: DrawPoint): Margin {
  const { seed, position, params, toleranceMicro } = point;
  const draw = drawGmV1(seed, position, score.top, params);
  const greedy = params.temperatureMicro === 0;
  const temperature = greedy ? 1 : params.temperatureMicro / 1e6;
  const noise = greedy ? 0 : gumbel(seed, position, score.id);
  const own = score.logprob / temperature + noise;
  const lostAgainst = (rivals: readonly { readonly score: number }[]): number => {
    const best = rivals.reduce((max, one) => Math.max(max, one.score), own);
    return micro(temperature * (best - own));
  };
  const border = (BORDER_TOLERANCES * toleranceMicro) / 1e6;
  const removedMicro = micro(cutDistance(score, draw, params));
  const marginMicro = Math.max(lostAgainst(draw.kept), removedMicro);
  return {
    marginMicro,
    leadMicro: micro(temperature * leadOf(greedy ? greedyScores(score.top) : draw.kept)),
    sureMicro: Math.max(lostAgainst(surelyKept(draw, score.top, { params, border })), removedMicro),
    filtered: removedMicro > BORDER_TOLERANCES * toleranceMicro,
  };
}

/** At temperature 0 the logprobs are the scores. */
function greedyScores(top: readonly Candidate[]): readonly { readonly score: number }[] {
  return top.slice(0, 2).map(({ logprob }) => ({ score: logprob }));
}

/** Distance between the two greatest scores; infinite when there is one. */
function leadOf(kept: readonly { readonly score: number }[]): number {
  let first = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  for (const { score } of kept) {
    if (score > first) {
      second = first;
      first = score;
    } else if (score > second) second = score;
  }
  return first - second;
}

/** Closer to a cut than this many tolerances, a candidate may be in or out on an honest machine. */
const BORDER_TOLERANCES = 8;

/** Survivors that would survive on any honest machine. */
function surelyKept(
  draw: Draw,
  top: readonly Candidate[],
  cut: { readonly params: SamplingParams; readonly border: number },
): readonly ScoredCandidate[] {
  const { params, border } = cut;
  const temperature = params.temperatureMicro === 0 ? 1 : params.temperatureMicro / 1e6;
  const next = top[params.topK] ?? (top.length >= params.topK ? top.at(-1) : undefined);
  const head = top.slice(0, params.topK);
  const weight = (one: Candidate) => expGm((one.logprob - head[0]!.logprob) / temperature);
  const total = head.reduce((sum, one) => sum + weight(one), 0);
  let before = 0;
  return draw.kept.filter((one, rank) => {
    const inTopP =
      rank === 0 || params.topPMicro >= 1e6 || before / total < params.topPMicro / 1e6 - border;
    before += weight(one);
    return inTopP && (next === undefined || one.logprob - next.logprob > border);
  });
}

function micro(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1e6) : Number.MAX_SAFE_INTEGER;
}

/**
 * How far a removed token was from staying: for top-k (and temperature 0) the logprob it lacks, for
 * top-p the share of weight by which the head before it exceeds what was needed.
 */
function cutDistance(score: TokenScore, draw: Draw, params: SamplingParams): number {
  const head = score.top.slice(0, params.topK);
  const rank = head.findIndex((one) => one.id === score.id);
  if (draw.kept.some((one) => one.id === score.id)) return 0;
  if (rank < 0 || params.temperatureMicro === 0) {
    const border = params.temperatureMicro === 0 ? head[0]! : head.at(-1)!;
    return Math.max(0, border.logprob - score.logprob);
  }
  const temperature = params.temperatureMicro / 1e6;
  const weight = (one: Candidate) => expGm((one.logprob - head[0]!.logprob) / temperature);
  const total = head.reduce((sum, one) => sum + weight(one), 0);
  const before = head.slice(0, rank).reduce((sum, one) => sum + weight(one), 0);
  return Math.max(before / total - params.topPMicro / 1e6, 0);
}

/** Entropy of the judge's candidates, thousandths of a nat. */
export function entropyMilli(top: readonly Candidate[]): number {
  let sum = 0;
  for (const { logprob } of top) sum -= expGm(logprob) * logprob;
  return Math.round(1000 * sum);
}
