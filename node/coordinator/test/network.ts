/**
 * A small world around the coordinator: burn blocks with real commits, blocks with real signatures,
 * and a chainstate that keeps headers but executes nothing.
 */
import { bytesToHex, err, ok } from '@assay/bytes';
import type { BlockContext, SignerSet, StoredHeader } from '@assay/chainstate';
import {
  hash160,
  publicKeyFromPrivate,
  sha256,
  signRecoverable,
  vrfKeyFromSeed,
  vrfProve,
  vrfSeedFromProof,
} from '@assay/crypto';
import { memoryLogger } from '@assay/observe';
import { DEVNET, isPreparePhase, type NetworkParams, rulesAt } from '@assay/params';
import {
  type BlockCommitOp,
  BURN_ADDRESS,
  type BurnBlock,
  chainedOutputIndex,
  type ParsedOp,
  type Snapshot,
} from '@assay/sortition';
import { MemoryStore, type Store } from '@assay/store';
import {
  blockHash,
  blockId,
  EMPTY_HEADER,
  type NakamotoBlock,
  type NakamotoBlockHeader,
  signerSignatureHash,
  signHeaderAsMiner,
  signOrigin,
  singleSigCondition,
  type TenureChangeCause,
  type TenureChangePayload,
  type Transaction,
  type TransactionPayload,
  transactionsRoot,
} from '@assay/wire';
import { type ChainstatePort, Coordinator } from '../src/index.ts';

export const digest = (...parts: (string | number)[]): Uint8Array =>
  sha256(new TextEncoder().encode(parts.join('|')));

const NO_COST = { writeLength: 0, writeCount: 0, readLength: 0, readCount: 0, runtime: 0 };
const NO_VIEW = {
  consensusHash: new Uint8Array(20),
  burnHeight: 0,
  burnHeaderHash: new Uint8Array(32),
  sortitionHash: new Uint8Array(32),
  vrfSeed: new Uint8Array(32),
  totalBurn: 0n,
  burnTimestampSecs: 0,
  minerPubkeyHash: null,
};

const GENESIS_HEADER = { ...EMPTY_HEADER, timestampSecs: 1_600_000_000 };

const GENESIS: StoredHeader = {
  header: GENESIS_HEADER,
  blockId: blockId(GENESIS_HEADER),
  blockHash: blockHash(GENESIS_HEADER),
  parentBlockId: new Uint8Array(32),
  height: 0,
  tenureHeight: 0,
  burnView: NO_VIEW,
  tenureView: NO_VIEW,
  tenureStartBlockId: blockId(GENESIS_HEADER),
  previousTenureEndBlockId: blockId(GENESIS_HEADER),
  isTenureStart: true,
  tenureBlocks: 1,
  rewardRecipient: '',
  minerAddress: '',
  coinbaseMicro: 0n,
  tenureFeesMicro: 0n,
  tenureCost: NO_COST,
  blockCost: NO_COST,
  blockFeesMicro: 0n,
  vrfProof: null,
  transactionCount: 0,
  sizeBytes: 0,
  rewardCycle: 0,
};

/** Keeps headers; refuses the blocks it is told to. */
export class FakeChainstate {
  readonly genesisBlockId = GENESIS.blockId;
  readonly headers = new Map<string, StoredHeader>([[bytesToHex(GENESIS.blockId), GENESIS]]);
  readonly contexts: BlockContext[] = [];
  readonly refused = new Set<string>();

  header = (id: Uint8Array): StoredHeader | null => this.headers.get(bytesToHex(id)) ?? null;

  blocksAtHeight = (height: number): Uint8Array[] =>
    [...this.headers.values()]
      .filter((header) => header.height === height)
      .map((header) => header.blockId)
      .sort((a, b) => (bytesToHex(a) < bytesToHex(b) ? -1 : 1));

  ancestorAt = (tip: Uint8Array, height: number): Uint8Array | null => {
    let cursor = this.header(tip);
    while (cursor !== null && cursor.height > height) cursor = this.header(cursor.parentBlockId);
    return cursor !== null && cursor.height === height ? cursor.blockId : null;
  };

  validateBlock = (block: NakamotoBlock, context: BlockContext) => this.#execute(block, context);

