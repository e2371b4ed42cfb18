/**
 * A transaction that passed the static checks: form, network, signatures. Blocks and the mempool take
 * nothing else.
 */
import type { Transaction } from '@assay/wire';

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
