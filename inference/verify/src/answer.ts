/**
 * One answer with everything a judge holds it against: what the chain recorded, what the host signed,
 * what the store delivered.
 */
import type { ChatMessage, Commitment, InferenceRequest, ModelManifest } from '@assay/jobs';

/** What comes in from chain, StackerDB and content store. */
export interface Submission {
  readonly chainId: number;
  /** The request as recorded on chain. */
  readonly request: InferenceRequest;
  /** The executor's operating key as recorded on chain, 33 bytes. */
  readonly hostPublicKey: Uint8Array;
  /** Hash of the Bitcoin block the assignment was drawn from, 32 bytes. */
  readonly beaconBurnHash: Uint8Array;
  readonly commitment: Commitment;
  /** 65 bytes R, S, V. */
  readonly hostSignature: Uint8Array;
  /** The ids part, readable; null when it could not be fetched or opened. */
  readonly transcript: Uint8Array | null;
  /** The ids part as it is stored, when that is a sealed box; the commitment names these bytes. */
  readonly sealedTranscript?: Uint8Array;
  /** The sketch part, readable; null when the host has not opened it. */
  readonly sketch: Uint8Array | null;
  /** The prompt blob, readable; null when it could not be fetched or opened. */
  readonly promptBlob: Uint8Array | null;
  /** The sealed box it came in; the request names these bytes. */
  readonly sealedPrompt?: Uint8Array;
  /** The manifest of the requested model; null when it is unknown here. */
  readonly manifest: ModelManifest | null;
}

/** A submission whose parts are there and belong together. */
export interface Answer
  extends Omit<
    Submission,
    'transcript' | 'sealedTranscript' | 'sketch' | 'promptBlob' | 'sealedPrompt' | 'manifest'
  > {
  readonly manifest: ModelManifest;
  readonly messages: readonly ChatMessage[];
}
