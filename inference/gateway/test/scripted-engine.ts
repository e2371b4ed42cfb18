/**
 * The fake engine, made to say what a test wants: a script chooses the text by the prompt, and a
 * constraint that allows one token at a time makes the sampler say it. Everything else, ids, logprobs
 * and signatures, is as real as with any model.
 */
import {
  type ConstraintState,
  type Engine,
  FakeEngine,
  type GenerateOptions,
  type Generation,
} from '@assay/engine';

/** Text for a prompt; null lets the fake model speak freely. */
export type Script = (prompt: string) => string | null;

export class ScriptedEngine extends FakeEngine implements Engine {
  readonly #script: Script;
  /** Milliseconds before each token. */
  readonly #pause: () => Promise<void>;
  calls = 0;

  constructor(script: Script, pause: () => Promise<void> = async () => undefined) {
    super();
    this.#script = script;
    this.#pause = pause;
  }

  override async generate(
    promptIds: readonly number[],
    options: GenerateOptions,
  ): Promise<Generation> {
    this.calls += 1;
    await this.#pause();
    const text = this.#script(this.detokenize(promptIds));
    if (text === null || options.constraint !== undefined)
      return super.generate(promptIds, options);
    const ids = [...this.tokenize(text), ...this.info.eosIds];
    // What the prompt already ends with was said by another host.
    const prompt = promptIds.join(',');
    let said = 0;
    for (let n = 1; n < ids.length; n++) {
      if (prompt.endsWith(`,${ids.slice(0, n).join(',')}`)) said = n;
    }
    return super.generate(promptIds, { ...options, constraint: only(ids, said) });
  }
}

/** Allows exactly these ids, one after the other. */
function only(ids: readonly number[], at: number): ConstraintState {
  const id = ids[at]!;
  return {
    allowed: { size: 1, has: (one) => one === id, ids: () => [id] },
    next: (one) => (one !== id ? null : only(ids, Math.min(at + 1, ids.length - 1))),
  };
}
