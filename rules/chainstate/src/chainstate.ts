/**
 * The door of this room: the tree of applied blocks and their states. Who may mine and sign
 * (sortition winner, signer weight) is the coordinator's business; everything that follows from the
 * parent's state and the block's bytes is decided here.
 * Called by node/coordinator (apply, validate), node/miner (build), node/rpc and node/mempool (views).
 */
import { assert, bytesEqual, bytesToHex, concatBytes, err, ok, type Result } from '@assay/bytes';
import { ContractCache } from '@assay/clarity';
import { merkleRoot, sha256 } from '@assay/crypto';
import { Marf } from '@assay/marf';
import { BLOCK_BYTES_MAX, type NetworkParams, rulesAt } from '@assay/params';
import type { Store } from '@assay/store';
import {
  blockHash,
  blockIdFrom,
  decodeBlock,
  encodeBlock,
  minerSignatureHash,
  type NakamotoBlock,
  transactionId,
} from '@assay/wire';
import { admitTransaction } from './admit-transaction.ts';
import type { BlockBuilder } from './block-builder.ts';
import { createBuilder } from './block-building.ts';
import type { BlockContext, BurnStateDb } from './block-context.ts';
import { BlockExecution, type BlockIds, type Executed } from './block-execution.ts';
import type { HeaderChain } from './block-info.ts';
import { bootState, genesisBlockHeader, genesisHash, genesisStoredHeader } from './boot.ts';
import { ChainIndex } from './chain-index.ts';
import { TransactionChecker } from './check-transaction.ts';
import type { CheckedTransaction } from './checked-transaction.ts';
import type { Genesis } from './genesis.ts';
import { LIMITS } from './limits.ts';
import type { MaturedReward, Receipt } from './receipt.ts';
import {
  type BlockRejection,
  blockFault,
  bodyRejection,
  type TransactionRejection,
} from './rejection.ts';
import {
  createSimulation,
  executeOne,
  type Simulation,
  type SimulationOptions,
} from './simulation.ts';
import { StateBases } from './state-bases.ts';
import { StateCache } from './state-cache.ts';
import type { StateBase } from './state-db.ts';
import { createView, type StateView } from './state-view.ts';
import type { StoredHeader } from './stored-header.ts';

export interface ChainstateOptions {
  readonly store: Store;
  readonly network: NetworkParams;
  readonly genesis: Genesis;
  readonly burnState: BurnStateDb;
}

/** A block after it became part of the stored tree (or, from `validateBlock`, as if). */
export interface AppliedBlock {
  readonly header: StoredHeader;
  readonly block: NakamotoBlock;
  readonly receipts: readonly Receipt[];
  readonly maturedRewards: readonly MaturedReward[];
}

/**
 * MARF blocks are opened under one name and renamed when stored, since the block's id depends on the
 * root. Stacks' sentinel: header hash and consensus hash of 0x01 bytes. The keys of heights name it.
 */
const SENTINEL = blockIdFrom(new Uint8Array(32).fill(1), new Uint8Array(20).fill(1));

/** Goes up whenever keys, values or their order in the state change: what was stored before cannot go on. */
const STATE_LAYOUT = 2;

const prefix = (letter: string): Uint8Array => new TextEncoder().encode(letter);

export class Chainstate {
  readonly network: NetworkParams;
  readonly genesisBlockId: Uint8Array;
  readonly #index: ChainIndex;
  readonly #marf: Marf;
  readonly #contracts = new ContractCache();
  readonly #values = new StateCache();
  readonly #checker: TransactionChecker;
  readonly #chain: HeaderChain;
  readonly #burnState: BurnStateDb;
  readonly #bases: StateBases;
  /** Executed but not applied: by `preparedKey`, oldest first. */
  readonly #prepared = new Map<string, Executed>();

  /**
   * Opens a chain, writing the genesis block into an empty store.
   * @throws Error when the store belongs to another genesis, or the genesis asks for the impossible
   */
  static open(options: ChainstateOptions): Chainstate {
    return new Chainstate(options);
  }

