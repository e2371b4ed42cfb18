/**
 * The evaluation of the judge, for others to repeat: `npm run eval:verify`. Per model: calibrate on
 * half of the honest answers, then say what honest machines and cheats look like on the rest. Also the
 * exact rules through the real judge, attribution of int8 weights, false alarms over many answers of
 * the fake engine, bytes and cost. What stays undetected is printed like everything else.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesFromUtf8 } from '@assay/bytes';
import { encodeCanonicalJson } from '@assay/jobs';
import { type Calibration, calibrate, type Power, plotRoc } from '@assay/verify/calibrate';
import { openField } from '../apps/cli/src/calibration/field.ts';
import { attributionRows } from './attribution.ts';
import { runBehaviours } from './behaviours.ts';
import { runCosts } from './costs.ts';
import { runFalseAlarms } from './false-alarms.ts';
import { findSubjects, type Subject } from './models.ts';

export type Row = Readonly<Record<string, string | number | boolean | null>>;

export interface EvalOptions {
  readonly root: string;
  readonly quick: boolean;
  readonly falseAlarms: number;
  /** Only subjects whose name begins so. */
  readonly only?: string | null;
  /** Null for the project's own. */
  readonly models: readonly string[] | null;
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
    report(options, runFalseAlarms(options.falseAlarms, nats, calibration.table));
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
      redraws: quick ? 8 : 32,
      toleranceMicro: 10_000,
      impossibleMicro: 500_000,
      onProgress: (what) => console.error(`  ${what}`),
    });
    report(options, honestRows(subject.name, calibration));
    report(options, cheatRows(subject.name, calibration));
    report(options, attributionRows(subject.name, calibration.attributions));
    report(options, await runBehaviours(subject, field, calibration.table, quick));
    report(options, await runCosts(subject, field.truth, quick));
    if (options.out !== null) writeOut(options.out, subject.name, calibration);
    return calibration;
  } finally {
    await field.close();
  }
}

function honestRows(model: string, calibration: Calibration): Row[] {
  const { honest } = calibration;
  const pairs = calibration.pairs.map((pair) => ({
    section: 'honest pairs',
    model,
    host: pair.host,
    judge: pair.judge,
    tokens: pair.tokens,
    'entropy nats': round(pair.meanEntropy, 3),
    'median |d|': round(pair.differenceMedian, 5),
    'p99 |d|': round(pair.differenceP99, 5),
    'max |d|': round(pair.differenceMax, 4),
    'same argmax %': round(100 * pair.sameArgmax, 2),
    'draw mismatch %': round(100 * pair.drawMismatch, 3),
  }));
  const check = {
    section: 'honest answers, held out, calibrated table (redrawn seeds included)',
    model,
    verdicts: honest.verdicts,
    tokens: honest.tokens,
    'E>=10': honest.above10,
    'E>=100': honest.above100,
    'E>=1000': honest.above1000,
    'max ln E': round(honest.maxNats, 2),
    'worst mean of a bet': round(Math.max(...Object.values(calibration.worstGain)), 4),
    'least gamma': Math.min(...calibration.table.alternatives.map((one) => one.gammaMilli)) / 1000,
  };
  return [...pairs, check];
}

function cheatRows(model: string, { suspects }: Calibration): Row[] {
  const tokens = (power: Power, at: 'tokens50' | 'tokens99') => power[at] ?? `>${UNDETECTED}`;
  return suspects.map((one) => ({
    section: 'cheats: tokens to E >= 10^6, calibrated table',
    model,
    cheat: one.name,
    'naive 50%': tokens(one.naive, 'tokens50'),
    'naive 99%': tokens(one.naive, 'tokens99'),
    'spoof 50%': tokens(one.spoof, 'tokens50'),
    'spoof 99%': tokens(one.spoof, 'tokens99'),
    'spoof 50%, with rule': tokens(one.spoofWithRule, 'tokens50'),
    'spoof 99%, with rule': tokens(one.spoofWithRule, 'tokens99'),
    'spoof found in 32k %': round(100 * one.spoof.detected, 1),
  }));
}

const UNDETECTED = '32768';

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function writeOut(folder: string, name: string, calibration: Calibration): void {
  mkdirSync(folder, { recursive: true });
  const stem = name.split(' ')[0]!;
  const { table, tableSha256, ...record } = calibration;
  writeFileSync(join(folder, `${tableSha256}.json`), bytesFromUtf8(encodeCanonicalJson(table)));
  const roc = record.suspects.map(({ name: suspect, naiveRoc, spoofRoc }) => ({
    suspect,
    naiveRoc,
    spoofRoc,
  }));
  writeFileSync(join(folder, `${stem}.roc.json`), JSON.stringify({ tableSha256, roc }));
  const { suspects: _, ...rest } = record;
  writeFileSync(
    join(folder, `${stem}.record.json`),
    `${JSON.stringify({ tableSha256, ...rest }, null, 1)}\n`,
  );
  writeFileSync(join(folder, `${stem}.roc.svg`), plotRoc(calibration));
}

/** Rows of one section as a table, or one line each. */
function report(options: EvalOptions, rows: readonly Row[]): void {
  if (options.print !== null) {
    for (const row of rows) options.print(row);
    return;
  }
  for (const section of new Set(rows.map((row) => row.section))) {
    const own = rows.filter((row) => row.section === section);
    const keys = Object.keys(own[0]!).filter((key) => key !== 'section' && key !== 'model');
    const widths = keys.map((key) =>
      Math.max(key.length, ...own.map((row) => String(row[key] ?? '-').length)),
    );
    console.log(`\n  ${section}`);
    const line = (cells: readonly string[]): void =>
      console.log(
        `    ${cells.map((cell, i) => (isText(own, keys[i]!) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`,
      );
    line(keys);
    for (const row of own) line(keys.map((key) => String(row[key] ?? '-')));
  }
}

function isText(rows: readonly Row[], key: string): boolean {
  return typeof rows[0]![key] === 'string' && !String(rows[0]![key]).startsWith('>');
}
