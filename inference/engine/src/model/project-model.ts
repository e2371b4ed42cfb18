/**
 * The project's own small model as a file: generated on first use into a cache folder, found there
 * afterwards. Five megabytes, a quarter of a second, the same bytes everywhere.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, buildModel } from './build.ts';

/** What `ensureModel()` writes without options. */
export const PROJECT_MODEL: BuildOptions = { seed: 1, type: 'F32', name: 'assay-touchstone-1' };

export interface ModelFile {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Path of the generated model under `folder`; writes it when it is not there or damaged. */
export async function ensureModel(
  folder: string,
  options: BuildOptions = PROJECT_MODEL,
): Promise<ModelFile> {
  const { seed, type, layers } = options;
  const name = `touchstone-${seed}-${type.toLowerCase()}${layers ? `-l${layers}` : ''}.gguf`;
  const path = join(folder, name);
  const wanted = buildModel(options);
  const sha256 = createHash('sha256').update(wanted).digest('hex');
  const found = existsSync(path) ? await readFile(path) : null;
  if (found === null || createHash('sha256').update(found).digest('hex') !== sha256) {
    await mkdir(folder, { recursive: true });
    const draft = `${path}.${process.pid}.tmp`;
    await writeFile(draft, wanted);
    await rename(draft, path).catch(async (error: unknown) => {
      await rm(draft, { force: true });
      throw error;
    });
  }
  return { path, sha256, sizeBytes: wanted.length };
}