  private constructor({ store, network, genesis, burnState }: ChainstateOptions) {
    this.network = network;
    this.#burnState = burnState;
    this.#index = new ChainIndex(store.prefixed(prefix('c')));
    this.#marf = new Marf(store.prefixed(prefix('m')));
    this.#checker = new TransactionChecker(network);
    this.#chain = {
      header: (id) => this.#index.header(id),
      ancestorAt: (tip, height) => this.#marf.ancestorAt(tip, height),
      tenureStartsAt: (height) => this.#index.tenureStartsAt(height),
    };
    this.#bases = new StateBases(this.#marf, this.#index, this.#values);
    this.genesisBlockId = this.#openGenesis(genesis);
  }

  #openGenesis(genesis: Genesis): Uint8Array {
    const fileHash = sha256(concatBytes(Uint8Array.of(STATE_LAYOUT), genesisHash(genesis)));
    const known = this.#index.genesis();
    if (known) {
      if (!bytesEqual(known.fileHash, fileHash)) {
        throw new Error(
          'the data belongs to another genesis file or an older program; start with an empty folder',
        );
      }
      return known.blockId;
    }
    const { writes, metadata } = bootState(genesis, this.network, this.#contracts);
    const { header, ids, bytes } = this.#storeState(null, writes, (root) => {
      const made = genesisBlockHeader(genesis, root);
      return { header: made, transactions: [] };
    });
    const stored = genesisStoredHeader(this.network, header, ids);
    this.#index.putGenesis(fileHash, {
      header: stored,
      bytes,
      txids: [],
      receipts: [],
      rewards: [],
      metadata,
    });
    this.#values.advance(null, bytesToHex(ids.blockId), writes);
    return ids.blockId;
  }

  header(blockId: Uint8Array): StoredHeader | null {
    return this.#index.header(blockId);
  }

  /** The block as applied, signatures included. */
  blockBytes(blockId: Uint8Array): Uint8Array | null {
    return this.#index.blockBytes(blockId);
  }

  block(blockId: Uint8Array): NakamotoBlock | null {
    const bytes = this.#index.blockBytes(blockId);
    if (bytes === null) return null;
    const block = decodeBlock(bytes);
    assert(block.ok, 'stored block does not decode');
    return block.value;
  }

  receipts(blockId: Uint8Array): readonly Receipt[] | null {
    const block = this.block(blockId);
    return block === null ? null : this.#index.receipts(blockId, block.transactions);
  }

  maturedRewards(blockId: Uint8Array): readonly MaturedReward[] | null {
    return this.#index.rewards(blockId);
  }

  children(blockId: Uint8Array): readonly Uint8Array[] {
    return this.#index.children(blockId);
  }

  /** Applied blocks at a height, all forks, in block-id order. */
  blocksAtHeight(height: number): readonly Uint8Array[] {
    return this.#index.atHeight(height);
  }

  /** The block at `height` on the branch that ends in `tip`; null above it or for a stranger. */
  ancestorAt(tip: Uint8Array, height: number): Uint8Array | null {
    return this.#index.header(tip) === null ? null : this.#marf.ancestorAt(tip, height);
  }

  /** First blocks of the tenure with this consensus hash (several only when a miner forked). */
  tenureStarts(consensusHash: Uint8Array): readonly Uint8Array[] {
    return this.#index.tenureStarts(consensusHash);
  }

  /** Blocks that contain the transaction, with its index in each. */
  transactionBlocks(
    txid: Uint8Array,
  ): readonly { readonly blockId: Uint8Array; readonly index: number }[] {
    return this.#index.transactionBlocks(txid);
  }

  /** @throws when the block is unknown */
  view(blockId: Uint8Array): StateView {
    const header = this.#required(blockId);
    return createView({
      header,
      network: this.network,
      chain: this.#chain,
      burnState: this.#burnState,
      base: this.#baseAt(header),
      marf: this.#marf,
      cache: this.#contracts,
    });
  }

  /** Form, network, signatures. */
  checkTransaction(bytes: Uint8Array): Result<CheckedTransaction, TransactionRejection> {
    return this.#checker.checkBytes(bytes);
  }

  /** Whether the mempool should take it, judged against a state. */
  admitTransaction(
    checked: CheckedTransaction,
    view: StateView,
  ): Result<void, TransactionRejection> {
    return admitTransaction(checked, view, this.network);
  }

  /** Starts a block. @throws when the parent is unknown */
  build(parentBlockId: Uint8Array, context: BlockContext): BlockBuilder {
    const parent = this.#required(parentBlockId);
    return createBuilder({
      parent,
      context,
      execution: this.#execution(parent, context),
      stateRoot: (executed) => this.#rootAfter(parent, executed.writes),
      onSealed: (block, executed) => this.#prepare(block, context, executed),
    });
  }

  /** What transactions would do after a block; nothing is kept. @throws when it is unknown */
  simulation(
    parentBlockId: Uint8Array,
    context: BlockContext,
    options: SimulationOptions = {},
  ): Simulation {
    const execution = this.#execution(this.#required(parentBlockId), context);
    return createSimulation(execution, this.#checker, options);
  }

  /** Executes and compares roots without keeping anything: a signer's check. */
  validateBlock(block: NakamotoBlock, context: BlockContext): Result<AppliedBlock, BlockRejection> {
    const { ids } = idsOf(block);
    return this.#runBlock(block, context, ids.sizeBytes, (parent, executed) => {
      const root = this.#rootAfter(parent, executed.writes);
      if (!bytesEqual(root, block.header.stateIndexRoot)) return err(wrongRoot());
      this.#prepare(block, context, executed);
      return ok(executed.stored(block.header, ids));
    });
  }

  /** Executes, compares roots, stores. Applying a stored block again answers the stored one. */
  applyBlock(block: NakamotoBlock, context: BlockContext): Result<AppliedBlock, BlockRejection> {
    const { ids, bytes } = idsOf(block);
    const known = this.#index.header(ids.blockId);
    if (known) return ok(this.#stored(known));
    return this.#runBlock(block, context, ids.sizeBytes, (parent, executed) => {
      if (!this.#commitState(parent, executed.writes, block, ids.blockId)) return err(wrongRoot());
      const header = executed.stored(block.header, ids);
      const { txids, receipts, rewards, metadata } = executed;
      this.#index.put({ header, bytes, txids, receipts, rewards, metadata });
      this.#values.advance(bytesToHex(parent.blockId), bytesToHex(ids.blockId), executed.writes);
      return ok(header);
    });
  }

  #stored(header: StoredHeader): AppliedBlock {
    const block = this.block(header.blockId)!;
    return {
      header,
      block,
      receipts: this.#index.receipts(header.blockId, block.transactions) ?? [],
      maturedRewards: this.#index.rewards(header.blockId) ?? [],
    };
  }

  /** Runs a block (or takes what `build` or `validateBlock` ran) and hands it on. */
  #runBlock(
    block: NakamotoBlock,
    context: BlockContext,
    sizeBytes: number,
    then: (parent: StoredHeader, executed: Executed) => Result<StoredHeader, BlockRejection>,
  ): Result<AppliedBlock, BlockRejection> {
    const parent = this.#index.header(block.header.parentBlockId);
    if (parent === null) return err(blockFault('unknown-parent', 'the parent block is not known'));
    const fault = formFault(block, parent, context);
    if (fault) return err(fault);
    if (sizeBytes > BLOCK_BYTES_MAX) {
      return err(blockFault('size', `a block of ${sizeBytes} bytes`));
    }
    const prepared = this.#prepared.get(preparedKey(block, context));
    const executed =
      prepared && isExecutionOf(prepared, block)
        ? ok(prepared)
        : this.#execute(block, parent, context);
    if (!executed.ok) return executed;
    const { receipts, rewards, burnSpent, consensusHash } = executed.value;
    if (!bytesEqual(consensusHash, block.header.consensusHash)) {
      return err(
        blockFault('consensus-hash', 'the header names another tenure than the block is of'),
      );
    }
    if (burnSpent !== block.header.burnSpent) {
      return err(blockFault('burn-spent', `burn spent is ${burnSpent}`));
    }
    const header = then(parent, executed.value);
    if (!header.ok) return header;
    return ok({ header: header.value, block, receipts, maturedRewards: rewards });
  }

  #execute(
    block: NakamotoBlock,
    parent: StoredHeader,
    context: BlockContext,
  ): Result<Executed, BlockRejection> {
    const execution = this.#execution(parent, context);
    for (const tx of block.transactions) {
      const outcome = executeOne(execution, this.#checker, tx);
      if (!outcome.ok) return outcome;
    }
    const fault = execution.endFault();
    return fault === null ? ok(execution.finish()) : err(blockFault('incomplete', fault));
  }

  #execution(parent: StoredHeader, context: BlockContext): BlockExecution {
    const { network } = this;
    return new BlockExecution(
      {
        network,
        chain: this.#chain,
        burnState: this.#burnState,
        cache: this.#contracts,
        base: this.#baseAt(parent),
      },
      parent,
      context,
    );
  }

  #prepare(block: NakamotoBlock, context: BlockContext, executed: Executed): void {
    if (this.#prepared.size >= LIMITS.preparedBlocks) {
      const oldest = this.#prepared.keys().next().value;
      if (oldest !== undefined) this.#prepared.delete(oldest);
    }
    this.#prepared.set(preparedKey(block, context), executed);
  }

  #rootAfter(parent: StoredHeader, writes: ReadonlyMap<string, string>): Uint8Array {
    const open = this.#marf.begin(parent.blockId, SENTINEL);
    try {
      for (const [key, value] of writes) open.put(key, value);
      return open.seal();
    } finally {
      open.rollback();
    }
  }

  /** False, with nothing stored, when the root is not the header's. */
  #commitState(
    parent: StoredHeader,
    writes: ReadonlyMap<string, string>,
    block: NakamotoBlock,
    blockId: Uint8Array,
  ): boolean {
    // Left by a process that was killed between the two batches of this block.
    if (this.#marf.has(blockId)) this.#marf.drop(blockId);
    const open = this.#marf.begin(parent.blockId, SENTINEL);
    try {
      for (const [key, value] of writes) open.put(key, value);
      if (!bytesEqual(open.seal(), block.header.stateIndexRoot)) return false;
      open.commit(blockId);
      return true;
    } finally {
      open.rollback();
    }
  }

  /** Stores a state whose block depends on its root. */
  #storeState(
    parent: StoredHeader | null,
    writes: ReadonlyMap<string, string>,
    blockOf: (root: Uint8Array) => NakamotoBlock,
  ) {
    const open = this.#marf.begin(parent?.blockId ?? null, SENTINEL);
    try {
      for (const [key, value] of writes) open.put(key, value);
      const block = blockOf(open.seal());
      const { ids, bytes } = idsOf(block);
      open.commit(ids.blockId);
      return { header: block.header, ids, bytes };
    } finally {
      open.rollback();
    }
  }

  #baseAt(header: StoredHeader): StateBase {
    return this.#bases.at(header);
  }

  #required(blockId: Uint8Array): StoredHeader {
    const header = this.#index.header(blockId);
    if (header === null) throw new Error(`block ${bytesToHex(blockId)} is not applied here`);
    return header;
  }
}

