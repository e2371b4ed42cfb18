/**
 * What a signer needs from its node and from the judge; `http-node.ts` speaks Stacks' RPC, the
 * simulation the same classes over virtual wires.
 */
import type { Principal } from '@assay/clarity-value';
import type { ClaimLine, InferenceRequest, Receipt } from '@assay/jobs';
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
  /** Who may answer, by rank; at least one. */
  readonly executors: readonly Executor[];
  /** Bitcoin block hash that fixed the seed, 32 bytes. */
  readonly beaconBurnHash: Uint8Array;
  /** Prompt blob when it is public or in the content store. */
  readonly prompt: Uint8Array | null;
}

export interface Executor {
  /** Null when it is a contract. */
  readonly principal: Principal | null;
  /** Operating key, 33 bytes. */
  readonly hostKey: Uint8Array;
  /** Base URL, for content the node does not have. */
  readonly endpoint: string | null;
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
  /** A sortition of Bitcoin's best chain; null: there is none of this name. */
  sortition(consensusHash: Uint8Array): Promise<SortitionView | null>;
  /** Whether this is the sortition of Bitcoin's best chain at its height. */
  isCanonicalSortition(
    sortition: Pick<SortitionView, 'burnHeight' | 'consensusHash'>,
  ): Promise<boolean>;
  /** Id of the canonical block at a height; null above the tip. */
  canonicalBlockHash(height: number): Promise<Uint8Array | null>;
  /** Height of the canonical tip. */
  tipHeight(): Promise<number>;
  /** Hands in a block with all its signatures; false when the node refuses it. */
  uploadBlock(block: Uint8Array): Promise<boolean>;
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
  /** Stores bytes that our slot announced. False when the node refuses them. */
  putContent(bytes: Uint8Array): Promise<boolean>;
}

/** What the judge says in the end. */
export interface Finding {
  readonly verdict: 'valid' | 'invalid' | 'abstain';
  /** Why not valid; empty otherwise. */
  readonly reason: string;
  /** Log evidence against the host after the last token, millionths of a nat; null: not measured. */
  readonly endMicro: number | null;
}

/** An answer that the judge's own model has scored, before the host's sketch is known. */
export interface Scoring {
  /** The judge's own sketch: five codes per answer token. */
  readonly sketch: Uint8Array;
  /**
   * May run suspected models too, and does so in a dispute.
   * @param sketchPart as the host opened it
   */
  conclude(sketchPart: Uint8Array, isDisputed?: boolean): Promise<Finding>;
  /** For a host that does not open its sketch: convicts only of what no sketch could excuse. */
  withheld(): Finding;
  /** Whether another judge's sketch is far from everything this model could have made. */
  isForeign(sketch: Uint8Array): boolean;
}

export interface JudgePort {
  /**
   * Runs the model over an answer. A finding when nothing more is needed: `abstain`, could not (no
   * such model here, no prompt), never an accusation; `invalid`, an exact rule is broken.
   * @throws when the world failed; the caller tries again
   */
  score(
    request: JudgedRequest & { readonly executor: Executor },
    receipt: Receipt,
    content: JudgedContent,
  ): Promise<Finding | Scoring>;
  /**
   * An audited answer of a session, at once: its claim has bound the host before the audit was drawn.
   * @throws when the world failed; the caller tries again
   */
  judgeSession(answer: SessionAnswer): Promise<Finding>;
  /**
   * Another judge, which showed its work, called this answer false: our evidence against it no longer
   * counts against the model's table.
   */
  confirm(commitmentHash: Uint8Array): void;
}

/** A receipt of a session claim with what it names; the bytes are those that were named. */
export interface SessionAnswer {
  readonly line: ClaimLine;
  /** The host's operating key when the session was opened, 33 bytes. */
  readonly hostKey: Uint8Array;
  readonly transcript: Uint8Array;
  readonly sketch: Uint8Array;
  readonly prompt: Uint8Array;
  /** What drew the audit, 32 bytes: nobody knew it when the host claimed. Draws channel C too. */
  readonly lots: Uint8Array;
}

/** Readable bytes of what is judged. */
export interface JudgedContent {
  /** The ids part. */
  readonly transcript: Uint8Array;
  /** As it is stored, when that is a sealed box. */
  readonly sealedTranscript?: Uint8Array;
  /** Null: nobody has it, or it is not for us. */
  readonly prompt: Uint8Array | null;
  /** The box it came in, when it was sealed. */
  readonly sealedPrompt?: Uint8Array;
}
