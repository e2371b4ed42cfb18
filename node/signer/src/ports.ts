/**
 * What a signer needs from its node and from the judge; `http-node.ts` speaks Stacks' RPC, the
 * simulation the same classes over virtual wires.
 */
import type { InferenceRequest, Receipt } from '@assay/jobs';
import type { StackerDbChunk } from '@assay/wire';

export interface SignerSlot {
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly weight: bigint;
}

/** A sortition somebody won, as the node sees it. */
export interface SortitionView {
  readonly consensusHash: Uint8Array;
  readonly burnHeight: number;
  /** Null: genesis. */
  readonly minerPubkeyHash: Uint8Array | null;
  /** First block of the tenure that the winning commit was made for; null: genesis. */
  readonly parentTenureStart: Uint8Array | null;
}

/** The tenure of the canonical tip. */
export interface TenureView {
  /** What elected it. */
  readonly sortition: SortitionView;
  readonly startBlockId: Uint8Array;
  /** Consensus hash of the burn view at the tip. */
  readonly burnView: Uint8Array;
}

/** A request with what the judge needs to re-score its answer. */
export interface JudgedRequest {
  readonly request: InferenceRequest;
  /** Operating key of the executor, 33 bytes. */
  readonly hostKey: Uint8Array;
  /** Bitcoin block hash that fixed the seed, 32 bytes. */
  readonly beaconBurnHash: Uint8Array;
  /** Prompt blob when it is public or in the content store. */
  readonly prompt: Uint8Array | null;
  /** Base URL of the executor, for content the node does not have. */
  readonly hostEndpoint: string | null;
}

export interface NodePort {
  /** Signers of a cycle in slot order; null before the set is known. */
  signerSet(cycle: number): Promise<readonly SignerSlot[] | null>;
  /** The cycle of the tenure at the tip: whose signers sign its blocks and judge its answers. */
  currentCycle(): Promise<number>;
  /** The reward cycle of a Bitcoin block. */
  cycleAt(burnHeight: number): Promise<number>;
  /** The newest sortition with a winner. */
  lastElection(): Promise<SortitionView | null>;
  /** Null: there is none yet. */
  ongoingTenure(): Promise<TenureView | null>;
  /** Whether this is the sortition of Bitcoin's best chain at its height. */
  isCanonicalSortition(
    sortition: Pick<SortitionView, 'burnHeight' | 'consensusHash'>,
  ): Promise<boolean>;
  /** Id of the canonical block at a height; null above the tip. */
  canonicalBlockHash(height: number): Promise<Uint8Array | null>;
  /** Asks the node to validate; the verdict comes as an event. */
  proposeBlock(block: Uint8Array): Promise<void>;
  /** Newest chunk of a slot; null when it was never written. */
  chunk(contract: string, slot: number): Promise<StackerDbChunk | null>;
  /** Slots of a StackerDB that hold something. */
  writtenSlots(contract: string): Promise<readonly number[]>;
  /** Writes a chunk; answers the version that stands when ours was too old. */
  putChunk(
    contract: string,
    chunk: StackerDbChunk,
  ): Promise<{ accepted: boolean; currentVersion: number | null }>;
  inferenceRequest(id: bigint): Promise<JudgedRequest | null>;
  /** Content by SHA-256, checked by the caller; null when nobody has it. */
  content(hash: Uint8Array, hostEndpoint: string | null): Promise<Uint8Array | null>;
}

export interface JudgePort {
  /**
   * Re-scores an answer. `abstain`: could not (no such model here, no prompt); never an accusation.
   * @throws when the world failed; the caller tries again
   */
  judge(
    request: JudgedRequest,
    receipt: Receipt,
    transcript: Uint8Array,
    prompt: Uint8Array | null,
  ): Promise<{ readonly verdict: 'valid' | 'invalid' | 'abstain'; readonly reason: string }>;
}
