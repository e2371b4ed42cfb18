/**
 * Calibration of channel C for one suspect: how much a judge that runs both models may stake on one
 * token, so that no honest machine seen gains. *Draw*: the share of draws on which an honest host takes
 * the suspect's side is bounded from above, the share on which it takes the claimed model's from below;
 * the stake is what those two allow. *Sketch*: the price per token. Then, as for the table, gamma is
 * lowered until whole held-out answers of every honest host gain nothing, and shrunk.
 * Source: verification.md 5.4 C and 5.6; the stake from two bounds is ours.
 */

import type { TokenScore } from '@assay/engine';
import { SKETCH_BYTES } from '@assay/jobs';
import { sketchOf } from '../answer-maker.ts';
import {
  type AttributedToken,
  type AttributionStakes,
  attributionBets,
  SHARE_MICRO,
  sideOf,
} from '../attribution.ts';
import type { MeasuredSuspect } from './calibrate.ts';
import { createUniform, eachRedraw, isRedrawable, mixSeed, type Observed } from './observe.ts';

/** What channel C may stake on a suspect, and what that finds. */
export interface AttributionFit {
  readonly recipe: string;
  readonly weightsSha256: string;
  readonly stakes: AttributionStakes;
  /** Of `e^S` over held-out honest answers, the worst host's. */
  readonly worstGain: number;
  /** Greatest log evidence over an honest held-out answer, redraws included, nats. */
  readonly honestMaxNats: number;
  readonly honestVerdicts: number;
  /** Bets of the suspect's own held-out answers: with its own sketches, with genuine ones. */
  readonly naive: readonly AnswerBets[];
  readonly spoof: readonly AnswerBets[];
}

/** Log bets of one answer, token by token, millionths of a nat: one run per draw. */
export interface AnswerBets {
  readonly sketch: Float64Array;
  readonly draws: readonly Float64Array[];
}

export interface StakeOptions {
  readonly toleranceMicro: number;
  readonly redraws: number;
  /** Greatest stake on one draw, thousandths of a nat. */
  readonly clipMilli: number;
}

/** Host's own view and both models' views of its answers. */
interface Views {
  readonly host: Observed;
  readonly claimed: readonly (readonly TokenScore[])[];
  readonly suspect: readonly (readonly TokenScore[])[];
  /** Published instead of the host's own view. */
  readonly proofs?: readonly (readonly TokenScore[])[];
}

const SHRINK = 0.8;

/** Null when the judges could not run the suspect. @param pairs of the reference judge, one per host */
export function fitStakes(
  pairs: readonly Observed[],
  suspect: MeasuredSuspect,
  options: StakeOptions,
): AttributionFit | null {
  const { recipe } = suspect;
  if (recipe === null) return null;
  const honest = pairs.map((host, h): Views => {
    return { host, claimed: host.scores, suspect: recipe.honest[h]! };
  });
  const stakes = stakesFrom(honest, options);
  const own: Views = { host: suspect, claimed: suspect.scores, suspect: recipe.own };
  const full = (gammaMilli: number) => ({ ...stakes, gammaMilli });
  const heldOut = honest.map((views) => betsOf(views, full(1000), options));
  let gamma = 1000;
  while (gamma > 0 && !heldOut.every((one) => gainOf(one, gamma / 1000) <= 1)) gamma -= 50;
  const shipped = full(Math.floor(SHRINK * gamma));
  const share = shipped.gammaMilli / 1000;
  return {
    recipe: recipe.name,
    weightsSha256: recipe.weightsSha256,
    stakes: shipped,
    worstGain: Math.max(...heldOut.map((one) => gainOf(one, share))),
    honestMaxNats: Math.max(...heldOut.flat().map((one) => (share * peakOfBets(one)) / 1e6)),
    honestVerdicts: heldOut.flat().reduce((sum, one) => sum + one.draws.length, 0),
    naive: betsOf(own, shipped, options),
    spoof: betsOf({ ...own, proofs: suspect.proofs }, shipped, options),
  };
}

/** Three sigma bounds of a rare count's mean. */
const upper = (count: number) => count + 4.5 + 3 * Math.sqrt(count + 2.25);
const lower = (count: number) => Math.max(0, count + 4.5 - 3 * Math.sqrt(count + 2.25));

/** From the learning half of the honest answers. */
function stakesFrom(honest: readonly Views[], options: StakeOptions): AttributionStakes {
  const noise = honest.flatMap(({ host }) =>
    host.specimens.flatMap((one, a) =>
      one.tokens.map((own, i) => Math.abs(own.logprob - host.scores[a]![i]!.logprob)),
    ),
  );
  noise.sort((x, y) => x - y);
  // Twice the honest machines' p99: a draw lost by less says nothing.
  const drawFloorMicro = Math.ceil(2e6 * (noise[Math.floor(0.99 * (noise.length - 1))] ?? 0));
  let worst = 0;
  let fewest = 1;
  for (const views of honest) {
    let draws = 0;
    const sides = { suspect: 0, claimed: 0 };
    eachDraw(views, 0, options, (_, margins) => {
      draws += 1;
      const side = sideOf(margins[0]!, margins[1]!, drawFloorMicro);
      if (side > 0) sides.suspect += 1;
      if (side < 0) sides.claimed += 1;
    });
    if (draws < 1000) continue;
    worst = Math.max(worst, upper(sides.suspect) / draws);
    fewest = Math.min(fewest, lower(sides.claimed) / draws);
  }
  // P(suspect's side) e^s + P(claimed side) e^-s + the rest <= 1, at the two bounds: s = ln of their ratio.
  const free = worst > 0 && fewest < 1 ? Math.log(fewest / worst) : 0;
  const drawMilli = Math.max(0, Math.min(options.clipMilli, Math.floor(1000 * free)));
  return { clipMilli: 3000, gammaMilli: 1000, sketchPriceMilli: 0, drawMilli, drawFloorMicro };
}

