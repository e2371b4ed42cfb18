/**
 * Holds the code against architecture.json: which room may import which, through which door, and
 * that nothing but `world` (and named adapters) touches clocks, randomness, sockets or files.
 * Read as text: imports are static in this project.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export interface Room {
  readonly name: string;
  readonly folder: string;
  readonly sources: readonly string[];
}

interface Plan {
  readonly floors: readonly string[];
  readonly rooms: Readonly<Record<string, readonly [floor: string, purpose: string]>>;
  readonly beside: Readonly<Record<string, readonly string[]>>;
  readonly closed: Readonly<Record<string, readonly string[]>>;
}

const ROOM_FOLDERS = ['base', 'format', 'rules', 'client', 'inference', 'node', 'apps'];
const LONE_ROOMS = ['contracts', 'sim'];

/** Files that are adapters to the real world by design. Everything else stays pure. */
const WORLDLY = [
  /^base\/world\/src\//,
  /^base\/store\/src\/lmdb/,
  /^base\/observe\/src\/node/,
  /^base\/crypto\/src\//,
  /^client\/client\/src\/transport\.ts$/,
  /^inference\/engine\/src\/(llama|model)/,
  /^inference\/gateway\/src\/ledger\/(pglite|postgres)\.ts$/,
  /^apps\//,
  /^sim\//,
];

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\s*\(|\bnew Date\(\s*\)/, 'Date.now'],
  [/\bMath\.random\s*\(/, 'Math.random'],
  [/\b(?:setTimeout|setInterval|setImmediate)\s*\(/, 'setTimeout'],
  [/\bprocess\./, 'process'],
  [/(?<![.#\w])fetch\s*\(/, 'fetch'],
  [/from 'node:(?!crypto)([a-z_/]+)'/, 'node:'],
];

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(path);
      return entry.name.endsWith('.ts') ? [path] : [];
    });
}

export function readRooms(root: string): Room[] {
  const rooms: Room[] = [];
  for (const floor of ROOM_FOLDERS) {
    if (!existsSync(join(root, floor))) continue;
    for (const name of readdirSync(join(root, floor)).sort()) {
      const folder = join(root, floor, name);
      if (!existsSync(join(folder, 'package.json'))) continue;
      rooms.push({ name, folder, sources: filesUnder(join(folder, 'src')) });
    }
  }
  for (const name of LONE_ROOMS) {
    const folder = join(root, name);
    if (!existsSync(join(folder, 'package.json'))) continue;
    const sources = filesUnder(folder).filter((file) => !file.includes('/test/'));
    rooms.push({ name, folder, sources });
  }
  return rooms;
}

function readPlan(root: string): Plan {
  return JSON.parse(readFileSync(join(root, 'architecture.json'), 'utf8')) as Plan;
}

/** Comments and strings do not run: they may speak of clocks and sockets. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function arrowAlarm(plan: Plan, from: string, to: string): string | null {
  const fromFloor = plan.rooms[from]?.[0];
  const toFloor = plan.rooms[to]?.[0];
  if (fromFloor === undefined) return `room ${from} is not in architecture.json`;
  if (toFloor === undefined) return `room ${to} is not in architecture.json`;
  if (plan.closed[fromFloor]?.includes(toFloor))
    return `${from} -> ${to}: the ${toFloor} floor is closed to ${fromFloor}`;
  const step = plan.floors.indexOf(fromFloor) - plan.floors.indexOf(toFloor);
  if (step > 0) return null;
  if (step < 0) return `${from} -> ${to}: an arrow upward`;
  return plan.beside[from]?.includes(to) ? null : `${from} -> ${to}: not listed in 'beside'`;
}

function checkFile(
  root: string,
  plan: Plan,
  rooms: readonly Room[],
  room: Room,
  file: string,
  alarms: string[],
): void {
  const where = relative(root, file);
  const source = withoutComments(readFileSync(file, 'utf8'));
  const manifest = JSON.parse(readFileSync(join(room.folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  for (const match of source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    const target = match[1]!;
    if (target.startsWith('.')) {
      const path = resolve(file, '..', target);
      if (!path.startsWith(`${room.folder}/`)) alarms.push(`${where}: ${target} leaves the room`);
      continue;
    }
    if (!target.startsWith('@assay/')) continue;
    const [, name, ...rest] = target.split('/');
    if (manifest.dependencies?.[`@assay/${name}`] === undefined)
      alarms.push(`${where}: @assay/${name} is not declared in package.json`);
    const door = rooms.find((other) => other.name === name);
    if (rest.length > 0 && door !== undefined) {
      const { exports } = JSON.parse(readFileSync(join(door.folder, 'package.json'), 'utf8')) as {
        exports?: Record<string, string>;
      };
      if (exports?.[`./${rest.join('/')}`] === undefined)
        alarms.push(`${where}: ${target} does not go through the door`);
    }
    const alarm = arrowAlarm(plan, room.name, name!);
    if (alarm !== null) alarms.push(`${where}: ${alarm}`);
  }
  if (WORLDLY.some((pattern) => pattern.test(where))) return;
  for (const [pattern, what] of FORBIDDEN) {
    const hit = pattern.exec(source);
    if (hit !== null) alarms.push(`${where}: ${what}${hit[1] ?? ''} belongs to world`);
  }
}

/** What a file takes from others of its room at run time: imports of types alone tie nothing. */
function valueImports(file: string): string[] {
  const statements = withoutComments(readFileSync(file, 'utf8')).split(';');
  return statements.flatMap((statement) => {
    const match = /(?:^|\n)(?:import|export)\s([^']*)from '(\.[^']+)'\s*$/.exec(statement);
    if (match === null) return [];
    const names = match[1]!.trim();
    const types =
      names.startsWith('type ') ||
      (names.startsWith('{') &&
        names
          .replace(/[{},]\s*$|^\{/g, '')
          .split(',')
          .every((name) => /^\s*(type\s|$)/.test(name)));
    return types ? [] : [resolve(file, '..', match[2]!)];
  });
}

/** Files of one room that need each other to load, as a path that ends where it began; null when none. */
function findCircle(room: Room): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | null => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file) || !room.sources.includes(file)) return null;
    for (const next of valueImports(file)) {
      const circle = visit(next, [...path, file]);
      if (circle !== null) return circle;
    }
    done.add(file);
    return null;
  };
  for (const file of room.sources) {
    const circle = visit(file, []);
    if (circle !== null) return circle;
  }
  return null;
}

/** One line per violation; empty when the house stands as drawn. */
export function checkArchitecture(root: string): string[] {
  const plan = readPlan(root);
  const alarms: string[] = [];
  const rooms = readRooms(root);
  for (const room of rooms) {
    for (const file of room.sources) checkFile(root, plan, rooms, room, file, alarms);
    const circle = findCircle(room);
    if (circle !== null) {
      const path = circle.map((file) => relative(room.folder, file)).join(' -> ');
      alarms.push(`${relative(root, room.folder)}: a circle: ${path}`);
    }
  }
  return alarms;
}

/** The table of rooms as ARCHITECTURE.md shows it. */
export function renderRoomTable(root: string): string {
  const plan = readPlan(root);
  const folderOf = new Map(readRooms(root).map((room) => [room.name, relative(root, room.folder)]));
  const lines = ['| room | what it does |', '|---|---|'];
  for (const floor of [...plan.floors].reverse()) {
    for (const [name, [at, purpose]] of Object.entries(plan.rooms)) {
      if (at === floor)
        lines.push(`| [\`${folderOf.get(name)}\`](${folderOf.get(name)}) | ${purpose} |`);
    }
  }
  return lines.join('\n');
}
