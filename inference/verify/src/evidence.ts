/**
 * Evidence as money: a judge bets against the host, token by token. Under an honest host the bet
 * never gains on average, so the chance that it ever reaches a million is at most one in a million
 * (Ville's inequality), however long the answer and wherever the judge stops. The stakes are a table
 * of log likelihood ratios per alternative (what a cheat of that kind would show), entropy bucket and
 * bin, in thousandths of a nat; sums and decisions are integers, so that equal numbers give equal
 * verdicts.
 *
 * The generic table measures differences in units of the manifest's tolerance (of which a fine code of the
 * sketch is about a sixteenth), so it serves profiles of different precision. A calibrated one (calibrated-table.ts) is made for one model and profile and
 * replaces it by its hash in the manifest.
 * Source: verification.md 5.4 (channels A and B, clipped ratios, gamma 0.8).
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { expGm, lnGm } from '@assay/engine';
import { encodeCanonicalJson } from '@assay/jobs';
import { type CalibratedTable, placeCalibrated, rowOf } from './calibrated-table.ts';
import type { Margin } from './measure.ts';

/** `sketch`: do the host's published logprobs fit? `margin`: would the sampler pick this token? */
export type Channel = 'sketch' | 'margin';

export interface Alternative {
  readonly name: string;
  readonly channel: Channel;
  /** Stake as a share of the full bet, thousandths: tokens of an answer share noise. */
  readonly gammaMilli: number;
  /** One row per entropy bucket, one score per bin, thousandths of a nat. */
  readonly scoresMilli: readonly (readonly number[])[];
}

export type EvidenceTable = GenericTable | CalibratedTable;

export interface GenericTable {
  readonly version: 2;
  readonly name: string;
  /** Upper edges of the first four of five buckets, entropy in thousandths of a nat. */
  readonly entropyEdgesMilli: readonly number[];
  /** Margins: upper edges of the bins after bin 0 (no difference), in sixteenths of the tolerance. */
  readonly marginEdgesSixteenths: readonly number[];
  /** Sketches: upper edges of the bins, in fine codes. */
  readonly sketchEdgesCodes: readonly number[];
  readonly alternatives: readonly Alternative[];
}

const MARGIN_EDGES = [4, 8, 16, 32, 64, 128, 256, 1024];
const SKETCH_EDGES = [4, 8, 16, 32, 64, 128, 192, 256];

/**
 * What honest machines show, from the side of caution: several times more spread than measured.
 * Bins of margins: none, 1/4, 1/2, 1, 2, 4, 8, 16, 64 tolerances, more.
 */
const HONEST: Readonly<Record<Channel, readonly number[]>> = {
  sketch: [0.89, 0.06, 0.035, 0.01, 0.003, 0.001, 0.0005, 0.0003, 0.0002],
  margin: [0.983, 0.006, 0.004, 0.003, 0.0015, 0.0008, 0.0006, 0.0004, 0.0003, 0.0004],
};

/**
 * What cheats show. `near`: the same weights, coarser. `far`: other weights, prompt or sampler; fine codes
 * are then anything.
 */
const CHEATS: readonly { name: string; channel: Channel; shares: readonly number[] }[] = [
  {
    name: 'sketch-near',
    channel: 'sketch',
    shares: [0.45, 0.08, 0.1, 0.12, 0.12, 0.08, 0.04, 0.008, 0.002],
  },
  {
    name: 'sketch-far',
    channel: 'sketch',
    shares: [0.06, 0.03, 0.04, 0.05, 0.07, 0.15, 0.3, 0.25, 0.05],
  },
  {
    name: 'margin-near',
    channel: 'margin',
    shares: [0.93, 0.01, 0.006, 0.01, 0.012, 0.012, 0.009, 0.007, 0.002, 0.002],
  },
  {
    name: 'margin-far',
    channel: 'margin',
    shares: [0.4, 0.005, 0.005, 0.01, 0.02, 0.03, 0.06, 0.18, 0.2, 0.09],
  },
];

const CLIP_MILLI = 3000;

/** Floor of 1000 ln(cheat / honest), clipped. Rounded against the judge. */
function scoreMilli(cheat: number, honest: number): number {
  const score = Math.floor(1000 * Math.log(cheat / honest));
  return Math.max(-CLIP_MILLI, Math.min(CLIP_MILLI, score));
}

export const GENERIC_EVIDENCE: GenericTable = {
  version: 2,
  name: 'generic-2',
  entropyEdgesMilli: [200, 700, 1300, 2000],
  marginEdgesSixteenths: MARGIN_EDGES,
  sketchEdgesCodes: SKETCH_EDGES,
  alternatives: CHEATS.map(({ name, channel, shares }) => {
    const honest = HONEST[channel];
    const row = shares.map((share, bin) => scoreMilli(share, honest[bin]!));
    return { name, channel, gammaMilli: 800, scoresMilli: [row, row, row, row, row] };
  }),
};

