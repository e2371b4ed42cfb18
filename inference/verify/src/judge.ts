/**
 * The judge, in two steps. *Score*: one prefill over prompt and answer; gives the judge a sketch of its
 * own before it has seen the host's. *Conclude*: the host's sketch is held against it. `invalid` needs a broken exact rule
 * or evidence of a million to one; `abstain` is for everything that is not the host's doing (no model
 * here, bytes not found, engine down) and for evidence between a thousand and a million; `valid` is
 * the rest. Equal inputs and equal logprobs give equal verdicts on every machine.
 *
 * Called by signers in the background, never while a block waits. Source: verification.md 5.4.
 *
 * Reasons to abstain: verify/signature, verify/transcript-missing, verify/prompt-missing,
 * verify/manifest, verify/evidence-table, verify/engine, verify/suspect. Reasons for invalid: those of
 * exact.ts, verify/embedding, and verify/transcript (malformed), verify/impossible (a token that was not drawn), verify/evidence.
 * verify/sketch-withheld: the host did not open its sketch.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { type Engine, engineMismatch, type TokenScore } from '@assay/engine';
import {
  constraintHash,
  decodePrompt,
  decodeSessionPrompt,
  decodeSketchPart,
  decodeTranscript,
  fineBitsOf,
  type Judgement,
  modelIdHex,
  promptHash,
  promptMessages,
  SKETCH_BYTES,
  type TranscriptIds,
  transcriptHash,
  verifyCommitment,
} from '@assay/jobs';
import type { Answer, Submission } from './answer.ts';
import { compareEmbedding } from './embedding.ts';
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
import { checkExactRules, checkSketchPart } from './exact.ts';
import { LIMITS } from './limits.ts';
import { entropyMilli, type Margin, samplingMargin, sketchDistanceMilli } from './measure.ts';
import { NO_CONSTRAINT, parseConstraint, sessionPromptIds } from './session-ask.ts';

export interface Reason {
  readonly code: `verify/${string}`;
  readonly message: string;
}

/** What was measured; for people, plots and calibration. Never part of what is signed. */
export interface Statistics {
  readonly tokens: number;
  readonly evidence: Evidence;
  /** Per token, thousandths of a fine code. */
  readonly sketchDistanceMilli: readonly number[];
  /** Per token, millionths of a nat. */
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
  /** Calibrated tables by hash; the generic one is always known. */
  readonly tables?: ReadonlyMap<string, EvidenceTable>;
}

/** An answer that was run through the model, and waits for the host's sketch. */
export interface ScoredAnswer {
  readonly answer: Answer;
  readonly transcript: TranscriptIds;
  readonly scores: readonly TokenScore[];
  readonly table: EvidenceTable;
  /** A token that no rounding could have drawn; the sketch cannot excuse it. */
  readonly impossible: Reason | null;
}

/** Both steps at once, for whoever has both parts of the transcript. */
export async function judge(
  submission: Submission,
  engine: Engine,
  options: JudgeOptions = {},
): Promise<Judged> {
  const scored = await scoreAnswer(submission, engine, options);
  return 'verdict' in scored ? scored : concludeAnswer(scored, submission.sketch);
}

