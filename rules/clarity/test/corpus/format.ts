/**
 * The corpus as text, one file per family of functions. Sources are written by hand, expectations
 * are recorded from the reference:
 *
 *     == name            the function the next cases are about
 *     + (define-...)     stands before each of them
 *     > (+ 1 2)          a case: an expression, or a whole contract with a function `t`
 *       1-5 3 : 711 3 43 0 0
 *
 * Under a case: versions of Clarity, then the value with the five costs of the call (run time, reads,
 * bytes read, writes, bytes written) and `!` with the number of events, or the error.
 */

import type { ClarityVersion } from '../../src/index.ts';
import { isReservedName } from '../../src/names.ts';
import { VERSIONS } from '../generator/library.ts';

export interface CorpusCase {
  readonly section: string;
  readonly prelude: readonly string[];
  readonly source: string;
  /** One line for each version; empty until recorded. */
  readonly expected: Map<ClarityVersion, string>;
}

export interface Corpus {
  readonly intro: string;
  readonly cases: readonly CorpusCase[];
}

export function parseCorpus(text: string): Corpus {
  const [intro = '', ...lines] = text.split('\n');
  const cases: CorpusCase[] = [];
  let [section, prelude]: [string, readonly string[]] = ['', []];
  for (const line of lines) {
    const rest = line.slice(2);
    if (line.startsWith('==')) [section, prelude] = [rest.trim(), []];
    else if (line.startsWith('+ ')) prelude = [...prelude, rest];
    else if (line.startsWith('> ')) {
      cases.push({ section, prelude, source: rest, expected: new Map() });
    } else if (line.startsWith('  ')) {
      const [range = '', ...outcome] = rest.split(' ');
      for (const version of versionsOf(range)) {
        cases.at(-1)!.expected.set(version, outcome.join(' '));
      }
    }
  }
  return { intro, cases };
}

function versionsOf(range: string): ClarityVersion[] {
  const [first, last = first] = range.split('-').map(Number);
  return VERSIONS.filter((version) => version >= first! && version <= last!);
}

export function printCorpus({ intro, cases }: Corpus): string {
  const lines = [intro];
  let at: CorpusCase | null = null;
  for (const one of cases) {
    if (one.section !== at?.section || one.prelude.join() !== at.prelude.join()) {
      lines.push('', `== ${one.section}`, ...one.prelude.map((form) => `+ ${form}`));
    }
    lines.push(`> ${one.source}`, ...expectations(one));
    at = one;
  }
  return `${lines.join('\n')}\n`;
}

/** Runs of versions that answer alike, in order. */
export function outcomesOf({
  expected,
}: CorpusCase): { readonly versions: ClarityVersion[]; readonly outcome: string }[] {
  const runs: { versions: ClarityVersion[]; outcome: string }[] = [];
  for (const [version, outcome] of expected) {
    const run = runs.at(-1);
    if (run?.outcome === outcome && run.versions.at(-1) === version - 1) run.versions.push(version);
    else runs.push({ versions: [version], outcome });
  }
  return runs;
}

function expectations(one: CorpusCase): string[] {
  return outcomesOf(one).map(({ versions, outcome }) => {
    const [first, last] = [versions[0], versions.at(-1)];
    return `  ${first === last ? first : `${first}-${last}`} ${outcome}`;
  });
}

/**
 * The versions a case is run in: all that know the function it is about and the one before them,
 * where it must be refused.
 */
export function versionsFor({ section }: CorpusCase): readonly ClarityVersion[] {
  const known = VERSIONS.filter((version) => isReservedName(section, version));
  if (known.length === 0) return VERSIONS;
  const [first, last] = [known[0]! - 1, known.at(-1)! + 1];
  return VERSIONS.filter((version) => version >= first && version <= last);
}
