/**
 * Runs before each test file: the global `simnet` with the project deployed, the matchers, and a
 * fresh start for every test. Starting anew is a revert to the deployed project, so it is cheap.
 */
import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { initSimnet, type Simnet } from '../index.ts';
import { formatLineCosts } from '../line-report.ts';
import './matchers.ts';
import { type ClarinetTestOptions, DEFAULT_OPTIONS } from './index.mjs';

declare global {
  var simnet: Simnet;
  var options: { clarinet: ClarinetTestOptions };
}

const settings: ClarinetTestOptions = {
  ...DEFAULT_OPTIONS,
  ...(globalThis.options?.clarinet ?? {}),
};
const LINES_SHOWN = 10;
const costReports: string[] = [];
let testFile = '';

globalThis.simnet = await initSimnet(settings.manifestPath, true, {
  trackCosts: settings.costs,
  trackCoverage: settings.coverage,
});

beforeEach(async ({ task }) => {
  if (settings.initBeforeEach) await simnet.initSession(process.cwd(), settings.manifestPath);
  testFile = task.file?.name ?? '';
  const names = [task.name];
  for (let suite = task.suite; suite?.name; suite = suite.suite) names.unshift(suite.name);
  simnet.setCurrentTestName([testFile, ...names].join('__'));
});

afterEach(({ task }) => {
  if (settings.costs) costReports.push(simnet.collectReport().costs);
  if (task.result?.state !== 'fail') return;
  const trace = simnet.getLastContractCallTrace();
  if (trace !== undefined) console.log(`last contract calls:\n${trace}`);
});

/** Costs: one JSON array per test file and line, and a table of lines. Coverage: LCOV records. */
afterAll(() => {
  const rows = costReports.flatMap((report) => JSON.parse(report) as unknown[]);
  if (rows.length > 0) appendFileSync(settings.costsFilename, `${JSON.stringify(rows)}\n`);
  simnet.setCurrentTestName(basename(testFile));
  const { coverage, lines } = simnet.collectReport();
  if (coverage !== '') appendFileSync(settings.coverageFilename, coverage);
  if (settings.costs && lines.length > 0) {
    console.log(`run time by line\n${formatLineCosts(lines, LINES_SHOWN)}`);
  }
});
