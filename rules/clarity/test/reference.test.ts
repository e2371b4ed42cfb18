/** docs/clarity.md knows every word, runs what it shows, and is what the code says now. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFINE_NAMES, NATIVE_NAMES, VARIABLE_NAMES, versionsOf } from '../src/names.ts';
import { ALLOWANCE_SPECIALS } from '../src/natives/allowances.ts';
import { PLAIN_NATIVES } from '../src/natives/table.ts';
import { REFERENCE, referenceOf } from '../src/reference/index.ts';
import { renderReference, runExample } from './reference/render.ts';

const WORDS = REFERENCE.flatMap(({ words }) => words);

describe('the language reference', () => {
  it('has every word of the language once, and no other', () => {
    const names = WORDS.map(({ name }) => name).sort();
    expect(names).toEqual([...NATIVE_NAMES, ...VARIABLE_NAMES, ...DEFINE_NAMES].sort());
  });

  it('names the cost function that running charges', () => {
    for (const { name, cost } of PLAIN_NATIVES.values()) {
      expect([name, referenceOf(name)!.cost]).toEqual([name, [cost]]);
    }
  });

  it('names a cost for every native but allowances, which are free', () => {
    const free = new Set([...ALLOWANCE_SPECIALS.map(([name]) => name), 'at-block']);
    for (const name of NATIVE_NAMES) {
      if (!free.has(name)) expect(referenceOf(name)!.cost, name).not.toEqual([]);
    }
  });

  it('shows each word in its example, and each example runs', () => {
    for (const entry of WORDS) {
      if (entry.example === '') continue;
      expect(`${entry.setup}\n${entry.example}`).toContain(entry.name);
      expect(runExample(entry), entry.name).not.toBe('');
    }
    expect(WORDS.filter(({ example }) => example === '').map(({ name }) => name)).toEqual([
      'at-block',
    ]);
  });

  it('knows from when to when', () => {
    expect(versionsOf('as-contract')).toEqual([1, 3]);
    expect(versionsOf('+')).toEqual([1, 5]);
    expect(versionsOf('constructor')).toBeNull();
    expect(referenceOf('constructor')).toBeNull();
  });

  it('is written in docs/clarity.md (`--update` writes it anew)', async () => {
    const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'clarity.md');
    await expect(renderReference()).toMatchFileSnapshot(page);
  });
});