/** The first step: exact rules on the ids part, and the model. @returns a verdict when it needs no more */
export async function scoreAnswer(
  submission: Omit<Submission, 'sketch'>,
  engine: Engine,
  options: JudgeOptions = {},
): Promise<ScoredAnswer | Judged> {
  const table = findTable(submission, options);
  const answer = gather(submission, engine);
  if ('code' in answer) return abstain(answer);
  if (table === null) return abstain({ code: 'verify/evidence-table', message: 'unknown table' });
  const decoded = decodeTranscript(submission.transcript!);
  if (!decoded.ok) {
    return invalid([{ code: 'verify/transcript', message: decoded.error.message }], null);
  }
  const transcript = decoded.value;
  try {
    const broken = checkExactRules(answer, transcript, engine);
    if (broken.length > 0) return invalid(broken, null);
    if (answer.input !== null) return await judgeEmbedding(answer.input, transcript, engine);
    const topK = Math.min(LIMITS.judgeCandidates, engine.info.capabilities.topCandidatesMax);
    const { state } = answer.constraint;
    const held = state === null ? {} : { constraint: state };
    const scores = await engine.score(transcript.promptIds, transcript.outputIds, topK, held);
    const scored = { answer, transcript, scores, table };
    return { ...scored, impossible: checkPossible(scored) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return abstain({ code: 'verify/engine', message });
  }
}

/**
 * The second step.
 * @param sketchPart as the host opened it; null when it did not
 */
export function concludeAnswer(scored: ScoredAnswer, sketchPart: Uint8Array | null): Judged {
  if (sketchPart === null) {
    if (scored.impossible !== null) return invalid([scored.impossible], null);
    return abstain({ code: 'verify/sketch-withheld', message: 'the host did not open its sketch' });
  }
  const sketch = decodeSketchPart(sketchPart);
  if (!sketch.ok) {
    return invalid([{ code: 'verify/transcript', message: sketch.error.message }], null);
  }
  const broken = checkSketchPart(scored.answer.commitment, sketch.value);
  if (broken.length > 0) return invalid(broken, null);
  return judgeTokens(scored, sketch.value.sketch);
}

function abstain(reason: Reason): Judged {
  return { verdict: 'abstain', reasons: [reason], statistics: null };
}

function invalid(reasons: readonly Reason[], statistics: Statistics | null): Judged {
  return { verdict: 'invalid', reasons: reasons.slice(0, LIMITS.reasonsMax), statistics };
}

function findTable(
  { manifest }: Omit<Submission, 'sketch'>,
  options: JudgeOptions,
): EvidenceTable | null {
  if (manifest === null) return null;
  if (manifest.evidenceSha256 === GENERIC_EVIDENCE_SHA256) return GENERIC_EVIDENCE;
  const { evidenceSha256 } = manifest;
  return options.tables?.get(evidenceSha256) ?? null;
}

/** The parts of a submission, if they are there and ours to judge. Nothing here accuses the host. */
function gather(submission: Omit<Submission, 'sketch'>, engine: Engine): Answer | Reason {
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
  const named = submission.sealedPrompt ?? promptBlob;
  if (promptBlob === null || !bytesEqual(promptHash(named!), request.promptHash)) {
    return { code: 'verify/prompt-missing', message: 'the prompt could not be fetched' };
  }
  const ask = readAsk(submission, promptBlob, engine);
  if ('code' in ask) return ask;
  if (transcript === null || !bytesEqual(storedHash(submission), commitment.transcriptHash)) {
    return { code: 'verify/transcript-missing', message: 'the transcript could not be fetched' };
  }
  return { ...submission, ...ask, manifest };
}

/** What the request asks of the model. */
function readAsk(
  { request, constraint: text = null }: Omit<Submission, 'sketch'>,
  blob: Uint8Array,
  engine: Engine,
): Pick<Answer, 'promptIds' | 'constraint' | 'input' | 'isSession'> | Reason {
  const missing = (message: string): Reason => ({ code: 'verify/prompt-missing', message });
  if (!('sessionId' in request)) {
    const prompt = decodePrompt(blob);
    if (!prompt.ok) return missing(prompt.error.message);
    const promptIds = engine.promptIds(promptMessages(prompt.value));
    return { promptIds, constraint: NO_CONSTRAINT, input: null, isSession: false };
  }
  const prompt = decodeSessionPrompt(blob);
  if (!prompt.ok) return missing(prompt.error.message);
  if (!bytesEqual(constraintHash(text), request.constraintHash)) {
    return missing('the constraint is not the one that was signed');
  }
  const constraint = parseConstraint(text, engine, prompt.value.prefixIds);
  if (!constraint.ok) return { code: 'verify/engine', message: constraint.error.message };
  const promptIds = sessionPromptIds(engine, prompt.value);
  const { content } = prompt.value;
  const input = 'input' in content ? content.input : null;
  return { promptIds, constraint: constraint.value, input, isSession: true };
}

/**
 * Whether another judge's sketch is one that this model could have made: log evidence against it,
 * millionths of a nat, by the same bets on sketch distances that judge a host.
 */
export function sketchEvidenceMicro(scored: ScoredAnswer, sketch: Uint8Array): number {
  if (sketch.length !== scored.scores.length * SKETCH_BYTES) return Number.MAX_SAFE_INTEGER;
  const { table } = scored;
  const alternatives = table.alternatives.filter(({ channel }) => channel === 'sketch');
  const places = scored.scores.map((score, i) => measureToken(scored, { score, i, sketch }).places);
  return weighEvidence({ ...table, alternatives } as EvidenceTable, places).peakMicro;
}

async function judgeEmbedding(
  input: string,
  { finish, text }: TranscriptIds,
  engine: Engine,
): Promise<Judged> {
  // Left before it was done, and not paid for.
  if (finish === 'cancel' && text === '')
    return { verdict: 'valid', reasons: [], statistics: null };
  if (!engine.info.capabilities.embeddings) {
    return abstain({ code: 'verify/engine', message: 'this engine makes no embeddings' });
  }
  switch (await compareEmbedding(engine, input, text)) {
    case 'same':
      return { verdict: 'valid', reasons: [], statistics: null };
    case 'unsure':
      return abstain({ code: 'verify/suspect', message: 'the embedding is a little off' });
    case 'other':
      return invalid(
        [{ code: 'verify/embedding', message: 'the embedding of something else' }],
        null,
      );
  }
}

/** What the commitment names: the ids part as it is stored, sealed or not. */
function storedHash({ transcript, sealedTranscript }: Omit<Submission, 'sketch'>): Uint8Array {
  return transcriptHash(sealedTranscript ?? transcript!);
}

function judgeTokens(scored: ScoredAnswer, sketch: Uint8Array): Judged {
  const { answer, table, scores, impossible } = scored;
  const measured = scores.map((score, i) => measureToken(scored, { score, i, sketch }));
  const evidence = weighEvidence(
    table,
    measured.map((one) => one.places),
  );
  const statistics = summarise(measured, evidence);
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
  { answer, transcript, table }: ScoredAnswer,
  at: { readonly score: TokenScore; readonly i: number; readonly sketch: Uint8Array },
): Measured {
  const { score, i } = at;
  const { toleranceMicro } = answer.manifest.thresholds;
  const sketch = at.sketch.subarray(i * SKETCH_BYTES, (i + 1) * SKETCH_BYTES);
  const measured = {
    entropyMilli: entropyMilli(score.top),
    distanceMilli: sketchDistanceMilli(score, sketch, fineBitsOf(toleranceMicro)),
    margin: marginOf(answer, transcript, { score, i }),
  };
  return { ...measured, places: placeToken(table, measured, toleranceMicro) };
}

function marginOf(
  { request }: Answer,
  { seed }: TranscriptIds,
  { score, i }: { readonly score: TokenScore; readonly i: number },
): Margin {
  return samplingMargin(score, { seed, position: i, params: request.params });
}

/** A token that no rounding could have drawn: edited, forced, or drawn otherwise. An exact rule. */
function checkPossible({ answer, transcript, scores }: Omit<ScoredAnswer, 'impossible'>) {
  const { impossibleMicro } = answer.manifest.thresholds;
  for (const [i, score] of scores.entries()) {
    const { marginMicro } = marginOf(answer, transcript, { score, i });
    if (marginMicro <= impossibleMicro) continue;
    const nats = (marginMicro / 1e6).toFixed(3);
    const reason: Reason = {
      code: 'verify/impossible',
      message: `token ${i} lost the draw by ${nats} nats`,
    };
    return reason;
  }
  return null;
}

function summarise(measured: readonly Measured[], evidence: Evidence): Statistics {
  const entropy = measured.reduce((sum, one) => sum + one.entropyMilli, 0);
  return {
    tokens: measured.length,
    evidence,
    sketchDistanceMilli: measured.map((one) => one.distanceMilli),
    marginMicro: measured.map((one) => one.margin.marginMicro),
    mismatches: measured.filter((one) => one.margin.marginMicro > 0).length,
    meanEntropyMilli: measured.length === 0 ? 0 : Math.round(entropy / measured.length),
  };
}
