/**
 * What `npm run oracle:clarity` runs: random programs or the corpus on both VMs, or the deploys that
 * stacks-core's tests price. Results are returned; progress and disagreements are told as they come.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { comparePrograms, type Disagreement } from './compare-programs.ts';
import { parseCorpus, printCorpus } from './corpus/format.ts';
import { runCorpus } from './corpus/record.ts';
import { Coverage } from './generator/coverage.ts';
import { Dice } from './generator/values.ts';
import { Checkout } from './public/checkout.ts';
import { compareContracts } from './public/compare-contracts.ts';
import { reference } from './reference.ts';

export { runRandomRefusals, runRefusals } from './refusals/run.ts';
export { compareDeploys } from './stacks-core-deploys.ts';

export interface ProgramsRun {
  readonly programs: number;
  readonly seed: number;
  /** Also tell how often each word of the language was used. */
  readonly coverage: boolean;
  readonly say: (line: string) => void;
  readonly onDisagreement: (text: string) => void;
}

/** A progress line every so many programs. */
const PROGRESS = 500;

export async function runPrograms(options: ProgramsRun) {
  const { programs, seed, say } = options;
  const coverage = new Coverage();
  let found = 0;
  const report = await comparePrograms({
    programs,
    seed,
    theirs: await reference(),
    onProgram: (done, program, accepted) => {
      for (const [i, was] of accepted.entries()) coverage.add(program.contracts[i]!, was);
      if (done % PROGRESS === 0) say(`${done} programs, ${found} disagreements`);
    },
    onDisagreement: (one) => {
      found++;
      options.onDisagreement(disagreementText(one));
    },
  });
  if (options.coverage) {
    say(coverage.table());
    say(`never accepted: ${coverage.holes().join(', ') || 'nothing'}`);
  }
  const { accepted, calls } = report;
  return { programs, calls, disagreements: report.disagreements.length, seed, accepted };
}

function disagreementText({ programSeed, what, answers, program }: Disagreement): string {
  const sources = program.contracts.map(
    ({ name, version, source }) => `;; ${name}, Clarity ${version}\n${source}`,
  );
  return [`== program ${programSeed}, ${what}`, ...answers, ...sources, ''].join('\n');
}

/** @param folder of the `.corpus` files; recording writes them again */
export async function runCorpusFiles(
  folder: string,
  options: { readonly record: boolean; readonly say: (line: string) => void },
) {
  const paths = readdirSync(folder)
    .filter((file) => file.endsWith('.corpus'))
    .map((file) => join(folder, file));
  const corpora = new Map(paths.map((path) => [path, parseCorpus(readFileSync(path, 'utf8'))]));
  const result = await runCorpus(corpora, options);
  if (options.record) {
    for (const [path, corpus] of corpora) writeFileSync(path, printCorpus(corpus));
  }
  return result;
}

export interface PublicRun {
  /** A checkout with `.clar` files. */
  readonly folder: string;
  /** Names or ids; empty: those that `sample` says, at random. */
  readonly names: readonly string[];
  /** How many at random; all when absent. */
  readonly sample: number | null;
  readonly callsPerContract: number;
  readonly seed: number;
  readonly say: (line: string) => void;
  readonly onDisagreement: (text: string) => void;
}

/** @throws Error a name that the folder does not have */
export async function runPublicContracts(run: PublicRun) {
  const { folder, names, sample, seed, say } = run;
  const checkout = new Checkout(folder);
  const report = await compareContracts({
    checkout,
    targets: names.length > 0 ? named(checkout, names) : sampled(checkout.ids, sample, seed),
    callsPerContract: run.callsPerContract,
    seed,
    theirs: await reference(),
    onProgress: (done, { deployed, calls, disagreements }) => {
      if (done % 20 === 0) {
        say(`${done} done, ${deployed} deployed, ${calls} calls, ${disagreements} disagreements`);
      }
    },
    onDisagreement: run.onDisagreement,
  });
  return { ...report, seed };
}

function named(checkout: Checkout, names: readonly string[]): string[] {
  return names.map((name) => {
    const id = checkout.find(name);
    if (id === null) throw new Error(`no contract ${name} in this folder`);
    return id;
  });
}

function sampled(ids: string[], count: number | null, seed: number): string[] {
  if (count === null || count >= ids.length) return ids;
  const dice = new Dice(seed);
  return Array.from({ length: count }, () => ids.splice(dice.below(ids.length), 1)[0]!);
}
