/**
 * From when the budget of a tenure may be renewed although Bitcoin has not moved: an idle time after the
 * block that renewed it last, and the time its blocks took to execute since, so that signers are never
 * kept busy all the time. Pure.
 * Source: SIP-034; stacks-core `stacks-signer/src/signerdb.rs`, `tenure_idle_timeout` (facts).
 */
import type { TenureChangeCause } from '@assay/wire';

/** Since when a budget is being spent. Milliseconds. */
export interface Spending {
  readonly sinceMs: number;
  /** What executing took since then. */
  readonly busyMs: number;
}

export interface TenureSpending {
  /** All dimensions. */
  readonly full: Spending;
  /** The number of reads alone. */
  readonly readCount: Spending;
}

export interface BudgetTimeouts {
  readonly fullIdleMs: number;
  readonly readCountIdleMs: number;
  /** Added to what miners are told, for clocks that differ. */
  readonly bufferMs: number;
}

/** When signers accept a renewal. Milliseconds. */
export interface RenewalTimes {
  readonly fullFromMs: number;
  readonly readCountFromMs: number;
}

/** A block of the tenure that we signed. */
export interface SpentBlock {
  readonly proposedMs: number;
  readonly validationMs: number;
  /** Of its tenure change; null: it has none. */
  readonly cause: TenureChangeCause | null;
}

/** @param before null: the first block of this tenure that we know of */
export function spendingAfter(before: TenureSpending | null, block: SpentBlock): TenureSpending {
  const isFull = block.cause === 'block-found' || block.cause === 'extended';
  const isReadCount = isFull || block.cause === 'extended-read-count';
  return {
    full: after(isFull ? null : (before?.full ?? null), block),
    readCount: after(isReadCount ? null : (before?.readCount ?? null), block),
  };
}

function after(before: Spending | null, { proposedMs, validationMs }: SpentBlock): Spending {
  const { sinceMs, busyMs } = before ?? { sinceMs: proposedMs, busyMs: 0 };
  return { sinceMs, busyMs: busyMs + validationMs };
}

/** Null for a tenure of which we signed nothing: never. */
export function renewalTimes(
  spending: TenureSpending | null,
  { fullIdleMs, readCountIdleMs }: BudgetTimeouts,
): RenewalTimes | null {
  if (spending === null) return null;
  const from = ({ sinceMs, busyMs }: Spending, idleMs: number) => sinceMs + busyMs + idleMs;
  return {
    fullFromMs: from(spending.full, fullIdleMs),
    readCountFromMs: from(spending.readCount, readCountIdleMs),
  };
}
