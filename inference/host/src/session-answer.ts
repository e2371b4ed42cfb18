/**
 * One answer while it is made: the engine runs ahead, readers take tokens when they want them. The run
 * ends by itself (end of text, limit, a stop text of the constraint) or when it is cancelled.
 */
import { drawGmV1, type Engine, type GenerateOptions, type TokenScore } from '@assay/engine';
import type { Finish, SamplingParams, TokenLogprob } from '@assay/jobs';
import { embedInput } from '@assay/verify';
import { LIMITS } from './limits.ts';

export interface AnswerRunOptions {
  readonly promptIds: readonly number[];
  readonly params: SamplingParams;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly stop: readonly string[];
  readonly constraint?: NonNullable<GenerateOptions['constraint']>;
}

/** An answer under way, as its stream reads it. */
export type AnswerRun = Pick<
  GeneratingRun,
  'tokens' | 'text' | 'finish' | 'failure' | 'cachedTokens' | 'isOver' | 'beyond' | 'cancel'
>;

export interface MadeToken {
  readonly score: TokenScore;
  /** Characters of the shown text up to and including what became final with this token. */
  textEnd: number;
}

export class GeneratingRun {
  readonly tokens: MadeToken[] = [];
  /** Whole characters, nothing of a stop text. */
  text = '';
  /** Set when no more tokens come. */
  finish: Finish | null = null;
  /** Why the engine gave up; then `finish` stays null. */
  failure: unknown = null;
  /** Prompt tokens that were not computed again; known at the end. */
  cachedTokens = 0;
  readonly #abort = new AbortController();
  #wake: () => void = () => {};
  #news: Promise<void>;

  constructor(engine: Engine, options: AnswerRunOptions) {
    this.#news = new Promise((wake) => {
      this.#wake = wake;
    });
    this.#run(engine, options).catch((cause) => {
      // We stopped it ourselves when `finish` is set.
      if (this.finish === null) this.failure = cause;
      this.#tell();
    });
  }

  get isOver(): boolean {
    return this.finish !== null || this.failure !== null;
  }

  /** Resolves when there are more than `count` tokens or no more will come. */
  async beyond(count: number): Promise<void> {
    while (this.tokens.length <= count && !this.isOver) await this.#news;
  }

  cancel(): void {
    if (this.isOver) return;
    this.finish = 'cancel';
    this.#abort.abort();
    this.#tell();
  }

  #tell(): void {
    const wake = this.#wake;
    this.#news = new Promise((next) => {
      this.#wake = next;
    });
    wake();
  }

  async #run(engine: Engine, options: AnswerRunOptions): Promise<void> {
    const { promptIds, params, seed, stop, constraint } = options;
    const generation = await engine.generate(promptIds, {
      topK: LIMITS.candidates,
      maxTokens: params.maxTokens,
      pick: (position, top) => drawGmV1(seed, position, top, params).id,
      onToken: (score) => {
        if (this.finish !== null) return;
        this.tokens.push({ score, textEnd: this.text.length });
        this.#tell();
      },
      // The engine tells text right after the token that completed it.
      onText: (delta) => {
        const last = this.tokens.at(-1);
        if (last === undefined || this.finish !== null) return;
        this.text += delta;
        last.textEnd = this.text.length;
      },
      stop,
      signal: this.#abort.signal,
      ...(constraint === undefined ? {} : { constraint }),
    });
    this.cachedTokens = generation.cachedTokens;
    this.finish ??= generation.finish;
    this.#tell();
  }
}

/** An embedding as an answer without tokens: its text is the vector. */
export class EmbeddingRun implements AnswerRun {
  readonly tokens: MadeToken[] = [];
  text = '';
  finish: Finish | null = null;
  failure: unknown = null;
  readonly cachedTokens = 0;
  readonly #done: Promise<void>;

  constructor(engine: Engine, input: string) {
    this.#done = embedInput(engine, input).then(
      (text) => {
        if (this.finish !== null) return;
        this.text = text;
        this.finish = 'stop';
      },
      (cause) => {
        this.failure = cause;
      },
    );
  }

  get isOver(): boolean {
    return this.finish !== null || this.failure !== null;
  }

  async beyond(): Promise<void> {
    if (!this.isOver) await this.#done;
  }

  cancel(): void {
    if (!this.isOver) this.finish = 'cancel';
  }
}

/** A token as clients who ask for logprobs see it. */
export function tokenLogprob(engine: Engine, score: TokenScore, top: number): TokenLogprob {
  const named = ({ id, logprob }: { readonly id: number; readonly logprob: number }) => ({
    id,
    text: engine.detokenize([id]),
    logprob,
  });
  return { ...named(score), top: score.top.slice(0, top).map(named) };
}
