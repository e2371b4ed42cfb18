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
import { type Channel, evidenceSha256 } from '../evidence.ts';
import { type FitOptions, fitTable, meanGain, type Suspicion } from './fit.ts';
import { type NoiseTail, noiseTail, reachMicro } from './noise-tail.ts';
import {
  type Observation,
  type Observed,
  type ObservedAnswer,
  type ObserveOptions,
  observe,
  type PairSummary,
  withProofs,
} from './observe.ts';
import { measurePower, type Power, peakOf, type RocPoint, rocCurve, stringPeaks } from './power.ts';
import {
  collectSpecimens,
  type HostHabits,
  type Specimen,
  type SpecimenTask,
  scoreSpecimens,
} from './specimens.ts';
import { type AttributionFit, fitStakes } from './stakes.ts';

export interface Machine {
  readonly name: string;
  readonly engine: Engine;
  /** At most so many answers; for slow machines whose numbers are known to be another's. */
  readonly answersMax?: number;
  /** For machines far away: answers all tasks there. Default: decode on `engine`. */
  readonly answer?: (tasks: readonly SpecimenTask[]) => Promise<Specimen[]>;
}

export interface Suspect {
  readonly name: string;
  /** Loads what the cheat runs; it is closed when the suspect has been measured. */
  readonly open: () => Promise<Engine>;
  readonly habits?: HostHabits;
  /** Channels whose bets it teaches; other suspects are only measured. */
  readonly teaches: readonly ('sketch' | 'margin')[];
  /** How its weights follow from the true ones, when judges may run it too (channel C). */
  readonly recipe?: string;
}

export interface MeasurePlan {
  /** Honest machines that decode. */
  readonly hosts: readonly Machine[];
  /** Honest machines that prefill. The first one is the reference judge, the last one proves for spoofs. */
  readonly judges: readonly Machine[];
  readonly suspects: readonly Suspect[];
  readonly prompts: readonly (readonly ChatMessage[])[];
  readonly params: SamplingParams;
  readonly answersPerHost: number;
  readonly answersPerSuspect: number;
  readonly onProgress?: (what: string) => void;
}

export interface EvaluationPlan {
  readonly name: string;
  readonly weightsSha256: string;
  readonly redraws: number;
  readonly toleranceMicro: number;
  /** At most; the measured bound of what rounding explains may be lower. */
  readonly impossibleMicro: number;
  readonly axes?: TableAxes;
  /** Greatest score of one token per channel, thousandths of a nat. */
  readonly clipMilli?: Readonly<Record<Channel, number>>;
  readonly attributionClipMilli?: number;
}

export type CalibrationPlan = MeasurePlan & EvaluationPlan;

export interface SuspectResult {
  readonly name: string;
  /** The host publishes its own logprobs. */
  readonly naive: Power;
  /** Genuine sketches over the suspect's tokens. */
  readonly spoof: Power;
  /** As `spoof`, and one impossible draw suffices: the judge as it is. */
  readonly spoofWithRule: Power;
  /**
   * Tokens until the first draw that the judge would have decided otherwise. Before it a spoofed answer
   * is the honest answer, token by token: no test whatever can convict sooner.
   */
  readonly spoofLeast: Power;
  readonly naiveRoc: readonly RocPoint[];
  readonly spoofRoc: readonly RocPoint[];
}

export interface Calibration {
  readonly table: CalibratedTable;
  readonly tableSha256: string;
  readonly pairs: readonly (PairSummary & { readonly host: string; readonly judge: string })[];
  /** Of the worst honest pair: what the rule of impossible draws and the rarest bins rest on. */
  readonly tail: NoiseTail;
  /** Per alternative: mean of e^(gamma S) over held-out honest answers of the worst pair. */
  readonly worstGain: Readonly<Record<string, number>>;
  readonly honest: HonestCheck;
  readonly suspects: readonly SuspectResult[];
  /** Channel C, for every suspect that judges can run. */
  readonly attributions: readonly AttributionFit[];
}

