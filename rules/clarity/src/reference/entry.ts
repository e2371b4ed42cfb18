/**
 * The language described for people, word by word: what the page docs/clarity.md is made from and
 * what `::doc` of the REPL shows. Data only; nothing here is consulted when contracts run.
 */
import type { CostName } from '../costs/costs.table.ts';

export interface WordReference {
  readonly name: string;
  /** How it is written and what type it gives: `(name argument ...) -> type`. */
  readonly form: string;
  /** What the type checker demands, beyond the form. Empty: nothing. */
  readonly rule: string;
  /** Cost functions charged, of `costs.table.ts`; empty for words without a cost of their own. */
  readonly cost: readonly CostName[];
  /** What `n` of the cost functions counts. Empty where none depends on it. */
  readonly per: string;
  readonly about: string;
  /** Definitions the example needs. */
  readonly setup: string;
  /** An expression; docs/clarity.md shows it with its value. */
  readonly example: string;
}

export interface ReferenceChapter {
  readonly title: string;
  /** Where upstream implements these, below `clarity/src/vm`. */
  readonly source: string;
  readonly words: readonly WordReference[];
}

interface Details {
  readonly rule?: string;
  readonly cost?: CostName | readonly CostName[];
  readonly per?: string;
  readonly setup?: string;
}

/** One entry; what is left out is empty. */
export function word(
  form: string,
  about: string,
  example: string,
  details: Details = {},
): WordReference {
  const { rule = '', cost = [], per = '', setup = '' } = details;
  return {
    name: /^\(?(\S+?)\)?(?:\s|$)/.exec(form)![1]!,
    form,
    rule,
    cost: typeof cost === 'string' ? [cost] : cost,
    per,
    about,
    setup,
    example,
  };
}
