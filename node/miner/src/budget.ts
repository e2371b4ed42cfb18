/**
 * When the budget of our tenure is worth renewing before Bitcoin moves on. Pure.
 * Source: SIP-034; stacks-core `nakamoto_node/miner.rs`, `stackerdb_listener.rs` (facts).
 */
import type { SignerSet, StoredHeader } from '@assay/chainstate';
import { TENURE_COST_LIMIT } from '@assay/params';
import type { BlockResponse, TenureChangeCause } from '@assay/wire';

export interface BudgetThresholds {
  /** Per cent spent, in the dimension most spent, from which all are renewed. */
  readonly fullPercent: number;
  /** Per cent of reads spent from which their number alone is renewed. */
  readonly readCountPercent: number;
}

/** Seconds since the epoch. */
export interface RenewalSecs {
  readonly full: bigint;
  readonly readCount: bigint;
}

/** From when signers said they accept a renewal, each in its last answer within one tenure. */
export class RenewalWishes {
  #tenure = '';
  readonly #bySlot = new Map<number, RenewalSecs>();

  /** @param tenure consensus hash, hex */
  hear(tenure: string, slot: number, { data }: BlockResponse): void {
    if (this.#tenure !== tenure) this.#bySlot.clear();
    this.#tenure = tenure;
    this.#bySlot.set(slot, {
      full: data.tenureExtendTimestampSecs,
      readCount: data.readCountExtendTimestampSecs,
    });
  }

  /** From when 70 % of weight accepts; null: that many have not spoken in this tenure. */
  agreed(tenure: string, set: SignerSet): RenewalSecs | null {
    if (this.#tenure !== tenure) return null;
    const full = this.#agreedOn(set, ({ full: secs }) => secs);
    const readCount = this.#agreedOn(set, ({ readCount: secs }) => secs);
    return full === null || readCount === null ? null : { full, readCount };
  }

  #agreedOn({ signers }: SignerSet, of: (wish: RenewalSecs) => bigint): bigint | null {
    const total = signers.reduce((sum, { weight }) => sum + weight, 0n);
    const wishes = [...this.#bySlot].map(([slot, wish]) => ({
      secs: of(wish),
      weight: signers[slot]?.weight ?? 0n,
    }));
    wishes.sort((a, b) => (a.secs < b.secs ? -1 : a.secs > b.secs ? 1 : 0));
    let weight = 0n;
    for (const wish of wishes) {
      weight += wish.weight;
      if (weight * 10n >= total * 7n) return wish.secs;
    }
    return null;
  }
}

/** The cause of an extension that renews the budget now; null: not needed, or not accepted yet. */
export function budgetExtension(
  { tenureCost }: Pick<StoredHeader, 'tenureCost'>,
  thresholds: BudgetThresholds,
  agreed: RenewalSecs | null,
  nowSecs: bigint,
): TenureChangeCause | null {
  if (agreed === null) return null;
  const limit = TENURE_COST_LIMIT;
  const percent = (spent: number, most: bigint) => (100 * spent) / Number(most);
  const reads = percent(tenureCost.readCount, limit.readCount);
  const most = Math.max(
    reads,
    percent(tenureCost.readLength, limit.readLength),
    percent(tenureCost.writeCount, limit.writeCount),
    percent(tenureCost.writeLength, limit.writeLength),
    percent(tenureCost.runtime, limit.runtime),
  );
  if (most >= thresholds.fullPercent && nowSecs > agreed.full) return 'extended';
  if (reads >= thresholds.readCountPercent && nowSecs > agreed.readCount) {
    return 'extended-read-count';
  }
  return null;
}
