/**
 * Runs before each test file: the global `simnet` with the project deployed, the matchers, and a
 * fresh start for every test. Starting anew is a revert to the deployed project, so it is cheap.
 */
import { appendFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { initSimnet, type Simnet } from '../index.ts';
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
const costReports: string[] = [];

globalThis.simnet = await initSimnet(settings.manifestPath, true, {
  trackCosts: settings.costs,
  trackCoverage: settings.coverage,
});

beforeEach(async ({ task }) => {
  if (settings.initBeforeEach) await simnet.initSession(process.cwd(), settings.manifestPath);
  const names = [task.name];
  for (let suite = task.suite; suite?.name; suite = suite.suite) names.unshift(suite.name);
  simnet.setCurrentTestName([task.file?.name ?? '', ...names].join('__'));
});

afterEach(({ task }) => {
  if (settings.costs) costReports.push(simnet.collectReport().costs);
  if (task.result?.state !== 'fail') return;
  const trace = simnet.getLastContractCallTrace();
  if (trace !== undefined) console.log(`last contract calls:\n${trace}`);
});

/** One JSON array per test file and line. */
afterAll(() => {
  const rows = costReports.flatMap((report) => JSON.parse(report) as unknown[]);
  if (rows.length > 0) appendFileSync(settings.costsFilename, `${JSON.stringify(rows)}\n`);
});
