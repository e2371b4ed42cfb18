/**
 * What the RPC needs from the rest of the node, and no more. Chainstate, SnapshotDb, Mempool and
 * StackerDb satisfy their ports as they are; full-node writes the few lines of the others.
 */
import type { Result } from '@assay/bytes';
import type { Chainstate, SignerSet, StoredHeader } from '@assay/chainstate';
import type { Mempool } from '@assay/mempool';
import type { Logger, Metrics } from '@assay/observe';
import type { ExecutionCost, NetworkParams } from '@assay/params';
import type { SnapshotDb } from '@assay/sortition';
import type { StackerDb } from '@assay/stackerdb';
import type { NakamotoBlock, ValidateRejectCode } from '@assay/wire';
import type { World } from '@assay/world';

/** Applied blocks and their states. */
export type ChainPort = Pick<
  Chainstate,
  | 'network'
  | 'genesisBlockId'
  | 'header'
  | 'blockBytes'
  | 'receipts'
  | 'ancestorAt'
  | 'tenureStarts'
  | 'transactionBlocks'
  | 'view'
  | 'simulation'
>;

/** Snapshots of Bitcoin blocks. */
export type BurnPort = Pick<
  SnapshotDb,
  | 'isInitialized'
  | 'first'
  | 'tip'
  | 'atHeight'
  | 'byBurnHash'
  | 'byConsensusHash'
  | 'bySortitionId'
  | 'lastSortition'
  | 'ancestorAt'
>;

export type MempoolPort = Pick<
  Mempool,
  'submit' | 'transaction' | 'departure' | 'pendingNonces' | 'recent' | 'size'
>;

export type StackerDbPort = Pick<
  StackerDb,
  'put' | 'chunk' | 'metadata' | 'contracts' | 'onChunks'
>;

export interface CoordinatorPort {
  /** Header of the canonical tip; genesis at first. */
  tip(): StoredHeader;
  /** A signed block from elsewhere. */
  submitBlock(
    block: NakamotoBlock,
  ): Promise<Result<unknown, { readonly code: string; readonly message: string }>>;
  /** Signers of a cycle in slot order; null while unknown. */
  signerSet(cycle: number): SignerSet | null;
  isSynced(): boolean;
  /** The canonical tip moved. Returns the way to stop. */
  onTip(listener: () => void): () => void;
}

export interface ProposalRejection {
  readonly code: ValidateRejectCode;
  readonly message: string;
  readonly failedTxid?: Uint8Array;
}

export interface ProposalOk {
  readonly cost: ExecutionCost;
  readonly sizeBytes: number;
}

/** Executes a proposed block without keeping it. */
export interface ProposalPort {
  validate(block: NakamotoBlock): Promise<Result<ProposalOk, ProposalRejection>>;
}

export interface Neighbor {
  readonly networkId: number;
  readonly peerVersion: number;
  readonly ip: string;
  readonly port: number;
  /** 20 bytes. */
  readonly publicKeyHash: Uint8Array;
  readonly isAuthenticated: boolean;
  readonly isInbound: boolean;
  readonly stackerdbs: readonly string[];
  readonly ageSecs: number | null;
  /** Its Stacks height as last heard; null: unknown. */
  readonly stacksHeight: number | null;
}

/** Bitcoin's own bytes, from whatever Bitcoin node ours follows. Hashes in display order. */
export interface BitcoinPort {
  tipHeight(): Promise<number>;
  blockHashAt(burnHeight: number): Promise<Uint8Array | null>;
  rawBlock(hash: Uint8Array): Promise<Uint8Array | null>;
  /** 80 bytes. */
  rawHeader(hash: Uint8Array): Promise<Uint8Array | null>;
}

/** A page for people. */
export interface Page {
  /** E.g. `/verify`. */
  readonly path: string;
  readonly html: Uint8Array;
}

/** Sends test money on a devnet. */
export interface FaucetPort {
  send(
    recipient: string,
  ): Promise<
    Result<
      { readonly txid: Uint8Array; readonly bytes: Uint8Array },
      { readonly code: string; readonly message: string }
    >
  >;
}

export interface RpcDeps {
  readonly world: Pick<World, 'clock' | 'timers'>;
  readonly network: NetworkParams;
  readonly chain: ChainPort;
  readonly burn: BurnPort;
  readonly coordinator: CoordinatorPort;
  readonly mempool: MempoolPort;
  readonly stackerdb: StackerDbPort;
  readonly proposals: ProposalPort;
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** Absent: no routes under `/bitcoin`. */
  readonly bitcoin?: BitcoinPort;
  readonly faucet?: FaucetPort;
  readonly neighbors?: () => readonly Neighbor[];
}

export interface RpcOptions {
  /** Expected in `authorization` on routes that need it; null switches those routes off. */
  readonly authToken: string | null;
  readonly serverVersion: string;
  readonly pages?: readonly Page[];
  /** Compressed key of the node's P2P identity, 33 bytes. */
  readonly nodePublicKey?: Uint8Array;
}
