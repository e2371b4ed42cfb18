// `npm test`: installs what is missing, builds, checks style and types, runs every test.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, root, setUp } from './setup.mjs';

await setUp();
const bin = (name) => join(root, 'node_modules', '.bin', name);
console.log('style ...');
mustRun(bin('biome'), ['check', '.', '--reporter=summary']);
console.log('types ...');
mustRun(bin('tsc'), ['-p', '.']);

const folder = mkdtempSync(join(tmpdir(), 'assay-test-'));
const report = join(folder, 'report.json');
const run = spawnSync(
  bin('vitest'),
  [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
let counts = { passed: 0, failed: 0, skipped: 0 };
try {
  const json = JSON.parse(readFileSync(report, 'utf8'));
  counts = {
    passed: json.numPassedTests,
    failed: json.numFailedTests,
    skipped: json.numPendingTests + json.numTodoTests,
  };
} catch {
  // The runner died before it could report; its exit code tells.
}
rmSync(folder, { recursive: true, force: true });
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(run.status ?? 1);
