/**
 * From a GGUF file to a running model and the manifest that names it. Hosts and signers that open the
 * same file get the same manifest, whatever the file is called on their disks.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeModel, type Engine, EngineError } from '@assay/engine';
import type { ModelManifest } from '@assay/jobs';
import {
  decodeCalibratedTable,
  type EvidenceTable,
  evidenceSha256,
  GENERIC_EVIDENCE,
  shippedTableFor,
} from '@assay/verify';
import { packageRoot } from './files.ts';
import { UserError } from './user-error.ts';

/** Digits of the weights' hash in the name of a model whose file has none. */
const NAME_DIGITS = 16;
/** `.models` holds 64 characters of ASCII. */
const NAME_CHARS_MAX = 64;

export interface OpenModel {
  readonly engine: Engine;
  readonly manifest: ModelManifest;
  /** What the manifest names: calibrated for this model, or the generic one. */
  readonly table: EvidenceTable;
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

/**
 * The table that scores a model's answers: what `assay calibrate` left beside the file, else what ships
 * with this project, else the generic one, which is blind to int8 weights.
 * @throws UserError when the file beside it is damaged or of other weights
 */
export function tableOf(path: string, weightsSha256: string): EvidenceTable {
  const beside = path.replace(/\.gguf$/i, '.evidence.json');
  if (beside === path || !existsSync(beside)) {
    return shippedTableFor(weightsSha256) ?? GENERIC_EVIDENCE;
  }
  const decoded = decodeCalibratedTable(readFileSync(beside));
  const fault = !decoded.ok
    ? decoded.error.message
    : decoded.value.weightsSha256 === weightsSha256
      ? null
      : 'it was measured on other weights';
  if (decoded.ok && fault === null) return decoded.value;
  throw new UserError(
    'cli/evidence-table',
    `The evidence table ${beside} cannot be used: ${fault}.`,
    'Make it again with `assay calibrate`, or move it away to use the generic table.',
  );
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
    const table = tableOf(path, engine.info.weightsSha256);
    const attributions = table.version === 3 ? table.attributions : [];
    const manifest = describeModel(engine, {
      name,
      weightsFormat: 'gguf',
      weightsSizeBytes: size,
      evidenceSha256: evidenceSha256(table),
      suspects: attributions.map(({ recipe, weightsSha256 }) => ({ recipe, weightsSha256 })),
    });
    return { engine, manifest, table };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new UserError(
      'cli/model-unusable',
      `${path}: ${error.message}.`,
      'Give a GGUF file of a text model; see docs/run-a-host.md.',
    );
  }
}
