/**
 * Tenures: which tenure-change may stand where, what it does to budget and bookkeeping, and what a
 * tenure earns.
 * Source: SIP-021 "Tenures", SIP-034; stacks-core `nakamoto/tenure.rs` (facts); reference 2.4.
 */
import { bytesEqual } from '@assay/bytes';
import { type Cost, ZERO_COST } from '@assay/clarity';
import { coinbaseMicroAt, type NetworkParams } from '@assay/params';
import type { TenureChangeCause, TenureChangePayload } from '@assay/wire';
import type { BlockContext, BurnView } from './block-context.ts';
import type { StoredHeader } from './stored-header.ts';

/** The tenure as the executing block sees it; starts as the parent left it. */
export interface TenureState {
  readonly view: BurnView;
  readonly height: number;
  readonly isStart: boolean;
  /** Blocks including the executing one. */
  readonly blocks: number;
  readonly feesMicro: bigint;
  readonly coinbaseMicro: bigint;
  readonly minerAddress: string;
  readonly rewardRecipient: string;
  readonly vrfProof: Uint8Array | null;
}

/** The tenure goes on until a tenure-change says otherwise. */
export function continueTenure(parent: StoredHeader): TenureState {
  return {
    view: parent.tenureView,
    height: parent.tenureHeight,
    isStart: false,
    blocks: parent.tenureBlocks + 1,
    feesMicro: parent.tenureFeesMicro,
    coinbaseMicro: parent.coinbaseMicro,
    minerAddress: parent.minerAddress,
    rewardRecipient: parent.rewardRecipient,
    vrfProof: parent.vrfProof,
  };
}

/** The first block of a tenure. The miner's address is known from its transaction. */
export function startTenure(
  parent: StoredHeader,
  view: BurnView,
  network: NetworkParams,
  minerAddress: string,
): TenureState {
  const own = coinbaseMicroAt(network.emission, network.pox.firstBurnHeight, view.burnHeight);
  return {
    view,
    height: parent.tenureHeight + 1,
    isStart: true,
    blocks: 1,
    feesMicro: 0n,
    coinbaseMicro: own + (view.accumulatedCoinbaseMicro ?? 0n),
    minerAddress,
    rewardRecipient: minerAddress,
    vrfProof: null,
  };
}

/** What is left of the budget used, after an extend. */
export function costAfter(cause: TenureChangeCause, used: Cost): Cost {
  switch (cause) {
    case 'block-found':
    case 'extended':
      return ZERO_COST;
    case 'extended-runtime':
      return { ...used, runtime: 0 };
    case 'extended-read-count':
      return { ...used, readCount: 0 };
    case 'extended-read-length':
      return { ...used, readLength: 0 };
    case 'extended-write-count':
      return { ...used, writeCount: 0 };
    case 'extended-write-length':
      return { ...used, writeLength: 0 };
  }
}

/** Null when the tenure-change fits the parent and the burn view; else one sentence. */
export function tenureChangeFault(
  change: TenureChangePayload,
  parent: StoredHeader,
  context: BlockContext,
): string | null {
  const { burnView } = context;
  const parentTenure = parent.header.consensusHash;
  if (!bytesEqual(change.previousTenureEnd, parent.blockId)) {
    return 'the tenure change does not continue from the parent block';
  }
  if (change.previousTenureBlocks !== parent.tenureBlocks) {
    return `the previous tenure has ${parent.tenureBlocks} blocks, not ${change.previousTenureBlocks}`;
  }
  if (!bytesEqual(change.prevTenureConsensusHash, parentTenure)) {
    return 'the tenure change names another previous tenure';
  }
  if (!bytesEqual(change.burnViewConsensusHash, burnView.consensusHash)) {
    return 'the tenure change names another burn view';
  }
  return change.cause === 'block-found'
    ? startFault(change, parent, burnView)
    : extendFault(change, parent, burnView);
}

function startFault(
  change: TenureChangePayload,
  parent: StoredHeader,
  view: BurnView,
): string | null {
  if (!bytesEqual(change.tenureConsensusHash, view.consensusHash)) {
    return 'a new tenure starts at its own sortition';
  }
  if (bytesEqual(change.tenureConsensusHash, parent.header.consensusHash)) {
    return 'this sortition has its tenure already';
  }
  if (view.burnHeight <= parent.tenureView.burnHeight) {
    return 'a tenure cannot be older than the one it follows';
  }
  return minerFault(change, view);
}

function extendFault(
  change: TenureChangePayload,
  parent: StoredHeader,
  view: BurnView,
): string | null {
  if (!bytesEqual(change.tenureConsensusHash, parent.header.consensusHash)) {
    return 'only the ongoing tenure can be extended';
  }
  if (parent.height === 0) return 'genesis has no tenure to extend';
  if (view.burnHeight < parent.burnView.burnHeight) return 'the burn view goes back';
  return minerFault(change, parent.tenureView);
}

function minerFault(change: TenureChangePayload, tenure: BurnView): string | null {
  const winner = tenure.minerPubkeyHash;
  if (winner === null) return 'nobody won this sortition';
  return bytesEqual(change.pubkeyHash, winner) ? null : 'the sortition was won by another key';
}
