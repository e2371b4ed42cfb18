/**
 * Finds the ends of a tenure on the canonical chain. A tenure is named by the consensus hash of
 * the sortition that its miner won.
 */
import { bytesEqual } from '@assay/bytes';
import type { StoredHeader } from '@assay/chainstate';
import type { Snapshot } from '@assay/sortition';
import { isCanonicalBlock } from './mined-transaction.ts';
import type { RpcDeps } from './ports.ts';

type Deps = Pick<RpcDeps, 'chain' | 'coordinator'>;

/** First block of the tenure on the canonical chain; null when it has none. */
export function canonicalTenureStart(deps: Deps, consensusHash: Uint8Array): StoredHeader | null {
  for (const id of deps.chain.tenureStarts(consensusHash)) {
    const header = deps.chain.header(id);
    if (header !== null && isCanonicalBlock(deps, header)) return header;
  }
  return null;
}

/**
 * Last block of the tenure on the canonical chain; null when it has none. The heights of a tenure
 * are one run, so its end is found by doubling steps and then halving: O(log length).
 */
export function canonicalTenureEnd(deps: Deps, consensusHash: Uint8Array): StoredHeader | null {
  const tip = deps.coordinator.tip();
  if (bytesEqual(tip.tenureView.consensusHash, consensusHash)) return tip;
  const start = canonicalTenureStart(deps, consensusHash);
  if (start === null) return null;
  const inTenure = (height: number): StoredHeader | null => {
    const id = height > tip.height ? null : deps.chain.ancestorAt(tip.blockId, height);
    const header = id === null ? null : deps.chain.header(id);
    const isSame = header !== null && bytesEqual(header.tenureView.consensusHash, consensusHash);
    return isSame ? header : null;
  };
  let last = start;
  let step = 1;
  for (let next = inTenure(last.height + step); next !== null; ) {
    last = next;
    step *= 2;
    next = inTenure(last.height + step);
  }
  for (; step >= 1; step = Math.floor(step / 2)) {
    const next = inTenure(last.height + step);
    if (next !== null) last = next;
  }
  return last;
}

/** The sortition before this one that had a winner. */
export function lastSortitionBefore(
  deps: Pick<RpcDeps, 'burn'>,
  snapshot: Snapshot,
): Snapshot | null {
  const parent = deps.burn.bySortitionId(snapshot.parentSortitionId);
  if (parent === null || bytesEqual(parent.sortitionId, snapshot.sortitionId)) return null;
  return deps.burn.lastSortition(parent);
}
