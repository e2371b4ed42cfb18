/** The example project's own tests pass under its own vitest configuration. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');

it('examples/clarity-counter passes on @assay/simnet', () => {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const project = join(root, 'examples', 'clarity-counter');
  const output = execFileSync(process.execPath, [vitest, 'run', '--reporter=json'], {
    cwd: project,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const report = JSON.parse(output.slice(output.indexOf('{'))) as Record<string, unknown>;
  expect(report).toMatchObject({ success: true, numFailedTests: 0, numPassedTests: 15 });
}, 60_000);
