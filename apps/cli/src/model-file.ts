/**
 * From a model and an engine to a running model and the manifest that names it. Hosts and signers that
 * open the same file get the same manifest, whatever the file is called on their disks, and whether
 * llama.cpp runs in their process or behind a server.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeModel, type Engine, EngineError } from '@assay/engine';
import { type AssuranceClass, assuranceClass, type ModelManifest } from '@assay/jobs';
import {
  decodeCalibratedTable,
  type EvidenceTable,
  evidenceSha256,
  GENERIC_EVIDENCE,
} from '@assay/verify';
import { packageRoot } from './files.ts';
import { type ModelSource, modelSource } from './model-source.ts';
import { openEngine } from './open-engine.ts';
import { UserError } from './user-error.ts';

/** `.models` holds 64 characters of ASCII. */
const NAME_CHARS_MAX = 64;

export interface OpenModel {
  readonly engine: Engine;
  readonly manifest: ModelManifest;
  /** What the manifest names: calibrated for this model, or the generic one. */
  readonly table: EvidenceTable;
  /** What buyers are told about answers of this engine. */
  readonly assurance: AssuranceClass;
}

/** The model that ships with this project. */
export function smallModelPath(): string {
  return join(packageRoot(), 'models', 'assay-small.gguf');
}

/**
 * The table that scores a model's answers: what `assay calibrate` left beside the file (the models of this
 * project come with theirs), else the generic one, which nobody measured.
 * @throws UserError when the file beside it is damaged or of other weights
 */
export function tableOf(path: string, weightsSha256: string): EvidenceTable {
  const beside = path.replace(/\.gguf$/i, '.evidence.json');
  if (beside === path || !existsSync(beside)) {
    return GENERIC_EVIDENCE;
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

/** Loads a GGUF file into this process. @throws UserError when the file is no usable model */
export function openModel(path?: string): Promise<OpenModel> {
  return openModelSource(modelSource({ path }));
}

/** @throws UserError when the engine or the model cannot be used */
export async function openModelSource(source: ModelSource): Promise<OpenModel> {
  const path = source.path ?? smallModelPath();
  if (!existsSync(path)) {
    throw new UserError(
      'cli/no-model-file',
      `The model file ${path} does not exist.`,
      'Check the path; without one the small model of this project is used.',
    );
  }
  try {
    const { engine, weights, name } = await openEngine(source, path);
    const table = tableOf(path, engine.info.weightsSha256);
    const attributions = table.version === 4 ? table.attributions : [];
    const manifest = describeModel(engine, {
      name: name.slice(0, NAME_CHARS_MAX),
      weightsFormat: weights.format,
      weightsSizeBytes: weights.sizeBytes,
      evidenceSha256: evidenceSha256(table),
      ...(table.version === 4 ? { thresholds: { impossibleMicro: table.impossibleMicro } } : {}),
      suspects: attributions.map(({ recipe, weightsSha256 }) => ({ recipe, weightsSha256 })),
    });
    const assurance = assuranceClass(engine.info.capabilities);
    return { engine, manifest, table, assurance };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const where = source.baseUrl ?? path;
    throw new UserError(
      'cli/model-unusable',
      `${where}: ${error.message}.`,
      'docs/run-a-host.md tells what each engine needs.',
    );
  }
}
