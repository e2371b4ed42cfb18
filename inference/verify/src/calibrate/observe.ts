/**
 * From two machines' views of the same answers to the cells of a table: what the judge would see of
 * this host. The margin channel needs many draws to show a rare disagreement, and the draw is only a
 * hash, so every position is drawn again under further seeds from the logprobs both machines already
 * gave: the same comparison at the price of a few logarithms.
 */
import type { TokenScore } from '@assay/engine';
import { SKETCH_BYTES } from '@assay/jobs';
import { sketchOf } from '../answer-maker.ts';
import { placeCalibrated, type TableAxes } from '../calibrated-table.ts';
import type { TokenMeasurement } from '../evidence.ts';
import { entropyMilli, type Margin, samplingMargin, sketchDistanceMicro } from '../measure.ts';
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
  /** Sketches to hold against instead of the host's own view: genuine proofs over a cheap decode. */
  readonly proofs?: readonly (readonly TokenScore[])[];
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
    const told = sketchOf(pair.proofs?.[a] ?? specimen.tokens);
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
      measured.findIndex(({ margin }) => margin.sureMicro > impossibleMicro),
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
  const point = { seed, position: i, params, toleranceMicro: options.toleranceMicro };
  return {
    entropyMilli: entropyMilli(score.top),
    distanceMicro: sketchDistanceMicro(score, sketch),
    margin: samplingMargin(score, point),
  };
}

function redraw(
  { tokens, params }: Specimen,
  scores: readonly TokenScore[],
  { a, options }: { readonly a: number; readonly options: ObserveOptions },
): Redrawn[] {
  if (params.temperatureMicro !== 1_000_000 || params.topPMicro < 1_000_000) return [];
  return Array.from({ length: options.redraws }, (_, r) => {
    const uniform = createUniform(mixSeed(a, r));
    let impossibleAt = -1;
    const cells = Uint16Array.from(tokens, (own, i) => {
      const drawn = redrawToken(own, scores[i]!, { topK: params.topK, uniform });
      if (impossibleAt < 0 && !drawn.filtered && drawn.marginMicro > options.impossibleMicro) {
        impossibleAt = i;
      }
      const { margin } = placeCalibrated(options, {
        entropyMilli: 0,
        distanceMicro: 0,
        margin: drawn,
      });
      return margin.row * 256 + margin.bin;
    });
    return { cells, impossibleAt };
  });
}

interface Redrawn {
  readonly cells: Cells;
  readonly impossibleAt: number;
}

export interface Redraw {
  readonly topK: number;
  readonly uniform: () => number;
}

/** One draw by both machines under one fresh noise. */
function redrawToken(own: TokenScore, seen: TokenScore, how: Redraw): TokenMeasurement['margin'] {
  return drawAgain(own, [seen], how)[0]!;
}

/** What `own` draws under one fresh noise, as each of `views` would see it. */
export function drawAgain(
  own: TokenScore,
  views: readonly TokenScore[],
  { topK, uniform }: Redraw,
): TokenMeasurement['margin'][] {
  const noises = new Map<number, number>();
  const scoreOf = ({ id, logprob }: { readonly id: number; readonly logprob: number }): number => {
    let noise = noises.get(id);
    if (noise === undefined) {
      noise = -Math.log(-Math.log(uniform()));
      noises.set(id, noise);
    }
    return logprob + noise;
  };
  let winner = -1;
  let winning = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < topK && n < own.top.length; n++) {
    const score = scoreOf(own.top[n]!);
    if (score > winning) {
      winning = score;
      winner = own.top[n]!.id;
    }
  }
  return views.map((seen) => {
    let best = Number.NEGATIVE_INFINITY;
    let second = Number.NEGATIVE_INFINITY;
    let got = Number.NaN;
    for (let n = 0; n < topK && n < seen.top.length; n++) {
      const score = scoreOf(seen.top[n]!);
      if (seen.top[n]!.id === winner) got = score;
      if (score > best) {
        second = best;
        best = score;
      } else if (score > second) second = score;
    }
    const filtered = Number.isNaN(got);
    return {
      marginMicro: filtered ? Number.MAX_SAFE_INTEGER : Math.round(1e6 * (best - got)),
      leadMicro: Math.round(1e6 * (best - second)),
      filtered,
    };
  });
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
