/**
 * From a GGUF file to a running model and the manifest that names it. Hosts and signers that open the
 * same file get the same manifest, whatever the file is called on their disks.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describeModel, type Engine, EngineError } from '@assay/engine';
import type { ModelManifest } from '@assay/jobs';
import { GENERIC_EVIDENCE_SHA256 } from '@assay/verify';
import { packageRoot } from './files.ts';
import { UserError } from './user-error.ts';

/** Digits of the weights' hash in the name of a model whose file has none. */
const NAME_DIGITS = 16;
/** `.models` holds 64 characters of ASCII. */
const NAME_CHARS_MAX = 64;

export interface OpenModel {
  readonly engine: Engine;
  readonly manifest: ModelManifest;
}

/** The model that ships with this project. */
export function smallModelPath(): string {
  return join(packageRoot(), 'models', 'assay-small.gguf');
}

/** The file's own name for its model, as far as the registry can hold it. */
async function nameOf(path: string): Promise<string | null> {
  const { readGgufFileInfo } = await import('node-llama-cpp');
  const { metadata } = await readGgufFileInfo(path, { logWarnings: false });
  const name = String(metadata.general.name ?? '').replace(/[^ -~]/g, '');
  return name === '' ? null : name.slice(0, NAME_CHARS_MAX);
}

/** Loads the model into this process. @throws UserError when the file is no usable model */
export async function openModel(path: string = smallModelPath()): Promise<OpenModel> {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    throw new UserError(
      'cli/no-model-file',
      `The model file ${path} does not exist.`,
      'Check the path; without one the small model of this project is used.',
    );
  }
  const { openLlamaEngine } = await import('@assay/engine/llama');
  try {
    const engine = await openLlamaEngine({ modelPath: path });
    const hashed = `gguf-${engine.info.weightsSha256.slice(0, NAME_DIGITS)}`;
    const name = (await nameOf(path)) ?? hashed;
    const manifest = describeModel(engine, {
      name,
      weightsFormat: 'gguf',
      weightsSizeBytes: size,
      evidenceSha256: GENERIC_EVIDENCE_SHA256,
    });
    return { engine, manifest };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new UserError(
      'cli/model-unusable',
      `${path}: ${error.message}.`,
      'Give a GGUF file of a text model; see docs/run-a-host.md.',
    );
  }
}
