/** All words of the language, by chapter. Source of docs/clarity.md. */
import { NUMBERS } from './arithmetic.ts';
import { BLOCKS, CONTRACTS, CRYPTO, KEYWORDS, PRINCIPALS } from './chain.ts';
import { CONTROL, OPTIONALS } from './control.ts';
import { DEFINITIONS } from './definitions.ts';
import type { ReferenceChapter, WordReference } from './entry.ts';
import { CONVERSIONS, SEQUENCES, TUPLES } from './sequences.ts';
import { ALLOWANCES, STORAGE, TOKENS } from './state.ts';

export type { ReferenceChapter, WordReference } from './entry.ts';

export const REFERENCE: readonly ReferenceChapter[] = [
  DEFINITIONS,
  KEYWORDS,
  NUMBERS,
  CONTROL,
  OPTIONALS,
  SEQUENCES,
  TUPLES,
  CONVERSIONS,
  STORAGE,
  TOKENS,
  ALLOWANCES,
  CONTRACTS,
  PRINCIPALS,
  CRYPTO,
  BLOCKS,
];

const BY_NAME: ReadonlyMap<string, WordReference> = new Map(
  REFERENCE.flatMap(({ words }) => words).map((entry) => [entry.name, entry]),
);

/** What a word means; null for a word the language does not have. */
export function referenceOf(name: string): WordReference | null {
  return BY_NAME.get(name) ?? null;
}
