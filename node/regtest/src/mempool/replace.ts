/**
 * Replacement by fee: whether a transaction may push out those it conflicts with.
 * Source: BIP125; Bitcoin Core policy/rbf.cpp (words and order of the checks).
 */
import { ok, type Result } from '@assay/bytes';
import { formatSats, moneyWords, type Rejection, reject } from '../chain/check-transaction.ts';
import type { KnownTransaction } from '../chain/known-transaction.ts';
import { LIMITS } from '../limits.ts';
import { feeAtRate, rateOfFee } from './policy.ts';
import { descendantsOf, type PoolEntry } from './pool.ts';

export interface Replacement {
  readonly known: KnownTransaction;
  readonly feeSats: bigint;
  /** Unconfirmed transactions it spends from. */
  readonly parents: ReadonlySet<PoolEntry>;
  readonly conflicts: ReadonlySet<PoolEntry>;
}

/** The entries that leave: the conflicts and all that rest on them. */
export function checkReplacement(candidate: Replacement): Result<Set<PoolEntry>, Rejection> {
  const { known, feeSats, parents, conflicts } = candidate;
  const leaving = new Set(conflicts);
  for (const entry of conflicts) for (const other of descendantsOf(entry)) leaving.add(other);
  for (const parent of ancestorsAndSelf(parents)) {
    if (!conflicts.has(parent)) continue;
    const details = `${known.id} spends conflicting transaction ${parent.known.id}`;
    return reject('bad-txns-spends-conflicting-tx', details);
  }
  for (const entry of conflicts) {
    const ours = rateOfFee(feeSats, known.vsize);
    const theirs = rateOfFee(entry.feeSats, entry.known.vsize);
    if (ours > theirs) continue;
    const rates = `new feerate ${formatRate(ours)} <= old feerate ${formatRate(theirs)}`;
    return insufficient(known, rates);
  }
  if (leaving.size > LIMITS.replacementEvictionsMax) {
    const details =
      `rejecting replacement ${known.id}; too many potential replacements ` +
      `(${leaving.size} > ${LIMITS.replacementEvictionsMax})`;
    return reject('too many potential replacements', details);
  }
  const spentBefore = new Set([...conflicts].flatMap((entry) => [...entry.parents]));
  if ([...parents].some((parent) => !spentBefore.has(parent))) {
    const details = `replacement ${known.id} adds unconfirmed input, idx 0`;
    return reject('replacement-adds-unconfirmed', details);
  }
  return checkFees(candidate, leaving);
}

/** Rules 3 and 4: pays for all it evicts, and for its own relay on top. */
function checkFees(
  { known, feeSats }: Replacement,
  leaving: Set<PoolEntry>,
): Result<Set<PoolEntry>, Rejection> {
  let lostSats = 0n;
  for (const entry of leaving) lostSats += entry.feeSats;
  if (feeSats < lostSats) {
    const fees = `${moneyWords(feeSats)} < ${moneyWords(lostSats)}`;
    return insufficient(known, `less fees than conflicting txs; ${fees}`, ', ');
  }
  const relaySats = feeAtRate(LIMITS.relayFeePerKvbSats, known.vsize);
  if (feeSats - lostSats < relaySats) {
    const fees = `${moneyWords(feeSats - lostSats)} < ${moneyWords(relaySats)}`;
    return insufficient(known, `not enough additional fees to relay; ${fees}`, ', ');
  }
  return ok(leaving);
}

function insufficient(known: KnownTransaction, why: string, glue = '; ') {
  return reject('insufficient fee', `rejecting replacement ${known.id}${glue}${why}`);
}

function formatRate(rateSats: bigint): string {
  return `${formatSats(rateSats)} BTC/kvB`;
}

function ancestorsAndSelf(parents: ReadonlySet<PoolEntry>): Set<PoolEntry> {
  const found = new Set(parents);
  for (const entry of found) for (const parent of entry.parents) found.add(parent);
  return found;
}