  applyBlock = (block: NakamotoBlock, context: BlockContext) => {
    const result = this.#execute(block, context);
    if (result.ok) {
      this.headers.set(bytesToHex(result.value.header.blockId), result.value.header);
      this.contexts.push(context);
    }
    return result;
  };

  #execute(block: NakamotoBlock, context: BlockContext) {
    const id = blockId(block.header);
    if (this.refused.has(bytesToHex(id))) {
      const message = 'refused by the test';
      return err({ code: 'chainstate/state-root' as const, message });
    }
    const parent = this.header(block.header.parentBlockId)!;
    const coinbase = block.transactions.find((tx) => tx.payload.kind === 'nakamoto-coinbase');
    const proof = coinbase?.payload.kind === 'nakamoto-coinbase' ? coinbase.payload.vrfProof : null;
    const isTenureStart = proof !== null;
    const header: StoredHeader = {
      ...parent,
      header: block.header,
      blockId: id,
      blockHash: blockHash(block.header),
      parentBlockId: parent.blockId,
      height: parent.height + 1,
      tenureHeight: parent.tenureHeight + (isTenureStart ? 1 : 0),
      burnView: context.burnView,
      tenureView: isTenureStart ? context.burnView : parent.tenureView,
      tenureStartBlockId: isTenureStart ? id : parent.tenureStartBlockId,
      isTenureStart,
      tenureBlocks: isTenureStart ? 1 : parent.tenureBlocks + 1,
      vrfProof: proof ?? parent.vrfProof,
    };
    return ok({ header, block, receipts: [], maturedRewards: [] });
  }
}

export interface Signer {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export class TestMiner {
  readonly name: string;
  readonly privateKey: Uint8Array;
  readonly pubkeyHash: Uint8Array;
  readonly vrf;
  key: { burnHeight: number; vtxindex: number } | null = null;
  coin: { txid: Uint8Array; index: number };

  constructor(name: string) {
    this.name = name;
    this.privateKey = digest('miner', name);
    this.pubkeyHash = hash160(publicKeyFromPrivate(this.privateKey));
    this.vrf = vrfKeyFromSeed(digest('vrf', name));
    this.coin = { txid: digest('coin', name), index: 0 };
  }
}

export interface BlockChange {
  readonly header?: Partial<NakamotoBlockHeader>;
  /** Fields of the tenure change. */
  readonly change?: Partial<TenureChangePayload>;
  readonly vrfProof?: Uint8Array;
  readonly transactions?: (made: readonly Transaction[]) => readonly Transaction[];
  /** Who signs, by index into the set. */
  readonly signers?: readonly number[];
  readonly miner?: TestMiner;
}

export function testSigners(count: number): Signer[] {
  return Array.from({ length: count }, (_, i) => {
    const privateKey = digest('signer', i);
    return { privateKey, publicKey: publicKeyFromPrivate(privateKey) };
  }).sort((a, b) => (bytesToHex(a.publicKey) < bytesToHex(b.publicKey) ? -1 : 1));
}

export class TestNetwork<C extends ChainstatePort = FakeChainstate> {
  readonly network: NetworkParams = DEVNET;
  readonly store: Store;
  readonly chainstate: C;
  readonly signers: readonly Signer[];
  readonly set: SignerSet;
  readonly log = memoryLogger();
  readonly coordinator: Coordinator;
  nowMs = 1_700_000_000_000 + 3_600_000;

  constructor(store: Store, chainstate: C, signerCount = 4) {
    this.store = store;
    this.chainstate = chainstate;
    this.signers = testSigners(signerCount);
    const signers = this.signers.map(({ publicKey }) => ({ publicKey, weight: 1n }));
    this.set = { cycle: 0, signers };
    this.coordinator = new Coordinator(
      {
        world: { clock: { nowMs: () => this.nowMs } },
        store,
        chainstate,
        signersOf: (cycle) => ({ ...this.set, cycle }),
        log: this.log,
      },
      { network: this.network },
    );
    this.coordinator.start();
  }

  // Bitcoin

