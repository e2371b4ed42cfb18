/**
 * Turns assigned jobs into answered ones: run the model under the seed that the chain fixed, sign the
 * commitment, put all of it on disk. Nothing leaves the host here. Sealed prompts are opened, and what
 * belongs to their answer is stored sealed (sealing.ts).
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import type { Engine } from '@assay/engine';
import {
  blindingOf,
  commitTranscript,
  decodePrompt,
  type ModelManifest,
  type Prompt,
  promptHash,
  requestHash,
  type SealKeyPair,
  type SealScope,
  signCommitment,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import { makeAnswer } from '@assay/verify';
import type { World } from '@assay/world';
import type { ChainPort } from './chain-port.ts';
import type { Job } from './job.ts';
import type { JobBook } from './job-book.ts';
import { LIMITS } from './limits.ts';
import type { Planting } from './planting.ts';
import { openPrompt, storedContent } from './sealing.ts';

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
  /** Makes noise of the sketches of planted answers; absent: nothing is planted. */
  readonly planting?: Pick<Planting, 'disguise'> | null;
}

export interface AnswerOptions {
  readonly chainId: number;
  /** 32 bytes. Secret. */
  readonly operatingKey: Uint8Array;
  readonly sealKeys: SealKeyPair;
  readonly signal: AbortSignal;
}

/** @returns the job as it now stands in the book */
export async function answerJob(
  job: Job,
  deps: AnsweringDeps,
  options: AnswerOptions,
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

async function answer(job: Job, deps: AnsweringDeps, options: AnswerOptions): Promise<Job> {
  const { world, book, log, models } = deps;
  const { request } = job.assigned;
  const giveUp = (outcome: string): Job => {
    log.warn('request given up', { request: job.id, outcome });
    const closed: Job = { ...job, state: 'closed', outcome };
    book.put(closed);
    return closed;
  };
  const model = models.get(bytesToHex(request.model));
  if (model === undefined) return giveUp('model not served');
  const stored = job.assigned.promptBlob ?? (await deps.chain.content(request.promptHash));
  if (stored === null) throw new Error('the prompt is not available yet');
  if (!bytesEqual(promptHash(stored), request.promptHash)) return giveUp('prompt hash mismatch');
  const opened = await openPrompt(stored, job.assigned, deps, options);
  if (typeof opened === 'string') return giveUp(opened);
  const prompt = decodePrompt(opened.blob);
  if (!prompt.ok) return giveUp('malformed prompt');
  const startedMs = world.clock.nowMs();
  const made = await makeJobAnswer(job, { prompt: prompt.value, scope: opened.scope }, model, {
    world,
    options,
    planting: deps.planting ?? null,
  });
  const { commitment, content } = made;
  const hostSignature = signCommitment(commitment, options.chainId, options.operatingKey);
  const receipt = { requestId: job.id, commitment, hostSignature, sketchHash: null };
  const sketchHash = sha256(content.sketch);
  const answered: Job = { ...job, state: 'answered', receipt, sketchHash };
  // The point of no return: after this line the answer exists, and no other one will.
  book.put(answered, [content.ids, content.sketch]);
  log.info('request answered', {
    request: job.id,
    requestHash: requestHash(request),
    tokens: commitment.outputTokens,
    answerMs: world.clock.nowMs() - startedMs,
  });
  return answered;
}

/** The answer, and its two parts as they will be stored. */
async function makeJobAnswer(
  job: Job,
  { prompt, scope }: { readonly prompt: Prompt; readonly scope: SealScope | null },
  { engine, manifest }: ServedModel,
  {
    world,
    options,
    planting,
  }: {
    readonly world: World;
    readonly options: AnswerOptions;
    readonly planting: Pick<Planting, 'disguise'> | null;
  },
) {
  const { request, beaconBurnHash } = job.assigned;
  const hostPublicKey = publicKeyFromPrivate(options.operatingKey);
  const task = { manifest, request, prompt, hostPublicKey, beaconBurnHash };
  const nowSecs = Math.floor(world.clock.nowMs() / 1000);
  const made = await makeAnswer(task, engine, {
    random: (size) => world.random.bytes(size),
    nowSecs,
    ...(scope === null ? {} : { blinding: blindingOf(scope) }),
    signal: options.signal,
  });
  const transcript = planting?.disguise(request, made.transcript) ?? made.transcript;
  const content = await storedContent(transcript, scope);
  return { commitment: commitTranscript(transcript, nowSecs, sha256(content.ids)), content };
}
