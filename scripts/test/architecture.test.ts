/**
 * The folder list is the architecture: rooms, floors and arrows are declared in architecture.json
 * and this test holds the code against it. Each rule is also shown to bite on a planted violation.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkArchitecture, readRooms, renderRoomTable } from '../architecture.ts';

const root = join(import.meta.dirname, '..', '..');

describe('architecture', () => {
  it('every import follows an arrow of architecture.json', () => {
    expect(checkArchitecture(root)).toEqual([]);
  });

  it('the table of rooms in ARCHITECTURE.md is the one of architecture.json', () => {
    const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    expect(page).toContain(renderRoomTable(root));
  });

  it('every room has a purpose and a folder', () => {
    const folders = readRooms(root).map((room) => room.name);
    expect(folders.sort()).toEqual(
      Object.keys(JSON.parse(readFileSync(join(root, 'architecture.json'), 'utf8')).rooms).sort(),
    );
  });
});

describe('architecture rules bite', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** A house of two rooms, `low` (base) and `high` (rules), with one line planted. */
  function plant(
    room: 'low' | 'high',
    line: string,
    dependencies: string[] = [],
    more: Readonly<Record<string, string>> = {},
  ): string[] {
    const house = mkdtempSync(join(tmpdir(), 'assay-house-'));
    folders.push(house);
    writeFileSync(
      join(house, 'architecture.json'),
      JSON.stringify({
        floors: ['base', 'rules'],
        rooms: { low: ['base', 'Low'], high: ['rules', 'High'] },
        beside: {},
        closed: {},
      }),
    );
    for (const [floor, name] of [
      ['base', 'low'],
      ['rules', 'high'],
    ] as const) {
      mkdirSync(join(house, floor, name, 'src'), { recursive: true });
      writeFileSync(
        join(house, floor, name, 'package.json'),
        JSON.stringify({
          name: `@assay/${name}`,
          exports: { '.': './src/index.ts' },
          dependencies: Object.fromEntries(
            (name === room ? dependencies : []).map((d) => [d, '0.1.0']),
          ),
        }),
      );
      writeFileSync(
        join(house, floor, name, 'src', 'index.ts'),
        name === room ? `${line}\n` : 'export const here = 1;\n',
      );
      if (name !== room) continue;
      for (const [file, text] of Object.entries(more)) {
        writeFileSync(join(house, floor, name, 'src', file), text);
      }
    }
    return checkArchitecture(house);
  }

  it('accepts an arrow downward', () => {
    expect(
      plant('high', "import { here } from '@assay/low'; export const x = here;", ['@assay/low']),
    ).toEqual([]);
  });

  it.each([
    [
      'an arrow upward',
      'low',
      "import { here } from '@assay/high'; export const x = here;",
      ['@assay/high'],
      /upward/,
    ],
    [
      'an undeclared dependency',
      'high',
      "import { here } from '@assay/low'; export const x = here;",
      [],
      /not declared/,
    ],
    [
      'a deep import',
      'high',
      "import { here } from '@assay/low/src/index.ts'; export const x = here;",
      ['@assay/low'],
      /door/,
    ],
    [
      'an import out of the room by path',
      'high',
      "import { here } from '../../../base/low/src/index.ts'; export const x = here;",
      [],
      /leaves the room/,
    ],
    ['a clock in the rules', 'high', 'export const now = Date.now();', [], /Date\.now/],
    ['randomness in the rules', 'high', 'export const dice = Math.random();', [], /Math\.random/],
    [
      'a socket in the rules',
      'high',
      "import { connect } from 'node:net'; export const c = connect;",
      [],
      /node:net/,
    ],
    ['a timer in the rules', 'high', 'export const t = setTimeout(() => {}, 1);', [], /setTimeout/],
  ] as const)('refuses %s', (_what, room, line, dependencies, alarm) => {
    const alarms = plant(room, line, [...dependencies]);
    expect(alarms.join('\n')).toMatch(alarm);
  });

  it('refuses files of one room that need each other to load, not those that share types', () => {
    const turn = "import { here } from './index.ts';\nexport const there = here;";
    const there = { 'there.ts': turn };
    expect(
      plant('low', "export { there } from './there.ts'; export const here = 1;", [], there),
    ).toEqual(['base/low: a circle: src/index.ts -> src/there.ts -> src/index.ts']);
    expect(
      plant('low', "import type { there } from './there.ts'; export const here = 1;", [], there),
    ).toEqual([]);
  });

  it('reads a real tree (the rule test is not vacuous)', () => {
    expect(readdirSync(join(root, 'rules')).length).toBeGreaterThan(2);
    expect(readRooms(root).length).toBeGreaterThan(20);
  });
});
