/**
 * The judge: one prefill over prompt and answer, then a verdict. `invalid` needs a broken exact rule
 * or evidence of a million to one; `abstain` is for everything that is not the host's doing (no model
 * here, bytes not found, engine down) and for evidence between a thousand and a million; `valid` is
 * the rest. Equal inputs and equal logprobs give equal verdicts on every machine.
 *
 * Called by signers in the background, never while a block waits. Source: verification.md 5.4.
 *
 * Reasons to abstain: verify/signature, verify/transcript-missing, verify/prompt-missing,
 * verify/manifest, verify/evidence-table, verify/engine, verify/suspect. Reasons for invalid: those of
 * exact.ts, and verify/transcript (malformed), verify/impossible (a token that was not drawn), verify/evidence.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { type Engine, engineMismatch, type TokenScore } from '@assay/engine';
import {
  decodePrompt,
  decodeTranscript,
  type Judgement,
  modelIdHex,
  promptHash,
  promptMessages,
  SKETCH_BYTES,
  type Transcript,
  transcriptHash,
  verifyCommitment,
} from '@assay/jobs';
import type { Answer, Submission } from './answer.ts';
import {
  type Evidence,
  type EvidenceTable,
  GENERIC_EVIDENCE,
  GENERIC_EVIDENCE_SHA256,
  placeToken,
  type TokenEvidence,
  type TokenMeasurement,
  weighEvidence,
} from './evidence.ts';
import { checkExactRules } from './exact.ts';
import { LIMITS } from './limits.ts';
import { entropyMilli, type Margin, samplingMargin, sketchDistanceMicro } from './measure.ts';
import { SHIPPED_TABLES } from './tables.ts';

export interface Reason {
  readonly code: `verify/${string}`;
  readonly message: string;
}

/** What was measured; for people, plots and calibration. Never part of what is signed. */
export interface Statistics {
  readonly tokens: number;
  readonly evidence: Evidence;
  /** Per token, millionths of a nat. */
  readonly sketchDistanceMicro: readonly number[];
  readonly marginMicro: readonly number[];
  /** Tokens that the sampler would not have picked here. */
  readonly mismatches: number;
  readonly meanEntropyMilli: number;
}

export interface Judged {
  readonly verdict: Judgement;
  /** Why not `valid`; empty otherwise. */
  readonly reasons: readonly Reason[];
  /** Null when the model was not run. */
  readonly statistics: Statistics | null;
}

export interface JudgeOptions {
  /** Further evidence tables by hash; the generic one and the shipped ones are always known. */
  readonly tables?: ReadonlyMap<string, EvidenceTable>;
}

export async function judge(
  submission: Submission,
  engine: Engine,
  options: JudgeOptions = {},
): Promise<Judged> {
  const table = findTable(submission, options);
  const answer = gather(submission, engine);
  if ('code' in answer) return abstain(answer);
  if (table === null) return abstain({ code: 'verify/evidence-table', message: 'unknown table' });
  const decoded = decodeTranscript(submission.transcript!);
  if (!decoded.ok) {
    return invalid([{ code: 'verify/transcript', message: decoded.error.message }], null);
  }
  try {
    const broken = checkExactRules(answer, decoded.value, engine);
    if (broken.length > 0) return invalid(broken, null);
    return await judgeTokens(answer, decoded.value, { engine, table });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return abstain({ code: 'verify/engine', message });
  }
}

function abstain(reason: Reason): Judged {
  return { verdict: 'abstain', reasons: [reason], statistics: null };
}

function invalid(reasons: readonly Reason[], statistics: Statistics | null): Judged {
  return { verdict: 'invalid', reasons: reasons.slice(0, LIMITS.reasonsMax), statistics };
}

function findTable({ manifest }: Submission, options: JudgeOptions): EvidenceTable | null {
  if (manifest === null) return null;
  if (manifest.evidenceSha256 === GENERIC_EVIDENCE_SHA256) return GENERIC_EVIDENCE;
  const { evidenceSha256 } = manifest;
  return options.tables?.get(evidenceSha256) ?? SHIPPED_TABLES.get(evidenceSha256) ?? null;
}