/** Margins before the claimed and the suspected model, of every redraw of every other answer. */
function eachDraw(
  { host, claimed, suspect }: Views,
  parity: number,
  options: StakeOptions,
  use: (answer: number, margins: readonly [number, number], redraw: number, token: number) => void,
): void {
  host.specimens.forEach(({ tokens, params }, a) => {
    if (a % 2 !== parity || !isRedrawable(params)) return;
    const { redraws } = options;
    tokens.forEach((own, i) => {
      const views = [claimed[a]![i]!, suspect[a]![i]!];
      eachRedraw(own, views, { params, redraws, seed: mixSeed(a + 7919, i) }, ([one, two], r) =>
        use(a, [one!.marginMicro, two!.marginMicro], r, i),
      );
    });
  });
}

/** Bets over the held-out half. */
function betsOf(views: Views, stakes: AttributionStakes, options: StakeOptions): AnswerBets[] {
  const { host, claimed, suspect, proofs } = views;
  const found = new Map<number, { sketch: Float64Array; draws: Float64Array[] }>();
  host.specimens.forEach((specimen, a) => {
    if (a % 2 !== 1) return;
    const told = sketchOf(proofs?.[a] ?? specimen.tokens, options.toleranceMicro);
    const tokens = specimen.tokens.map(
      (_, i): AttributedToken => ({
        claimed: claimed[a]![i]!,
        suspect: suspect[a]![i]!,
        sketch: told.subarray(i * SKETCH_BYTES, (i + 1) * SKETCH_BYTES),
        point: {
          seed: specimen.seed,
          position: i,
          params: specimen.params,
        },
        toleranceMicro: options.toleranceMicro,
      }),
    );
    const bets = attributionBets(tokens, stakes);
    const draws = Array.from({ length: options.redraws }, () => new Float64Array(bets.length));
    const sketch = Float64Array.from(bets, (bet) => bet.sketchMicro);
    found.set(a, { sketch, draws: [Float64Array.from(bets, (bet) => bet.drawMicro), ...draws] });
  });
  const stake = stakes.gammaMilli * stakes.drawMilli;
  eachDraw(views, 1, options, (a, [claimedMargin, suspectMargin], r, i) => {
    const side = sideOf(claimedMargin, suspectMargin, stakes.drawFloorMicro);
    found.get(a)!.draws[r + 1]![i] = stake * side;
  });
  return [...found.values()];
}

const total = (list: Float64Array) => list.reduce((sum, one) => sum + one, 0);

/** Mean over answers and draws of half the sketch's and half the draw's wealth. */
function gainOf(answers: readonly AnswerBets[], gamma: number): number {
  if (answers.length === 0) return 1;
  const gains = answers.flatMap(({ sketch, draws }) => {
    const told = Math.exp((gamma * total(sketch)) / 1e6);
    return draws.map((one) => 0.5 * (told + Math.exp((gamma * total(one)) / 1e6)));
  });
  return gains.reduce((sum, one) => sum + one, 0) / gains.length;
}

function peakOfBets({ sketch, draws }: AnswerBets): number {
  let peak = 0;
  for (const run of [sketch, ...draws]) {
    let sum = 0;
    for (const bet of run) {
      sum += bet;
      peak = Math.max(peak, sum - SHARE_MICRO);
    }
  }
  return peak;
}

/** Tokens until conviction over strings of random answers; null where `tokensMax` were not enough. */
export function attributionPower(
  answers: readonly AnswerBets[],
  options: { readonly boundMicro: number; readonly trials: number; readonly tokensMax: number },
): (number | null)[] {
  const uniform = createUniform(5);
  const survive = (): number | null => {
    let sketch = 0;
    let draw = 0;
    let tokens = 0;
    while (tokens < options.tokensMax) {
      const one = answers[Math.floor(uniform() * answers.length)];
      if (one === undefined || one.sketch.length === 0) return null;
      const run = one.draws[Math.floor(uniform() * one.draws.length)]!;
      for (let i = 0; i < run.length; i++) {
        tokens += 1;
        sketch += one.sketch[i]!;
        draw += run[i]!;
        if (Math.max(sketch, draw) - SHARE_MICRO >= options.boundMicro) return tokens;
      }
    }
    return null;
  };
  return Array.from({ length: options.trials }, survive);
}
