/**
 * What a block needs to know from outside the Stacks state: the Bitcoin block that its tenure
 * stands on and the signers of the reward cycle. The coordinator supplies it; chainstate never
 * looks at Bitcoin itself.
 * Source: SIP-021 (burn view, tenure), reference/stacks.md 2.4, 2.6.
 */
import type { BurnBlockFacts } from '@assay/clarity';

/** One Bitcoin block as sortition left it. */
export interface BurnView {
  /** 20 bytes. */
  readonly consensusHash: Uint8Array;
  readonly burnHeight: number;
  /** 32 bytes, in the order Stacks prints them. */
  readonly burnHeaderHash: Uint8Array;
  /** 32 bytes. */
  readonly sortitionHash: Uint8Array;
  /** VRF seed that the winning commit carried, 32 bytes; zeros when nobody won. */
  readonly vrfSeed: Uint8Array;
  /** Satoshis burnt on this fork up to and including this block (u64). */
  readonly totalBurn: bigint;
  readonly burnTimestampSecs: number;
  /** hash160 of the winner's block-signing key; null when nobody won. */
  readonly minerPubkeyHash: Uint8Array | null;
  /**
   * Coinbases of the Bitcoin blocks without winner since the last winner, micro-STX; they go to
   * this block's winner on top of its own. Default 0.
   */
  readonly accumulatedCoinbaseMicro?: bigint;
  /** Satoshis spent by all commits and by the winner in this block, when known. */
  readonly burnSpentSats?: bigint;
  readonly winnerSpentSats?: bigint;
}

export interface SignerEntry {
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly weight: bigint;
}

/** The signers of one reward cycle, ordered by public key. */
export interface SignerSet {
  readonly cycle: number;
  readonly signers: readonly SignerEntry[];
}

export interface BlockContext {
  /**
   * The burn view of the block: the tenure's own sortition, or the one that its latest
   * tenure-extend named.
   */
  readonly burnView: BurnView;
  /** Unix seconds, equal to the header's timestamp. */
  readonly timestampSecs: number;
  readonly signers: SignerSet;
}

/** Bitcoin blocks for `get-burn-block-info?`: what stacks-core calls BurnStateDB. */
export interface BurnStateDb {
  /**
   * The block at `burnHeight` on the fork that ends in a burn view.
   * @param consensusHash of the burn view, 20 bytes
   * @returns null above the burn view and for a burn view that is not known
   */
  burnBlock(consensusHash: Uint8Array, burnHeight: number): BurnBlockFacts | null;
}
