// `npm run fuzz:clarity -- --inputs N --seed S [--target parser|value|deploy]`: coverage-guided
// fuzzing of the Clarity parser, the value decoders and whole deployments. Inputs are shared
// between the targets asked for (default: parser and value). Ends with one JSON line; what was
// found lies in dist/fuzz/<target>-<n>, ready to become a file of rules/clarity/test/fuzz/found.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

const args = process.argv.slice(2);
function option(name, fallback) {
  const at = args.indexOf(name);
  return at < 0 ? fallback : args[at + 1];
}
const inputs = Number(option('--inputs', '100000'));
const seed = Number(option('--seed', '1'));
const wanted = option('--target', 'parser,value').split(',');
if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed)) {
  console.error(
    'usage: npm run fuzz:clarity -- --inputs <count> --seed <number> [--target <names>]',
  );
  process.exit(2);
}

await setUp();
const { build } = await import('esbuild');
const folder = join(root, 'dist', 'fuzz');
mkdirSync(folder, { recursive: true });
const harness = join(folder, 'harness.mjs');
await build({
  absWorkingDir: root,
  stdin: {
    contents:
      "export { buildTargets } from './rules/clarity/test/fuzz/build.ts'; export { Fuzzer } from './rules/clarity/test/fuzz/fuzzer.ts';",
    resolveDir: root,
    loader: 'ts',
  },
  outfile: harness,
  bundle: true,
  format: 'esm',
  platform: 'node',
  external: ['esbuild', 'vitest', 'vitest/*'],
  logLevel: 'warning',
});
const { buildTargets, Fuzzer } = await import(pathToFileURL(harness).href);
const { targets, counters } = await buildTargets(root, folder);
const chosen = targets.filter((target) => wanted.includes(target.name));
if (chosen.length === 0) {
  console.error(`no such target; there are ${targets.map((target) => target.name).join(', ')}`);
  process.exit(2);
}

const STEP = 100_000;
const share = Math.ceil(inputs / chosen.length);
const rows = [];
for (const target of chosen) {
  const fuzzer = new Fuzzer(target, counters, seed);
  const started = process.hrtime.bigint();
  let slowestStepSecs = 0;
  while (fuzzer.report().inputs < share) {
    const before = process.hrtime.bigint();
    fuzzer.run(Math.min(STEP, share - fuzzer.report().inputs));
    slowestStepSecs = Math.max(slowestStepSecs, Number(process.hrtime.bigint() - before) / 1e9);
    const { inputs: done, branches, corpus, findings } = fuzzer.report();
    console.error(
      `${target.name}: ${done} inputs, ${branches} branches, ${corpus.length} kept, ${findings.length} findings`,
    );
  }
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { findings, corpus, ...report } = fuzzer.report();
  for (const [i, finding] of findings.entries()) {
    writeFileSync(join(folder, `${target.name}-${i}`), finding.input);
    console.error(`${finding.kind}: dist/fuzz/${target.name}-${i}\n${finding.message}`);
  }
  rows.push({
    target: target.name,
    ...report,
    kept: corpus.length,
    findings: findings.length,
    seconds: Number(seconds.toFixed(1)),
  });
}
const findings = rows.reduce((sum, row) => sum + row.findings, 0);
console.log(
  JSON.stringify({
    inputs: rows.reduce((sum, row) => sum + row.inputs, 0),
    findings,
    seed,
    targets: rows,
  }),
);
process.exit(findings === 0 ? 0 : 1);
