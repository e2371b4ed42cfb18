/**
 * What the Clarity VM needs from the chain below it: a nested key-value store and facts about
 * blocks. `rules/chainstate` implements both on the MARF; tests use `MemoryClarityDb`.
 *
 * Source: stacks-core clarity/src/vm/database/clarity_store.rs (backing store),
 * clarity_db.rs (HeadersDB, BurnStateDB). Key layout: `keys.ts`.
 */

/**
 * State at the executing block. `begin` nests: `rollback` undoes every put since the matching
 * `begin`. The order of puts that survive is consensus (it decides MARF node layout).
 */
export interface ClarityDb {
  get(key: string): string | null;
  put(key: string, value: string): void;
  begin(): void;
  commit(): void;
  rollback(): void;
  /** Side store, not in the MARF: contract source, analysis, sizes. Nested like the state. */
  getMetadata(contractId: string, key: string): string | null;
  putMetadata(contractId: string, key: string, value: string): void;
}

/** Facts of a Stacks block, for `get-stacks-block-info?`. */
export interface StacksBlockFacts {
  readonly idHeaderHash: Uint8Array;
  readonly headerHash: Uint8Array;
  readonly timeSecs: bigint;
}

/** Facts of the tenure a Stacks block belongs to, for `get-tenure-info?`. */
export interface TenureFacts {
  readonly burnHeaderHash: Uint8Array;
  /** `ST...` address of the miner. */
  readonly minerAddress: string;
  /** Time of the tenure's Bitcoin block, seconds. */
  readonly timeSecs: bigint;
  readonly vrfSeed: Uint8Array;
  /** Null until the reward has matured. */
  readonly blockRewardMicro: bigint | null;
  readonly minerSpendTotalSats: bigint;
  readonly minerSpendWinnerSats: bigint;
}

/** Facts of a Bitcoin block on this fork, for `get-burn-block-info?`. */
export interface BurnBlockFacts {
  readonly headerHash: Uint8Array;
  /** Reward addresses paid by this block's commits; null when none is known. */
  readonly poxAddresses: {
    readonly addresses: readonly { readonly version: Uint8Array; readonly hashBytes: Uint8Array }[];
    readonly payoutSats: bigint;
  } | null;
}

/** Headers and burn state as the executing block sees them. */
export interface BlockInfoDb {
  readonly chainId: number;
  readonly isMainnet: boolean;
  /** `is-in-regtest`; false when absent. */
  readonly isRegtest?: boolean;
  /** Height of the block being executed. */
  readonly stacksHeight: number;
  /** `tenure-height`: count of tenures up to and including this one. */
  readonly tenureHeight: number;
  /** Height of the tenure's Bitcoin block. */
  readonly burnHeight: number;
  /** `stacks-block-time`: header timestamp of the executing block, seconds. */
  readonly blockTimeSecs: bigint;
  /** Null for the executing block itself and anything above it. */
  stacksBlock(height: number): StacksBlockFacts | null;
  tenureOfBlock(height: number): TenureFacts | null;
  burnBlock(burnHeight: number): BurnBlockFacts | null;
  /**
   * First Stacks height of a tenure, for `get-block-info?` of Clarity 1 and 2, which count tenures
   * (not on the testnet chain id). Without it heights are taken as they are.
   */
  stacksHeightOfTenure?(tenureHeight: number): number | null;
}
