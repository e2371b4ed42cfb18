/**
 * The simulated chain under a session: heights, time and block facts, all made up from the heights,
 * so that two runs see the same hashes and times. No blocks are stored.
 *
 * Bitcoin blocks are ten minutes apart, Stacks blocks within a tenure ten seconds.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import type { BlockInfoDb, BurnBlockFacts, StacksBlockFacts, TenureFacts } from '@assay/clarity';
import { sha256 } from '@assay/crypto';
import { type Epoch, FIRST_EPOCH, isNakamoto } from './epochs.ts';

const BURN_BLOCK_SECS = 600n;
const STACKS_BLOCK_SECS = 10n;

/** 14 November 2023; a fixed start makes `stacks-block-time` the same in every run. */
export const START_TIME_SECS = 1_700_000_000n;

const MINER = 'ST000000000000000000002AMW42H';

interface Heights {
  readonly epoch: Epoch;
  readonly stacksHeight: number;
  readonly burnHeight: number;
  readonly tenureHeight: number;
  readonly timeSecs: bigint;
  /** Blocks are kept as their count per list: what comes later is dropped. */
  readonly blocks: number;
}

interface BlockRecord {
  readonly timeSecs: bigint;
  readonly burnHeight: number;
  readonly tenureTimeSecs: bigint;
}

const hashOf = (what: string, height: number) => sha256(bytesFromUtf8(`simnet ${what} ${height}`));

export class SimulatedChain implements BlockInfoDb {
  readonly chainId = 0x80000000;
  readonly isMainnet = false;
  epoch: Epoch = FIRST_EPOCH;
  stacksHeight = 0;
  burnHeight = 0;
  tenureHeight = 0;
  blockTimeSecs: bigint;
  readonly #blocks: BlockRecord[] = [];
  /** False: every block is a Bitcoin block, whatever the epoch, as in SDKs of generation 2. */
  readonly #hasTenures: boolean;

  constructor(startTimeSecs = START_TIME_SECS, hasTenures = true) {
    this.#hasTenures = hasTenures;
    this.blockTimeSecs = startTimeSecs;
    this.#record(startTimeSecs);
  }

  /** A Bitcoin block, a tenure and its first Stacks block. */
  mineBurnBlock(): void {
    this.stacksHeight++;
    this.tenureHeight++;
    // SDKs of generation 2 see the Bitcoin chain one block behind.
    this.burnHeight = this.#hasTenures ? this.burnHeight + 1 : this.stacksHeight - 1;
    this.blockTimeSecs += BURN_BLOCK_SECS;
    this.#record(this.blockTimeSecs);
  }

  /** From 3.0 on, an epoch starts with a Bitcoin block. */
  startEpoch(epoch: Epoch): void {
    this.epoch = epoch;
    if (this.#hasTenures && isNakamoto(epoch)) this.mineBurnBlock();
  }

  /** Within the tenure; before epoch 3.0 there is no such thing and a Bitcoin block is mined. */
  mineStacksBlock(): void {
    if (!(this.#hasTenures && isNakamoto(this.epoch))) {
      this.mineBurnBlock();
      return;
    }
    this.stacksHeight++;
    this.blockTimeSecs += STACKS_BLOCK_SECS;
    this.#record(this.#blocks.at(-1)!.tenureTimeSecs);
  }

  heights(): Heights {
    const { epoch, stacksHeight, burnHeight, tenureHeight, blockTimeSecs } = this;
    const timeSecs = blockTimeSecs;
    return { epoch, stacksHeight, burnHeight, tenureHeight, timeSecs, blocks: this.#blocks.length };
  }

  restore(heights: Heights): void {
    this.epoch = heights.epoch;
    this.stacksHeight = heights.stacksHeight;
    this.burnHeight = heights.burnHeight;
    this.tenureHeight = heights.tenureHeight;
    this.blockTimeSecs = heights.timeSecs;
    this.#blocks.length = heights.blocks;
  }

  stacksBlock(height: number): StacksBlockFacts | null {
    const block = this.#blocks[height];
    if (block === undefined) return null;
    return {
      idHeaderHash: hashOf('block id', height),
      headerHash: hashOf('block', height),
      timeSecs: block.timeSecs,
    };
  }

  tenureOfBlock(height: number): TenureFacts | null {
    const block = this.#blocks[height];
    if (block === undefined) return null;
    return {
      burnHeaderHash: hashOf('burn block', block.burnHeight),
      minerAddress: MINER,
      timeSecs: block.tenureTimeSecs,
      vrfSeed: hashOf('vrf seed', block.burnHeight),
      blockRewardMicro: null,
      minerSpendTotalSats: 0n,
      minerSpendWinnerSats: 0n,
    };
  }

  burnBlock(burnHeight: number): BurnBlockFacts | null {
    if (burnHeight < 0 || burnHeight > this.burnHeight) return null;
    return {
      headerHash: hashOf('burn block', burnHeight),
      poxAddresses: { addresses: [], payoutSats: 0n },
    };
  }

  #record(tenureTimeSecs: bigint): void {
    const { blockTimeSecs, burnHeight } = this;
    this.#blocks.push({ timeSecs: blockTimeSecs, burnHeight, tenureTimeSecs });
  }
}
