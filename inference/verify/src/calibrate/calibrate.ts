/**
 * Calibration of a model in a numeric profile: honest machines answer, every judge scores every
 * answer, suspects answer too; half of the honest answers set the bounds, the other half checks whole
 * answers and gives the error rates. The result is a table, and a record of what was measured for
 * people who want to disagree with it. Engines come in from outside, so the same code calibrates
 * llama.cpp here and a rack of GPUs elsewhere.
 *
 * Nothing convicts because of a fresh table alone: a model starts in shadow mode (`ShadowMonitor`),
 * where verdicts are counted and not acted on. Source: verification.md 5.6.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import type { Engine, TokenScore } from '@assay/engine';
import type { ChatMessage, SamplingParams } from '@assay/jobs';
import { type CalibratedTable, DEFAULT_AXES, type TableAxes } from '../calibrated-table.ts';
import { evidenceSha256 } from '../evidence.ts';
import { type FitOptions, fitTable, meanGain, type Suspicion } from './fit.ts';
import { type Observation, type ObservedAnswer, observe, type PairSummary } from './observe.ts';
import { measurePower, type Power, peakOf, type RocPoint, rocCurve, stringPeaks } from './power.ts';
import {
  collectSpecimens,
  type HostHabits,
  type Specimen,
  type SpecimenTask,
  scoreSpecimens,
} from './specimens.ts';

export interface Machine {
  readonly name: string;
  readonly engine: Engine;
  /** At most so many answers; for slow machines whose numbers are known to be another's. */
  readonly answersMax?: number;
  /** For machines far away: answers all tasks there. Default: decode on `engine`. */
  readonly answer?: (tasks: readonly SpecimenTask[]) => Promise<Specimen[]>;
}

export interface Suspect extends Machine {
  readonly habits?: HostHabits;
  /** Channels whose bets it teaches; other suspects are only measured. */
  readonly teaches: readonly ('sketch' | 'margin')[];
}

export interface CalibrationPlan {
  readonly name: string;
  readonly weightsSha256: string;
  /** Honest machines that decode. */
  readonly hosts: readonly Machine[];
  /** Honest machines that prefill. The first one is the reference judge, the last one proves for spoofs. */
  readonly judges: readonly Machine[];
  readonly suspects: readonly Suspect[];
  readonly prompts: readonly (readonly ChatMessage[])[];
  readonly params: SamplingParams;
  readonly answersPerHost: number;
  readonly answersPerSuspect: number;
  readonly redraws: number;
  readonly toleranceMicro: number;
  readonly impossibleMicro: number;
  readonly axes?: TableAxes;
  readonly clipMilli?: number;
  readonly onProgress?: (what: string) => void;
}

export interface SuspectResult {
  readonly name: string;
  /** The host publishes its own logprobs. */
  readonly naive: Power;
  /** Genuine sketches over the suspect's tokens. */
  readonly spoof: Power;
  /** As `spoof`, and one impossible draw suffices: the judge as it is. */
  readonly spoofWithRule: Power;
  /** As `spoof`, with a table whose scores may reach twice the clip. */
  readonly spoofBolder: Power;
  readonly naiveRoc: readonly RocPoint[];
  readonly spoofRoc: readonly RocPoint[];
}

export interface Calibration {
  readonly table: CalibratedTable;
  readonly tableSha256: string;
  readonly pairs: readonly (PairSummary & { readonly host: string; readonly judge: string })[];
  /** Per alternative: mean of e^(gamma S) over held-out honest answers of the worst pair. */
  readonly worstGain: Readonly<Record<string, number>>;
  readonly honest: HonestCheck;
  /** The same under a table with twice the clip: what boldness would cost. */
  readonly honestBolder: HonestCheck;
  readonly suspects: readonly SuspectResult[];
}

/** Held-out honest answers under the finished table. */
export interface HonestCheck {
  readonly verdicts: number;
  readonly tokens: number;
  readonly above10: number;
  readonly above100: number;
  readonly above1000: number;
  readonly maxNats: number;
}

const TEN = Math.log(10) * 1e6;
export const INVALID_MICRO = 13_815_511;

/** Tasks in a fixed order: prompts in turn, a seed of its own for each. */
export function makeTasks(
  plan: Pick<CalibrationPlan, 'prompts' | 'params'>,
  label: string,
  count: number,
): SpecimenTask[] {
  return Array.from({ length: count }, (_, i) => ({
    messages: plan.prompts[i % plan.prompts.length]!,
    seed: sha256(bytesFromUtf8(`calibration:${label}:${i}`)),
    params: plan.params,
  }));
}

