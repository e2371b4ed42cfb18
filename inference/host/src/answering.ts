/**
 * Turns assigned jobs into answered ones: run the model under the seed that the chain fixed, sign the
 * commitment, put all of it on disk. Nothing leaves the host here.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import type { Engine } from '@assay/engine';
import {
  decodePrompt,
  encodeTranscript,
  type ModelManifest,
  promptHash,
  requestHash,
  signCommitment,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import { makeAnswer } from '@assay/verify';
import type { World } from '@assay/world';
import type { ChainPort } from './chain-port.ts';
import type { Job } from './job.ts';
import type { JobBook } from './job-book.ts';
import { LIMITS } from './limits.ts';

/** A model this host serves. */
export interface ServedModel {
  readonly manifest: ModelManifest;
  readonly engine: Engine;
}

export interface AnsweringDeps {
  readonly world: World;
  readonly chain: ChainPort;
  readonly book: JobBook;
  readonly log: Logger;
  /** By model id, hex. */
  readonly models: ReadonlyMap<string, ServedModel>;
}

export interface AnsweringOptions {
  readonly chainId: number;
  /** 32 bytes. Secret. */
  readonly operatingKey: Uint8Array;
}

/** @returns the job as it now stands in the book */
export async function answerJob(
  job: Job,
  deps: AnsweringDeps,
  options: AnsweringOptions & { readonly signal: AbortSignal },
): Promise<Job> {
  const { book, log, world } = deps;
  const attempt = { ...job, attempts: job.attempts + 1 };
  try {
    return await answer(attempt, deps, options);
  } catch (cause) {
    if (options.signal.aborted) return job;
    const given = attempt.attempts >= LIMITS.answerAttemptsMax;
    log.warn('answering failed', { request: job.id, attempt: attempt.attempts, given, cause });
    const next: Job = given ? { ...attempt, state: 'closed', outcome: 'model failed' } : attempt;
    book.put(next);
    if (!given) await world.timers.sleep(LIMITS.retryMs, options.signal);
    return next;
  }
}

async function answer(
  job: Job,
  deps: AnsweringDeps,
  { chainId, operatingKey, signal }: AnsweringOptions & { readonly signal: AbortSignal },
): Promise<Job> {
  const { world, book, log, models } = deps;
  const { request, beaconBurnHash } = job.assigned;
  const giveUp = (outcome: string): Job => {
    log.warn('request given up', { request: job.id, outcome });
    const closed: Job = { ...job, state: 'closed', outcome };
    book.put(closed);
    return closed;
  };
  const model = models.get(bytesToHex(request.model));
  if (model === undefined) return giveUp('model not served');
  if (request.privacy === 2) return giveUp('sealed prompts are not supported');
  const blob = job.assigned.promptBlob ?? (await deps.chain.content(request.promptHash));
  if (blob === null) throw new Error('the prompt is not available yet');
  if (!bytesEqual(promptHash(blob), request.promptHash)) return giveUp('prompt hash mismatch');
  const prompt = decodePrompt(blob);
  if (!prompt.ok) return giveUp('malformed prompt');
  const hostPublicKey = publicKeyFromPrivate(operatingKey);
  const startedMs = world.clock.nowMs();
  const task = { request, prompt: prompt.value, hostPublicKey, beaconBurnHash };
  const made = await makeAnswer(task, model.engine, {
    random: (size) => world.random.bytes(size),
    nowSecs: Math.floor(startedMs / 1000),
    signal,
  });
  const { commitment, transcript } = made;
  const hostSignature = signCommitment(commitment, chainId, operatingKey);
  const receipt = { requestId: job.id, commitment, hostSignature };
  const answered: Job = { ...job, state: 'answered', receipt };
  // The point of no return: after this line the answer exists, and no other one will.
  book.put(answered, encodeTranscript(transcript));
  log.info('request answered', {
    request: job.id,
    requestHash: requestHash(request),
    tokens: commitment.outputTokens,
    answerMs: world.clock.nowMs() - startedMs,
  });
  return answered;
}
