/**
 * How hosts cheat, one function each: given the true engine and what the cheat needs, the transcript
 * that the cheat would publish. Tests and evaluation only; no product code can do these.
 */
import { drawGmV1, type Engine } from '@assay/engine';
import { promptMessages, requestHash, samplingSeed, type Transcript } from '@assay/jobs';
import { sketchOf } from '../src/index.ts';
import { answerHonestly, BEACON, HOST_PUBLIC, type Scene } from './scene.ts';

/** Of every scene here. */
const TOLERANCE_MICRO = 10_000;

/** Recomputes the sketch of a transcript's tokens with `engine`: genuine proofs for any tokens. */
export async function resketch(transcript: Transcript, engine: Engine): Promise<Transcript> {
  const scores = await engine.score(transcript.promptIds, transcript.outputIds, 20);
  return fitted({ ...transcript, sketch: sketchOf(scores, TOLERANCE_MICRO) });
}

/** Salts as many as the answer needs. */
export function fitted(transcript: Transcript): Transcript {
  const leaves = Math.ceil(transcript.outputIds.length / 32);
  const salts = Array.from({ length: leaves }, () => new Uint8Array(16).fill(9));
  return { ...transcript, salts };
}

/** Answers with another model, tokens and sketch both. */
export const swapModel = answerHonestly;

/** Decodes with a cheap model, then one prefill with the true one for genuine proofs. */
export async function prefillSpoof(scene: Scene, cheap: Engine, truth: Engine) {
  return resketch(await answerHonestly(scene, cheap), truth);
}

/** Samples as it likes: `pick` replaces gm-v1. The sketch is genuine. */
export async function sampleOtherwise(
  scene: Scene,
  engine: Engine,
  pick: (position: number, top: readonly { id: number; logprob: number }[]) => number,
): Promise<Transcript> {
  const honest = await answerHonestly(scene, engine);
  const { maxTokens } = scene.request.params;
  const generation = await engine.generate(honest.promptIds, { topK: 20, maxTokens, pick });
  return fitted({
    ...honest,
    finish: generation.finish,
    outputIds: generation.tokens.map((token) => token.id),
    sketch: sketchOf(generation.tokens, TOLERANCE_MICRO),
    text: engine.detokenize(generation.tokens.map((token) => token.id)),
  });
}

/** Always the likeliest token: cheaper to cache, and not what was asked. */
export function greedy(scene: Scene, engine: Engine): Promise<Transcript> {
  return sampleOtherwise(scene, engine, (_, top) => top[0]!.id);
}

/** Draws under a seed of its own choice while declaring the right one. */
export function wrongSeed(scene: Scene, engine: Engine, number = 99): Promise<Transcript> {
  const seed = new Uint8Array(32).fill(number);
  return sampleOtherwise(
    scene,
    engine,
    (position, top) => drawGmV1(seed, position, top, scene.request.params).id,
  );
}

/** Ends after `count` tokens with an end of text that was never drawn. */
export async function earlyStop(scene: Scene, engine: Engine, count: number): Promise<Transcript> {
  const end = engine.info.eosIds[0]!;
  const honest = await answerHonestly(scene, engine);
  const outputIds = [...honest.outputIds.slice(0, count), end];
  return resketch(
    { ...honest, finish: 'stop', outputIds, text: engine.detokenize(outputIds) },
    engine,
  );
}

/** Runs another prompt, and claims the ids of the right one. */
export async function otherPrompt(scene: Scene, engine: Engine): Promise<Transcript> {
  const honest = await answerHonestly(scene, engine);
  const dropped = { ...scene, prompt: { context: '', prompt: scene.prompt.prompt } };
  const answered = await answerHonestly(dropped, engine);
  return { ...answered, promptIds: honest.promptIds };
}

/** Serves the answer of an earlier request under this one's hash and seed. */
export async function replay(earlier: Scene, now: Scene, engine: Engine): Promise<Transcript> {
  const old = await answerHonestly(earlier, engine);
  const hash = requestHash(now.request);
  const promptIds = engine.promptIds(promptMessages(now.prompt));
  return {
    ...old,
    requestHash: hash,
    seed: samplingSeed(hash, HOST_PUBLIC, BEACON),
    promptIds,
  };
}

/**
 * No cheat: a cheap model drafts, one prefill of the true one draws every drafted position again, and
 * the draft is kept up to the first difference. Repeated until the answer ends.
 */
export async function speculative(scene: Scene, draft: Engine, truth: Engine) {
  const { maxTokens } = scene.request.params;
  const honest = await answerHonestly(scene, truth);
  const { promptIds, seed } = honest;
  const drawn = (position: number, top: readonly { id: number; logprob: number }[]) =>
    drawGmV1(seed, position, top, scene.request.params).id;
  const kept: number[] = [];
  let drafted = 0;
  let accepted = 0;
  const isOver = () => kept.length >= maxTokens || truth.info.eosIds.includes(kept.at(-1) ?? -1);
  while (!isOver()) {
    const guess = [...kept, ...(await guessOn(draft, { promptIds, kept, maxTokens, drawn }))];
    const scores = await truth.score(promptIds, guess, 20);
    for (let i = kept.length; i < guess.length; i++) {
      drafted += 1;
      const right = drawn(i, scores[i]!.top);
      kept.push(right);
      if (right !== guess[i]) break;
      accepted += 1;
    }
  }
  const ended = truth.info.eosIds.includes(kept.at(-1)!);
  const transcript = await resketch(
    {
      ...honest,
      finish: ended ? 'stop' : 'length',
      outputIds: kept,
      text: truth.detokenize(kept),
    },
    truth,
  );
  return { transcript, drafted, accepted };
}

interface Draft {
  readonly promptIds: readonly number[];
  readonly kept: readonly number[];
  readonly maxTokens: number;
  readonly drawn: (position: number, top: readonly { id: number; logprob: number }[]) => number;
}

/** Up to eight tokens after `kept`, as the cheap model would draw them; at least one. */
async function guessOn(draft: Engine, { promptIds, kept, maxTokens, drawn }: Draft) {
  const guess: number[] = [];
  while (guess.length < 8 && kept.length + guess.length < maxTokens) {
    const position = kept.length + guess.length;
    // One more position than is known: its own token does not matter for the candidates there.
    const scores = await draft.score(promptIds, [...kept, ...guess, draft.info.eosIds[0]!], 20);
    guess.push(drawn(position, scores[position]!.top));
    if (draft.info.eosIds.includes(guess.at(-1)!)) break;
  }
  return guess;
}
