// `npm run bench [name ...] -- [--json]`: runs bench/<name>.bench.ts and prints what it measured.
// A table by default; one JSON line per measurement with --json.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

const args = process.argv.slice(2);
const json = args.includes('--json');
const names = args.filter((arg) => !arg.startsWith('--'));

if (json) {
  // Only measurements go to standard output.
  console.log = (...parts) => console.error(...parts);
}
await setUp();

const available = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length));
const chosen = names.length > 0 ? names : available;
for (const name of chosen) {
  if (!available.includes(name)) {
    console.error(`No benchmark '${name}'. There are: ${available.join(', ')}.`);
    process.exit(2);
  }
}

const { build } = await import('esbuild');
const format = (value) =>
  value === null
    ? '-'
    : value >= 100
      ? Math.round(value).toLocaleString('en')
      : value.toPrecision(3);
for (const name of chosen) {
  const outfile = join(root, 'dist', 'bench', `${name}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [`bench/${name}.bench.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [
      'lmdb',
      'secp256k1',
      'node-llama-cpp',
      'pino',
      'pg',
      '@electric-sql/pglite',
      '@stacks/*',
    ],
    define: { 'import.meta.dirname': JSON.stringify(join(root, 'e2e')) },
    loader: { '.clar': 'text' },
    banner: {
      js: "import { createRequire as assayRequire } from 'node:module'; const require = assayRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const { run } = await import(pathToFileURL(outfile).href);
  if (!json) {
    console.log(`\n${name}`);
    console.log(
      `  ${'case'.padEnd(44)}${'ours'.padStart(14)}${'peer'.padStart(14)}${'ratio'.padStart(9)}${'limit'.padStart(14)}  unit`,
    );
  }
  for (const row of await run()) {
    if (json) process.stdout.write(`${JSON.stringify(row)}\n`);
    else
      console.log(
        `  ${row.case.padEnd(44)}${format(row.ours).padStart(14)}${format(row.peer).padStart(14)}` +
          `${(row.ratio === null ? '-' : `${row.ratio.toFixed(2)}x`).padStart(9)}${format(row.limit).padStart(14)}  ${row.unit}`,
      );
  }
}
process.exit(0);