/** Held-out honest answers under the finished table. */
export interface HonestCheck {
  readonly verdicts: number;
  readonly tokens: number;
  readonly above10: number;
  readonly above100: number;
  readonly above1000: number;
  readonly maxNats: number;
  /** Verdicts that the rule of impossible draws would have made. */
  readonly impossible: number;
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

/** What machines said, before any table: enough to fit and to measure as often as one likes. */
export interface Measurements {
  readonly pairs: readonly Observed[];
  readonly suspects: readonly MeasuredSuspect[];
}

export interface MeasuredSuspect extends Observed {
  readonly teaches: Suspect['teaches'];
  /** Genuine sketches over the suspect's tokens: prefill-spoof. */
  readonly proofs: readonly (readonly TokenScore[])[];
  /** The host drew under the request's seed and parameters. */
  readonly drawsAsAsked: boolean;
  /** The suspect before the bar (channel C), when the judges could run it too. */
  readonly recipe: MeasuredRecipe | null;
}

/** How the suspected weights score answers, on the reference judge's machine. */
export interface MeasuredRecipe {
  readonly name: string;
  readonly weightsSha256: string;
  /** Of the suspect's own answers. */
  readonly own: readonly (readonly TokenScore[])[];
  /** Of the honest hosts' answers, in the order of `plan.hosts`. */
  readonly honest: readonly (readonly (readonly TokenScore[])[])[];
}

/** @throws EngineError */
export async function calibrate(plan: CalibrationPlan): Promise<Calibration> {
  return evaluate(plan, await measure(plan));
}

/** Runs every machine. Nearly all the time of a calibration is spent here. @throws EngineError */
export async function measure(plan: MeasurePlan): Promise<Measurements> {
  const pairs: Observed[] = [];
  const answered: (readonly Specimen[])[] = [];
  for (const host of plan.hosts) {
    plan.onProgress?.(`honest host: ${host.name}`);
    const count = Math.min(plan.answersPerHost, host.answersMax ?? plan.answersPerHost);
    const tasks = makeTasks(plan, host.name, count);
    const specimens = await (host.answer?.(tasks) ?? collectSpecimens(host.engine, tasks));
    answered.push(specimens);
    for (const judge of plan.judges) {
      const scores = await scoreSpecimens(judge.engine, specimens);
      pairs.push({ host: host.name, judge: judge.name, specimens, scores });
    }
  }
  const suspects: MeasuredSuspect[] = [];
  for (const suspect of plan.suspects) {
    plan.onProgress?.(`suspect: ${suspect.name}`);
    const engine = await openSuspect(suspect, plan);
    if (engine === null) continue;
    try {
      suspects.push(await measureOne({ ...suspect, engine }, plan, answered));
    } finally {
      await engine.close();
    }
  }
  return { pairs, suspects };
}

/** Null, and said, when it cannot be made here: a model of another architecture has no such copy. */
async function openSuspect(suspect: Suspect, plan: MeasurePlan): Promise<Engine | null> {
  try {
    return await suspect.open();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    plan.onProgress?.(`suspect ${suspect.name} is left out: ${reason}`);
    return null;
  }
}

/** A suspect before the reference judge, with its own sketches and with genuine ones. */
async function measureOne(
  suspect: Suspect & { readonly engine: Engine },
  plan: MeasurePlan,
  answered: readonly (readonly Specimen[])[],
): Promise<MeasuredSuspect> {
  const judge = plan.judges[0]!;
  const tasks = makeTasks(plan, suspect.name, plan.answersPerSuspect);
  const { engine, habits, recipe = null } = suspect;
  const specimens = await collectSpecimens(engine, tasks, habits);
  const scores = await scoreSpecimens(judge.engine, specimens);
  const proofs = await scoreSpecimens(plan.judges.at(-1)!.engine, specimens);
  const honest: (readonly (readonly TokenScore[])[])[] = [];
  if (recipe !== null) {
    for (const one of answered) honest.push(await scoreSpecimens(engine, one));
  }
  return {
    host: suspect.name,
    judge: judge.name,
    specimens,
    scores,
    proofs,
    teaches: suspect.teaches,
    // Another draw cannot be drawn again under the right seed.
    drawsAsAsked: habits?.params === undefined && habits?.seed === undefined,
    recipe:
      recipe === null
        ? null
        : {
            name: recipe,
            weightsSha256: engine.info.weightsSha256,
            own: await scoreSpecimens(engine, specimens),
            honest,
          },
  };
}

/** From measurements to table, bounds and error rates. */
export function evaluate(plan: EvaluationPlan, measured: Measurements): Calibration {
  const axes = plan.axes ?? DEFAULT_AXES;
  const { toleranceMicro, redraws } = plan;
  const tail = noiseTail(measured.pairs, IMPOSSIBLE_SHARE);
  const impossibleMicro = impossibleFrom(plan, tail);
  const options = { axes, toleranceMicro, impossibleMicro, redraws };
  const pairs = measured.pairs.map((pair) => observe(pair, options));
  const suspects = measured.suspects.map((one) => observeSuspect(one, options));
  const { learning, heldOut } = halves(pairs);
  const fit: FitOptions = {
    axes,
    name: plan.name,
    weightsSha256: plan.weightsSha256,
    impossibleMicro,
    tail,
    ...(plan.clipMilli === undefined ? {} : { clipMilli: plan.clipMilli }),
  };
  const attributions = fitAttributions(plan, measured);
  const table: CalibratedTable = {
    ...fitTable(learning, heldOut, suspicionsOf(suspects), fit),
    attributions: attributions.map(({ recipe, weightsSha256, stakes }) => {
      return { recipe, weightsSha256, stakes };
    }),
  };
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
    tail,
    worstGain,
    honest: checkHonest(table, honestAnswers),
    suspects: suspects.map((one) => measureSuspect(table, honestAnswers, secondHalf(one))),
    attributions,
  };
}

