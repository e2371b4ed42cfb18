/**
 * What the miner needs from its neighbours, and no more; `full-node` connects them.
 */
import type { Result } from '@assay/bytes';
import type {
  BlockBuilder,
  BlockContext,
  CheckedTransaction,
  SignerSet,
  StateView,
  StoredHeader,
} from '@assay/chainstate';
import type { NakamotoBlock } from '@assay/wire';

/** The canonical Bitcoin block as far as the miner cares. */
export interface BurnTip {
  /** 20 bytes. */
  readonly consensusHash: Uint8Array;
  readonly burnHeight: number;
}

/** A sortition somebody won. */
export interface Election extends BurnTip {
  /** 32 bytes; the VRF proof of the tenure is made over it. */
  readonly sortitionHash: Uint8Array;
  /** hash160 of the winner's block-signing key. */
  readonly minerPubkeyHash: Uint8Array;
  /** The tenure start block that the winning commit builds on. */
  readonly parentTenureStart: Uint8Array;
}

export interface ChainPort {
  /** The canonical tip. */
  tip(): StoredHeader;
  burnTip(): BurnTip | null;
  /** The newest sortition with a winner at or before the burn tip. */
  election(): Election | null;
  /** The sortition that elected a tenure; null for genesis. */
  electionOf(tenureConsensusHash: Uint8Array): Election | null;
  /** Address of a single key of this network. */
  addressOf(pubkeyHash: Uint8Array): string;
  /**
   * What a block stands on: the burn view and the tenure by their consensus hashes; null when the
   * view left the canonical fork.
   */
  blockContext(
    burnView: Uint8Array,
    timestampSecs: number,
    tenure: Uint8Array,
  ): BlockContext | null;
  /** Signers of the blocks of a tenure won at this burn height. */
  signersAt(burnHeight: number): SignerSet | null;
  rewardCycleAt(burnHeight: number): number;
  build(parentBlockId: Uint8Array, context: BlockContext): BlockBuilder;
  view(blockId: Uint8Array): StateView;
  check(
    bytes: Uint8Array,
  ): Result<CheckedTransaction, { readonly code?: string; readonly message?: string }>;
  /** A block with all its signatures. */
  submit(
    block: NakamotoBlock,
  ): Promise<Result<unknown, { readonly code: string; readonly message: string }>>;
  /** Calls back when the burn tip or the Stacks tip moved. Returns the way to stop. */
  onMoved(listener: () => void): () => void;
}

export interface MempoolPort {
  readonly size: number;
  /** Best first, nonces in order for each account; `included`/`skipped` steer the walk. */
  walk(view: StateView): MempoolWalk;
  /** A transaction that can never be mined. */
  drop(txid: Uint8Array, reason: string): void;
  onAdmitted(listener: () => void): () => void;
}

export interface MempoolWalk {
  next(): CheckedTransaction | null;
  /** The candidate went into the block: its origin's (and sponsor's) next nonce is free. */
  included(checked: CheckedTransaction): void;
  /** It did not fit now; later nonces of its account are out of reach. */
  skipped(checked: CheckedTransaction): void;
}

export interface StackerDbPort {
  /** Writes the next version of this miner's slot. */
  publishProposal(message: Uint8Array, tenureConsensusHash: Uint8Array): void;
  publishPushedBlock(message: Uint8Array, tenureConsensusHash: Uint8Array): void;
  /** What our slots for proposals hold, after a restart as well. */
  ownProposals(): readonly Uint8Array[];
  /** Chunks that signers write into `.signers-{parity of the cycle}-1`: slot and message. */
  onSignerMessage(
    listener: (parity: number, slot: number, message: Uint8Array) => void,
  ): () => void;
}
