/** Copies of a model that cheats would run, written once into a cache folder from the true file. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layerCount, makeVariant, type Variant } from '@assay/engine/model';

/** Path of a copy of the model at `path`; written when it is not in `cache`. */
export function variantPath(cache: string, path: string, variant: Variant): string {
  const file = readFileSync(path);
  const digest = createHash('sha256').update(file).update(JSON.stringify(variant)).digest('hex');
  const copy = join(cache, `${digest.slice(0, 16)}.gguf`);
  if (!existsSync(copy)) {
    mkdirSync(cache, { recursive: true });
    const draft = `${copy}.${process.pid}.tmp`;
    writeFileSync(draft, makeVariant(file, variant));
    renameSync(draft, copy);
  }
  return copy;
}

/** The layer in the middle. */
export function middleLayer(path: string): number {
  return layerCount(readFileSync(path)) >> 1;
}
