/** Builds burn blocks for tests: miners that register keys and chain their commits. */
import { sha256, vrfKeyFromSeed } from '@assay/crypto';
import { DEVNET, isPreparePhase, type NetworkParams, rulesAt } from '@assay/params';
import { MemoryStore } from '@assay/store';
import {
  type BlockCommitOp,
  BURN_ADDRESS,
  type BurnBlock,
  type BurnDecision,
  type CommitRecipients,
  chainedOutputIndex,
  decideBurnBlock,
  firstSnapshot,
  type KeyRegisterOp,
  type ParsedOp,
  type Snapshot,
  SnapshotDb,
} from '../src/index.ts';

export function digest(...parts: (string | number)[]): Uint8Array {
  return sha256(new TextEncoder().encode(parts.join('|')));
}

export const FIRST: Snapshot = firstSnapshot({
  burnHeight: DEVNET.pox.firstBurnHeight,
  burnHeaderHash: digest('first'),
  parentBurnHeaderHash: new Uint8Array(32),
  timestampSecs: 1_700_000_000,
});

export interface TestMiner {
  readonly name: string;
  key: { burnHeight: number; vtxindex: number } | null;
  last: { txid: Uint8Array; index: number };
}

export class BurnChain {
  readonly db: SnapshotDb;
  readonly network: NetworkParams;
  constructor(network: NetworkParams = DEVNET) {
    this.network = network;
    this.db = new SnapshotDb(new MemoryStore());
    this.db.initialize(FIRST);
  }

  miner(name: string): TestMiner {
    return { name, key: null, last: { txid: digest('coin', name), index: 0 } };
  }

  keyOp(miner: TestMiner, burnHeight: number, vtxindex: number): KeyRegisterOp {
    miner.key = { burnHeight, vtxindex };
    return {
      kind: 'key-register',
      txid: digest('key', miner.name, burnHeight),
      burnHeight,
      vtxindex,
      consensusHash: new Uint8Array(20),
      vrfPublicKey: vrfKeyFromSeed(digest('vrf', miner.name)).publicKey,
      memo: digest('signing', miner.name).slice(0, 20),
    };
  }

  commitOp(
    miner: TestMiner,
    burnHeight: number,
    vtxindex: number,
    burnFeeSats: bigint,
    change: Partial<BlockCommitOp> = {},
  ): BlockCommitOp {
    const single = isPreparePhase(this.network.pox, burnHeight);
    const outputs = single ? 1 : this.network.pox.outputsPerCommit;
    const txid = digest('commit', miner.name, burnHeight, vtxindex, String(burnFeeSats));
    const op: BlockCommitOp = {
      kind: 'block-commit',
      txid,
      burnHeight,
      vtxindex,
      parentTenureId: digest('tenure', burnHeight),
      newSeed: digest('seed', miner.name, burnHeight),
      parentBlockHeight: 0,
      parentVtxindex: 0,
      keyBlockHeight: miner.key?.burnHeight ?? 1,
      keyVtxindex: miner.key?.vtxindex ?? 0,
      epochMarker: rulesAt(burnHeight).commitMarkerMin,
      burnParentModulus: (burnHeight - 1) % 5,
      commitOutputs: Array.from({ length: outputs }, () => BURN_ADDRESS),
      burnFeeSats,
      input: miner.last,
      senderScript: digest('script', miner.name).slice(0, 22),
      ...change,
    };
    miner.last = { txid, index: chainedOutputIndex(single, this.network.pox.outputsPerCommit) };
    return op;
  }

  block(parent: Snapshot, ops: readonly ParsedOp[], fork = ''): BurnBlock {
    const burnHeight = parent.burnHeight + 1;
    return {
      burnHeight,
      burnHeaderHash: digest('block', burnHeight, fork),
      parentBurnHeaderHash: parent.burnHeaderHash,
      timestampSecs: parent.timestampSecs + 600,
      ops,
    };
  }

  decide(
    parent: Snapshot,
    ops: readonly ParsedOp[],
    fork = '',
    recipients: CommitRecipients | null = null,
  ): BurnDecision {
    const block = this.block(parent, ops, fork);
    return decideBurnBlock(block, this.db.history(parent), this.network, recipients);
  }

  /** Decides, stores and makes canonical. */
  push(ops: readonly ParsedOp[], parent: Snapshot = this.db.tip, fork = ''): BurnDecision {
    const decision = this.decide(parent, ops, fork);
    this.db.append(decision);
    this.db.setTip(decision.snapshot.sortitionId);
    return decision;
  }
}
