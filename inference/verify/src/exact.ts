/**
 * The rules that need no statistics: an answer that breaks one is false, whatever the model says.
 * Source: verification.md 5.4 D. Each code below is a reason in a judgement:
 *
 * | code | the host |
 * |---|---|
 * | verify/request-hash | answered another request (replayed transcript) |
 * | verify/model | committed to another model |
 * | verify/seed | did not use the seed that request, key and Bitcoin block fix |
 * | verify/commitment | committed to roots, hashes or counts that are not those of its transcript |
 * | verify/usage | bills other token counts than it delivered |
 * | verify/prompt-ids | fed the model another prompt than the template makes of the request |
 * | verify/vocabulary | used a token that does not exist |
 * | verify/length | stopped early, went on after the end, or exceeded the limit |
 * | verify/text | delivered a text that its tokens do not spell |
 * | verify/constraint | used a token that the constraint of the request forbids |
 */
import { bytesEqual } from '@assay/bytes';
import { answerRoom, type Engine } from '@assay/engine';
import {
  type Commitment,
  commitmentRoot,
  idsLeaves,
  outputHash,
  requestHash,
  SKETCH_BYTES,
  type SketchPart,
  samplingSeed,
  sessionRequestHash,
  sketchRootOf,
  type TranscriptIds,
} from '@assay/jobs';
import type { Answer } from './answer.ts';
import type { Reason } from './judge.ts';

/** Every exact rule that the answer breaks. */
export function checkExactRules(
  answer: Answer,
  transcript: TranscriptIds,
  engine: Engine,
): Reason[] {
  return [
    ...checkBinding(answer, transcript),
    ...checkCommitment(answer.commitment, transcript),
    ...checkTokens(answer, transcript, engine),
  ];
}

function checkBinding(answer: Answer, transcript: TranscriptIds): Reason[] {
  const { commitment, request } = answer;
  const reasons: Reason[] = [];
  const hash = 'sessionId' in request ? sessionRequestHash(request) : requestHash(request);
  if (!bytesEqual(commitment.requestHash, hash) || !bytesEqual(transcript.requestHash, hash)) {
    reasons.push({ code: 'verify/request-hash', message: 'made for another request' });
  }
  if (
    !bytesEqual(commitment.model, request.model) ||
    !bytesEqual(transcript.model, request.model)
  ) {
    reasons.push({ code: 'verify/model', message: 'made by another model' });
  }
  const seed = samplingSeed(hash, answer.hostPublicKey, answer.beaconBurnHash);
  if (!bytesEqual(commitment.seed, seed) || !bytesEqual(transcript.seed, seed)) {
    reasons.push({ code: 'verify/seed', message: 'another seed than request and beacon fix' });
  }
  return reasons;
}

function checkCommitment(commitment: Commitment, transcript: TranscriptIds): Reason[] {
  const reasons: Reason[] = [];
  const differs = (what: string): void => {
    reasons.push({ code: 'verify/commitment', message: `${what} differs from the transcript` });
  };
  const idsRoot = commitmentRoot(idsLeaves(transcript.outputIds, transcript.blinding));
  if (!bytesEqual(commitment.idsRoot, idsRoot)) differs('ids root');
  const text = outputHash(transcript.text, transcript.blinding);
  if (!bytesEqual(commitment.outputHash, text)) differs('output hash');
  if (commitment.finish !== transcript.finish) differs('finish');
  const usage = (what: string, billed: number, found: number): void => {
    if (billed === found) return;
    reasons.push({
      code: 'verify/usage',
      message: `${billed} ${what} tokens billed, ${found} found`,
    });
  };
  usage('prompt', commitment.promptTokens, transcript.promptIds.length);
  usage('answer', commitment.outputTokens, transcript.outputIds.length);
  return reasons;
}

