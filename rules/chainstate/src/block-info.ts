/**
 * Facts about earlier blocks for the VM (`get-stacks-block-info?`, `get-tenure-info?`,
 * `get-burn-block-info?`): read from stored headers along the branch that ends in one block.
 */
import { assert } from '@assay/bytes';
import type { BurnBlockFacts, StacksBlockFacts, TenureFacts } from '@assay/clarity';
import type { NetworkParams } from '@assay/params';
import type { BurnStateDb, BurnView } from './block-context.ts';
import type { FrameInfo } from './execution-frame.ts';
import type { StoredHeader } from './stored-header.ts';

/** The stored chain, as far as facts and rewards need it. */
export interface HeaderChain {
  header(blockId: Uint8Array): StoredHeader | null;
  /** The block at `height` on the branch that ends in `tip`. */
  ancestorAt(tip: Uint8Array, height: number): Uint8Array | null;
  /** First blocks of the n-th tenure, on all forks. */
  tenureStartsAt(tenureHeight: number): readonly Uint8Array[];
}

function known(chain: HeaderChain, blockId: Uint8Array): StoredHeader {
  const header = chain.header(blockId);
  assert(header !== null, 'header of an applied block is missing');
  return header;
}

/** First block of the n-th tenure on the branch that ends in `tip`; null when it has none (yet). */
export function tenureStartAt(
  chain: HeaderChain,
  tip: StoredHeader,
  tenureHeight: number,
): StoredHeader | null {
  if (tenureHeight > tip.tenureHeight || tenureHeight < 0) return null;
  for (const id of chain.tenureStartsAt(tenureHeight)) {
    const start = known(chain, id);
    const onBranch =
      start.height <= tip.height ? chain.ancestorAt(tip.blockId, start.height) : null;
    if (onBranch?.every((byte, i) => byte === id[i])) return start;
  }
  return null;
}

/** Fees of a tenure that is over on the branch that ends in `tip`. */
export function tenureFees(chain: HeaderChain, tip: StoredHeader, tenureHeight: number): bigint {
  const next = tenureStartAt(chain, tip, tenureHeight + 1);
  const end = next ? known(chain, next.parentBlockId) : tip;
  assert(end.tenureHeight === tenureHeight, 'tenure is not on this branch');
  return end.tenureFeesMicro;
}

function tenureFactsOf(
  chain: HeaderChain,
  network: NetworkParams,
  tip: StoredHeader,
  block: StoredHeader,
): TenureFacts {
  const { tenureView: view } = block;
  const isMature = block.tenureHeight + network.minerRewardMaturity <= tip.tenureHeight;
  return {
    burnHeaderHash: view.burnHeaderHash,
    minerAddress: block.minerAddress,
    timeSecs: BigInt(view.burnTimestampSecs),
    vrfSeed: view.vrfSeed,
    blockRewardMicro: isMature
      ? block.coinbaseMicro + tenureFees(chain, tip, block.tenureHeight)
      : null,
    minerSpendTotalSats: view.burnSpentSats ?? 0n,
    minerSpendWinnerSats: view.winnerSpentSats ?? 0n,
  };
}

export interface InfoParts {
  readonly chain: HeaderChain;
  readonly network: NetworkParams;
  /** Newest block that the VM may look at. */
  readonly tip: StoredHeader;
  readonly stacksHeight: number;
  readonly tenureHeight: number;
  readonly timestampSecs: number;
  readonly burnView: BurnView;
  readonly burnState: BurnStateDb;
}

/** Facts for a block on top of `tip` (or for `tip` itself, when only looking). */
export function createInfo(parts: InfoParts): FrameInfo {
  const { chain, network, tip, stacksHeight, burnView } = parts;
  const blockAt = (height: number): StoredHeader | null => {
    if (!Number.isSafeInteger(height) || height < 0 || height >= stacksHeight) return null;
    const id = chain.ancestorAt(tip.blockId, height);
    return id === null ? null : known(chain, id);
  };
  return {
    chainId: network.chainId,
    isMainnet: network.isMainnet,
    stacksHeight,
    tenureHeight: parts.tenureHeight,
    burnHeight: burnView.burnHeight,
    blockTimeSecs: BigInt(parts.timestampSecs),
    stacksBlock(height): StacksBlockFacts | null {
      const block = blockAt(height);
      return block === null
        ? null
        : {
            idHeaderHash: block.blockId,
            headerHash: block.blockHash,
            timeSecs: BigInt(block.header.timestampSecs),
          };
    },
    tenureOfBlock(height): TenureFacts | null {
      const block = blockAt(height);
      return block === null ? null : tenureFactsOf(chain, network, tip, block);
    },
    burnBlock(burnHeight): BurnBlockFacts | null {
      if (burnHeight >= burnView.burnHeight) return null;
      return parts.burnState.burnBlock(burnView.consensusHash, burnHeight);
    },
    stacksHeightOfTenure: (height) => tenureStartAt(chain, tip, height)?.height ?? null,
  };
}
