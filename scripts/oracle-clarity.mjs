// Our Clarity VM against the reference VM (@stacks/clarinet-sdk).
//   npm run oracle:clarity -- --programs N --seed S [--coverage] [--out file] [--json]
//     random programs; --coverage also prints how often each word of the language was used
//   npm run oracle:clarity -- --corpus verify | record
//     the hand-written corpus: check or write again what the reference answers
//   npm run oracle:clarity -- --refusals verify | record | random [--programs N] [--seed S]
//     why and where programs are refused, error by error
//   npm run oracle:clarity -- --stacks-core <checkout>
//     exact deploy costs against the snapshots of stacks-core's consensus tests; nothing is copied
//   npm run oracle:clarity -- --contracts <folder> [--take a,b,c | --sample N] [--calls N] [--seed S]
//     other people's contracts of a checkout (`<address>/<name>.clar` or plain files), with what
//     they depend on, deployed and called at random in both; nothing is copied
// The last line on standard output is one JSON object, {programs, calls, disagreements, seed} for
// programs; each disagreement goes to --out, else to standard error.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

const args = process.argv.slice(2);
const argumentOf = (name) => {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
};
const count = (name, fallback) => {
  const value = Number(argumentOf(name) ?? fallback);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`${name} needs a whole number above zero`);
  process.exit(2);
};
const programs = count('--programs', 1000);
const seed = count('--seed', 1);
const corpus = argumentOf('--corpus');
if (args.includes('--corpus') && corpus !== 'verify' && corpus !== 'record') {
  console.error('--corpus needs verify or record');
  process.exit(2);
}
const refusals = argumentOf('--refusals');
if (args.includes('--refusals') && !['record', 'verify', 'random'].includes(refusals)) {
  console.error('--refusals needs verify, record or random');
  process.exit(2);
}
const out = argumentOf('--out');
if (out !== undefined) writeFileSync(out, '');

// Only the result goes to standard output; the reference prints what contracts do.
const say = (line) => process.stderr.write(`${line}\n`);
console.log = () => {};
console.error = () => {};
await setUp();

const { build } = await import('esbuild');
const outfile = join(root, 'dist', 'oracle', 'clarity.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['rules/clarity/test/oracle-run.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['secp256k1', '@stacks/*'],
  banner: {
    js: "import { createRequire as assayRequire } from 'node:module'; const require = assayRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
const {
  compareDeploys,
  runCorpusFiles,
  runPrograms,
  runPublicContracts,
  runRandomRefusals,
  runRefusals,
} = await import(pathToFileURL(outfile).href);
const tests = join(root, 'rules', 'clarity', 'test');
const onDisagreement = (text) => (out === undefined ? say(text) : appendFileSync(out, `${text}\n`));
const programsResult = () =>
  runPrograms({ programs, seed, coverage: args.includes('--coverage'), say, onDisagreement });
const corpusResult = () =>
  runCorpusFiles(join(tests, 'corpus'), {
    record: corpus === 'record',
    say,
  });
const publicResult = (folder) =>
  runPublicContracts({
    folder,
    names: (argumentOf('--take') ?? '').split(',').filter((name) => name !== ''),
    sample: args.includes('--sample') ? count('--sample', 1) : null,
    callsPerContract: count('--calls', 50),
    seed,
    say,
    onDisagreement,
  });
const refusalsResult = () =>
  refusals === 'random'
    ? runRandomRefusals({ programs, seed, say })
    : runRefusals({
        corpus: join(tests, 'corpus'),
        recordTo: refusals === 'record' ? join(tests, 'refusals', 'recorded.jsonl') : null,
        say,
      });
const stacksCore = argumentOf('--stacks-core');
const contracts = argumentOf('--contracts');
async function work() {
  if (stacksCore !== undefined) return compareDeploys(stacksCore, say);
  if (contracts !== undefined) return publicResult(contracts);
  if (refusals !== undefined) return refusalsResult();
  return corpus === undefined ? programsResult() : corpusResult();
}
const result = await work();
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(result.disagreements === 0 ? 0 : 1);
