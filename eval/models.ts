/**
 * The models under evaluation and the copies that cheats run: written once into the cache folder by
 * our own GGUF writer, from the true file.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ensureModel, layerCount, makeVariant, type Variant } from '@assay/engine/model';
import type { ChatMessage } from '@assay/jobs';
import { EVERYDAY, STORIES } from './prompts.ts';

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
  const many = quick ? 6 : 32;
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

/** Path of a copy of `path`; written when it is not in the cache. */
export function variantPath(root: string, path: string, variant: Variant): string {
  const file = readFileSync(path);
  const digest = createHash('sha256').update(file).update(JSON.stringify(variant)).digest('hex');
  const folder = join(root, '.cache', 'variants');
  const copy = join(folder, `${digest.slice(0, 16)}.gguf`);
  if (!existsSync(copy)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(copy, makeVariant(file, variant));
  }
  return copy;
}

/** The layer in the middle. */
export function middleLayer(path: string): number {
  return layerCount(readFileSync(path)) >> 1;
}
