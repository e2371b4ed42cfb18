/**
 * What one transaction left behind. Receipts are not consensus (the state root is); they feed
 * events, RPC and explorers, and are kept per block.
 * Source: stacks-core `stacks/events.rs` (facts), docs/event-dispatcher.md.
 */
import type { ClarityEvent, ContractInterface, Cost } from '@assay/clarity';
import type { ClarityValue } from '@assay/clarity-value';

export type TransactionStatus = 'success' | 'abort_by_response' | 'abort_by_post_condition';

export interface Receipt {
  /** 32 bytes. */
  readonly txid: Uint8Array;
  readonly status: TransactionStatus;
  /** `(ok true)` for transfers, deploys, tenure changes and coinbases. */
  readonly result: ClarityValue;
  /** Of the committed execution; empty when the transaction aborted. */
  readonly events: readonly ClarityEvent[];
  readonly cost: Cost;
  /** Why a runtime error or a post-condition aborted it; null on success. */
  readonly vmError: string | null;
  readonly feeMicro: bigint;
  /** Interface of a contract this transaction deployed. */
  readonly contractInterface: ContractInterface | null;
}

/** A reward paid by the first block of a tenure for an older tenure that matured. */
export interface MaturedReward {
  readonly recipient: string;
  /** Address of the miner that won the tenure. */
  readonly minerAddress: string;
  readonly coinbaseMicro: bigint;
  readonly feesMicro: bigint;
  readonly fromBlockId: Uint8Array;
  readonly fromHeight: number;
}
