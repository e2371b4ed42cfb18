/**
 * The two measurements of every token. Channel A, sketch distance: how far the judge's logprobs lie outside
 * the cells that the host published, in thousandths of a fine code. Channel B, sampling margin: how far
 * the host's logprobs must differ from the judge's to explain its draw. Source: verification.md 5.4 A and B.
 * Two things are ours: distances in codes instead of nats (honest noise is about equally large there, whatever
 * the probability), and margins that count a cut by top-k or top-p like a lost draw, by what explains it.
 */
import { type Candidate, expGm, gumbel, type TokenScore } from '@assay/engine';
import {
  absoluteCell,
  compandedPosition,
  type SamplingParams,
  SKETCH_BYTES,
  STEP_PARTS,
} from '@assay/jobs';

/**
 * Channel A for one token: root of the summed squares of the distances of the sampled token's logprob from
 * its absolute cell and of the four greatest (by rank, whoever they are) from their fine cells.
 * @param sketch the host's five codes for this token
 * @param fineBits of the profile (`fineBitsOf`)
 */
export function sketchDistanceMilli(
  score: TokenScore,
  sketch: Uint8Array,
  fineBits: number,
): number {
  let sum = outsideAbsolute(sketch[0]!, score.logprob) ** 2;
  for (let rank = 0; rank + 1 < SKETCH_BYTES; rank++) {
    const one = score.top[rank];
    if (one === undefined) continue;
    sum += outsideFine(sketch[rank + 1]!, one.logprob, fineBits) ** 2;
  }
  return Math.round((1000 * 2 ** fineBits * Math.sqrt(sum)) / STEP_PARTS);
}

/** Distance of a logprob from the cell of an absolute code, in parts of a step; 0 inside. */
function outsideAbsolute(code: number, logprob: number): number {
  const { low, high } = absoluteCell(code);
  const position = compandedPosition(logprob);
  return Math.max(0, low - position, position - high);
}

/** The same for a fine code, whose cell lies once in every 256. */
function outsideFine(code: number, logprob: number, fineBits: number): number {
  const cell = STEP_PARTS >> fineBits;
  const period = 256 * cell;
  const beyond = (compandedPosition(logprob) - code * cell) % period;
  const from = beyond < 0 ? beyond + period : beyond;
  return from < cell ? 0 : Math.min(from - cell, period - from);
}

/** How channel B saw one token, millionths of a nat. */
export interface Margin {
  /**
   * The least difference between two candidates' logprobs, host's against judge's, that explains why this token was
   * drawn; 0 when the judge draws it too. Whoever beat it must have scored less, or have been cut by top-k or
   * top-p; and it must not have been cut itself.
   */
  readonly marginMicro: number;
  /**
   * The least difference that changes the draw at all. A wide lead survives any honest rounding and
   * most quantisation; a narrow one is where a coarser model shows.
   */
  readonly leadMicro: number;
}

export interface DrawPoint {
  readonly seed: Uint8Array;
  readonly position: number;
  readonly params: SamplingParams;
}

/** Channel B for one token. */
export function samplingMargin(score: TokenScore, { seed, position, params }: DrawPoint): Margin {
  const field = fieldOf(score, params);
  const temperature = params.temperatureMicro / 1e6;
  const noise = (id: number) => (temperature === 0 ? 0 : temperature * gumbel(seed, position, id));
  return marginIn(
    field,
    field.candidates.map(({ id, logprob }) => logprob + noise(id)),
    field.candidates.findIndex(({ id }) => id === score.id),
  );
}

/** The candidates of one position as one machine sees them. */
export interface Field {
  /** By rank; the drawn token last, when it is not among the likeliest. */
  readonly candidates: readonly Candidate[];
  readonly isKept: readonly boolean[];
  /** How far each is from the other side of the nearest cut, nats. */
  readonly slack: readonly number[];
}

export function fieldOf({ id, logprob, top }: TokenScore, params: SamplingParams): Field {
  const isListed = top.some((one) => one.id === id);
  const candidates = isListed ? top : [...top, { id, logprob }];
  const temperature = params.temperatureMicro / 1e6;
  if (temperature === 0) {
    const isKept = candidates.map(() => true);
    return { candidates, isKept, slack: isKept.map(() => Number.POSITIVE_INFINITY) };
  }
  const cuts = cutsOf(top, params);
  const isKept = candidates.map((_, rank) => rank < cuts.kept);
  const slack = candidates.map((one, rank) =>
    rank < cuts.kept ? leastToLose(top, cuts, rank) : leastToKeep(top, cuts, one.logprob, rank),
  );
  return { candidates, isKept, slack };
}

