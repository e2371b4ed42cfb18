// `npm run eval:verify -- [--quick] [--json] [--only stories] [--model file.gguf] [--engine vllm --base-url url]
// [--out folder] [--false-alarms n]`: hosts that are
// honest and hosts that cheat, before the judge; how many tokens each survives. Prints a table;
// with --json one line per configuration. --out also writes the calibrated tables, ROC data and plots.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

const args = process.argv.slice(2);
const argumentOf = (name) => {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
};
const json = args.includes('--json');
if (json) console.log = (...parts) => console.error(...parts);
await setUp();

const { build } = await import('esbuild');
const outfile = join(root, 'dist', 'eval', 'verify.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['eval/verify.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['lmdb', 'secp256k1', 'node-llama-cpp', 'pino'],
  banner: {
    js: "import { createRequire as assayRequire } from 'node:module'; const require = assayRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
const { run } = await import(pathToFileURL(outfile).href);
const model = argumentOf('--model');
const out = argumentOf('--out');
const engine = argumentOf('--engine');
await run({
  root,
  quick: args.includes('--quick'),
  falseAlarms: Number(argumentOf('--false-alarms') ?? (args.includes('--quick') ? 300 : 3000)),
  only: argumentOf('--only') ?? null,
  models: model === undefined ? null : [resolve(model)],
  server: engine === undefined ? null : { engine, baseUrl: argumentOf('--base-url') ?? '' },
  out: out === undefined ? null : resolve(out),
  print: json ? (row) => process.stdout.write(`${JSON.stringify(row)}\n`) : null,
});
process.exit(0);