/** The sketch part must be the one that was committed, and of the answer's length. */
export function checkSketchPart(commitment: Commitment, part: SketchPart): Reason[] {
  if (part.sketch.length !== SKETCH_BYTES * commitment.outputTokens) {
    const message = `${part.sketch.length / SKETCH_BYTES} tokens sketched`;
    return [{ code: 'verify/usage', message }];
  }
  if (bytesEqual(sketchRootOf(part), commitment.sketchRoot)) return [];
  return [{ code: 'verify/commitment', message: 'sketch root differs from the sketch opened' }];
}

function checkTokens(answer: Answer, transcript: TranscriptIds, engine: Engine): Reason[] {
  const { info } = engine;
  const { promptIds, outputIds } = transcript;
  const reasons: Reason[] = [];
  const expected = answer.promptIds;
  if (expected.length !== promptIds.length || expected.some((id, i) => id !== promptIds[i])) {
    reasons.push({ code: 'verify/prompt-ids', message: 'the prompt is not what was asked' });
  }
  if (outputIds.some((id) => id >= info.vocabularySize)) {
    reasons.push({ code: 'verify/vocabulary', message: 'a token outside the vocabulary' });
    return reasons;
  }
  if (answer.input !== null) {
    if (outputIds.length === 0) return reasons;
    return [...reasons, { code: 'verify/length', message: 'tokens in place of an embedding' }];
  }
  const spelled = engine.detokenize(outputIds);
  reasons.push(...checkEnd(answer, transcript, engine));
  if (!isShownText(answer, transcript, spelled)) {
    reasons.push({ code: 'verify/text', message: 'the text is not what the tokens spell' });
  }
  if (!isAllowed(answer, outputIds)) {
    reasons.push({ code: 'verify/constraint', message: 'a token that the constraint forbids' });
  }
  return reasons;
}

/** Where an answer must end, and where it must not. */
function checkEnd(
  { request, promptIds, constraint, isSession }: Answer,
  { outputIds, finish }: TranscriptIds,
  engine: Engine,
): Reason[] {
  const { info } = engine;
  const reasons: Reason[] = [];
  const length = (message: string): void => {
    reasons.push({ code: 'verify/length', message });
  };
  const hasStop = (ids: readonly number[]): boolean =>
    constraint.stop.length > 0 && findStop(engine.detokenize(ids), constraint.stop);
  const room = answerRoom(info, promptIds.length, request.params.maxTokens);
  const end = outputIds.findIndex((id) => info.eosIds.includes(id));
  const isEnded = end >= 0 || hasStop(outputIds);
  if (outputIds.length > room) length(`${outputIds.length} tokens where ${room} were allowed`);
  if (end >= 0 && end !== outputIds.length - 1) length('went on after the end of text');
  if (hasStop(outputIds.slice(0, -1))) length('went on after a stop text');
  if (finish === 'stop' && !isEnded) length('claims a stop without an end of text');
  if (finish === 'length' && isEnded) length('claims the limit after an end of text');
  if (finish === 'length' && outputIds.length < room) length('ended before the limit');
  if (finish === 'cancel' && !isSession) length('cancelled by nobody');
  return reasons;
}

function findStop(text: string, stops: readonly string[]): boolean {
  return stops.some((stop) => text.includes(stop));
}

/**
 * The text of a session's answer is what was shown: cut before a stop text; of a cancelled one, any
 * beginning; never half a character.
 */
function isShownText(
  { constraint, isSession }: Answer,
  transcript: TranscriptIds,
  spelled: string,
) {
  const { text, finish } = transcript;
  if (text === spelled) return !findStop(spelled, constraint.stop);
  if (!isSession || !spelled.startsWith(text)) return false;
  const rest = spelled.slice(text.length);
  if (finish === 'cancel' || /^\ufffd+$/.test(rest)) return true;
  return constraint.stop.some((stop) => rest.startsWith(stop));
}

function isAllowed({ constraint }: Answer, outputIds: readonly number[]): boolean {
  let state = constraint.state;
  if (state === null) return true;
  for (const id of outputIds) {
    if (state === null || !state.allowed.has(id)) return false;
    state = state.next(id);
  }
  return true;
}
