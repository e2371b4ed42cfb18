/**
 * The models under evaluation and the copies that cheats run: written once into the cache folder by
 * our own GGUF writer, from the true file.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ensureModel } from '@assay/engine/model';
import type { ChatMessage } from '@assay/jobs';
import { EVERYDAY, STORIES } from '../apps/cli/src/calibration/prompts.ts';

export interface Subject {
  readonly name: string;
  readonly path: string;
  readonly prompts: readonly (readonly ChatMessage[])[];
  /** Answers per configuration, so that every configuration costs about the same. */
  readonly answers: number;
  readonly maxTokens: number;
  readonly contextTokens: number;
}

/** The models of this project, or files of the user's choice. */
export async function findSubjects(
  root: string,
  paths: readonly string[] | null,
  quick: boolean,
): Promise<Subject[]> {
  const many = quick ? 6 : 48;
  const long = { answers: many, maxTokens: 128, contextTokens: 512 };
  if (paths !== null) {
    return paths.map((path) => ({ name: basename(path), path, prompts: STORIES, ...long }));
  }
  const subjects: Subject[] = [];
  const stories = join(root, 'eval', 'model', 'stories.gguf');
  if (existsSync(stories)) {
    subjects.push({ name: 'stories', path: stories, prompts: STORIES, ...long });
  }
  const small = join(root, 'models', 'assay-small.gguf');
  subjects.push({
    name: 'assay-small',
    path: small,
    prompts: EVERYDAY,
    ...long,
    answers: 4 * many,
  });
  const cache = join(root, '.cache', 'models');
  const random = await ensureModel(cache, { seed: 1, type: 'F32' });
  subjects.push({
    name: 'touchstone (random weights)',
    path: random.path,
    prompts: EVERYDAY,
    ...long,
  });
  return subjects;
}
