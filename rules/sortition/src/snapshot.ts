/**
 * What one Bitcoin block left behind: the snapshot, and the operations that counted in it.
 * Snapshots form a tree as Bitcoin blocks do; the consensus hash names one for the Stacks chain.
 * Source: SIP-001; stacks-core `burn/mod.rs`, `burn/sortition.rs` (facts).
 */
import { BURN_ADDRESS, type BurnAddress } from './burn-address.ts';
import type { AcceptedOp, MissedCommit, PreStxOp } from './op.ts';

export interface Snapshot {
  readonly burnHeight: number;
  /** 32 bytes each, display order. */
  readonly burnHeaderHash: Uint8Array;
  readonly parentBurnHeaderHash: Uint8Array;
  readonly timestampSecs: number;
  /** 20 bytes; zeros for the first snapshot. */
  readonly consensusHash: Uint8Array;
  /** 32 bytes. */
  readonly sortitionId: Uint8Array;
  /** Equals `sortitionId` for the first snapshot. */
  readonly parentSortitionId: Uint8Array;
  readonly opsHash: Uint8Array;
  /** Rolling hash of burn header hashes and winners' seeds, 32 bytes. */
  readonly sortitionHash: Uint8Array;
  /** Satoshis of all bids of all blocks with a winner so far (u64). */
  readonly totalBurnSats: bigint;
  /** Winners so far on this fork. */
  readonly sortitionCount: number;
  /** Coinbases of Bitcoin blocks without winner since the last one, for this or the next winner. */
  readonly accumulatedCoinbaseMicro: bigint;
  /** Whom this block's commits were to pay, and what each of them got. */
  readonly payouts: Payouts;
  /** Null: no sortition (nobody bid, the winner was not eligible, or the null miner won). */
  readonly winner: SortitionWinner | null;
}

export interface Payouts {
  /** One in a prepare phase, else one per output of a commit; where nobody is drawn, a burn address. */
  readonly payees: readonly BurnAddress[];
  /** Satoshis of all commits together, for each payee. */
  readonly perPayeeSats: bigint;
}

export interface SortitionWinner {
  /** The winning commit: 32 bytes display order, and its index in the Bitcoin block. */
  readonly txid: Uint8Array;
  readonly vtxindex: number;
  /** Satoshis of the winning bid, and of all bids of this block. */
  readonly burnFeeSats: bigint;
  readonly blockBurnSats: bigint;
  /** First block of the tenure that the winner builds on, 32 bytes. */
  readonly parentTenureId: Uint8Array;
  /** Burn height and index of the commit that won that tenure; 0, 0 for genesis. */
  readonly parentBlockHeight: number;
  readonly parentVtxindex: number;
  /** Hash of the parent tenure's VRF proof as the commit claims it, 32 bytes. */
  readonly vrfSeed: Uint8Array;
  /** The winner's registered keys: 32 bytes; hash160 of the block-signing key, null if absent. */
  readonly vrfPublicKey: Uint8Array;
  readonly minerPubkeyHash: Uint8Array | null;
  readonly keyBlockHeight: number;
  readonly keyVtxindex: number;
  /** Output script behind the bid; tells miners apart for people. */
  readonly senderScript: Uint8Array;
}

/** The operations of a block that counted, kept for later checks and windows. */
export interface BlockOps {
  /** Ascending by position. */
  readonly accepted: readonly AcceptedOp[];
  readonly missed: readonly MissedCommit[];
  readonly preStx: readonly PreStxOp[];
}

/** The first snapshot: the Bitcoin block below the first sortition. */
export function firstSnapshot(block: {
  readonly burnHeight: number;
  readonly burnHeaderHash: Uint8Array;
  readonly parentBurnHeaderHash: Uint8Array;
  readonly timestampSecs: number;
}): Snapshot {
  return {
    burnHeight: block.burnHeight,
    burnHeaderHash: block.burnHeaderHash,
    parentBurnHeaderHash: block.parentBurnHeaderHash,
    timestampSecs: block.timestampSecs,
    consensusHash: new Uint8Array(20),
    sortitionId: block.burnHeaderHash,
    parentSortitionId: block.burnHeaderHash,
    opsHash: new Uint8Array(32),
    sortitionHash: new Uint8Array(32),
    totalBurnSats: 0n,
    sortitionCount: 0,
    accumulatedCoinbaseMicro: 0n,
    payouts: { payees: [BURN_ADDRESS, BURN_ADDRESS], perPayeeSats: 0n },
    winner: null,
  };
}