  first(): void {
    this.coordinator.onFirstBurnBlock({
      burnHeight: this.network.pox.firstBurnHeight,
      burnHeaderHash: digest('first'),
      parentBurnHeaderHash: new Uint8Array(32),
      timestampSecs: 1_700_000_000,
      ops: [],
    });
  }

  burnBlock(ops: readonly ParsedOp[], parent: Snapshot, fork = ''): BurnBlock {
    return {
      burnHeight: parent.burnHeight + 1,
      burnHeaderHash: digest('burn', parent.burnHeight + 1, fork),
      parentBurnHeaderHash: parent.burnHeaderHash,
      timestampSecs: parent.timestampSecs + 60,
      ops,
    };
  }

  /** Appends to the canonical fork and makes it the tip. */
  burn(ops: readonly ParsedOp[] = [], fork = ''): Snapshot {
    const block = this.burnBlock(ops, this.coordinator.burnTip()!, fork);
    this.coordinator.onBurnBlock(block);
    this.coordinator.onBurnTip(block.burnHeaderHash);
    return this.coordinator.burnTip()!;
  }

  register(miner: TestMiner, burnHeight: number, vtxindex = 1): ParsedOp {
    miner.key = { burnHeight, vtxindex };
    return {
      kind: 'key-register',
      txid: digest('register', miner.name, burnHeight),
      burnHeight,
      vtxindex,
      consensusHash: new Uint8Array(20),
      vrfPublicKey: miner.vrf.publicKey,
      memo: miner.pubkeyHash,
    };
  }

  /** A commit to the tenure of a block, for the burn block after `parent`. */
  commit(
    miner: TestMiner,
    parent: Snapshot,
    on: StoredHeader = this.coordinator.tip(),
    change: Partial<BlockCommitOp> = {},
  ): BlockCommitOp {
    const burnHeight = parent.burnHeight + 1;
    const { pox } = this.network;
    const single = isPreparePhase(pox, burnHeight);
    const tenure = this.coordinator.snapshots.byConsensusHash(on.header.consensusHash);
    const txid = digest('commit', miner.name, burnHeight, bytesToHex(on.blockId));
    const op: BlockCommitOp = {
      kind: 'block-commit',
      txid,
      burnHeight,
      vtxindex: 1,
      parentTenureId: on.tenureStartBlockId,
      newSeed: vrfSeedFromProof(on.vrfProof ?? new Uint8Array(80)),
      parentBlockHeight: tenure?.winner ? tenure.burnHeight : 0,
      parentVtxindex: tenure?.winner?.vtxindex ?? 0,
      keyBlockHeight: miner.key!.burnHeight,
      keyVtxindex: miner.key!.vtxindex,
      epochMarker: rulesAt(burnHeight).commitMarkerMin,
      burnParentModulus: (burnHeight - 1) % 5,
      commitOutputs: Array.from({ length: single ? 1 : 2 }, () => BURN_ADDRESS),
      burnFeeSats: 20_000n,
      input: miner.coin,
      senderScript: miner.pubkeyHash,
      ...change,
    };
    miner.coin = { txid, index: chainedOutputIndex(single, pox.outputsPerCommit) };
    return op;
  }

  /** Registers a key and commits until the miner wins. */
  elect(miner: TestMiner): void {
    this.first();
    this.burn([this.register(miner, 101)]);
    for (let i = 0; i < 3; i++) this.burn([this.commit(miner, this.coordinator.burnTip()!)]);
  }

  /** A network whose miner has just won its first sortition. */
  static elected(signerCount = 4): { net: TestNetwork; miner: TestMiner } {
    const net = new TestNetwork(new MemoryStore(), new FakeChainstate(), signerCount);
    const miner = new TestMiner('a');
    net.elect(miner);
    return { net, miner };
  }

  // Stacks

  tx(miner: TestMiner, payload: TransactionPayload, nonce = 0n): Transaction {
    const { privateKey } = miner;
    const publicKey = publicKeyFromPrivate(privateKey);
    return signOrigin(
      {
        version: this.network.transactionVersion,
        chainId: this.network.chainId,
        auth: {
          kind: 'standard',
          origin: singleSigCondition(publicKey, { nonce, feeMicro: 0n }),
        },
        anchorMode: 'on-chain-only',
        postConditionMode: 'allow',
        postConditions: [],
        payload,
      },
      { privateKey, compressed: true },
    );
  }

