/**
 * Raw material of a calibration: answers that some machine made, and how other machines score them.
 * A specimen keeps the host's own view of every token, so that one decode serves any number of
 * comparisons. Nothing here judges.
 */
import { drawGmV1, type Engine, type TokenScore } from '@assay/engine';
import type { ChatMessage, SamplingParams } from '@assay/jobs';
import { LIMITS } from '../limits.ts';

export interface SpecimenTask {
  readonly messages: readonly ChatMessage[];
  readonly seed: Uint8Array;
  readonly params: SamplingParams;
}

export interface Specimen extends SpecimenTask {
  readonly promptIds: readonly number[];
  /** As the host saw them while decoding, with its 20 likeliest at each. */
  readonly tokens: readonly TokenScore[];
}

/** Deviations from honest decoding. */
export interface HostHabits {
  /** What the host feeds the model instead of the request's messages. */
  readonly messages?: (task: SpecimenTask) => readonly ChatMessage[];
  /** What the host samples with instead of the request's parameters and seed. */
  readonly params?: Partial<SamplingParams>;
  readonly seed?: (task: SpecimenTask) => Uint8Array;
}

/** Answers every task on `engine`. @throws EngineError */
export async function collectSpecimens(
  engine: Engine,
  tasks: readonly SpecimenTask[],
  habits: HostHabits = {},
): Promise<Specimen[]> {
  const answer = async (task: SpecimenTask): Promise<Specimen> => {
    const params = { ...task.params, ...habits.params };
    const seed = habits.seed?.(task) ?? task.seed;
    const fed = engine.promptIds(habits.messages?.(task) ?? task.messages);
    const { tokens } = await engine.generate(fed, {
      topK: LIMITS.candidates,
      maxTokens: params.maxTokens,
      pick: (position, top) => drawGmV1(seed, position, top, params).id,
    });
    return { ...task, promptIds: engine.promptIds(task.messages), tokens };
  };
  // An engine with several lanes decodes several answers in one batch, as a busy host does.
  return Promise.all(tasks.map(answer));
}

/** One prefill per specimen: what a judge on `engine` sees. @throws EngineError */
export async function scoreSpecimens(
  engine: Engine,
  specimens: readonly Specimen[],
): Promise<(readonly TokenScore[])[]> {
  const topK = Math.min(LIMITS.judgeCandidates, engine.info.capabilities.topCandidatesMax);
  const scores: (readonly TokenScore[])[] = [];
  for (const { promptIds, tokens } of specimens) {
    const ids = tokens.map((token) => token.id);
    scores.push(await engine.score(promptIds, ids, topK));
  }
  return scores;
}
