/**
 * One block on top of its parent: the path shared by miner (build), signer (validate) and follower
 * (apply). It reads the parent's state and collects writes; nothing is stored before `commit`.
 */
import { assert, bytesEqual } from '@assay/bytes';
import {
  type ContractCache,
  type Cost,
  CostMeter,
  creditStx,
  writeBlockTime,
  ZERO_COST,
} from '@assay/clarity';
import { type NetworkParams, rewardCycleAt, rulesAt } from '@assay/params';
import type { NakamotoBlockHeader } from '@assay/wire';
import type { BlockContext, BurnStateDb } from './block-context.ts';
import { createInfo, type HeaderChain } from './block-info.ts';
import type { CheckedTransaction } from './checked-transaction.ts';
import { createFrame, type ExecutionFrame } from './execution-frame.ts';
import { LIMITS } from './limits.ts';
import { processTransaction } from './process-transaction.ts';
import type { Processed } from './processed.ts';
import type { MaturedReward, Receipt } from './receipt.ts';
import { payMaturedRewards } from './rewards.ts';
import { type StateBase, StateDb } from './state-db.ts';
import type { StoredHeader } from './stored-header.ts';
import { continueTenure } from './tenure.ts';
import { TENURE_COST } from './tenure-cost.ts';

export interface ExecutionDeps {
  readonly network: NetworkParams;
  readonly chain: HeaderChain;
  readonly cache: ContractCache;
  readonly base: StateBase;
  readonly burnState: BurnStateDb;
}

/** What a block did, independent of its header's signatures. */
export interface Executed {
  readonly writes: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly receipts: readonly Receipt[];
  readonly rewards: readonly MaturedReward[];
  readonly txids: readonly Uint8Array[];
  /** The header record, once the final header is known. */
  stored(header: NakamotoBlockHeader, ids: BlockIds): StoredHeader;
  readonly blockCost: Cost;
  readonly tenureCost: Cost;
  /** Of the tenure that the block is of. */
  readonly consensusHash: Uint8Array;
  /** What the header must say: it moves with the burn view, at tenure changes only. */
  readonly burnSpent: bigint;
}

export interface BlockIds {
  readonly blockId: Uint8Array;
  readonly blockHash: Uint8Array;
  readonly sizeBytes: number;
}

export class BlockExecution {
  readonly #frame: ExecutionFrame;
  readonly #chain: HeaderChain;
  readonly #db: StateDb;
  readonly #receipts: Receipt[] = [];
  readonly #txids: Uint8Array[] = [];

  constructor(deps: ExecutionDeps, parent: StoredHeader, context: BlockContext) {
    const { network, chain, cache, base, burnState } = deps;
    this.#chain = chain;
    this.#db = new StateDb(base);
    writeBlockTime(this.#db, context.timestampSecs);
    const tenure = continueTenure(parent);
    const meter = new CostMeter(TENURE_COST);
    meter.reset(parent.tenureCost);
    this.#frame = createFrame({
      network,
      rules: rulesAt(context.burnView.burnHeight),
      parent,
      context,
      db: this.#db,
      meter,
      cache,
      tenure,
      info: createInfo({
        chain,
        network,
        tip: parent,
        stacksHeight: parent.height + 1,
        tenureHeight: tenure.height,
        timestampSecs: context.timestampSecs,
        burnView: context.burnView,
        burnState,
      }),
    });
  }

  get transactionCount(): number {
    return this.#receipts.length;
  }

  get tenureCost(): Cost {
    return this.#frame.meter.total();
  }

  process(checked: CheckedTransaction): Processed {
    assert(this.#receipts.length < LIMITS.blockTransactionsMax, 'too many transactions');
    const processed = processTransaction(this.#frame, checked);
    if (processed.included) {
      this.#receipts.push(processed.receipt);
      this.#txids.push(checked.txid);
    }
    return processed;
  }

  /** Money out of nothing, for simulations. */
  credit(principal: string, amountMicro: bigint): void {
    creditStx(this.#db, principal, amountMicro, this.#frame.context.burnView.burnHeight);
  }

  /** As if the tenure had spent nothing yet, for simulations. */
  resetBudget(): void {
    this.#frame.meter.reset(ZERO_COST);
  }

  /** Null when the block may end here; else one sentence. */
  endFault(): string | null {
    if (this.#receipts.length === 0) return 'a block without transactions';
    const { tenure, parent, context, movesBurnView } = this.#frame;
    if (
      !movesBurnView &&
      !bytesEqual(parent.burnView.consensusHash, context.burnView.consensusHash)
    ) {
      return 'the burn view moves without a tenure change';
    }
    if (tenure.isStart && this.#receipts.length < 2) return 'a tenure starts with a coinbase';
    return null;
  }

  /** Pays rewards and closes the state. The block cannot take transactions afterwards. */
  finish(): Executed {
    const frame = this.#frame;
    const rewards = payMaturedRewards(frame, this.#chain);
    const { parent, context, tenure } = frame;
    const tenureCost = frame.meter.total();
    const blockCost = sumCosts(this.#receipts);
    const rewardCycle = tenure.isStart ? context.signers.cycle : parent.rewardCycle;
    const { feesMicro } = frame;
    return {
      writes: this.#db.writes(),
      metadata: this.#db.metadataWrites(),
      receipts: this.#receipts,
      rewards,
      txids: this.#txids,
      blockCost,
      tenureCost,
      consensusHash: tenure.view.consensusHash,
      burnSpent: frame.movesBurnView ? context.burnView.totalBurn : parent.header.burnSpent,
      stored: (header, ids) => ({
        ...ids,
        header,
        parentBlockId: parent.blockId,
        height: parent.height + 1,
        tenureHeight: tenure.height,
        burnView: context.burnView,
        tenureView: tenure.view,
        tenureStartBlockId: tenure.isStart ? ids.blockId : parent.tenureStartBlockId,
        previousTenureEndBlockId: tenure.isStart ? parent.blockId : parent.previousTenureEndBlockId,
        isTenureStart: tenure.isStart,
        tenureBlocks: tenure.blocks,
        rewardRecipient: tenure.rewardRecipient,
        minerAddress: tenure.minerAddress,
        coinbaseMicro: tenure.coinbaseMicro,
        tenureFeesMicro: tenure.feesMicro + feesMicro,
        tenureCost,
        blockCost,
        blockFeesMicro: feesMicro,
        vrfProof: tenure.vrfProof,
        transactionCount: this.#receipts.length,
        rewardCycle,
      }),
    };
  }
}

function sumCosts(receipts: readonly Receipt[]): Cost {
  const sum = { writeLength: 0, writeCount: 0, readLength: 0, readCount: 0, runtime: 0 };
  for (const { cost } of receipts) {
    sum.writeLength += cost.writeLength;
    sum.writeCount += cost.writeCount;
    sum.readLength += cost.readLength;
    sum.readCount += cost.readCount;
    sum.runtime += cost.runtime;
  }
  return sum;
}

/** The reward cycle whose signers sign a tenure won at this height. */
export function cycleOf(network: NetworkParams, burnHeight: number): number {
  return rewardCycleAt(network.pox, burnHeight) ?? 0;
}
