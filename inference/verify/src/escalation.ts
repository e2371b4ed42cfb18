/**
 * Channel C as a signer asks it: when, about whom, and what follows. Running a second model costs a
 * second prefill, so it is asked on *evidence* (a thousand to one), for a host whose *record* has reached
 * a thousand, in a *dispute*, and by *lot* for one answer in sixteen, because int8 weights behind genuine
 * logprobs raise no suspicion anywhere else. Suspects come from the manifest, stakes from the calibrated table; a
 * suspect that cannot be run here, or was never calibrated, is not asked about, and nobody is accused.
 * Source: verification.md 5.4 C; `docs/calibration.md`.
 */
import { bytesFromUtf8, concatBytes } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { type Engine, lnGm, type TokenScore } from '@assay/engine';
import {
  type ModelManifest,
  type SamplingParams,
  SKETCH_BYTES,
  type SuspectModel,
  suspectsOf,
} from '@assay/jobs';
import { attribute } from './attribution.ts';
import type { CalibratedSuspect } from './calibrated-table.ts';
import type { EvidenceTable } from './evidence.ts';
import type { Judged } from './judge.ts';
import type { Ruling } from './judge-book.ts';
import { LIMITS } from './limits.ts';

/** Why channel C is asked. Only answers taken by lot add to the host's record with it. */
export type EscalationReason = 'evidence' | 'record' | 'lot' | 'dispute';

export interface EscalationQuestion {
  readonly manifest: ModelManifest;
  readonly judged: Judged;
  readonly ruling: Ruling;
  readonly commitmentHash: Uint8Array;
  /** 32 bytes nobody knew when the host committed, e.g. a later Bitcoin block's hash; null: no lot. */
  readonly lots: Uint8Array | null;
  /** Somebody put up a bond that the settled answer is false. */
  readonly isDisputed?: boolean;
}

/** Null when the first judgement is enough. */
export function escalationReason(question: EscalationQuestion): EscalationReason | null {
  const { manifest, judged, ruling, commitmentHash, lots, isDisputed = false } = question;
  if (suspectsOf(manifest).length === 0 || judged.statistics === null) return null;
  if (ruling.verdict === 'invalid') return null;
  const { suspectMicro } = manifest.thresholds;
  if (judged.statistics.evidence.peakMicro >= suspectMicro) return 'evidence';
  if (ruling.host.wealthMicro >= suspectMicro) return 'record';
  if (isDisputed) return 'dispute';
  if (lots === null) return null;
  const drawn = sha256(concatBytes(LOT, lots, commitmentHash));
  return drawn[0]! % LIMITS.lotOneIn === 0 ? 'lot' : null;
}

const LOT = bytesFromUtf8('attribution-lot-v1');

/** An answer that was judged, with what the claimed model said of it. */
export interface AttributedAnswer {
  readonly manifest: ModelManifest;
  readonly table: EvidenceTable;
  readonly seed: Uint8Array;
  readonly params: SamplingParams;
  readonly promptIds: readonly number[];
  readonly outputIds: readonly number[];
  /** The host's codes, five per token. */
  readonly sketch: Uint8Array;
  /** The claimed model's scores of the answer, from the judge's own prefill. */
  readonly scores: readonly TokenScore[];
}

export interface Attributed {
  /** The suspect that fits best. */
  readonly recipe: string;
  /** Log evidence that this suspect made the answer, millionths of a nat, for the choice of suspects paid. */
  readonly peakMicro: number;
  /** The same after the last token: what may be carried to other answers. */
  readonly endMicro: number;
  /** Suspects that were run. */
  readonly asked: number;
}

/**
 * Runs the suspects over the answer.
 * @param open a suspect's engine, the caller's to keep and close; null when it is not to be had here
 * @returns null when no suspect could be asked: abstain
 */
export async function askSuspects(
  answer: AttributedAnswer,
  open: (suspect: SuspectModel) => Promise<Engine | null>,
): Promise<Attributed | null> {
  const { manifest, table } = answer;
  const known = table.version === 4 ? table.attributions : [];
  const suspects = suspectsOf(manifest).flatMap((suspect) => {
    const calibrated = known.find((one) => isSame(one, suspect));
    return calibrated === undefined ? [] : [{ suspect, calibrated }];
  });
  const heard: Omit<Attributed, 'asked'>[] = [];
  for (const { suspect, calibrated } of suspects) {
    const engine = await open(suspect);
    if (engine === null || engine.info.weightsSha256 !== suspect.weightsSha256) continue;
    const found = await compare(answer, engine, calibrated);
    heard.push({ recipe: suspect.recipe, ...found });
  }
  const [first] = heard;
  if (first === undefined) return null;
  const best = heard.reduce((a, b) => (b.peakMicro > a.peakMicro ? b : a), first);
  // One stake for all suspects, split before the first token.
  const price = Math.ceil(1e6 * lnGm(heard.length));
  return {
    recipe: best.recipe,
    peakMicro: best.peakMicro - price,
    endMicro: Math.max(...heard.map((one) => one.endMicro)) - price,
    asked: heard.length,
  };
}

function isSame(one: CalibratedSuspect, suspect: SuspectModel): boolean {
  return one.recipe === suspect.recipe && one.weightsSha256 === suspect.weightsSha256;
}

async function compare(
  answer: AttributedAnswer,
  engine: Engine,
  { stakes }: CalibratedSuspect,
): Promise<{ readonly peakMicro: number; readonly endMicro: number }> {
  const { promptIds, outputIds, scores, sketch, seed, params, manifest } = answer;
  const { toleranceMicro } = manifest.thresholds;
  const topK = Math.min(LIMITS.judgeCandidates, engine.info.capabilities.topCandidatesMax);
  const suspected = await engine.score(promptIds, outputIds, topK);
  const tokens = scores.map((claimed, i) => ({
    claimed,
    suspect: suspected[i]!,
    sketch: sketch.subarray(i * SKETCH_BYTES, (i + 1) * SKETCH_BYTES),
    point: { seed, position: i, params },
    toleranceMicro,
  }));
  const { peakMicro, endMicro } = attribute(tokens, stakes);
  return { peakMicro, endMicro };
}
