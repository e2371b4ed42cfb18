/**
 * From two machines' views of the same answers to the cells of a table: what the judge would see of
 * this host. The margin channel needs many draws to show a rare disagreement, and the draw is only a
 * hash, so every position is drawn again under further seeds from the logprobs both machines already
 * gave: the same comparison at the price of a few logarithms.
 */
import type { TokenScore } from '@assay/engine';
import { fineBitsOf, type SamplingParams, SKETCH_BYTES } from '@assay/jobs';
import { sketchOf } from '../answer-maker.ts';
import { placeCalibrated, type TableAxes } from '../calibrated-table.ts';
import type { TokenMeasurement } from '../evidence.ts';
import {
  entropyMilli,
  fieldOf,
  type Margin,
  marginIn,
  samplingMargin,
  sketchDistanceMilli,
} from '../measure.ts';
import type { Specimen } from './specimens.ts';

/** Cells of one channel over one answer, `row * 256 + bin`. */
export type Cells = Uint16Array;

export interface ObservedAnswer {
  readonly sketch: Cells;
  readonly margin: Cells;
  /** The margin channel under further seeds. */
  readonly redrawn: readonly Cells[];
  /**
   * Where the exact rule of impossible draws would end it: of the answer, then of every redraw; -1
   * for never.
   */
  readonly impossibleAt: readonly number[];
}

/** One host as one judge sees it. */
export interface Observation {
  readonly host: string;
  readonly judge: string;
  readonly answers: readonly ObservedAnswer[];
  readonly summary: PairSummary;
}

/** What people ask about a pair of machines. */
export interface PairSummary {
  readonly tokens: number;
  /** Absolute differences of the sampled token's logprob, nats. */
  readonly differenceMedian: number;
  readonly differenceP99: number;
  readonly differenceMax: number;
  /** Share of tokens with the same likeliest candidate. */
  readonly sameArgmax: number;
  /** Share of draws, redraws included, that the judge would have decided otherwise. */
  readonly drawMismatch: number;
  readonly meanEntropy: number;
}

export interface Observed {
  readonly host: string;
  readonly judge: string;
  readonly specimens: readonly Specimen[];
  readonly scores: readonly (readonly TokenScore[])[];
}

export interface ObserveOptions {
  readonly axes: TableAxes;
  readonly toleranceMicro: number;
  /** The manifest's bound of what any rounding explains. */
  readonly impossibleMicro: number;
  /** Further seeds per position; only for temperature 1 without top-p, else none are drawn. */
  readonly redraws: number;
}

export function observe(pair: Observed, options: ObserveOptions): Observation {
  const differences: number[] = [];
  let same = 0;
  let mismatches = 0;
  let draws = 0;
  let entropy = 0;
  const answers = pair.specimens.map((specimen, a) => {
    const scores = pair.scores[a]!;
    const told = sketchOf(specimen.tokens, options.toleranceMicro);
    const measured = scores.map((score, i) => measure(specimen, told, { score, i, options }));
    const hosts = specimen.tokens;
    hosts.forEach((own, i) => {
      const seen = scores[i]!;
      differences.push(Math.abs(own.logprob - seen.logprob));
      if (own.top[0]?.id === seen.top[0]?.id) same += 1;
      entropy += measured[i]!.entropyMilli / 1000;
      draws += 1;
      if (measured[i]!.margin.marginMicro > 0) mismatches += 1;
    });
    const redrawn = redraw(specimen, scores, { a, options });
    for (const { cells } of redrawn) {
      draws += cells.length;
      mismatches += cells.reduce((sum, cell) => sum + ((cell & 255) > 0 ? 1 : 0), 0);
    }
    const places = measured.map((one) => placeCalibrated(options, one));
    const cells = (channel: 'sketch' | 'margin'): Cells =>
      Uint16Array.from(places, (place) => place[channel].row * 256 + place[channel].bin);
    const { impossibleMicro } = options;
    const impossibleAt = [
      measured.findIndex(({ margin }) => margin.marginMicro > impossibleMicro),
      ...redrawn.map((one) => one.impossibleAt),
    ];
    return {
      sketch: cells('sketch'),
      margin: cells('margin'),
      redrawn: redrawn.map((one) => one.cells),
      impossibleAt,
    };
  });
  const sorted = differences.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const tokens = sorted.length;
  return {
    host: pair.host,
    judge: pair.judge,
    answers,
    summary: {
      tokens,
      differenceMedian: at(0.5),
      differenceP99: at(0.99),
      differenceMax: at(1),
      sameArgmax: same / Math.max(1, tokens),
      drawMismatch: mismatches / Math.max(1, draws),
      meanEntropy: entropy / Math.max(1, tokens),
    },
  };
}

/** The same host with other sketches: its tokens, and so its margins, stay. */
export function withProofs(
  seen: Observation,
  { specimens, scores }: Observed,
  proofs: readonly (readonly TokenScore[])[],
  options: ObserveOptions,
): Observation {
  const answers = seen.answers.map((answer, a) => {
    const told = sketchOf(proofs[a]!, options.toleranceMicro);
    const sketch = Uint16Array.from(scores[a]!, (score, i) => {
      const at = { score, i, options };
      const { row, bin } = placeCalibrated(options, measure(specimens[a]!, told, at)).sketch;
      return row * 256 + bin;
    });
    return { ...answer, sketch };
  });
  return { ...seen, answers };
}

