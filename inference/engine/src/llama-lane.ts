/**
 * One sequence of llama.cpp: feeds tokens, asks for logits of the likeliest and of wanted tokens, and
 * remembers what its cache holds. Only the numbers that are asked for cross the border.
 * Source: node-llama-cpp 3.22 `controlledEvaluate`; dependencies.md 1 (measured).
 */
import type { LlamaContextSequence, Token } from 'node-llama-cpp';
import { type Candidate, EngineError, type TokenSet } from './engine.ts';
import { orderCandidates } from './gm-v1.ts';
import type { Lane } from './lane-pool.ts';

/** Which logits to report at one position. */
interface Wanted {
  readonly tokens: readonly number[];
  readonly includeTop: number;
}

/** What the model says about one position. */
interface NextLogits {
  readonly logits?: ReadonlyMap<Token, number>;
  readonly totalLogitWeight?: number;
}

/** Sets of allowed tokens up to this size are asked for by name. */
const NAMED_TOKENS_MAX = 4096;
/** Of larger sets, enough are among this many likeliest, as a rule. */
const TOP_OF_LARGE_SETS = 1024;

export class LlamaLane implements Lane {
  readonly #sequence: LlamaContextSequence;
  readonly #chunk: number;
  #held: number[] = [];

  /** @param chunk tokens per forward pass of a prefill */
  constructor(sequence: LlamaContextSequence, chunk: number) {
    this.#sequence = sequence;
    this.#chunk = chunk;
  }

  get held(): readonly number[] {
    return this.#held;
  }

  async clear(): Promise<void> {
    this.#held = [];
    await this.#sequence.clearHistory();
  }

  /**
   * Keeps what the cache shares with `ids` and drops the rest.
   * @returns tokens kept; always fewer than there are, so that the last one is computed
   */
  async adapt(ids: readonly number[]): Promise<number> {
    await this.#sequence.adaptStateToTokens(ids.slice(0, -1) as Token[], false);
    const kept = this.#sequence.nextTokenIndex;
    this.#held = ids.slice(0, kept);
    return kept;
  }

  /** Feeds `ids`, the last one's successors wanted: the `topK` likeliest, of `allowed` only if given. */
  async next(
    ids: readonly number[],
    topK: number,
    allowed: TokenSet | null,
    signal?: AbortSignal,
  ): Promise<readonly Candidate[]> {
    let rest = ids;
    while (rest.length > this.#chunk) {
      if (signal?.aborted) throw new EngineError('engine/aborted', 'aborted while reading');
      const part = rest.slice(0, this.#chunk);
      await this.#sequence.evaluateWithoutGeneratingNewTokens(part as Token[]);
      this.#held.push(...part);
      rest = rest.slice(this.#chunk);
    }
    const wanted = wantedTokens(allowed, topK, []);
    const [found] = await this.#evaluate(rest, [wanted]);
    const top = keep(candidatesOf(found!), allowed, topK);
    if (isEnough(top, allowed, topK)) return top;
    // The likeliest are all forbidden: look at every allowed token.
    const last = this.#held.length - 1;
    await this.#sequence.eraseContextTokenRanges([{ start: last, end: last + 1 }]);
    this.#held.pop();
    const [all] = await this.#evaluate(rest.slice(-1), [everyToken(allowed!)]);
    return keep(candidatesOf(all!), allowed, topK);
  }

  /** One pass over prompt and answer, on an empty cache. */
  async score(
    input: readonly number[],
    outputIds: readonly number[],
    allowed: readonly (TokenSet | null)[],
    topK: number,
  ): Promise<readonly (readonly Candidate[])[]> {
    await this.clear();
    const wanted = outputIds.map((id, i) => wantedTokens(allowed[i]!, topK, [id]));
    const found = (await this.#evaluate(input, wanted)).map(candidatesOf);
    const enough = found.every((all, i) =>
      isEnough(keep(all, allowed[i]!, topK), allowed[i]!, topK),
    );
    if (enough) return found;
    await this.clear();
    const named = outputIds.map((id, i) => {
      const set = allowed[i]!;
      return set === null ? wantedTokens(null, topK, [id]) : everyToken(set, id);
    });
    return (await this.#evaluate(input, named)).map(candidatesOf);
  }

  /** Feeds `input`; reports what is wanted at its last `wanted.length` positions. */
  async #evaluate(
    input: readonly number[],
    wanted: readonly Wanted[],
  ): Promise<readonly NextLogits[]> {
    const first = input.length - wanted.length;
    const items = input.map((id, i) => {
      if (i < first) return id as Token;
      const filter = wanted[i - first] as { tokens: readonly Token[]; includeTop: number };
      const generateNext = { logits: { filter }, totalLogitWeight: true, options: GREEDY } as const;
      return [id as Token, { generateNext }] as [Token, { generateNext: typeof generateNext }];
    });
    const outcomes = await this.#sequence.controlledEvaluate(items);
    this.#held.push(...input);
    return outcomes.slice(first).map((outcome) => outcome!.next as NextLogits);
  }
}

/** Temperature 0 leaves the logits as they are. */
const GREEDY = { temperature: 0 } as const;

/** At least the likeliest token is always wanted: the normaliser is relative to it. */
function wantedTokens(allowed: TokenSet | null, topK: number, also: readonly number[]): Wanted {
  if (allowed === null) return { tokens: also, includeTop: topK };
  if (allowed.size > NAMED_TOKENS_MAX) return { tokens: also, includeTop: TOP_OF_LARGE_SETS };
  return everyToken(allowed, ...also);
}

function everyToken(allowed: TokenSet, ...also: readonly number[]): Wanted {
  return { tokens: [...allowed.ids(), ...also], includeTop: 1 };
}

function keep(
  all: readonly Candidate[],
  allowed: TokenSet | null,
  topK: number,
): readonly Candidate[] {
  return (allowed === null ? all : all.filter(({ id }) => allowed.has(id))).slice(0, topK);
}

function isEnough(top: readonly Candidate[], allowed: TokenSet | null, topK: number): boolean {
  return allowed === null || top.length >= Math.min(topK, allowed.size);
}

function candidatesOf(next: NextLogits): Candidate[] {
  const { logits, totalLogitWeight } = next;
  if (logits === undefined || totalLogitWeight === undefined) {
    throw new EngineError('engine/failed', 'the engine returned no logits');
  }
  let max = Number.NEGATIVE_INFINITY;
  for (const logit of logits.values()) if (logit > max) max = logit;
  const z = max + Math.log(totalLogitWeight);
  const all = Array.from(logits, ([id, logit]) => ({ id: id as number, logprob: logit - z }));
  return orderCandidates(all);
}
