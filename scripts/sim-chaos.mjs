// `npm run sim:chaos -- [--seeds 10] [--from 1]`: kills, cut wires and Bitcoin reorganisations over many
// seeds. Ends with 1 when something acknowledged was lost or paid twice; the same seed does it again.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

const args = process.argv.slice(2);
await setUp();
const { build } = await import('esbuild');
const outfile = join(root, 'dist', 'sim', 'chaos.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['sim/src/run-chaos.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  loader: { '.clar': 'text' },
  external: ['lmdb', 'secp256k1', 'node-llama-cpp', 'pino'],
  banner: {
    js: "import { createRequire as assayRequire } from 'node:module'; const require = assayRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
const { runChaos } = await import(pathToFileURL(outfile).href);
process.exit(await runChaos(args));