const wrongRoot = (): BlockRejection =>
  blockFault('state-root', 'executing the block gives another state root than its header says');

function idsOf(block: NakamotoBlock): { readonly ids: BlockIds; readonly bytes: Uint8Array } {
  const bytes = encodeBlock(block);
  const hash = blockHash(block.header);
  const blockId = blockIdFrom(hash, block.header.consensusHash);
  return { ids: { blockId, blockHash: hash, sizeBytes: bytes.length }, bytes };
}

/** Names an execution: all of the header but signatures, and what the block stands on. */
function preparedKey(block: NakamotoBlock, { burnView, signers }: BlockContext): string {
  const header = bytesToHex(minerSignatureHash(block.header));
  return `${header} ${bytesToHex(burnView.consensusHash)} ${signers.cycle}`;
}

/**
 * The Merkle root alone does not bind the list: a row of odd length repeats its last entry, so
 * `[a]` and `[a, a]` have one root, one header and one block id.
 */
function isExecutionOf({ txids }: Executed, { transactions }: NakamotoBlock): boolean {
  return (
    txids.length === transactions.length &&
    txids.every((txid, i) => bytesEqual(txid, transactionId(transactions[i]!)))
  );
}

/** What can be said against a block before its transactions run. */
function formFault(
  block: NakamotoBlock,
  parent: StoredHeader,
  context: BlockContext,
): BlockRejection | null {
  const { header } = block;
  if (header.version !== rulesAt(context.burnView.burnHeight).blockHeaderVersion) {
    return blockFault('header-version', `header version ${header.version}`);
  }
  if (header.chainLength !== parent.height + 1) {
    return blockFault('height', `height ${header.chainLength} on a parent of ${parent.height}`);
  }
  if (header.timestampSecs !== context.timestampSecs) {
    return blockFault('timestamp', 'the header has another time than the block was given');
  }
  return bodyFault(block);
}

/**
 * Whether these are the transactions that the header commits to. The block id does not cover them,
 * so whoever passes a block on can change them: none of these verdicts says anything about the id.
 */
function bodyFault({ header, transactions }: NakamotoBlock): BlockRejection | null {
  if (transactions.length === 0) return bodyRejection('empty', 'a block without transactions');
  if (transactions.length > LIMITS.blockTransactionsMax) {
    return bodyRejection('too-many', `${transactions.length} transactions`);
  }
  const txids = transactions.map(transactionId);
  if (!bytesEqual(merkleRoot(txids), header.txMerkleRoot)) {
    return bodyRejection('root', 'the header commits to other transactions');
  }
  // A Merkle row of odd length repeats its last entry: lists with repetitions can share a root.
  if (new Set(txids.map(bytesToHex)).size < txids.length) {
    return bodyRejection('duplicate', 'a transaction stands in the block twice');
  }
  return null;
}
