/**
 * Channel C, on escalation: did the claimed model make this, or a suspect? The judge runs both over
 * the same answer. Quantised weights that lie within the noise between honest machines are invisible
 * to a distance from the truth, but not to the question which of two exact models the claims fit.
 *
 * Two halves. *Sketch*: the host's published logprobs lie nearer to one model's than to the other's.
 * *Draw*: where the two models would have drawn different tokens, the host's token takes a side; this
 * half also works against genuine sketches over a cheap model's tokens (prefill-spoof).
 * Each is a bet with bounded stakes that an honest host does not win on average as long as its numbers
 * are nearer to the claimed model's than to the suspect's; the evaluation measures that for a suspect. Positive: the suspect made it. Source: verification.md 5.4 C.
 */
import { assert } from '@assay/bytes';
import { lnGm, type TokenScore } from '@assay/engine';
import { fineBitsOf, SKETCH_BYTES } from '@assay/jobs';
import { type DrawPoint, samplingMargin, sketchDistanceMilli } from './measure.ts';

/** One token as both models saw it and as the host told it. */
export interface AttributedToken {
  readonly claimed: TokenScore;
  readonly suspect: TokenScore;
  /** The host's five codes. */
  readonly sketch: Uint8Array;
  readonly point: DrawPoint;
  /** Of the manifest's thresholds. */
  readonly toleranceMicro: number;
}

export interface Attribution {
  /** Greatest log evidence for the suspect at any token, millionths of a nat. */
  readonly peakMicro: number;
  readonly peakAt: number;
  /** The same after the last token. */
  readonly endMicro: number;
  /** After the last token; negative when the claimed model fits better. */
  readonly sketchMicro: number;
  readonly drawMicro: number;
  /** Tokens on which the two models disagree about the draw. */
  readonly contested: number;
}

export interface AttributionStakes {
  /** Bounds the bet on one token, thousandths of a nat. */
  readonly clipMilli: number;
  /** Share of the full bet, thousandths. */
  readonly gammaMilli: number;
  /**
   * Thousandths of a nat taken off every token's sketch bet: the price of honest noise, measured by
   * calibration so that the bet loses on the worst honest machine.
   */
  readonly sketchPriceMilli: number;
  /** How sure a draw is where the models disagree, thousandths of a nat either way. */
  readonly drawMilli: number;
  /** A token lost by less than this takes no side: honest machines differ so much. Millionths. */
  readonly drawFloorMicro: number;
}

export const DEFAULT_STAKES: AttributionStakes = {
  clipMilli: 3000,
  gammaMilli: 800,
  sketchPriceMilli: 0,
  drawMilli: 3000,
  drawFloorMicro: 4_000,
};

/** Squared distances below this are noise between machines, not models. Fine codes squared. */
const FLOOR = 1;

/** One token's bets, millionths of a nat. */
export interface AttributionBets {
  readonly sketchMicro: number;
  readonly drawMicro: number;
}

/** What every token is worth; for calibration, which strings answers together. */
export function attributionBets(
  tokens: readonly AttributedToken[],
  stakes: AttributionStakes = DEFAULT_STAKES,
): AttributionBets[] {
  return tokens.map((token) => ({
    sketchMicro: stakes.gammaMilli * sketchBetMilli(token, stakes),
    drawMicro: stakes.gammaMilli * drawSide(token, stakes) * stakes.drawMilli,
  }));
}

/** The stake is split between the two halves: the better one less ln 2 is a lower bound. */
export const SHARE_MICRO: number = Math.ceil(1e6 * Math.LN2);

export function attribute(
  tokens: readonly AttributedToken[],
  stakes: AttributionStakes = DEFAULT_STAKES,
): Attribution {
  let sketchMicro = 0;
  let drawMicro = 0;
  let contested = 0;
  let peakMicro = 0;
  let peakAt = 0;
  attributionBets(tokens, stakes).forEach((bets, i) => {
    sketchMicro += bets.sketchMicro;
    drawMicro += bets.drawMicro;
    if (bets.drawMicro !== 0) contested += 1;
    const best = Math.max(sketchMicro, drawMicro) - SHARE_MICRO;
    if (best > peakMicro) {
      peakMicro = best;
      peakAt = i + 1;
    }
  });
  const endMicro = Math.max(sketchMicro, drawMicro) - SHARE_MICRO;
  return { peakMicro, peakAt, endMicro, sketchMicro, drawMicro, contested };
}

/** `ln((D_claimed + floor) / (D_suspect + floor))`, clipped, less the price. */
function sketchBetMilli(token: AttributedToken, stakes: AttributionStakes): number {
  assert(token.sketch.length === SKETCH_BYTES, 'five codes per token');
  const ratio = (gap(token.claimed, token) + FLOOR) / (gap(token.suspect, token) + FLOOR);
  const milli = Math.floor(1000 * lnGm(ratio)) - stakes.sketchPriceMilli;
  return Math.max(-stakes.clipMilli, Math.min(stakes.clipMilli, milli));
}

/** Squared distance of a model's logprobs from the host's codes, fine codes squared. */
function gap(score: TokenScore, { sketch, toleranceMicro }: AttributedToken): number {
  return (sketchDistanceMilli(score, sketch, fineBitsOf(toleranceMicro)) / 1000) ** 2;
}

function drawSide(
  { claimed, suspect, point }: AttributedToken,
  { drawFloorMicro }: AttributionStakes,
): -1 | 0 | 1 {
  const lostByClaimed = samplingMargin(claimed, point).marginMicro;
  const lostBySuspect = samplingMargin(suspect, point).marginMicro;
  return sideOf(lostByClaimed, lostBySuspect, drawFloorMicro);
}

/** 1: only the suspect would have drawn this token; -1: only the claimed model; 0: neither is clear. */
export function sideOf(
  lostByClaimed: number,
  lostBySuspect: number,
  drawFloorMicro: number,
): -1 | 0 | 1 {
  if (lostBySuspect === 0 && lostByClaimed > drawFloorMicro) return 1;
  return lostByClaimed === 0 && lostBySuspect > drawFloorMicro ? -1 : 0;
}
