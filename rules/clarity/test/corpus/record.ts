/**
 * `npm run oracle:clarity -- --corpus record | verify`: records what the reference answers to each
 * case of the corpus, or checks that what is recorded is still what it answers.
 */
import { differences, ours, withoutTracer } from '../oracle.ts';
import { reference } from '../reference.ts';
import { type Corpus, versionsFor } from './format.ts';
import { caseName, deployNeighbours, outcomeText, runCase } from './run-case.ts';

/** Run time the reference's tracer may have added to a case. */
const TRACER_MOST = 12;

export interface CorpusRun {
  readonly cases: number;
  readonly answers: number;
  readonly disagreements: number;
}

/**
 * @param record true: expectations of `corpus` become what both VMs answer
 * @param say told of each answer in which the VMs, or recording and answer, differ
 */
export async function runCorpus(
  corpora: ReadonlyMap<string, Corpus>,
  options: { readonly record: boolean; readonly say: (line: string) => void },
): Promise<CorpusRun> {
  const { record, say } = options;
  const theirs = await reference();
  let [cases, answers, disagreements] = [0, 0, 0];
  for (const [family, { cases: list }] of corpora) {
    await theirs.restart();
    const our = ours(theirs.facts);
    for (const machine of [theirs, our]) deployNeighbours(machine);
    for (const one of list) {
      cases++;
      if (record) one.expected.clear();
      for (const version of versionsFor(one)) {
        const at = { name: caseName(answers++), version };
        const expected = runCase(theirs, one, at);
        const answer = runCase(our, one, at);
        const list = differences(withoutTracer(expected, answer, TRACER_MOST), answer);
        const outcome = outcomeText(answer, at.name);
        if (record) one.expected.set(version, outcome);
        else if (one.expected.get(version) !== outcome) {
          list.push(`recorded ${one.expected.get(version)} | answered ${outcome}`);
        }
        if (list.length === 0) continue;
        disagreements++;
        say([`== ${family} ${one.section}, Clarity ${version}: ${one.source}`, ...list].join('\n'));
      }
    }
    say(`${family}: ${list.length} cases`);
  }
  return { cases, answers, disagreements };
}
