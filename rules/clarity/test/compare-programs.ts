/**
 * Runs random programs on the reference and on us and counts what differs. Used by the test of
 * every `npm test` and by `npm run oracle:clarity`.
 */

import { LIBRARIES } from './generator/library.ts';
import { type RandomProgram, randomProgram } from './generator/program.ts';
import { differences, type OurMachine, ours, withoutTracer } from './oracle.ts';
import type { Answer, Machine, Reference } from './reference.ts';

export interface Disagreement {
  readonly programSeed: number;
  /** `deploy main`, `call main.f3`. */
  readonly what: string;
  /** Both answers, where they differ. */
  readonly answers: readonly string[];
  readonly program: RandomProgram;
}

export interface ProgramsReport {
  readonly programs: number;
  readonly accepted: number;
  readonly calls: number;
  readonly disagreements: readonly Disagreement[];
}

export interface CompareOptions {
  readonly programs: number;
  readonly seed: number;
  readonly theirs: Reference;
  /** After each program: how many are done, and what became of its contracts. */
  readonly onProgram?: (done: number, program: RandomProgram, accepted: readonly boolean[]) => void;
  readonly onDisagreement?: (one: Disagreement) => void;
}

/** The simulator slows down as its chain grows; a fresh one is cheap. */
const PROGRAMS_PER_SESSION = 200;

/** The seed of the program at `index` of a run. */
export const programSeed = (seed: number, index: number) => seed * 1_000_003 + index;

export async function freshMachines(theirs: Reference): Promise<OurMachine> {
  await theirs.restart();
  const our = ours(theirs.facts);
  for (const { name, source, version } of LIBRARIES) {
    for (const machine of [theirs, our]) {
      const { error } = machine.deploy(name, source, version);
      if (error !== null) throw new Error(`library ${name}: ${error}`);
    }
  }
  return our;
}

export async function comparePrograms(options: CompareOptions): Promise<ProgramsReport> {
  const { programs, seed, theirs, onProgram, onDisagreement } = options;
  const disagreements: Disagreement[] = [];
  let [acceptedPrograms, calls] = [0, 0];
  let our = await freshMachines(theirs);
  for (let i = 0; i < programs; i++) {
    if (i > 0 && i % PROGRAMS_PER_SESSION === 0) our = await freshMachines(theirs);
    const program = randomProgram(programSeed(seed, i));
    const ran = compareProgram(theirs, our, program, (what, answers) => {
      const one = { programSeed: program.seed, what, answers, program };
      disagreements.push(one);
      onDisagreement?.(one);
    });
    if (ran.accepted.every(Boolean)) acceptedPrograms++;
    calls += ran.calls;
    onProgram?.(i + 1, program, ran.accepted);
  }
  return { programs, accepted: acceptedPrograms, calls, disagreements };
}

type Report = (what: string, answers: readonly string[]) => void;

export function compareProgram(
  theirs: Machine,
  our: Machine,
  program: RandomProgram,
  report: Report,
): { readonly accepted: readonly boolean[]; readonly calls: number } {
  const accepted: boolean[] = [];
  let calls = 0;
  const compare = (what: string, ask: (machine: Machine) => Answer): Answer => {
    const expected = ask(theirs);
    const actual = ask(our);
    // The simulator, not the VM: it knows the interface and asks no further.
    if (/is not a (public|read-only|private) function/.test(expected.error ?? '')) return expected;
    const list = differences(withoutTracer(expected, actual, program.tracerMost), actual);
    if (list.length > 0) report(what, list);
    return expected;
  };
  for (const { name, source, version } of program.contracts) {
    const { error } = compare(`deploy ${name}`, (machine) => machine.deploy(name, source, version));
    accepted.push(error === null);
  }
  if (!accepted.every(Boolean)) return { accepted, calls };
  for (const { contract, fn, access, args, sender } of program.calls) {
    calls++;
    compare(`call ${contract}.${fn}`, (machine) =>
      access === 'private'
        ? machine.callPrivate(contract, fn, args, sender)
        : access === 'read-only'
          ? machine.callReadOnly(contract, fn, args, sender)
          : machine.call(contract, fn, args, sender),
    );
  }
  return { accepted, calls };
}
