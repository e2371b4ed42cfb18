// `npm run sim:hostile -- [--seeds 1000] [--contracts] [--json]`: hostile thirds of hosts, judges and gateways over many
// seeds, and what cheating is worth by audit rate. Ends with 1 when a promise is broken.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

const args = process.argv.slice(2);
await setUp();
const { build } = await import('esbuild');
const outfile = join(root, 'dist', 'sim', 'hostile.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['sim/src/hostile/run.ts'],
  outfile,
  bundle: true,
  loader: { '.clar': 'text' },
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['lmdb', 'secp256k1', 'node-llama-cpp', 'pino'],
  banner: {
    js: "import { createRequire as assayRequire } from 'node:module'; const require = assayRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
const { runHostile } = await import(pathToFileURL(outfile).href);
process.exitCode = await runHostile(args);
