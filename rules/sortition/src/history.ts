/**
 * What deciding a burn block needs to know about the past of its fork. The consumer owns the
 * interface: `SnapshotDb` implements it on a store, tests on plain arrays.
 */
import type { PreStxOp } from './op.ts';
import type { BlockOps, Snapshot } from './snapshot.ts';

/** The fork that ends in `tip`. Heights below the first snapshot answer null. */
export interface BurnHistory {
  readonly tip: Snapshot;
  readonly firstHeight: number;
  snapshotAt(burnHeight: number): Snapshot | null;
  opsAt(burnHeight: number): BlockOps | null;
  /** Whether this fork has accepted a registration of the key. */
  hasVrfKey(publicKey: Uint8Array): boolean;
  /** The pre-stx operation of this txid on this fork. */
  preStx(txid: Uint8Array): PreStxOp | null;
  /** The newest snapshot with a winner, at or below the tip. */
  lastSortition(): Snapshot | null;
}
