/**
 * The evaluation of the judge, for others to repeat: `npm run eval:verify`. Per model: calibrate on
 * half of the honest answers, then say what honest machines and cheats look like on the rest. Also the
 * exact rules through the real judge, attribution of int8 weights, false alarms over many answers of
 * the fake engine, bytes and cost. What stays undetected is printed like everything else.
 */
import { join } from 'node:path';
import { type Calibration, calibrate } from '@assay/verify/calibrate';
import { openField } from '../apps/cli/src/calibration/field.ts';
import { calibrationRows, type Row, renderRows } from '../apps/cli/src/calibration/rows.ts';
import { serverOf } from '../apps/cli/src/calibration/server.ts';
import { writeCalibration } from '../apps/cli/src/calibration/write-out.ts';
import { runBehaviours } from './behaviours.ts';
import { runCosts } from './costs.ts';
import { runFalseAlarms } from './false-alarms.ts';
import { findSubjects, type Subject } from './models.ts';

export interface EvalOptions {
  readonly root: string;
  readonly quick: boolean;
  readonly falseAlarms: number;
  /** Only subjects whose name begins so. */
  readonly only?: string | null;
  /** Null for the project's own. */
  readonly models: readonly string[] | null;
  /** A server with the model's weights as one more honest machine. */
  readonly server: { readonly engine: string; readonly baseUrl: string } | null;
  /** Folder for tables, ROC data and plots. */
  readonly out: string | null;
  /** Takes rows instead of the printed table. */
  readonly print: ((row: Row) => void) | null;
}

export async function run(options: EvalOptions): Promise<void> {
  const began = Date.now();
  for (const subject of await findSubjects(options.root, options.models, options.quick)) {
    if (!subject.name.startsWith(options.only ?? '')) continue;
    const calibration = await runSubject(subject, options);
    if (options.falseAlarms === 0) continue;
    const noise = Math.max(...calibration.pairs.map((pair) => pair.differenceP99)) / 2.5;
    const nats = Number(noise.toPrecision(2));
    for (const rough of [false, true]) {
      report(options, runFalseAlarms(options.falseAlarms, nats, calibration.table, rough));
    }
  }
  console.log(`\n${((Date.now() - began) / 1000).toFixed(0)} s`);
}

async function runSubject(subject: Subject, options: EvalOptions): Promise<Calibration> {
  const { quick } = options;
  console.log(`\n== ${subject.name}: ${subject.path}`);
  const field = await openField({
    modelPath: subject.path,
    contextTokens: subject.contextTokens,
    cache: join(options.root, '.cache', 'variants'),
    ...(options.server === null
      ? {}
      : { server: serverOf(options.server.engine, options.server.baseUrl)! }),
    quick,
    onProgress: (what) => console.error(`  ${what}`),
  });
  try {
    const calibration = await calibrate({
      name: subject.name.replace(/[^ -~]/g, '').slice(0, 64),
      weightsSha256: field.truth.info.weightsSha256,
      hosts: field.hosts,
      judges: field.judges,
      suspects: field.suspects,
      prompts: subject.prompts,
      params: {
        temperatureMicro: 1_000_000,
        topPMicro: 1_000_000,
        topK: 20,
        maxTokens: subject.maxTokens,
      },
      answersPerHost: subject.answers,
      answersPerSuspect: subject.answers,
      redraws: quick ? 8 : 96,
      toleranceMicro: 10_000,
      impossibleMicro: 500_000,
      onProgress: (what) => console.error(`  ${what}`),
    });
    report(options, calibrationRows(subject.name, calibration));
    report(options, await runBehaviours(subject, field, calibration.table, quick));
    report(options, await runCosts(subject, field.truth, quick));
    if (options.out !== null) {
      writeCalibration(options.out, subject.name.split(' ')[0]!, calibration);
    }
    return calibration;
  } finally {
    await field.close();
  }
}

/** Rows of one section as a table, or one line each. */
function report(options: EvalOptions, rows: readonly Row[]): void {
  if (options.print !== null) {
    for (const row of rows) options.print(row);
    return;
  }
  for (const line of renderRows(rows)) console.log(line);
}
