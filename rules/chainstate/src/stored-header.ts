/**
 * A block's header with what chainstate derived while applying it. The bookkeeping of tenures
 * (who earned what, how much of the budget is spent) lives here and not in the Clarity state, as
 * in stacks-core's headers database.
 */
import type { Cost } from '@assay/clarity';
import type { NakamotoBlockHeader } from '@assay/wire';
import type { BurnView } from './block-context.ts';

export interface StoredHeader {
  readonly header: NakamotoBlockHeader;
  readonly blockId: Uint8Array;
  readonly blockHash: Uint8Array;
  readonly parentBlockId: Uint8Array;
  /** Chain length: genesis 0. */
  readonly height: number;
  /** Tenures up to and including this block's; genesis 0. */
  readonly tenureHeight: number;
  readonly burnView: BurnView;
  /** The sortition that this tenure won (differs from `burnView` after a tenure-extend). */
  readonly tenureView: BurnView;
  /** First block of this tenure. */
  readonly tenureStartBlockId: Uint8Array;
  /** Last block of the previous tenure. */
  readonly previousTenureEndBlockId: Uint8Array;
  readonly isTenureStart: boolean;
  /** Blocks of this tenure up to and including this one. */
  readonly tenureBlocks: number;
  /** Where the coinbase of this tenure goes. */
  readonly rewardRecipient: string;
  readonly minerAddress: string;
  readonly coinbaseMicro: bigint;
  /** Fees of this tenure so far. */
  readonly tenureFeesMicro: bigint;
  /** Budget used since the last BlockFound or Extended. */
  readonly tenureCost: Cost;
  readonly blockCost: Cost;
  readonly blockFeesMicro: bigint;
  /** VRF proof of the tenure's coinbase, 80 bytes; null for genesis. */
  readonly vrfProof: Uint8Array | null;
  readonly transactionCount: number;
  readonly sizeBytes: number;
  /** Reward cycle whose signers must sign this block. */
  readonly rewardCycle: number;
}
