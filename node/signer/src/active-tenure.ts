/**
 * In which tenure the next block may be, seen by a signer. Pure.
 *
 * The winner of the newest sortition may begin, and go on with, its tenure. The miner of the tenure at the
 * tip may go on when that winner committed to another parent, or when it could begin and has not within
 * a while; not once we signed a block of the winner, which may yet become the chain.
 * Source: SIP-021 "Signer behavior"; stacks-core `stacks-signer/src/chainstate/` (facts).
 *
 * Differs: a winner who skips the tenure at the tip is always refused. stacks-core lets it replace a
 * tenure of one block that came less than a minute before the sortition.
 */
import { bytesEqual } from '@assay/bytes';
import type { TenureChangePayload } from '@assay/wire';
import type { Refusal } from './check-proposal.ts';
import type { SortitionView, TenureView } from './ports.ts';

export interface TenureFacts {
  /** The newest sortition with a winner. */
  readonly election: SortitionView | null;
  /** The tenure at the tip; asked for only when the block does not plainly belong to the election. */
  readonly ongoing: TenureView | null;
  /** Since we learned of the election. */
  readonly electionAgeMs: number;
  /** Whether we signed a block of the election's tenure. */
  readonly hasSignedElection: boolean;
  /** How long a winner may take until its first block. */
  readonly proposalTimeoutMs: number;
}

/** The sortition whose winner must have made the block, or why it may not be there. */
export function activeSortition(
  tenure: Uint8Array,
  facts: TenureFacts,
): { readonly ok: true; readonly sortition: SortitionView } | Refused {
  const { election, ongoing, electionAgeMs, hasSignedElection, proposalTimeoutMs } = facts;
  if (election === null || election.minerPubkeyHash === null) {
    return refused({ kind: 'no-sortition-view' }, 'nobody has won a sortition yet');
  }
  if (bytesEqual(tenure, election.consensusHash)) return { ok: true, sortition: election };
  if (ongoing === null || !bytesEqual(tenure, ongoing.sortition.consensusHash)) {
    return refused({ kind: 'not-latest-sortition-winner' }, 'neither the newest tenure nor ours');
  }
  const { parentTenureStart } = election;
  const canBegin =
    parentTenureStart !== null && bytesEqual(parentTenureStart, ongoing.startBlockId);
  const isLate = electionAgeMs >= proposalTimeoutMs && !hasSignedElection;
  if (canBegin && !isLate) {
    const text = 'the winner of the last sortition may still begin';
    return refused({ kind: 'not-latest-sortition-winner' }, text);
  }
  return { ok: true, sortition: ongoing.sortition };
}

/** A tenure may be extended when Bitcoin has moved on. */
export function extendFault(
  change: TenureChangePayload,
  ongoing: TenureView | null,
): Refusal | null {
  const bad = (reason: string): Refusal => ({ code: { kind: 'invalid-tenure-extend' }, reason });
  if (change.cause !== 'extended') return bad(`extends by ${change.cause}`);
  if (ongoing === null) return bad('there is no tenure to extend');
  if (!bytesEqual(change.burnViewConsensusHash, ongoing.burnView)) return null;
  return bad('extends on the burn view that the tenure has');
}

type Refused = { readonly ok: false; readonly refusal: Refusal };

function refused(code: Refusal['code'], reason: string): Refused {
  return { ok: false, refusal: { code, reason } };
}
