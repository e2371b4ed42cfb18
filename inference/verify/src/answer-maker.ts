/**
 * The honest way to make an answer: sample with gm-v1 under the seed that the chain fixed, keep the
 * sketch, commit. It stands beside the judge so that the two halves of the protocol are read together;
 * hosts call it, and the judge accepts what it makes.
 */
import { drawGmV1, type Engine, type TokenScore } from '@assay/engine';
import {
  type Commitment,
  commitTranscript,
  encodeLogprob,
  fineBitsOf,
  fineCode,
  type InferenceRequest,
  leafCount,
  type ModelManifest,
  type Prompt,
  promptMessages,
  requestHash,
  SALT_BYTES,
  SKETCH_BYTES,
  samplingSeed,
  type Transcript,
} from '@assay/jobs';
import { LIMITS } from './limits.ts';

export interface AnswerTask {
  /** Of the model that is asked. */
  readonly manifest: Pick<ModelManifest, 'thresholds'>;
  readonly request: InferenceRequest;
  readonly prompt: Prompt;
  /** The operating key that will sign, 33 bytes. */
  readonly hostPublicKey: Uint8Array;
  readonly beaconBurnHash: Uint8Array;
}

export interface AnswerOptions {
  /** Random bytes for salts. */
  readonly random: (size: number) => Uint8Array;
  readonly nowSecs: number;
  /** Of the answer to a sealed request, 32 bytes: makes its hashes unguessable. */
  readonly blinding?: Uint8Array;
  readonly signal?: AbortSignal;
  readonly onToken?: (score: TokenScore, position: number) => void;
}

export interface MadeAnswer {
  readonly transcript: Transcript;
  readonly commitment: Commitment;
  /** The sampled tokens as the engine scored them. */
  readonly tokens: readonly TokenScore[];
}

/** @throws EngineError */
export async function makeAnswer(
  task: AnswerTask,
  engine: Engine,
  options: AnswerOptions,
): Promise<MadeAnswer> {
  const { request } = task;
  const { params } = request;
  const hash = requestHash(request);
  const seed = samplingSeed(hash, task.hostPublicKey, task.beaconBurnHash);
  const promptIds = engine.promptIds(promptMessages(task.prompt));
  const generation = await engine.generate(promptIds, {
    topK: LIMITS.candidates,
    maxTokens: params.maxTokens,
    pick: (position, top) => drawGmV1(seed, position, top, params).id,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onToken ? { onToken: options.onToken } : {}),
  });
  const outputIds = generation.tokens.map((token) => token.id);
  const salts = Array.from({ length: leafCount(outputIds.length) }, () =>
    options.random(SALT_BYTES),
  );
  const transcript: Transcript = {
    requestHash: hash,
    model: request.model,
    seed,
    finish: generation.finish,
    promptIds,
    outputIds,
    sketch: sketchOf(generation.tokens, task.manifest.thresholds.toleranceMicro),
    salts,
    ...(options.blinding ? { blinding: options.blinding } : {}),
    text: engine.detokenize(outputIds),
  };
  const commitment = commitTranscript(transcript, options.nowSecs);
  return { transcript, commitment, tokens: generation.tokens };
}

/**
 * Five codes per token: absolute of its own logprob, then fine of the four greatest.
 * @param toleranceMicro of the model's thresholds
 */
export function sketchOf(tokens: readonly TokenScore[], toleranceMicro: number): Uint8Array {
  const fineBits = fineBitsOf(toleranceMicro);
  const sketch = new Uint8Array(tokens.length * SKETCH_BYTES);
  tokens.forEach((token, i) => {
    sketch[i * SKETCH_BYTES] = encodeLogprob(token.logprob);
    for (let rank = 0; rank + 1 < SKETCH_BYTES; rank++) {
      const logprob = token.top[rank]?.logprob ?? Number.NEGATIVE_INFINITY;
      sketch[i * SKETCH_BYTES + 1 + rank] = fineCode(logprob, fineBits);
    }
  });
  return sketch;
}
