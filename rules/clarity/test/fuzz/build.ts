/** Bundles the fuzz targets with counters in the rooms under test, and loads them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, transformSync } from 'esbuild';
import type { Target } from './fuzzer.ts';
import { COUNTERS, instrument } from './instrument.ts';

/** What is being fuzzed; the rest runs without counters. */
const MEASURED = /(rules\/clarity|format\/clarity-value|base\/bytes)\/src\/.*\.ts$/;

export interface BuiltTargets {
  readonly targets: readonly Target[];
  /** One per branch of the measured code. */
  readonly counters: Uint32Array;
}

/** @param folder where the bundle is written */
export async function buildTargets(root: string, folder: string): Promise<BuiltTargets> {
  let points = 0;
  const outfile = join(folder, 'fuzz-targets.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'rules/clarity/test/fuzz/targets.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    loader: { '.clar': 'text' },
    external: ['secp256k1'],
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as assayRequire } from 'node:module'; const require = assayRequire(import.meta.url);",
    },
    plugins: [
      {
        name: 'counters',
        setup(bundler) {
          bundler.onLoad({ filter: MEASURED }, ({ path }) => {
            const source = readFileSync(path, 'utf8');
            const { code } = transformSync(source, { loader: 'ts', target: 'node20' });
            const counted = instrument(code, points);
            points = counted.points;
            return { contents: counted.code, loader: 'js' };
          });
        },
      },
    ],
  });
  const counters = new Uint32Array(points);
  Object.assign(globalThis, { [COUNTERS]: counters });
  const { TARGETS } = (await import(pathToFileURL(outfile).href)) as { TARGETS: Target[] };
  return { targets: TARGETS, counters };
}