interface Cuts {
  readonly topK: number;
  /** 0 to 1; infinite when nothing is cut by weight. */
  readonly topP: number;
  /** Share of the top-k weight before each place, and all of it at the end. */
  readonly before: readonly number[];
  /** Places before the nearer cut; the first place is always kept. */
  readonly kept: number;
  /** A difference of d nats moves a share of weight by d / 4T at most; never counted as less than it is. */
  readonly natsPerShare: number;
}

function cutsOf(
  top: readonly Candidate[],
  { topK, topPMicro, temperatureMicro }: SamplingParams,
): Cuts {
  const head = top.slice(0, topK);
  const first = head[0]!.logprob;
  const weights = head.map((one) => expGm(((one.logprob - first) * 1e6) / temperatureMicro));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const before = [0];
  for (const weight of weights) before.push(before.at(-1)! + weight / total);
  const topP = topPMicro >= 1e6 ? Number.POSITIVE_INFINITY : topPMicro / 1e6;
  const cut = before.findIndex((share, place) => place > 0 && share >= topP);
  const kept = Math.min(head.length, cut < 0 ? head.length : cut);
  return { topK, topP, before, kept, natsPerShare: Math.min(1, (4 * temperatureMicro) / 1e6) };
}

/**
 * The least difference, in nats, by which a kept candidate is cut: it falls behind those down to some place, and
 * the weight before that place reaches top-p, or the place is beyond top-k.
 */
function leastToLose(top: readonly Candidate[], cuts: Cuts, rank: number): number {
  const { topK, topP, before, natsPerShare } = cuts;
  const own = top[rank]!.logprob;
  const share = before[rank + 1]! - before[rank]!;
  const beyond = top[topK] ?? (top.length >= topK ? top.at(-1)! : null);
  let least = beyond === null ? Number.POSITIVE_INFINITY : own - beyond.logprob;
  for (let place = Math.max(rank, 1); place + 1 < before.length; place++) {
    const weight = natsPerShare * (topP - (before[place + 1]! - share));
    least = Math.min(least, Math.max(own - top[place]!.logprob, weight));
  }
  return Math.max(0, least);
}

/**
 * The least difference by which a candidate that is cut is kept: it passes all down from some place, and the
 * weight before that place stays below top-p.
 */
function leastToKeep(top: readonly Candidate[], cuts: Cuts, own: number, rank: number): number {
  const { topP, before, natsPerShare } = cuts;
  let least = top[0]!.logprob - own;
  for (let place = 1; place <= rank && place + 1 < before.length; place++) {
    const weight = natsPerShare * (before[place]! - topP);
    least = Math.min(least, Math.max(top[place]!.logprob - own, weight));
  }
  return Math.max(0, least);
}

/**
 * @param scores of the field's candidates, nats
 * @param drawn its place in the field
 */
export function marginIn(
  { isKept, slack }: Pick<Field, 'isKept' | 'slack'>,
  scores: ArrayLike<number>,
  drawn: number,
): Margin {
  let best = -1;
  let winning = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  const own = scores[drawn]!;
  let margin = isKept[drawn] ? 0 : slack[drawn]!;
  for (let v = 0; v < scores.length; v++) {
    if (!isKept[v]) continue;
    const score = scores[v]!;
    if (score - own > margin && slack[v]! > margin) margin = Math.min(score - own, slack[v]!);
    if (score > winning) {
      second = winning;
      winning = score;
      best = v;
    } else if (score > second) second = score;
  }
  let lead = Math.min(winning - second, slack[best]!);
  for (let v = 0; v < scores.length; v++) {
    if (!isKept[v]) lead = Math.min(lead, Math.max(slack[v]!, winning - scores[v]!));
  }
  return { marginMicro: micro(margin), leadMicro: micro(lead) };
}

function micro(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1e6) : Number.MAX_SAFE_INTEGER;
}

/** Entropy of the judge's candidates, thousandths of a nat. */
export function entropyMilli(top: readonly Candidate[]): number {
  let sum = 0;
  for (const { logprob } of top) sum -= expGm(logprob) * logprob;
  return Math.round(1000 * sum);
}