interface At {
  readonly score: TokenScore;
  readonly i: number;
  readonly options: ObserveOptions;
}

function measure(
  specimen: Specimen,
  told: Uint8Array,
  { score, i, options }: At,
): TokenMeasurement & { readonly margin: Margin } {
  const { seed, params } = specimen;
  const sketch = told.subarray(i * SKETCH_BYTES, (i + 1) * SKETCH_BYTES);
  const point = { seed, position: i, params };
  return {
    entropyMilli: entropyMilli(score.top),
    distanceMilli: sketchDistanceMilli(score, sketch, fineBitsOf(options.toleranceMicro)),
    margin: samplingMargin(score, point),
  };
}

function redraw(
  { tokens, params }: Specimen,
  scores: readonly TokenScore[],
  { a, options }: { readonly a: number; readonly options: ObserveOptions },
): Redrawn[] {
  if (!isRedrawable(params)) return [];
  const { axes, impossibleMicro, redraws } = options;
  const cells = Array.from({ length: redraws }, () => new Uint16Array(tokens.length));
  const impossibleAt = new Int32Array(redraws).fill(-1);
  tokens.forEach((own, i) => {
    eachRedraw(own, [scores[i]!], { params, redraws, seed: mixSeed(a, i) }, ([margin], r) => {
      cells[r]![i] = marginCell(axes, margin!);
      if (impossibleAt[r]! < 0 && margin!.marginMicro > impossibleMicro) impossibleAt[r] = i;
    });
  });
  return cells.map((one, r) => ({ cells: one, impossibleAt: impossibleAt[r]! }));
}

function marginCell(axes: TableAxes, margin: Margin): number {
  const { row, bin } = placeCalibrated(
    { axes },
    { entropyMilli: 0, distanceMilli: 0, margin },
  ).margin;
  return row * 256 + bin;
}

interface Redrawn {
  readonly cells: Cells;
  readonly impossibleAt: number;
}

export interface Redraw {
  readonly params: SamplingParams;
  readonly redraws: number;
  readonly seed: number;
}

/** Other parameters would need another redraw; calibration uses these. */
export function isRedrawable({ temperatureMicro, topPMicro }: SamplingParams): boolean {
  return temperatureMicro === 1_000_000 && topPMicro >= 1_000_000;
}

/**
 * Draws a position again under fresh noise, by `own` for the host, and tells how each of `views` would see it.
 * Of a candidate that a view does not list it is known that it lies below the last one listed.
 */
export function eachRedraw(
  own: TokenScore,
  views: readonly TokenScore[],
  { params, redraws, seed }: Redraw,
  use: (margins: readonly Margin[], redraw: number) => void,
): void {
  const drawable = own.top.slice(0, params.topK);
  const ids = [...new Set([...drawable, ...views.flatMap(({ top }) => top)].map(({ id }) => id))];
  const placeOf = new Map(ids.map((id, place) => [id, place]));
  const fields = views.map(({ top }) => {
    const missing = drawable.flatMap(({ id, logprob }) =>
      top.some((one) => one.id === id)
        ? []
        : [{ id, logprob: Math.min(logprob, top.at(-1)!.logprob) }],
    );
    // One stranger at a time: what is drawn is one token.
    const field = fieldOf({ ...top[0]!, top }, params);
    const last = top[Math.min(params.topK, top.length) - 1]!.logprob;
    return {
      isKept: [...field.isKept, ...missing.map(() => false)],
      slack: [...field.slack, ...missing.map(({ logprob }) => Math.max(0, last - logprob))],
      candidates: [...field.candidates, ...missing],
    };
  });
  const places = fields.map(({ candidates }) => candidates.map(({ id }) => placeOf.get(id)!));
  const scores = fields.map(({ candidates }) => new Float64Array(candidates.length));
  const noise = new Float64Array(ids.length);
  const uniform = createUniform(seed);
  for (let r = 0; r < redraws; r++) {
    for (let n = 0; n < noise.length; n++) noise[n] = -Math.log(-Math.log(uniform()));
    let winner = 0;
    let winning = Number.NEGATIVE_INFINITY;
    // The host's candidates come first among the ids.
    for (let n = 0; n < drawable.length; n++) {
      const score = drawable[n]!.logprob + noise[n]!;
      if (score <= winning) continue;
      winning = score;
      winner = n;
    }
    const margins = fields.map((field, v) => {
      const { candidates } = field;
      let drawn = -1;
      for (let n = 0; n < candidates.length; n++) {
        const place = places[v]![n]!;
        if (place === winner) drawn = n;
        scores[v]![n] = candidates[n]!.logprob + noise[place]!;
      }
      return marginIn(field, scores[v]!, drawn);
    });
    use(margins, r);
  }
}

export function mixSeed(a: number, r: number): number {
  return (Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(r + 1, 0x85ebca6b)) >>> 0;
}

/** Numbers in (0, 1) from a 32-bit state (mulberry32, public domain). */
export function createUniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4_294_967_296;
  };
}