/** @throws EngineError */
export async function calibrate(plan: CalibrationPlan): Promise<Calibration> {
  const axes = plan.axes ?? DEFAULT_AXES;
  const { toleranceMicro, impossibleMicro, redraws } = plan;
  const options = { axes, toleranceMicro, impossibleMicro, redraws };
  const pairs: Observation[] = [];
  for (const host of plan.hosts) {
    plan.onProgress?.(`honest host: ${host.name}`);
    const count = Math.min(plan.answersPerHost, host.answersMax ?? plan.answersPerHost);
    const tasks = makeTasks(plan, host.name, count);
    const specimens = await (host.answer?.(tasks) ?? collectSpecimens(host.engine, tasks));
    for (const judge of plan.judges) {
      const scores = await scoreSpecimens(judge.engine, specimens);
      pairs.push(observe({ host: host.name, judge: judge.name, specimens, scores }, options));
    }
  }
  const suspects: ObservedSuspect[] = [];
  for (const suspect of plan.suspects) {
    plan.onProgress?.(`suspect: ${suspect.name}`);
    suspects.push(await observeSuspect(suspect, plan, options));
  }
  const { learning, heldOut } = halves(pairs);
  const fit: FitOptions = {
    axes,
    name: plan.name,
    weightsSha256: plan.weightsSha256,
    ...(plan.clipMilli === undefined ? {} : { clipMilli: plan.clipMilli }),
  };
  const table = fitTable(learning, heldOut, suspicionsOf(suspects), fit);
  const bolder = fitTable(learning, heldOut, suspicionsOf(suspects), {
    ...fit,
    clipMilli: 2 * (plan.clipMilli ?? 3000),
  });
  const worstGain = Object.fromEntries(
    table.alternatives.map((one) => [
      one.name,
      Math.max(...heldOut.map((pair) => meanGain(one, pair))),
    ]),
  );
  const honestAnswers = heldOut.flatMap((pair) => pair.answers);
  return {
    table,
    tableSha256: evidenceSha256(table),
    pairs: pairs.map(({ host, judge, summary }) => ({ host, judge, ...summary })),
    worstGain,
    honest: checkHonest(table, honestAnswers),
    honestBolder: checkHonest(bolder, honestAnswers),
    suspects: suspects.map((one) =>
      measureSuspect({ table, bolder }, honestAnswers, secondHalf(one)),
    ),
  };
}

export interface ObservedSuspect {
  readonly name: string;
  readonly teaches: readonly ('sketch' | 'margin')[];
  readonly naive: Observation;
  readonly spoof: Observation;
}

/** A suspect before the reference judge, with its own sketches and with genuine ones. */
export async function observeSuspect(
  suspect: Suspect,
  plan: CalibrationPlan,
  options: Parameters<typeof observe>[1],
): Promise<ObservedSuspect> {
  const judge = plan.judges[0]!;
  const tasks = makeTasks(plan, suspect.name, plan.answersPerSuspect);
  const specimens = await collectSpecimens(suspect.engine, tasks, suspect.habits);
  const scores = await scoreSpecimens(judge.engine, specimens);
  const prover = plan.judges.at(-1)!;
  const proofs = await scoreSpecimens(prover.engine, specimens);
  // Another draw cannot be drawn again under the right seed.
  const drawsAsAsked = suspect.habits?.params === undefined && suspect.habits?.seed === undefined;
  const seen = drawsAsAsked ? options : { ...options, redraws: 0 };
  const pair: ObservedPair = { host: suspect.name, judge: judge.name, specimens, scores };
  return {
    name: suspect.name,
    teaches: suspect.teaches,
    naive: observe(pair, seen),
    spoof: observe({ ...pair, proofs }, seen),
  };
}

interface ObservedPair {
  readonly host: string;
  readonly judge: string;
  readonly specimens: readonly Specimen[];
  readonly scores: readonly (readonly TokenScore[])[];
}

function suspicionsOf(suspects: readonly ObservedSuspect[]): Suspicion[] {
  return suspects.flatMap(({ name, teaches, naive }) =>
    teaches.map((channel) => ({ name, channel, observations: halves([naive]).learning })),
  );
}

/** The answers that taught nothing. */
function secondHalf(suspect: ObservedSuspect): ObservedSuspect {
  const [naive, spoof] = halves([suspect.naive, suspect.spoof]).heldOut;
  return { ...suspect, naive: naive!, spoof: spoof! };
}

/** Every other answer of every pair. */
export function halves(pairs: readonly Observation[]): {
  readonly learning: readonly Observation[];
  readonly heldOut: readonly Observation[];
} {
  const half = (pair: Observation, parity: number): Observation => ({
    ...pair,
    answers: pair.answers.filter((_, i) => i % 2 === parity),
  });
  return {
    learning: pairs.map((pair) => half(pair, 0)),
    heldOut: pairs.map((pair) => half(pair, 1)),
  };
}

export function checkHonest(
  table: CalibratedTable,
  answers: readonly ObservedAnswer[],
): HonestCheck {
  let verdicts = 0;
  let tokens = 0;
  let maxMicro = 0;
  const above = [0, 0, 0];
  for (const answer of answers) {
    for (let variant = 0; variant <= answer.redrawn.length; variant++) {
      const peak = peakOf(table, answer, variant);
      verdicts += 1;
      tokens += answer.margin.length;
      maxMicro = Math.max(maxMicro, peak);
      for (let power = 0; power < 3; power++) if (peak >= (power + 1) * TEN) above[power]! += 1;
    }
  }
  const [above10, above100, above1000] = above as [number, number, number];
  return { verdicts, tokens, above10, above100, above1000, maxNats: maxMicro / 1e6 };
}

const NAIVE_TOKENS = 32;
const SPOOF_TOKENS = 256;

export function measureSuspect(
  { table, bolder }: { readonly table: CalibratedTable; readonly bolder: CalibratedTable },
  honest: readonly ObservedAnswer[],
  suspect: ObservedSuspect,
): SuspectResult {
  const options = { boundMicro: INVALID_MICRO, trials: 300, tokensMax: 32_768, seed: 1 };
  const roc = (answers: readonly ObservedAnswer[], tokens: number) =>
    rocCurve(
      stringPeaks(table, honest, { tokens, trials: 1000, seed: 2 }),
      stringPeaks(table, answers, { tokens, trials: 300, seed: 3 }),
    );
  return {
    name: suspect.name,
    naive: measurePower(table, suspect.naive.answers, options),
    spoof: measurePower(table, suspect.spoof.answers, options),
    spoofWithRule: measurePower(table, suspect.spoof.answers, { ...options, withRule: true }),
    spoofBolder: measurePower(bolder, suspect.spoof.answers, options),
    naiveRoc: roc(suspect.naive.answers, NAIVE_TOKENS),
    spoofRoc: roc(suspect.spoof.answers, SPOOF_TOKENS),
  };
}
