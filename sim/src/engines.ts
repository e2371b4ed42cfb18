/**
 * Model runtimes of simulated hosts: the honest one takes virtual time; the others cheat. A cheat
 * claims to be the honest engine and differs in one thing only.
 */
import {
  type Engine,
  type EngineInfo,
  FakeEngine,
  type GenerateOptions,
  type Generation,
  type TokenScore,
} from '@assay/engine';
import type { ChatMessage } from '@assay/jobs';
import type { SimWorld } from '@assay/world/sim';

export type HostKind =
  /** Does what it should. */
  | 'honest'
  /** Runs other weights than it claims. */
  | 'swaps-model'
  /** Changes the text after sampling. */
  | 'edits-text'
  /** Changes a sampled token for its runner-up. */
  | 'edits-tokens'
  /** Answers well, and never opens the sketch to judges that have committed to theirs. */
  | 'hides-sketch'
  /** Serves sessions well, and shows judges neither receipts nor prompts nor transcripts. */
  | 'withholds'
  /** Honest, and plants false answers to see whether judges look. */
  | 'plants'
  /** Is registered and never answers. */
  | 'silent';

/** Virtual time an answer takes. */
const ANSWER_MS = 400;

/** The weights that the simulated network's model has. */
const MODEL_WEIGHTS = 1;
const OTHER_WEIGHTS = 2;

/** What signers judge with. */
export function judgeEngine(): Engine {
  return new FakeEngine({ weights: MODEL_WEIGHTS });
}

export function hostEngine(kind: HostKind, world: SimWorld, answerMs = ANSWER_MS): Engine {
  const honest = new FakeEngine({ weights: MODEL_WEIGHTS });
  switch (kind) {
    case 'honest':
    case 'hides-sketch':
    case 'withholds':
    case 'plants':
      return new DisguisedEngine(honest, honest.info, world, { answerMs });
    case 'swaps-model': {
      const other = new FakeEngine({ weights: OTHER_WEIGHTS });
      return new DisguisedEngine(other, honest.info, world, { answerMs });
    }
    case 'edits-text':
      return new DisguisedEngine(honest, honest.info, world, { answerMs, editText });
    case 'edits-tokens':
      return new DisguisedEngine(honest, honest.info, world, { answerMs, editTokens });
    case 'silent':
      return new DisguisedEngine(honest, honest.info, world, { answerMs: 1e12 });
  }
}

const editText = (text: string): string => `${text} Buy now!`;

/** Swaps the first token that had a runner-up; scores stay as they were. */
function editTokens(generation: Generation): Generation {
  const [first, ...rest] = generation.tokens;
  const other = first?.top.find(({ id }) => id !== first.id);
  if (first === undefined || other === undefined) return generation;
  return { ...generation, tokens: [{ ...first, id: other.id }, ...rest] };
}

interface Disguise {
  readonly answerMs: number;
  readonly editText?: (text: string) => string;
  readonly editTokens?: (generation: Generation) => Generation;
}

class DisguisedEngine implements Engine {
  readonly info: EngineInfo;
  readonly #engine: Engine;
  readonly #world: SimWorld;
  readonly #disguise: Disguise;

  constructor(engine: Engine, info: EngineInfo, world: SimWorld, disguise: Disguise) {
    this.info = info;
    this.#engine = engine;
    this.#world = world;
    this.#disguise = disguise;
  }

  tokenize(text: string, special?: boolean): readonly number[] {
    return this.#engine.tokenize(text, special);
  }

  detokenize(ids: readonly number[]): string {
    const text = this.#engine.detokenize(ids);
    return this.#disguise.editText?.(text) ?? text;
  }

  promptIds(messages: readonly ChatMessage[]): readonly number[] {
    return this.#engine.promptIds(messages);
  }

  async generate(promptIds: readonly number[], options: GenerateOptions): Promise<Generation> {
    await this.#world.timers.sleep(this.#disguise.answerMs, options.signal);
    const generation = await this.#engine.generate(promptIds, options);
    return this.#disguise.editTokens?.(generation) ?? generation;
  }

  score(
    promptIds: readonly number[],
    outputIds: readonly number[],
    topK: number,
  ): Promise<readonly TokenScore[]> {
    return this.#engine.score(promptIds, outputIds, topK);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
