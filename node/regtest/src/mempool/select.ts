/**
 * Which unconfirmed transactions the next block holds, and in which order: packages by the fee rate
 * of a transaction with its unconfirmed ancestors, parents before children.
 * Differs: bitcoind re-scores what remains after every package; here the scores at the start decide.
 * Ties go to who came first, so the choice is deterministic.
 */
import { LIMITS as BITCOIN_LIMITS } from '@assay/bitcoin';
import { LIMITS } from '../limits.ts';
import { packageRate } from './mempool.ts';
import { ancestorsOf, type Pool, type PoolEntry } from './pool.ts';

export interface BlockSelection {
  readonly entries: readonly PoolEntry[];
  readonly feesSats: bigint;
}

export function selectForBlock(pool: Pool): BlockSelection {
  const scored = [...pool.all()].map((entry) => {
    const own = packageRate(entry, () => new Set());
    const whole = entry.parents.size === 0 ? own : packageRate(entry, ancestorsOf);
    return { entry, rate: own < whole ? own : whole };
  });
  scored.sort((a, b) =>
    a.rate === b.rate ? a.entry.sequence - b.entry.sequence : a.rate > b.rate ? -1 : 1,
  );
  const chosen = new Set<PoolEntry>();
  let weight = BITCOIN_LIMITS.blockWeightMax - LIMITS.blockReservedWeight;
  for (const { entry, rate } of scored) {
    if (rate < LIMITS.relayFeePerKvbSats || chosen.has(entry)) continue;
    const missing = [...ancestorsOf(entry), entry].filter((other) => !chosen.has(other));
    const needed = missing.reduce((sum, other) => sum + other.known.weight, 0);
    if (needed > weight) continue;
    weight -= needed;
    // Arrival order puts parents first.
    for (const other of missing.sort((a, b) => a.sequence - b.sequence)) chosen.add(other);
  }
  const entries = [...chosen];
  return { entries, feesSats: entries.reduce((sum, entry) => sum + entry.feeSats, 0n) };
}
