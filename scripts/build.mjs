// Bundles the one binary and the page into dist/. Rooms are TypeScript source; esbuild is the whole build.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Packages with native parts or worker files of their own stay outside the bundle. */
const EXTERNAL = ['lmdb', 'secp256k1', 'node-llama-cpp', 'pino', '@electric-sql/pglite', 'pg'];

export async function build() {
  const { build: bundle, stop } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  await bundle({
    absWorkingDir: root,
    entryPoints: { assay: 'apps/cli/src/main.ts' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    external: EXTERNAL,
    loader: { '.clar': 'text' },
    define: { 'globalThis.ASSAY_VERSION': JSON.stringify(version) },
    // CommonJS packages inside the bundle still call require().
    banner: {
      js: "import { createRequire as assayRequire } from 'node:module'; const require = assayRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const { buildPage } = await import('../apps/verifier/build.mjs');
  writeFileSync(join(root, 'dist', 'verify.html'), await buildPage());
  // The bundler's own process is not needed while the program runs.
  await stop();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
