/** What disputes about settled answers need from the chain; `http-disputes.ts` asks a node. */
import type { Receipt } from '@assay/jobs';

/** A dispute that nobody has decided yet. */
export interface OpenDispute {
  readonly id: bigint;
  readonly requestId: bigint;
  /** What the disputer committed to, 32 bytes. */
  readonly evidence: Uint8Array;
  /** Of the settled answer, 32 bytes. */
  readonly commitmentHash: Uint8Array;
  /** Principal text of the host. */
  readonly host: string;
  /** Its operating key, 33 bytes. */
  readonly hostKey: Uint8Array;
  /** Bitcoin height from which judges may not decide it any more. */
  readonly lapsesAt: number;
  /** Another dispute has reversed the settlement already. */
  readonly isReversed: boolean;
}

export interface DisputePort {
  open(): Promise<readonly OpenDispute[]>;
  burnHeight(): Promise<number>;
  /**
   * The settled answer as its host signed it, from the transaction that settled it, with the sketch that
   * was opened; null when the node has no such transaction, or no sketch.
   */
  receipt(dispute: OpenDispute): Promise<Receipt | null>;
}
