/**
 * What the stand-in servers run: a model whose next token is a pure function of all ids before it, with
 * a vocabulary and a distribution of its own.
 */
import { FAKE_VOCABULARY_SIZE } from '../../src/fake-vocabulary.ts';
import { type Candidate, type ConstraintState, drawGmV1, FakeEngine } from '../../src/index.ts';

const PARAMS = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: 1 };

/** Makes the fake model report even what it never says. */
const ANYTHING: ConstraintState = {
  allowed: {
    size: FAKE_VOCABULARY_SIZE,
    has: () => true,
    ids: () => Array.from({ length: FAKE_VOCABULARY_SIZE }, (_, id) => id),
  },
  next: () => ANYTHING,
};

export class StandInModel {
  readonly engine = new FakeEngine();

  /** Candidates after `ids`, and the logprob of `id` there. */
  async next(ids: readonly number[], topK: number, id = 0) {
    const options = topK > 64 ? { constraint: ANYTHING } : {};
    const scores = await this.engine.score(ids.slice(0, -1), [ids.at(-1)!, id], topK, options);
    const { top, logprob } = scores[1]!;
    return { top: top as readonly Candidate[], logprob };
  }

  /** The server's own sampler. */
  async *sample(ids: readonly number[], seed: number, maxTokens: number): AsyncIterable<number> {
    const key = new Uint8Array(32).fill(seed);
    const all = [...ids];
    for (let i = 0; i < maxTokens; i++) {
      const { top } = await this.next(all, 20);
      const { id } = drawGmV1(key, i, top, PARAMS);
      yield id;
      if (this.engine.info.eosIds.includes(id)) return;
      all.push(id);
    }
  }

  piece(id: number): string {
    return this.engine.detokenize([id]);
  }
}
