/**
 * The door of this room: the chain of applied blocks and their states. Validation of who may mine
 * and sign (sortition winner, signer weight) is the coordinator's; everything that follows from
 * the parent state and the block's bytes is decided here.
 * Called by node/coordinator (apply), node/miner (build), node/rpc and node/mempool (views).
 */
import type { Result } from '@assay/bytes';
import type { ContractInterface } from '@assay/clarity';
import type { ClarityValue } from '@assay/clarity-value';
import type { ExecutionCost, NetworkParams } from '@assay/params';
import type { Store } from '@assay/store';
import type { NakamotoBlock, Transaction } from '@assay/wire';
import type { BlockContext } from './block-context.ts';
import type { Genesis } from './genesis.ts';
import type { MaturedReward, Receipt } from './receipt.ts';
import type { BlockRejection, TransactionRejection } from './rejection.ts';
import type { StoredHeader } from './stored-header.ts';

/** A transaction whose form and signatures are right; only `checkTransaction` makes one. */
export interface CheckedTransaction {
  readonly tx: Transaction;
  readonly bytes: Uint8Array;
  readonly txid: Uint8Array;
  /** `ST...` */
  readonly origin: string;
  readonly originNonce: bigint;
  /** Null without sponsor. */
  readonly sponsor: string | null;
  readonly sponsorNonce: bigint | null;
  readonly feeMicro: bigint;
}

/** A block after it became part of the stored tree. */
export interface AppliedBlock {
  readonly header: StoredHeader;
  readonly block: NakamotoBlock;
  readonly receipts: readonly Receipt[];
  readonly maturedRewards: readonly MaturedReward[];
}

export type TryOutcome =
  | { readonly kind: 'included'; readonly receipt: Receipt }
  /**
   * `fatal`: the transaction can never be mined on this fork (bad nonce below, too expensive for
   * an empty tenure); otherwise it may fit later.
   */
  | {
      readonly kind: 'skipped';
      readonly code: `chainstate/${string}`;
      readonly message: string;
      readonly fatal: boolean;
    };

/** A block that lacks its signatures. */
export interface SealedBlock {
  /** `minerSignature` zeros, `signerSignatures` empty. */
  readonly block: NakamotoBlock;
  readonly receipts: readonly Receipt[];
  readonly blockCost: ExecutionCost;
  readonly tenureCost: ExecutionCost;
  readonly sizeBytes: number;
}

/** Assembles one block. Exactly one of `seal` and `abort` must end it. */
export interface BlockBuilder {
  readonly parent: StoredHeader;
  readonly transactionCount: number;
  readonly sizeBytes: number;
  /** Used since the last BlockFound or Extended, this block included. */
  readonly tenureCost: ExecutionCost;
  /** Executes a transaction; when it does not fit, the state is as before. */
  tryTransaction(checked: CheckedTransaction): TryOutcome;
  /** Roots and header. `burnSpent` defaults to the burn view's total burn. */
  seal(): SealedBlock;
  abort(): void;
}

export interface AccountState {
  /** Spendable now. */
  readonly balanceMicro: bigint;
  readonly lockedMicro: bigint;
  /** Burn height; 0 without lock. */
  readonly unlockHeight: number;
  readonly nonce: bigint;
}

export interface ReadOnlyCall {
  /** `ST....name` */
  readonly contractId: string;
  readonly functionName: string;
  readonly args: readonly ClarityValue[];
  readonly sender: string;
  readonly sponsor?: string;
}

/** The state after one block. Cheap to make; never writes. */
export interface StateView {
  readonly header: StoredHeader;
  account(principal: string): AccountState;
  hasContract(contractId: string): boolean;
  contractSource(
    contractId: string,
  ): {
    readonly source: string;
    readonly clarityVersion: number;
    readonly publishHeight: number;
  } | null;
  contractInterface(contractId: string): ContractInterface | null;
  callReadOnly(call: ReadOnlyCall): Result<ClarityValue, { readonly message: string }>;
  dataVar(contractId: string, name: string): ClarityValue | null;
  /** Null: no such map. `(none)` or `(some v)` otherwise. */
  mapEntry(contractId: string, name: string, key: ClarityValue): ClarityValue | null;
  /** Raw state value of a Clarity database key. */
  value(key: string): string | null;
  /** MARF proof of a Clarity database key, serialized; null when absent. */
  prove(key: string): Uint8Array | null;
}

export interface ChainstateOptions {
  readonly store: Store;
  readonly network: NetworkParams;
  readonly genesis: Genesis;
}

export interface Chainstate {
  readonly network: NetworkParams;
  readonly genesisBlockId: Uint8Array;
  header(blockId: Uint8Array): StoredHeader | null;
  /** The block as received, signatures included. */
  blockBytes(blockId: Uint8Array): Uint8Array | null;
  receipts(blockId: Uint8Array): readonly Receipt[] | null;
  maturedRewards(blockId: Uint8Array): readonly MaturedReward[] | null;
  children(blockId: Uint8Array): readonly Uint8Array[];
  /** Applied blocks at a height, all forks, in block-id order. */
  blocksAtHeight(height: number): readonly Uint8Array[];
  /** The block at `height` on the branch that ends in `tip`. */
  ancestorAt(tip: Uint8Array, height: number): Uint8Array | null;
  /** First blocks of the tenure with this consensus hash (several only on a miner's fork). */
  tenureStarts(consensusHash: Uint8Array): readonly Uint8Array[];
  /** Blocks that contain the transaction, with its index in each. */
  transactionBlocks(
    txid: Uint8Array,
  ): readonly { readonly blockId: Uint8Array; readonly index: number }[];
  build(parentBlockId: Uint8Array, context: BlockContext): BlockBuilder;
  /** Executes and compares roots without keeping anything: a signer's check. */
  validateBlock(block: NakamotoBlock, context: BlockContext): Result<AppliedBlock, BlockRejection>;
  /** Executes, compares roots, stores. Applying a stored block again answers the stored one. */
  applyBlock(block: NakamotoBlock, context: BlockContext): Result<AppliedBlock, BlockRejection>;
  /** @throws when the block is unknown */
  view(blockId: Uint8Array): StateView;
  /** Form, chain id, version, signatures. */
  checkTransaction(bytes: Uint8Array): Result<CheckedTransaction, TransactionRejection>;
  /** Whether the mempool should take it, judged against a state. */
  admitTransaction(
    checked: CheckedTransaction,
    view: StateView,
  ): Result<void, TransactionRejection>;
}
