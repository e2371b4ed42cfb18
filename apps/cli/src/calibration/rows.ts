/** A calibration as rows of a table: honest machines, false alarms, cheats, channel C. */
import {
  type AttributionFit,
  attributionPower,
  type Calibration,
  INVALID_MICRO,
  type Power,
} from '@assay/verify/calibrate';

/** One line of the report; keys are column titles. Rows of one `section` have the same columns. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** A string of answers this long without conviction counts as undetected. */
const TOKENS_MAX = 32_768;

export function calibrationRows(model: string, calibration: Calibration): Row[] {
  return [
    ...honestRows(model, calibration),
    ...cheatRows(model, calibration),
    ...attributionRows(model, calibration.attributions),
  ];
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
    'impossible draws': honest.impossible,
    'max ln E': round(honest.maxNats, 2),
    'worst mean of a bet': round(Math.max(...Object.values(calibration.worstGain)), 4),
    'impossible from, nats': round(calibration.table.impossibleMicro / 1e6, 4),
    'least gamma': Math.min(...calibration.table.alternatives.map((one) => one.gammaMilli)) / 1000,
  };
  return [...pairs, check];
}

function cheatRows(model: string, { suspects }: Calibration): Row[] {
  const tokens = (power: Power, at: 'tokens50' | 'tokens99') => power[at] ?? `>${TOKENS_MAX}`;
  return suspects.map((one) => ({
    section: 'cheats: tokens to E >= 10^6, calibrated table',
    model,
    cheat: one.name,
    'naive 50%': tokens(one.naive, 'tokens50'),
    'naive 99%': tokens(one.naive, 'tokens99'),
    'spoof 50%': tokens(one.spoofWithRule, 'tokens50'),
    'spoof 99%': tokens(one.spoofWithRule, 'tokens99'),
    'bets alone, 99%': tokens(one.spoof, 'tokens99'),
    'any test, 99%': tokens(one.spoofLeast, 'tokens99'),
    'spoof found in 32k %': round(100 * one.spoofWithRule.detected, 1),
  }));
}

/** The judge runs a suspected copy beside the true model and asks which of the two made the answers. */
function attributionRows(model: string, fits: readonly AttributionFit[]): Row[] {
  return fits.map((fit) => {
    const naive = brief(fit.naive);
    const spoof = brief(fit.spoof);
    return {
      section: 'channel C: tokens to conviction when the judge also runs the suspect',
      model,
      suspect: fit.recipe,
      'naive 50%': naive.half,
      'naive 99%': naive.most,
      'spoof 50%': spoof.half,
      'spoof 99%': spoof.most,
      'honest verdicts': fit.honestVerdicts,
      'honest max ln E': round(fit.honestMaxNats, 2),
      'worst mean of a bet': round(fit.worstGain, 4),
      'stake per draw, nats': fit.stakes.drawMilli / 1000,
      gamma: fit.stakes.gammaMilli / 1000,
    };
  });
}

function brief(answers: AttributionFit['naive']) {
  const options = { boundMicro: INVALID_MICRO, trials: 300, tokensMax: TOKENS_MAX };
  const found = attributionPower(answers, options).map((one) => one ?? Number.POSITIVE_INFINITY);
  found.sort((a, b) => a - b);
  const at = (share: number): number | string => {
    const count = found[Math.ceil(share * found.length) - 1]!;
    return Number.isFinite(count) ? count : `>${TOKENS_MAX}`;
  };
  return { half: at(0.5), most: at(0.99) };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Rows of each section under its title, columns aligned: lines to print. */
export function renderRows(rows: readonly Row[]): string[] {
  return [...new Set(rows.map((row) => row.section))].flatMap((section) => {
    const own = rows.filter((row) => row.section === section);
    const keys = Object.keys(own[0]!).filter((key) => key !== 'section' && key !== 'model');
    const cell = (row: Row, key: string) => String(row[key] ?? '-');
    const widths = keys.map((key) =>
      Math.max(key.length, ...own.map((row) => cell(row, key).length)),
    );
    const line = (cells: readonly string[]): string =>
      `    ${cells.map((text, i) => (isText(own, keys[i]!) ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  ')}`;
    return [
      '',
      `  ${section}`,
      line(keys),
      ...own.map((row) => line(keys.map((key) => cell(row, key)))),
    ];
  });
}

function isText(rows: readonly Row[], key: string): boolean {
  return typeof rows[0]![key] === 'string' && !String(rows[0]![key]).startsWith('>');
}