/** At most so many honest tokens lose by more than what the rule calls impossible. */
const IMPOSSIBLE_SHARE = 1e-9;
/** And never less than so many times the greatest spread seen, nor than this. */
const IMPOSSIBLE_FACTOR = 2;
const IMPOSSIBLE_MICRO_MIN = 20_000;

function impossibleFrom(plan: EvaluationPlan, tail: NoiseTail): number {
  const micro = Math.ceil(
    Math.max(
      IMPOSSIBLE_MICRO_MIN,
      IMPOSSIBLE_FACTOR * tail.greatestMicro,
      reachMicro(tail, IMPOSSIBLE_SHARE),
    ),
  );
  return Math.min(plan.impossibleMicro, micro);
}

function fitAttributions(
  plan: EvaluationPlan,
  { pairs, suspects }: Measurements,
): AttributionFit[] {
  const judge = pairs[0]?.judge;
  const reference = pairs.filter((pair) => pair.judge === judge);
  const { toleranceMicro, redraws, attributionClipMilli = 5000 } = plan;
  const options = { toleranceMicro, redraws, clipMilli: attributionClipMilli };
  return suspects.flatMap((one) => fitStakes(reference, one, options) ?? []);
}

export interface ObservedSuspect {
  readonly name: string;
  readonly teaches: readonly ('sketch' | 'margin')[];
  readonly naive: Observation;
  readonly spoof: Observation;
}

function observeSuspect(suspect: MeasuredSuspect, options: ObserveOptions): ObservedSuspect {
  const { host, proofs, teaches } = suspect;
  const seen = suspect.drawsAsAsked ? options : { ...options, redraws: 0 };
  const naive = observe(suspect, seen);
  return { name: host, teaches, naive, spoof: withProofs(naive, suspect, proofs, seen) };
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
  let impossible = 0;
  const above = [0, 0, 0];
  for (const answer of answers) {
    for (let variant = 0; variant <= answer.redrawn.length; variant++) {
      const peak = peakOf(table, answer, variant);
      verdicts += 1;
      if (answer.impossibleAt[variant]! >= 0) impossible += 1;
      tokens += answer.margin.length;
      maxMicro = Math.max(maxMicro, peak);
      for (let power = 0; power < 3; power++) if (peak >= (power + 1) * TEN) above[power]! += 1;
    }
  }
  const [above10, above100, above1000] = above as [number, number, number];
  return { verdicts, tokens, above10, above100, above1000, maxNats: maxMicro / 1e6, impossible };
}

const NAIVE_TOKENS = 32;
const SPOOF_TOKENS = 256;

export function measureSuspect(
  table: CalibratedTable,
  honest: readonly ObservedAnswer[],
  suspect: ObservedSuspect,
): SuspectResult {
  const options = { boundMicro: INVALID_MICRO, trials: 1000, tokensMax: 32_768, seed: 1 };
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
    spoofLeast: measurePower(table, suspect.spoof.answers, { ...options, untilDifference: true }),
    naiveRoc: roc(suspect.naive.answers, NAIVE_TOKENS),
    spoofRoc: roc(suspect.spoof.answers, SPOOF_TOKENS),
  };
}
