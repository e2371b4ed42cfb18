/**
 * The hand-written corpus, case by case: SIP-002's examples, the errors of each function, limits
 * and edges. Expectations are recorded from the reference VM; `npm run oracle:clarity -- --corpus
 * verify` checks them against it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outcomesOf, parseCorpus, versionsFor } from './corpus/format.ts';
import {
  CORPUS_CHAIN,
  caseName,
  deployNeighbours,
  outcomeText,
  runCase,
} from './corpus/run-case.ts';
import { has, WORDS } from './generator/coverage.ts';
import { VERSIONS } from './generator/library.ts';
import { ours } from './oracle.ts';

const folder = join(import.meta.dirname, 'corpus');
const corpora = readdirSync(folder)
  .filter((file) => file.endsWith('.corpus'))
  .map((file) => ({ file, ...parseCorpus(readFileSync(join(folder, file), 'utf8')) }));
const sections = corpora.flatMap(({ file, cases }) => {
  const names = [...new Set(cases.map(({ section }) => section))];
  return names.map((name) => ({
    file,
    name,
    cases: cases.filter(({ section }) => section === name),
  }));
});

describe('corpus', () => {
  it('has cases of every word of the language, 2,500 and more', () => {
    const named = new Set(sections.map(({ name }) => name));
    expect(WORDS.filter((word) => !named.has(word))).toEqual([]);
    expect(corpora.reduce((sum, { cases }) => sum + cases.length, 0)).toBeGreaterThan(2500);
    expect(WORDS.every((word) => VERSIONS.some((version) => has(word, version)))).toBe(true);
  });

  // One chain per file, as when it was recorded.
  const machines = new Map(corpora.map(({ file }) => [file, ours(CORPUS_CHAIN)]));
  for (const machine of machines.values()) deployNeighbours(machine);
  let count = 0;

  it.each(sections)('$file: $name', ({ file, cases }) => {
    const found: string[] = [];
    for (const [i, one] of cases.entries()) {
      expect([...one.expected.keys()], one.source).toEqual(versionsFor(one));
      for (const { versions, outcome: expected } of outcomesOf(one)) {
        // Versions that answer alike take turns; recording and verifying ask them all.
        const version = versions[i % versions.length]!;
        const at = { name: caseName(count++), version };
        const answer = runCase(machines.get(file)!, one, at);
        const outcome = outcomeText(answer, at.name);
        if (outcome !== expected) {
          found.push(`${one.source} (Clarity ${version}): ${outcome}, expected ${expected}`);
        }
      }
    }
    expect(found).toEqual([]);
  });
});
