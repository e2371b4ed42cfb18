/**
 * From a running engine to the manifest that names its model, and back: does this engine run what a
 * manifest says? A judge that runs anything else must abstain, and a host that does would be caught.
 */

import type { ChatTemplate, ModelManifest, SuspectModel, Thresholds } from '@assay/jobs';
import { encodeCanonicalJson } from '@assay/jobs';
import type { Engine } from './engine.ts';

export interface DescribeOptions {
  readonly name: string;
  readonly template?: ChatTemplate;
  readonly architecture?: string;
  readonly weightsFormat?: ModelManifest['weights']['format'];
  readonly weightsSizeBytes?: number;
  readonly thresholds?: Partial<Thresholds>;
  /** Hash of the evidence table; the verify room's generic one when absent. */
  readonly evidenceSha256: string;
  /** Copies a judge may suspect; a manifest without any is of version 1. */
  readonly suspects?: readonly SuspectModel[];
}

/** Millionths of a nat. ln 10^6 and ln 10^3, rounded up. */
export const DEFAULT_THRESHOLDS: Thresholds = {
  invalidMicro: 13_815_511,
  suspectMicro: 6_907_756,
  toleranceMicro: 10_000,
  impossibleMicro: 500_000,
};

export function describeModel(engine: Engine, options: DescribeOptions): ModelManifest {
  const { info } = engine;
  const { suspects = [] } = options;
  return {
    ...(suspects.length > 0 ? { version: 2, suspects } : { version: 1 }),
    name: options.name,
    architecture: options.architecture ?? 'llama',
    weights: {
      format: options.weightsFormat ?? 'none',
      sha256: info.weightsSha256,
      sizeBytes: options.weightsSizeBytes ?? 0,
    },
    tokenizerSha256: info.tokenizerSha256,
    template: options.template ?? info.template,
    vocabularySize: info.vocabularySize,
    beginId: info.beginId,
    eosIds: [...info.eosIds].sort((a, b) => a - b),
    contextTokens: info.contextTokens,
    numericProfile: info.profile,
    sampler: 'gm-v1',
    thresholds: { ...DEFAULT_THRESHOLDS, ...options.thresholds },
    evidenceSha256: options.evidenceSha256,
  };
}

/** Null when `engine` runs the manifest's model in its numeric profile; else what differs. */
export function engineMismatch(engine: Engine, manifest: ModelManifest): string | null {
  const { info } = engine;
  if (info.weightsSha256 !== manifest.weights.sha256) return 'weights';
  if (info.tokenizerSha256 !== manifest.tokenizerSha256) return 'tokenizer';
  if (!sameTemplate(info.template, manifest.template)) return 'chat template';
  if (info.vocabularySize !== manifest.vocabularySize) return 'vocabulary size';
  if (info.contextTokens !== manifest.contextTokens) return 'context size';
  if (info.beginId !== manifest.beginId) return 'begin id';
  if (String([...info.eosIds].sort((a, b) => a - b)) !== String(manifest.eosIds)) return 'eos ids';
  const ours = info.profile;
  const theirs = manifest.numericProfile;
  const keys = [
    'engineClass',
    'weights',
    'activations',
    'keyValueCache',
    'flashAttention',
  ] as const;
  const differs = keys.find((key) => ours[key] !== theirs[key]);
  return differs === undefined ? null : `numeric profile: ${differs}`;
}

function sameTemplate(a: ChatTemplate, b: ChatTemplate): boolean {
  return encodeCanonicalJson(a) === encodeCanonicalJson(b);
}
