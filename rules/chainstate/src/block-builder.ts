/**
 * What a miner holds while it assembles a block, and what comes out of it.
 */
import type { Cost } from '@assay/clarity';
import type { NakamotoBlock } from '@assay/wire';
import type { CheckedTransaction } from './checked-transaction.ts';
import type { Receipt } from './receipt.ts';
import type { StoredHeader } from './stored-header.ts';

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
  readonly blockCost: Cost;
  readonly tenureCost: Cost;
  readonly sizeBytes: number;
}

/** Assembles one block. Exactly one of `seal` and `abort` must end it. */
export interface BlockBuilder {
  readonly parent: StoredHeader;
  readonly transactionCount: number;
  readonly sizeBytes: number;
  /** Used since the last BlockFound or Extended, this block included. */
  readonly tenureCost: Cost;
  /** Executes a transaction; when it does not fit, the state is as before. */
  tryTransaction(checked: CheckedTransaction): TryOutcome;
  /** Roots and header. `burnSpent` defaults to the burn view's total burn. */
  seal(): SealedBlock;
  abort(): void;
}
