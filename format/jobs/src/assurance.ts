/**
 * How much of an answer can be checked, from what the host's engine can prove. A buyer sees the class
 * before paying; it says nothing about whether a host is honest, only about how soon it would show.
 * Source: verification.md 5.7.
 *
 * | class | the engine | a judge can check |
 * |---|---|---|
 * | A | lets the host sample (gm-v1) and tells logprobs | every token's draw and every token's logprobs |
 * | B | repeats its own draw from a seed, or decodes greedily, and tells logprobs | the draw where the judge runs the same engine; at temperature 0 with any |
 * | C | tells logprobs | the logprobs alone: a cheap model behind genuine logprobs passes |
 * | D | tells neither | lengths, prompt, hashes: nothing about the model |
 *
 * Under a manifest whose sampler is gm-v1, on-chain requests are judged by the draw: only class A, and B at
 * temperature 0, can serve them without being convicted.
 */
import { SKETCH_BYTES } from './merkle.ts';
import type { SamplingParams } from './request.ts';

export type AssuranceClass = 'A' | 'B' | 'C' | 'D';

const CLASSES: readonly AssuranceClass[] = ['A', 'B', 'C', 'D'];

/** The number of a class in `.hosts`: 1 to 4. */
export function assuranceCode(name: AssuranceClass): number {
  return CLASSES.indexOf(name) + 1;
}

/** Null for a number that is none. */
export function assuranceOf(code: bigint): AssuranceClass | null {
  return CLASSES[Number(code) - 1] ?? null;
}

/** What decides it; the engine room's capabilities have these fields. */
export interface ProvingPower {
  /** Candidates with logprobs per position; 0: none. */
  readonly topCandidatesMax: number;
  /** The host picks each token. */
  readonly ownSampler: boolean;
  /** Ids of sampled tokens come from the engine; else what was drawn is a guess from its text. */
  readonly tokenIds: boolean;
  /** The engine repeats an answer when it is given the seed again. */
  readonly seeds: boolean;
}

/** @param params of a request; without them, of sampled text with 20 candidates */
export function assuranceClass(
  power: ProvingPower,
  params: Pick<SamplingParams, 'temperatureMicro' | 'topK'> = {
    temperatureMicro: 1_000_000,
    topK: 20,
  },
): AssuranceClass {
  // A sketch names the drawn token and the four likeliest.
  const tellsLogprobs = power.tokenIds && power.topCandidatesMax >= SKETCH_BYTES - 1;
  if (!tellsLogprobs) return 'D';
  if (power.ownSampler && power.topCandidatesMax >= params.topK) return 'A';
  return power.seeds || params.temperatureMicro === 0 ? 'B' : 'C';
}