/** The honest shares behind the generic table, for the test that the bet is fair. */
export const GENERIC_HONEST = HONEST;

/** What a manifest names its table by. */
export function evidenceSha256(table: EvidenceTable): string {
  return bytesToHex(sha256(bytesFromUtf8(encodeCanonicalJson(table))));
}

export const GENERIC_EVIDENCE_SHA256: string = evidenceSha256(GENERIC_EVIDENCE);

/** What one token showed, before any table. Entropy in thousandths of a nat. */
export interface TokenMeasurement {
  readonly entropyMilli: number;
  /** Thousandths of a fine code. */
  readonly distanceMilli: number;
  readonly margin: Margin;
}

/** The places of a table that one token falls into. */
export type TokenEvidence = Readonly<
  Record<Channel, { readonly row: number; readonly bin: number }>
>;

/** @param toleranceMicro of the manifest; the generic table's unit, which a calibrated one ignores */
export function placeToken(
  table: EvidenceTable,
  token: TokenMeasurement,
  toleranceMicro: number,
): TokenEvidence {
  return table.version === 2
    ? placeGeneric(table, token, toleranceMicro)
    : placeCalibrated(table, token);
}

function placeGeneric(
  table: GenericTable,
  { entropyMilli, distanceMilli, margin }: TokenMeasurement,
  toleranceMicro: number,
): TokenEvidence {
  const row = rowOf(table.entropyEdgesMilli, entropyMilli);
  const atMost = (edges: readonly number[], value: number): number => {
    const found = edges.findIndex((edge) => value <= edge);
    return found < 0 ? edges.length : found;
  };
  const sixteenths = (margin.marginMicro * 16) / toleranceMicro;
  const lost = sixteenths <= 0 ? 0 : 1 + atMost(table.marginEdgesSixteenths, sixteenths);
  return {
    sketch: { row, bin: atMost(table.sketchEdgesCodes, distanceMilli / 1000) },
    margin: { row, bin: lost },
  };
}

/** Gammas are divided by 1, 2, 4 and 8: what the evidence would be under bets so much wider. */
export const WIDTHS = 4;

export interface Evidence {
  /** Greatest log evidence reached at any token, millionths of a nat; a lower bound of the true one. */
  readonly peakMicro: number;
  /** Token count at the peak. */
  readonly peakAt: number;
  /** Alternative that led at the peak. */
  readonly leading: string | null;
  /** Final log bet of each alternative, millionths of a nat. */
  readonly finalMicro: Readonly<Record<string, number>>;
  /** Log evidence after the last token, millionths of a nat; what may be carried to other answers. */
  readonly endMicro: number;
  /** `peakMicro` and `endMicro` at each width; the first are those above. */
  readonly widePeaksMicro: readonly number[];
  readonly wideEndsMicro: readonly number[];
}

/** Plays the bets over an answer. The stake is split evenly, so the evidence is the mean of the bets. */
export function weighEvidence(table: EvidenceTable, tokens: readonly TokenEvidence[]): Evidence {
  const { alternatives } = table;
  const sums = alternatives.map(() => 0);
  const peaks = new Array<number>(WIDTHS).fill(0);
  let peakAt = 0;
  let leading: string | null = null;
  tokens.forEach((token, index) => {
    alternatives.forEach(({ channel, gammaMilli, scoresMilli }, a) => {
      const { row, bin } = token[channel];
      sums[a]! += gammaMilli * scoresMilli[row]![bin]!;
    });
    const best = sums.reduce((max, sum) => Math.max(max, sum), 0);
    for (let width = 0; width < WIDTHS; width++) {
      // A mean is no greater than its greatest part: most tokens need no exponential.
      if (best / 2 ** width <= peaks[width]!) continue;
      const mean = meanBetMicro(sums, width);
      if (mean <= peaks[width]!) continue;
      peaks[width] = mean;
      if (width > 0) continue;
      peakAt = index + 1;
      leading = alternatives[sums.indexOf(best)]!.name;
    }
  });
  const finalMicro = Object.fromEntries(alternatives.map(({ name }, a) => [name, sums[a]!]));
  const ends = peaks.map((_, width) => (sums.length === 0 ? 0 : meanBetMicro(sums, width)));
  return {
    peakMicro: peaks[0]!,
    peakAt,
    leading,
    finalMicro,
    endMicro: ends[0]!,
    widePeaksMicro: peaks,
    wideEndsMicro: ends,
  };
}

/**
 * Logarithm of the mean of `e^(sum / 2^width)` over the alternatives, millionths of a nat, rounded
 * down by more than gm-v1's logarithm errs.
 */
export function meanBetMicro(sums: ArrayLike<number>, width = 0): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let a = 0; a < sums.length; a++) if (sums[a]! > best) best = sums[a]!;
  let total = 0;
  for (let a = 0; a < sums.length; a++) total += expGm((sums[a]! - best) / 2 ** width / 1e6);
  return Math.floor(best / 2 ** width + 1e6 * lnGm(total / sums.length)) - 1;
}
