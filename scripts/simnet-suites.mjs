// Runs somebody else's Clarinet test suite on our Simnet, unchanged but for what its imports mean:
//   node scripts/simnet-suites.mjs <checkout of a Clarinet project> [--boot <folder>]
//     [--requirements <folder>] [--json] [files...]
// Packages it needs beside the SDK, vitest and @stacks/transactions come from its own node_modules
// (npm install there first). Nothing of it enters this tree.
// Contracts the project requires come from its .cache, where Clarinet puts them; --requirements names
// a folder of <address>/<name>.clar that fills the cache first.
// Boot contracts come from --boot, else from the installed @stacks/clarinet-sdk, at run time only.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const room = join(root, 'apps', 'simnet');
const args = process.argv.slice(2);

function takeFlag(name) {
  const at = args.indexOf(name);
  if (at === -1) return false;
  args.splice(at, 1);
  return true;
}
function takeValue(name) {
  const at = args.indexOf(name);
  return at === -1 ? null : args.splice(at, 2)[1];
}

const asJson = takeFlag('--json');
const givenBoot = takeValue('--boot');
const sources = takeValue('--requirements');
const [checkout, ...files] = args;
if (checkout === undefined || !existsSync(checkout)) {
  console.error(
    'usage: node scripts/simnet-suites.mjs <checkout> [--boot <folder>] [--requirements <folder>] [--json] [files...]',
  );
  process.exit(2);
}
const project = resolve(checkout);
const work = mkdtempSync(join(tmpdir(), 'simnet-suites-'));

/** Writes the reference's boot contracts, as far as our VM speaks their version, to `folder`. */
const DUMP = `
import { getSDK } from '@stacks/clarinet-sdk';
import { writeFileSync } from 'node:fs';
const [folder] = process.argv.slice(1);
const sdk = await getSDK();
await sdk.initSession(folder, 'Clarinet.toml');
for (const [id, { clarity_version: version }] of sdk.getContractsInterfaces()) {
  const [address, name] = id.split('.');
  if (address !== 'ST000000000000000000002AMW42H' || version === 'Clarity6') continue;
  if (name.startsWith('costs')) continue;
  writeFileSync(folder + '/boot/' + name + '.clar', sdk.getContractSource(id));
}`;

function bootFolder() {
  if (givenBoot !== null) return resolve(givenBoot);
  mkdirSync(join(work, 'boot'));
  mkdirSync(join(work, 'settings'));
  writeFileSync(join(work, 'Clarinet.toml'), '[project]\nname = "boot"\ntelemetry = false\n');
  const words = `${'abandon '.repeat(23)}art`;
  writeFileSync(
    join(work, 'settings', 'Devnet.toml'),
    `[network]\nname = "devnet"\n[accounts.deployer]\nmnemonic = "${words}"\nbalance = 1\n`,
  );
  execFileSync(process.execPath, ['--input-type=module', '-e', DUMP, work], {
    cwd: root,
    stdio: 'ignore',
  });
  return join(work, 'boot');
}

/** The checkout's own @stacks/transactions (else ours): its tests and our door use the same one. */
function transactionsAlias() {
  for (const folder of [project, root]) {
    try {
      const entry = createRequire(join(folder, 'package.json')).resolve('@stacks/transactions');
      return [{ find: '^@stacks/transactions$', replacement: entry }];
    } catch {}
  }
  return [];
}