  tenureChange(
    parent: StoredHeader,
    cause: TenureChangeCause,
    tenure: Snapshot,
    view: Snapshot,
    miner: TestMiner,
  ): TenureChangePayload {
    return {
      kind: 'tenure-change',
      tenureConsensusHash: tenure.consensusHash,
      prevTenureConsensusHash: parent.header.consensusHash,
      burnViewConsensusHash: view.consensusHash,
      previousTenureEnd: parent.blockId,
      previousTenureBlocks: parent.tenureBlocks,
      cause,
      pubkeyHash: miner.pubkeyHash,
    };
  }

  /** First block of the tenure won at `tenure`. */
  start(
    miner: TestMiner,
    tenure: Snapshot,
    parent: StoredHeader = this.coordinator.tip(),
    change: BlockChange = {},
  ): NakamotoBlock {
    const vrfProof = change.vrfProof ?? vrfProve(miner.vrf.privateKey, tenure.sortitionHash);
    const tenureChange = this.tenureChange(parent, 'block-found', tenure, tenure, miner);
    const made = [
      this.tx(miner, { ...tenureChange, ...change.change }),
      this.tx(miner, {
        kind: 'nakamoto-coinbase',
        payload: new Uint8Array(32),
        recipient: null,
        vrfProof,
      }),
    ];
    return this.block(miner, tenure, parent, made, tenure.totalBurnSats, change);
  }

  extend(
    miner: TestMiner,
    view: Snapshot,
    parent: StoredHeader = this.coordinator.tip(),
    change: BlockChange = {},
  ): NakamotoBlock {
    const tenure = this.coordinator.snapshots.byConsensusHash(parent.header.consensusHash)!;
    const payload = this.tenureChange(parent, 'extended', tenure, view, miner);
    const made = [this.tx(miner, { ...payload, ...change.change })];
    return this.block(miner, tenure, parent, made, view.totalBurnSats, change);
  }

  /** A block inside the tenure of its parent. */
  next(
    miner: TestMiner,
    parent: StoredHeader = this.coordinator.tip(),
    memo = '',
    change: BlockChange = {},
  ): NakamotoBlock {
    const tenure = this.coordinator.snapshots.byConsensusHash(parent.header.consensusHash)!;
    const contractName = `c${bytesToHex(digest(memo)).slice(0, 8)}`;
    const made = [this.tx(miner, { kind: 'smart-contract', contractName, source: '()' })];
    return this.block(miner, tenure, parent, made, parent.header.burnSpent, change);
  }

  block(
    miner: TestMiner,
    tenure: Snapshot,
    parent: StoredHeader,
    made: readonly Transaction[],
    burnSpent: bigint,
    change: BlockChange,
  ): NakamotoBlock {
    const transactions = change.transactions?.(made) ?? made;
    const header: NakamotoBlockHeader = {
      ...EMPTY_HEADER,
      chainLength: parent.height + 1,
      burnSpent,
      consensusHash: tenure.consensusHash,
      parentBlockId: parent.blockId,
      txMerkleRoot: transactionsRoot(transactions),
      timestampSecs: Math.max(1_700_000_000, parent.header.timestampSecs + 1),
      ...change.header,
    };
    return this.sign({ header, transactions }, change.miner ?? miner, change.signers);
  }

  /** Signs as miner, then as the signers named by index (all by default). */
  sign(
    block: NakamotoBlock,
    miner: TestMiner,
    indexes: readonly number[] = this.signers.map((_, i) => i),
  ): NakamotoBlock {
    const signed = signHeaderAsMiner(block.header, miner.privateKey);
    const hash = signerSignatureHash(signed);
    const signerSignatures = indexes.map((i) =>
      signRecoverable(hash, this.signers[i]?.privateKey ?? digest('stranger')),
    );
    return { ...block, header: { ...signed, signerSignatures } };
  }

  /** Submits and returns the new tip, or the refusal's code. */
  async submit(block: NakamotoBlock): Promise<string> {
    const result = await this.coordinator.submitBlock(block);
    return result.ok ? result.value.status : result.error.code;
  }
}
