/**
 * One answer with everything a judge holds it against: what the chain recorded, what the host signed,
 * what the store delivered.
 */
import type { Commitment, InferenceRequest, ModelManifest, SessionRequest } from '@assay/jobs';
import type { SessionConstraint } from './session-ask.ts';

/** What comes in from chain, StackerDB and content store. */
export interface Submission {
  readonly chainId: number;
  /** As recorded on chain, or as the payer of a session signed it. */
  readonly request: InferenceRequest | SessionRequest;
  /** JSON text of a session request's constraint; absent or null: none. */
  readonly constraint?: string | null;
  /** The executor's operating key as recorded on chain, 33 bytes. */
  readonly hostPublicKey: Uint8Array;
  /** Hash of the Bitcoin block that fixed the seed, 32 bytes; of a session: the request's beacon. */
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
    | 'transcript'
    | 'sealedTranscript'
    | 'sketch'
    | 'promptBlob'
    | 'sealedPrompt'
    | 'manifest'
    | 'constraint'
  > {
  readonly manifest: ModelManifest;
  /** What the request makes of its prompt. */
  readonly promptIds: readonly number[];
  readonly constraint: SessionConstraint;
  /** The text whose embedding was asked for; null where an answer was. */
  readonly input: string | null;
  /** Answers of sessions may be cancelled, and end at texts of their constraint. */
  readonly isSession: boolean;
}
