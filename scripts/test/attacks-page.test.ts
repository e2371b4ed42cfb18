/**
 * docs/attacks.md promises a test by name for every attack: this holds the page against the tests.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'attacks.md'), 'utf8');

interface Row {
  readonly name: string;
  readonly files: readonly string[];
}

const rows: readonly Row[] = page.split('\n').flatMap((line) => {
  const cells = line.split('|').map((cell) => cell.trim());
  const name = cells[1] ?? '';
  const files = (cells[4] ?? '').split(', ');
  return files[0]?.endsWith('.test.ts') ? [{ name, files }] : [];
});

/** Titles of `describe`, `it` and `it.each` in a file. */
function titlesOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:describe|it|\))\(\s*(['"`])(.+?)\1,/gs)].map(
    ([, , title]) => title!,
  );
}

describe('docs/attacks.md', () => {
  it('has every weakness of FunAI and every attack on verification', () => {
    const names = rows.map(({ name }) => name);
    for (let n = 1; n <= 27; n++) expect(names).toContain(`funai-8.${n}`);
    for (let n = 1; n <= 15; n++) expect(names).toContain(`(${n})`);
  });

  it.each(rows)('$name is a test by name', ({ name, files }) => {
    // 8.1 is not 8.10.
    const named = new RegExp(`${name.replace(/[.()]/g, '\\$&')}(?!\\d)`);
    for (const file of files) {
      expect(existsSync(join(root, file)), file).toBe(true);
      expect(
        titlesOf(file).some((title) => named.test(title)),
        `${file}: ${name}`,
      ).toBe(true);
    }
  });
});
