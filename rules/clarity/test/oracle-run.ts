/**
 * `npm run oracle:clarity`: random programs on both VMs, as many as asked. Ends with one JSON line
 * on standard output; progress and disagreements go to standard error, or to a file.
 */
import { comparePrograms, type Disagreement } from './compare-programs.ts';
import { Coverage } from './generator/coverage.ts';
import { reference } from './reference.ts';

export interface OracleRun {
  readonly programs: number;
  readonly seed: number;
  readonly coverage: boolean;
  readonly say: (line: string) => void;
  readonly onDisagreement: (text: string) => void;
}

/** A progress line every so many programs. */
const PROGRESS = 500;

export async function run(options: OracleRun): Promise<Record<string, number>> {
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
  if (options.coverage) say(coverage.table());
  const holes = coverage.holes();
  if (holes.length > 0) say(`never accepted: ${holes.join(', ')}`);
  const { accepted, calls } = report;
  return { programs, calls, disagreements: report.disagreements.length, seed, accepted };
}

function disagreementText({ programSeed, what, answers, program }: Disagreement): string {
  const sources = program.contracts.map(
    ({ name, version, source }) => `;; ${name}, Clarity ${version}\n${source}`,
  );
  return [`== program ${programSeed}, ${what}`, ...answers, ...sources, ''].join('\n');
}
