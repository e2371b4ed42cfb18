/**
 * The models that a manifest suspects, on a signer's own disk: made from the true file when a judgement
 * first asks for one, kept in a cache folder, run in this process. Whoever runs one compares its hash
 * with the manifest's.
 */
import { statSync } from 'node:fs';
import type { Engine } from '@assay/engine';
import { variantOfRecipe } from '@assay/engine/model';
import type { SuspectModel } from '@assay/jobs';
import type { Logger } from '@assay/observe';
import type { SuspectEngines } from '@assay/signer';
import { variantPath } from './calibration/variants.ts';
import { smallModelPath } from './model-file.ts';

/**
 * Copies are made in one go on the thread that also signs blocks: a file of this size takes it about a
 * second. Suspects of larger models are not asked about.
 */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

export interface SuspectOptions {
  /** Where copies are kept. */
  readonly cache: string;
  readonly engines: SuspectEngines;
  readonly log: Logger;
}

/** @param path the true model; undefined: the small model of this project */
export function suspectOpener(
  path: string | undefined,
  { cache, engines, log }: SuspectOptions,
): (suspect: SuspectModel) => Promise<Engine | null> {
  const modelPath = path ?? smallModelPath();
  return (suspect) =>
    engines.open(suspect, async () => {
      const { recipe } = suspect;
      const variant = variantOfRecipe(recipe);
      const why =
        variant === null
          ? 'this recipe is not known here'
          : statSync(modelPath).size > FILE_BYTES_MAX
            ? 'the model is too large'
            : null;
      if (variant === null || why !== null) {
        log.warn('a suspected model cannot be made', { recipe, why });
        return null;
      }
      try {
        const { openLlamaEngine } = await import('@assay/engine/llama');
        return await openLlamaEngine({ modelPath: variantPath(cache, modelPath, variant) });
      } catch (cause) {
        log.warn('a suspected model cannot be run', { recipe, cause });
        return null;
      }
    });
}
