// `npm start`: installs what is missing, builds, starts the devnet and asks it the first question.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

await setUp();
const child = spawn(
  process.execPath,
  [join(root, 'bin', 'assay.mjs'), 'devnet', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
// The terminal sends Ctrl-C to the whole group; the devnet stops itself and we follow.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 0 : 1)));
