/**
 * The manifest of a model: everything that decides what an honest host computes. A model's id is the
 * SHA-256 of the manifest's canonical encoding, so nobody can change one number of it in silence.
 *
 * Canonical encoding: JSON in UTF-8, keys in ascending order, no white space, numbers only integers,
 * hashes as 64 lowercase hex digits. `decodeManifest` accepts nothing else: it re-encodes what it
 * read and compares. Registered in the `.models` contract by hash; fetched by its URI or from the
 * content store.
 *
 * Versions: 2 adds `suspects`. A manifest of version 1 has none, keeps its id, and is read as before; a
 * field that a version does not know is refused. Source: verification.md 5.1.
 */
import { bytesEqual, bytesFromUtf8, bytesToHex, type Result, utf8FromBytes } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { encodeCanonicalJson } from './canonical-json.ts';
import { LIMITS } from './limits.ts';
import { checkManifestShape } from './manifest-shape.ts';
import { type JobsRejection, reject } from './reject.ts';
import type { ChatTemplate } from './template.ts';

export type ModelManifest = ManifestV1 | ManifestV2;

export interface ManifestV2 extends Omit<ManifestV1, 'version'> {
  readonly version: 2;
  /** Cheaper copies that a judge may run on escalation, and ask which of the two made an answer. */
  readonly suspects: readonly SuspectModel[];
}

export interface SuspectModel {
  /** How the copy follows from the true weights, e.g. `q8_0`; see the engine room. */
  readonly recipe: string;
  /** Of the copy: whoever makes it can check it. 64 hex digits. */
  readonly weightsSha256: string;
}

/** Empty for a manifest of version 1. */
export function suspectsOf(manifest: ModelManifest): readonly SuspectModel[] {
  return manifest.version === 2 ? manifest.suspects : [];
}

export interface ManifestV1 {
  readonly version: 1;
  /** What people call the model, e.g. `assay/parrot-1`. */
  readonly name: string;
  readonly architecture: string;
  readonly weights: {
    readonly format: 'gguf' | 'safetensors' | 'none';
    readonly sha256: string;
    readonly sizeBytes: number;
  };
  /** Hash of the engine's canonical listing of the vocabulary, see the engine room. */
  readonly tokenizerSha256: string;
  readonly template: ChatTemplate;
  readonly vocabularySize: number;
  readonly beginId: number;
  /** Any of these ends an answer. Ascending. */
  readonly eosIds: readonly number[];
  readonly contextTokens: number;
  readonly numericProfile: NumericProfile;
  readonly sampler: 'gm-v1';
  readonly thresholds: Thresholds;
  /** Hash of the evidence table that scores tokens, see the verify room. */
  readonly evidenceSha256: string;
}

/** How numbers are computed. Hosts and judges that differ in it disagree without anyone cheating. */
export interface NumericProfile {
  /** E.g. `llama.cpp-cpu`, `vllm-cuda`, `fake`. */
  readonly engineClass: string;
  readonly weights: string;
  readonly activations: string;
  readonly keyValueCache: string;
  readonly flashAttention: boolean;
}

/** Bounds of the judge, in millionths of a nat. */
export interface Thresholds {
  /** Log of the evidence that makes an answer invalid: ln 10^6. */
  readonly invalidMicro: number;
  /** Log of the evidence from which a judge no longer calls the answer valid: ln 10^3. */
  readonly suspectMicro: number;
  /** Difference of logprobs that honest machines of this profile reach routinely. */
  readonly toleranceMicro: number;
  /** A token that lost the draw by more than this was not drawn: no rounding does that. */
  readonly impossibleMicro: number;
}

export function encodeManifest(manifest: ModelManifest): Uint8Array {
  return bytesFromUtf8(encodeCanonicalJson(manifest));
}

/** The 32 bytes that name the model on chain. */
export function modelId(manifest: ModelManifest): Uint8Array {
  return sha256(encodeManifest(manifest));
}

export function modelIdHex(manifest: ModelManifest): string {
  return bytesToHex(modelId(manifest));
}

/** @rejects jobs/too-large, jobs/malformed, jobs/field, jobs/not-canonical */
export function decodeManifest(bytes: Uint8Array): Result<ModelManifest, JobsRejection> {
  if (bytes.length > LIMITS.manifestBytesMax) {
    return reject('jobs/too-large', `manifest of ${bytes.length} bytes`);
  }
  const text = utf8FromBytes(bytes);
  if (text === null) return reject('jobs/malformed', 'manifest is not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return reject('jobs/malformed', 'manifest is not JSON');
  }
  const checked = checkManifestShape(value);
  if (!checked.ok) return checked;
  if (!bytesEqual(encodeManifest(checked.value), bytes)) {
    return reject('jobs/not-canonical', 'manifest is not in canonical form');
  }
  return checked;
}