/** Puts what the manifest requires, and what that names, into the project's cache. */
function fillCache() {
  const toml = readFileSync(join(project, manifest ?? 'Clarinet.toml'), 'utf8');
  const cache = join(project, '.cache', 'requirements');
  mkdirSync(cache, { recursive: true });
  const waiting = [...toml.matchAll(/contract_id = ['"](.*?)['"]/g)].map(([, id]) => id);
  const seen = new Set(waiting);
  for (const id of waiting) {
    const [address, name] = id.split('.');
    const path = join(sources, address, `${name}.clar`);
    const cached = join(cache, `${id}.clar`);
    if (!existsSync(cached) && existsSync(path)) writeFileSync(cached, readFileSync(path));
    if (!existsSync(cached)) continue;
    for (const [, other, own] of readFileSync(cached, 'utf8').matchAll(
      /(?:'(S[A-Z0-9]{38,41}))?\.([a-zA-Z][\w-]*)/g,
    )) {
      const next = `${other ?? address}.${own}`;
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
}

const SDKS = '^(@hirosystems|@stacks)/clarinet-sdk';
const aliases = [
  { find: `${SDKS}/vitest$`, replacement: join(room, 'src/vitest/index.mjs') },
  { find: `${SDKS}$`, replacement: join(room, 'src/index.ts') },
  { find: '^vitest$', replacement: join(root, 'node_modules/vitest/dist/index.js') },
  ...transactionsAlias(),
];
const own = ['vitest.config.js', 'vitest.config.mjs', 'vitest.config.ts'].find((name) =>
  existsSync(join(project, name)),
);
const manifest = /--manifest(?:-path)?[= ](\S+)/.exec(
  own === undefined ? '' : readFileSync(join(project, own), 'utf8'),
)?.[1];

if (sources !== null) fillCache();

/** Suites for SDKs 1 and 2 expect their clock and their `runSnippet`. */
function generation() {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(join(project, 'package.json'), 'utf8'),
  );
  const range = { ...dependencies, ...devDependencies }['@hirosystems/clarinet-sdk'];
  return /^[\^~]?[12]\./.test(range ?? '') ? '2' : '3';
}

const config = `
const alias = ${JSON.stringify(aliases)}.map(({ find, replacement }) => ({ find: new RegExp(find), replacement }));
export default {
  root: ${JSON.stringify(project)},
  resolve: { alias },
  server: { fs: { strict: false } },
  test: {
    include: ['**/*.test.ts', '**/*_test.ts'],
    exclude: ['**/node_modules/**'],
    environment: ${JSON.stringify(join(room, 'src/vitest/environment.ts'))},
    setupFiles: [${JSON.stringify(join(room, 'src/vitest/setup.ts'))}],
    environmentOptions: { clarinet: ${JSON.stringify({ manifestPath: manifest ?? './Clarinet.toml' })} },
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 600000,
    hookTimeout: 120000,
  },
};
`;
const configPath = join(work, 'vitest.config.mjs');
writeFileSync(configPath, config);
const reportPath = join(work, 'report.json');
const started = process.hrtime.bigint();
const run = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    `--config=${configPath}`,
    '--reporter=json',
    `--outputFile=${reportPath}`,
    ...files,
  ],
  {
    cwd: project,
    env: {
      ...process.env,
      ASSAY_SIMNET_BOOT_CONTRACTS: bootFolder(),
      ASSAY_SIMNET_GENERATION: generation(),
    },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  },
);
const seconds = Number(process.hrtime.bigint() - started) / 1e9;

if (!existsSync(reportPath)) {
  console.error(`${run.stdout}\n${run.stderr}`);
  rmSync(work, { recursive: true, force: true });
  process.exit(1);
}
const report = JSON.parse(readFileSync(reportPath, 'utf8'));
rmSync(work, { recursive: true, force: true });
const failures = report.testResults.flatMap((file) => {
  const inside = file.assertionResults
    .filter((test) => test.status === 'failed')
    .map((test) => ({ test: test.fullName, why: test.failureMessages[0]?.split('\n')[0] ?? '' }));
  const whole = file.status === 'failed' && file.assertionResults.length === 0;
  return whole ? [{ test: file.name, why: file.message.split('\n')[0] }] : inside;
});
const summary = {
  passed: report.numPassedTests,
  failed: failures.length,
  seconds: Number(seconds.toFixed(1)),
};
if (asJson) console.log(JSON.stringify({ ...summary, failures }));
else {
  for (const { test, why } of failures) console.log(`failed: ${test}\n        ${why}`);
  console.log(`passed ${summary.passed}, failed ${summary.failed}, ${summary.seconds} s`);
}
process.exitCode = failures.length === 0 ? 0 : 1;
