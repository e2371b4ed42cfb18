/**
 * What an execution leaves behind: events, the assets each principal gave away, costs, verdict.
 * Neutral shapes; chainstate turns them into receipts and checks post-conditions on the asset map.
 *
 * Source: stacks-core clarity/src/vm/events.rs, contexts.rs (AssetMap).
 */
import type { ClarityValue } from '@assay/clarity-value';
import type { Cost } from './costs/cost.ts';

/** Principals and contract ids are text: `ST...` or `ST....name`. Assets: `ST....name::asset`. */
export type ClarityEvent =
  | {
      readonly type: 'stx_transfer_event';
      readonly sender: string;
      readonly recipient: string;
      readonly amount: bigint;
      /** All 34 bytes of a transfer transaction; what a contract gave, possibly nothing. */
      readonly memo: Uint8Array;
    }
  | { readonly type: 'stx_mint_event'; readonly recipient: string; readonly amount: bigint }
  | { readonly type: 'stx_burn_event'; readonly sender: string; readonly amount: bigint }
  | {
      readonly type: 'stx_lock_event';
      readonly lockedAddress: string;
      readonly lockedAmount: bigint;
      readonly unlockHeight: number;
      readonly contractId: string;
    }
  | {
      readonly type: 'ft_transfer_event';
      readonly asset: string;
      readonly sender: string;
      readonly recipient: string;
      readonly amount: bigint;
    }
  | {
      readonly type: 'ft_mint_event';
      readonly asset: string;
      readonly recipient: string;
      readonly amount: bigint;
    }
  | {
      readonly type: 'ft_burn_event';
      readonly asset: string;
      readonly sender: string;
      readonly amount: bigint;
    }
  | {
      readonly type: 'nft_transfer_event';
      readonly asset: string;
      readonly sender: string;
      readonly recipient: string;
      readonly value: ClarityValue;
    }
  | {
      readonly type: 'nft_mint_event';
      readonly asset: string;
      readonly recipient: string;
      readonly value: ClarityValue;
    }
  | {
      readonly type: 'nft_burn_event';
      readonly asset: string;
      readonly sender: string;
      readonly value: ClarityValue;
    }
  | {
      readonly type: 'contract_event';
      readonly contractId: string;
      /** Always `print` today. */
      readonly topic: string;
      readonly value: ClarityValue;
    };

/** What each principal sent away or destroyed during a call. Keys are principal texts. */
export interface AssetMap {
  readonly stx: ReadonlyMap<string, bigint>;
  readonly burn: ReadonlyMap<string, bigint>;
  /** principal -> asset id -> amount */
  readonly ft: ReadonlyMap<string, ReadonlyMap<string, bigint>>;
  /** principal -> asset id -> tokens, in the order sent */
  readonly nft: ReadonlyMap<string, ReadonlyMap<string, readonly ClarityValue[]>>;
  readonly stacking: ReadonlyMap<string, bigint>;
}

/** A place in contract source: 1-based lines and columns, both ends inclusive. */
export interface Span {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/**
 * Why a deploy or call failed. `kind` keeps Stacks' classes apart: `parse` and `check` before
 * running, `runtime` while running (the transaction aborts, its fee is kept), `cost` (a block
 * that includes it is invalid unless it is re-run elsewhere), `rejected` (call of a missing
 * contract or function, wrong arguments: the transaction aborts too).
 */
export interface ClarityError {
  readonly code: `clarity/${string}`;
  readonly kind: 'parse' | 'check' | 'runtime' | 'cost' | 'rejected';
  /** Stacks' name, for example `DivisionByZero` or `TypeError`. */
  readonly name: string;
  readonly message: string;
  readonly span?: Span;
}

export interface DeployOutcome {
  readonly contractId: string;
  readonly events: readonly ClarityEvent[];
  readonly assetMap: AssetMap;
  /** Everything: parsing, analysis, storage and running the top level. */
  readonly cost: Cost;
  /** The part for parsing and analysis. */
  readonly analysisCost: Cost;
}

export interface CallOutcome {
  /** `(ok ..)` was committed; `(err ..)` was rolled back, its events and assets dropped. */
  readonly result: ClarityValue;
  readonly committed: boolean;
  readonly events: readonly ClarityEvent[];
  readonly assetMap: AssetMap;
  readonly cost: Cost;
}

/** A failed execution changed no state; its cost stays on the meter. */
export interface ClarityFailure {
  readonly error: ClarityError;
  readonly cost: Cost;
  readonly events: readonly ClarityEvent[];
}
