/**
 * SIP-002: why and where programs are refused: Stacks' error name, and the place the reference shows or
 * a finer one. Recorded by `npm run oracle:clarity -- --refusals record`; `random` asks it anew.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ClarityVersion } from '../src/index.ts';
import { comparePlaces, type RecordedRefusal } from './refusals/compare.ts';
import { CORPUS_NEIGHBOURS, corpusRefusals, ourRefusal } from './refusals/run.ts';
import { TEXTS } from './refusals/texts.ts';

const here = import.meta.dirname;
const recorded = readFileSync(join(here, 'refusals', 'recorded.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as RecordedRefusal);

describe('refusals', () => {
  it(`are for the recorded reason at the recorded place (${recorded.length})`, () => {
    const wrong: string[] = [];
    for (const { source, version, name, at } of recorded) {
      const refused = { source, version: version as ClarityVersion };
      const our = ourRefusal(refused, CORPUS_NEIGHBOURS);
      if (our === null || our.name !== name) wrong.push(`${source}: ${our?.name} for ${name}`);
      else if (our.message === '' || our.message === our.name) wrong.push(`${name} says nothing`);
      else {
        const places = comparePlaces(source, at, our);
        if (places !== 'equal' && places !== 'finer') wrong.push(`${source}: ${places}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('cover every text and every error of every function in the corpus', () => {
    const known = new Set(recorded.map(({ source, version }) => `${version} ${source}`));
    const missing = [
      ...TEXTS.map((source) => ({ source, version: 3 })),
      ...corpusRefusals(join(here, 'corpus')),
    ].filter(({ source, version }) => !known.has(`${version} ${source}`));
    expect(missing).toEqual([]);
  });
});
