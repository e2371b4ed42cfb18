/**
 * The loop of every engine that lets its caller sample: ask for the candidates of the next token, let
 * `pick` choose, stop at an end-of-text token, a stop string or a limit. What differs between engines
 * is only where candidates come from.
 */
import {
  answerRoom,
  type Candidate,
  type ConstraintState,
  EngineError,
  type EngineInfo,
  type GenerateOptions,
  type Generation,
  type TokenScore,
  type TokenSet,
} from './engine.ts';
import { StopStrings } from './stop-strings.ts';
import { TextStream } from './text-stream.ts';

export interface Sampling {
  readonly info: EngineInfo;
  readonly detokenize: (ids: readonly number[]) => string;
  /**
   * The likeliest candidates after prompt and answer so far, ordered as in `TokenScore`; of `allowed`
   * only, where given. At least one.
   */
  readonly next: (outputIds: readonly number[], allowed: TokenSet | null) => Promise<NextToken>;
}

export interface NextToken {
  readonly top: readonly Candidate[];
  /** Prompt tokens that were not computed again; counted at the first token. */
  readonly cachedTokens?: number;
}

/** @throws EngineError */
export async function sampleAnswer(
  { info, detokenize, next }: Sampling,
  promptTokens: number,
  options: GenerateOptions,
): Promise<Generation> {
  const room = answerRoom(info, promptTokens, options.maxTokens);
  if (room < 1) throw new EngineError('engine/prompt-too-long', `${promptTokens} tokens`);
  if (options.constraint !== undefined && !info.capabilities.constraints) {
    throw new EngineError('engine/unsupported', `${info.kind} cannot constrain answers`);
  }
  const text = new AnswerText(detokenize, options);
  const tokens: TokenScore[] = [];
  const ids: number[] = [];
  let constraint = options.constraint ?? null;
  let cachedTokens = 0;
  const end = (finish: Generation['finish']): Generation => {
    text.finish();
    const stopped = text.stoppedBy !== null ? 'stop' : finish;
    return { finish: stopped, tokens, text: text.shown, stoppedBy: text.stoppedBy, cachedTokens };
  };
  while (tokens.length < room) {
    if (options.signal?.aborted) throw new EngineError('engine/aborted', 'generation aborted');
    const step = await next(ids, constraint?.allowed ?? null);
    if (ids.length === 0) cachedTokens = step.cachedTokens ?? 0;
    const top = step.top.slice(0, options.topK);
    if (top.length === 0) throw new EngineError('engine/failed', 'no token can come next');
    const id = options.pick(tokens.length, top);
    const chosen = top.find((one) => one.id === id);
    if (chosen === undefined) throw new EngineError('engine/failed', `picked ${id} unasked`);
    const score = { id, logprob: chosen.logprob, top };
    tokens.push(score);
    ids.push(id);
    options.onToken?.(score, tokens.length - 1);
    if (info.eosIds.includes(id)) return end('stop');
    text.push(id);
    if (text.stoppedBy !== null) return end('stop');
    if (constraint !== null) constraint = follow(constraint, id);
  }
  return end('length');
}

function follow(constraint: ConstraintState, id: number): ConstraintState {
  const next = constraint.next(id);
  if (next === null) throw new EngineError('engine/failed', `token ${id} is not allowed`);
  return next;
}

/**
 * What a judge needs to score a constrained answer: the set of allowed tokens at every position.
 * Null where the answer broke the constraint before.
 */
export function allowedSets(
  constraint: ConstraintState | undefined,
  outputIds: readonly number[],
): readonly (TokenSet | null)[] {
  let state = constraint ?? null;
  return outputIds.map((id) => {
    const allowed = state?.allowed ?? null;
    state = state?.next(id) ?? null;
    return allowed;
  });
}

/** The shown text of an answer: whole characters, nothing of a stop string. */
class AnswerText {
  shown = '';
  readonly #stream: TextStream;
  readonly #stops: StopStrings;
  readonly #onText: ((delta: string) => void) | undefined;

  constructor(detokenize: (ids: readonly number[]) => string, options: GenerateOptions) {
    this.#stream = new TextStream(detokenize);
    this.#stops = new StopStrings(options.stop ?? []);
    this.#onText = options.onText;
  }

  get stoppedBy(): string | null {
    return this.#stops.found;
  }

  push(id: number): void {
    this.#show(this.#stops.push(this.#stream.push(id)));
  }

  finish(): void {
    if (this.stoppedBy !== null) return;
    this.#show(this.#stops.push(this.#stream.finish()));
    this.#show(this.#stops.finish());
  }

  #show(delta: string): void {
    if (delta === '') return;
    this.shown += delta;
    this.#onText?.(delta);
  }
}
