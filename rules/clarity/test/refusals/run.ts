/**
 * `npm run oracle:clarity -- --refusals record | verify | random`: asks the reference, one contract
 * at a time, why and where it refuses: all of `texts.ts`, and of the corpus one case for each function
 * and error; or random programs that are refused.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClarityError,
  type ClarityVersion,
  ClarityVm,
  CostMeter,
  MemoryBlockInfo,
  MemoryClarityDb,
  UNLIMITED,
} from '../../src/index.ts';
import { type CorpusCase, parseCorpus, versionsFor } from '../corpus/format.ts';
import { contractOf, NEIGHBOURS } from '../corpus/run-case.ts';
import { LIBRARIES } from '../generator/library.ts';
import { randomProgram } from '../generator/program.ts';
import { compareKinds, comparePlaces, type RecordedRefusal } from './compare.ts';
import { Diagnoser, type Neighbour } from './diagnose.ts';
import { TEXTS } from './texts.ts';

/** The deployer of the projects that are opened: where contracts of no address belong. */
export const PROJECT_DEPLOYER = 'ST1JAHE8GEHB0MCBGR8J6W0AA7TJEE1XKFSD2Q80H';

export interface Refused {
  readonly source: string;
  readonly version: ClarityVersion;
}

/** Our refusal; null when we accept. */
export function ourRefusal(
  { source, version }: Refused,
  neighbours: readonly Neighbour[],
): ClarityError | null {
  const vm = new ClarityVm({
    db: new MemoryClarityDb(),
    info: new MemoryBlockInfo(),
    meter: new CostMeter(UNLIMITED),
  });
  const deploy = (name: string, text: string, clarityVersion: ClarityVersion) =>
    vm.deploy({ contractId: `${PROJECT_DEPLOYER}.${name}`, source: text, clarityVersion });
  for (const [name, text, of] of neighbours) deploy(name, text, of);
  const out = deploy('main', source, version);
  return out.ok ? null : out.error.error;
}

export const CORPUS_NEIGHBOURS: readonly Neighbour[] = Object.entries(NEIGHBOURS).map(
  ([name, source]) => [name, source, 2],
);

/** What the corpus knows to be refused before running, each function's every error once. */
export function corpusRefusals(folder: string): Refused[] {
  const found = new Map<string, Refused>();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.corpus'))
    .sort()) {
    for (const one of parseCorpus(readFileSync(join(folder, file), 'utf8')).cases) {
      for (const version of versionsFor(one)) addRefusal(found, one, version);
    }
  }
  return [...found.values()];
}

function addRefusal(found: Map<string, Refused>, one: CorpusCase, version: ClarityVersion): void {
  const outcome = one.expected.get(version) ?? '';
  if (!/^(check|parse)/.test(outcome)) return;
  const key = outcome === 'parse' ? one.source : `${one.section} ${outcome}`;
  if (!found.has(key)) found.set(key, { source: contractOf(one), version });
}

interface Tally {
  refusals: number;
  equal: number;
  finer: number;
  disagreements: number;
}

export interface RefusalsRun {
  readonly corpus: string;
  /** Where those that are not there yet are written; null: all are asked, none is written. */
  readonly recordTo: string | null;
  readonly say: (line: string) => void;
}

export async function runRefusals(run: RefusalsRun) {
  const texts = TEXTS.map((source): Refused => ({ source, version: 3 }));
  const tally: Tally = { refusals: 0, equal: 0, finer: 0, disagreements: 0 };
  const diagnoser = new Diagnoser();
  const known = run.recordTo === null ? new Map<string, string>() : readRecorded(run.recordTo);
  const recorded: string[] = [];
  for (const refused of [...texts, ...corpusRefusals(run.corpus)]) {
    const kept = known.get(keyOf(refused));
    if (kept !== undefined) {
      recorded.push(kept);
      continue;
    }
    const theirs = await diagnoser.ask(refused, namedIn(refused.source, CORPUS_NEIGHBOURS));
    const our = ourRefusal(refused, CORPUS_NEIGHBOURS);
    judge(refused, theirs, our, tally, run.say);
    if (theirs === null || our === null) continue;
    const { source, version } = refused;
    const line: RecordedRefusal = { version, source, name: our.name, at: theirs.at };
    recorded.push(JSON.stringify(line));
    if (tally.refusals % 50 === 0) run.say(`${tally.refusals} refusals`);
  }
  if (run.recordTo !== null) writeFileSync(run.recordTo, `${recorded.join('\n')}\n`);
  return tally;
}

const keyOf = ({ source, version }: { source: string; version: number }) => `${version} ${source}`;

function readRecorded(path: string): Map<string, string> {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return new Map(lines.map((line) => [keyOf(JSON.parse(line) as RecordedRefusal), line]));
}

/** A project without them opens sooner. */
const namedIn = (source: string, neighbours: readonly Neighbour[]) =>
  neighbours.some(([name]) => source.includes(`.${name}`)) ? neighbours : [];

export async function runRandomRefusals(run: {
  readonly programs: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}) {
  const tally: Tally = { refusals: 0, equal: 0, finer: 0, disagreements: 0 };
  const diagnoser = new Diagnoser();
  const libraries = LIBRARIES.map(
    ({ name, source, version }): Neighbour => [name, source, version],
  );
  for (let i = 0; i < run.programs; i++) {
    const { contracts } = randomProgram(run.seed * 1_000_003 + i);
    if (contracts.length !== 1) continue;
    const our = ourRefusal(contracts[0]!, libraries);
    if (our === null || (our.kind !== 'parse' && our.kind !== 'check')) continue;
    const theirs = await diagnoser.ask(contracts[0]!, namedIn(contracts[0]!.source, libraries));
    judge(contracts[0]!, theirs, our, tally, run.say);
  }
  return { ...tally, seed: run.seed };
}

function judge(
  { source, version }: Refused,
  theirs: Awaited<ReturnType<Diagnoser['ask']>>,
  our: ClarityError | null,
  tally: Tally,
  say: (line: string) => void,
): void {
  tally.refusals++;
  let found: string | null;
  if (theirs === null || our === null) {
    found = `reference ${theirs?.message ?? 'accepts'}, ours ${our?.message ?? 'accepts'}`;
  } else {
    found = compareKinds(theirs, our);
    if (found === null) {
      const places = comparePlaces(source, theirs.at, our);
      if (places === 'equal' || places === 'finer') tally[places]++;
      else found = `${our.name}: ${places}`;
    }
  }
  if (found === null) return;
  tally.disagreements++;
  say(`== Clarity ${version}: ${source}\n${found}`);
}