/** The parts of a submission, if they are there and ours to judge. Nothing here accuses the host. */
function gather(submission: Submission, engine: Engine): Answer | Reason {
  const { commitment, request, manifest, promptBlob, transcript, hostPublicKey } = submission;
  const signed = { signature: submission.hostSignature, publicKey: hostPublicKey };
  if (!verifyCommitment(commitment, submission.chainId, signed)) {
    return { code: 'verify/signature', message: 'the executor did not sign this commitment' };
  }
  if (manifest === null || modelIdHex(manifest) !== bytesToHex(request.model)) {
    return { code: 'verify/manifest', message: 'the manifest of the model is not known here' };
  }
  const mismatch = engineMismatch(engine, manifest);
  if (mismatch !== null) {
    return { code: 'verify/engine', message: `this engine runs something else: ${mismatch}` };
  }
  if (promptBlob === null || !bytesEqual(promptHash(promptBlob), request.promptHash)) {
    return { code: 'verify/prompt-missing', message: 'the prompt could not be fetched' };
  }
  const prompt = decodePrompt(promptBlob);
  if (!prompt.ok) return { code: 'verify/prompt-missing', message: prompt.error.message };
  if (transcript === null || !bytesEqual(transcriptHash(transcript), commitment.transcriptHash)) {
    return { code: 'verify/transcript-missing', message: 'the transcript could not be fetched' };
  }
  return { ...submission, manifest, messages: promptMessages(prompt.value) };
}

interface Bench {
  readonly engine: Engine;
  readonly table: EvidenceTable;
}

async function judgeTokens(
  answer: Answer,
  transcript: Transcript,
  { engine, table }: Bench,
): Promise<Judged> {
  const { promptIds, outputIds } = transcript;
  const topK = Math.min(LIMITS.judgeCandidates, engine.info.capabilities.topCandidatesMax);
  const scores = await engine.score(promptIds, outputIds, topK);
  const measured = scores.map((score, i) => measureToken(answer, transcript, { score, i, table }));
  const evidence = weighEvidence(
    table,
    measured.map((one) => one.places),
  );
  const statistics = summarise(measured, evidence);
  const impossible = checkPossible(answer, measured);
  if (impossible !== null) return invalid([impossible], statistics);
  const { invalidMicro, suspectMicro } = answer.manifest.thresholds;
  const told = `evidence e^${(evidence.peakMicro / 1e6).toFixed(1)} after ${evidence.peakAt} tokens`;
  const message = `${told} (${evidence.leading})`;
  if (evidence.peakMicro >= invalidMicro) {
    return invalid([{ code: 'verify/evidence', message }], statistics);
  }
  if (evidence.peakMicro >= suspectMicro) {
    return { verdict: 'abstain', reasons: [{ code: 'verify/suspect', message }], statistics };
  }
  return { verdict: 'valid', reasons: [], statistics };
}

interface Measured extends TokenMeasurement {
  readonly margin: Margin;
  readonly places: TokenEvidence;
}

function measureToken(
  answer: Answer,
  transcript: Transcript,
  at: { readonly score: TokenScore; readonly i: number; readonly table: EvidenceTable },
): Measured {
  const { score, i, table } = at;
  const { toleranceMicro } = answer.manifest.thresholds;
  const sketch = transcript.sketch.subarray(i * SKETCH_BYTES, (i + 1) * SKETCH_BYTES);
  const point = { seed: transcript.seed, position: i, params: answer.request.params };
  const measured = {
    entropyMilli: entropyMilli(score.top),
    distanceMicro: sketchDistanceMicro(score, sketch),
    margin: samplingMargin(score, { ...point, toleranceMicro }),
  };
  return { ...measured, places: placeToken(table, measured, toleranceMicro) };
}

/** A token that no rounding could have drawn: edited, forced, or drawn otherwise. An exact rule. */
function checkPossible(answer: Answer, measured: readonly Measured[]): Reason | null {
  const { impossibleMicro } = answer.manifest.thresholds;
  const at = measured.findIndex(({ margin }) => margin.sureMicro > impossibleMicro);
  if (at < 0) return null;
  const nats = (measured[at]!.margin.sureMicro / 1e6).toFixed(1);
  return { code: 'verify/impossible', message: `token ${at} lost the draw by ${nats} nats` };
}

function summarise(measured: readonly Measured[], evidence: Evidence): Statistics {
  const entropy = measured.reduce((sum, one) => sum + one.entropyMilli, 0);
  return {
    tokens: measured.length,
    evidence,
    sketchDistanceMicro: measured.map((one) => one.distanceMicro),
    marginMicro: measured.map((one) => one.margin.marginMicro),
    mismatches: measured.filter((one) => one.margin.marginMicro > 0).length,
    meanEntropyMilli: measured.length === 0 ? 0 : Math.round(entropy / measured.length),
  };
}
