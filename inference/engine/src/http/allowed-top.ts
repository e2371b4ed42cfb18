/**
 * The likeliest of the allowed tokens, from servers that report the likeliest of all: more are asked for
 * until enough of them are allowed. Shared by every server whose candidates can be widened.
 */
import { type Candidate, EngineError, type TokenSet } from '../engine.ts';

/**
 * @param widths candidates asked for in turn, ascending
 * @param ask the `width` likeliest, in order
 * @throws EngineError engine/unsupported when the widest look does not show enough
 */
export async function topOfAllowed<T extends { readonly top: readonly Candidate[] }>(
  {
    allowed,
    topK,
    widths,
  }: {
    readonly allowed: TokenSet;
    readonly topK: number;
    readonly widths: readonly number[];
  },
  ask: (width: number) => Promise<T>,
): Promise<T> {
  const enough = Math.min(topK, allowed.size);
  for (const width of widths) {
    const answer = await ask(width);
    const fitting = answer.top.filter(({ id }) => allowed.has(id));
    if (fitting.length >= enough) return { ...answer, top: fitting.slice(0, topK) };
  }
  throw new EngineError(
    'engine/unsupported',
    `the server reports too few candidates to find ${enough} that are allowed`,
  );
}
