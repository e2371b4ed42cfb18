/**
 * In which tenure the next block may be, seen by a signer. Pure.
 *
 * The winner of the newest sortition may begin, and go on with, its tenure. The miner of the tenure at the
 * tip may go on when that winner committed to another parent, or when it could begin and has not within
 * a while; not once we signed a block of the winner, which may yet become the chain.
 *
 * When Bitcoin moves on, one block made before is still let in for a moment, wherever it would have been
 * right until then: others may have signed it already, and what is half signed holds up the next tenure.
 * Source: SIP-021 "Signer behavior"; stacks-core `stacks-signer/src/chainstate/`,
 * `tenure_last_block_proposal_timeout` (facts).
 *
 * Differs: a winner who skips the tenure at the tip is always refused. stacks-core lets it replace a
 * tenure of one block that came less than a minute before the sortition. And stacks-core goes by when a
 * proposal arrived, not by when it says it was made: a signer slower than Bitcoin would sign nothing.
 */
import { bytesEqual } from '@assay/bytes';
import type { NakamotoBlockHeader, TenureChangePayload } from '@assay/wire';
import type { RenewalTimes } from './budget-times.ts';
import type { Refusal } from './check-proposal.ts';
import type { SortitionView, TenureView } from './ports.ts';

export interface TenureFacts {
  readonly nowMs: number;
  /** The newest sortition with a winner. */
  readonly election: SortitionView | null;
  /** The block's own sortition when that is an older one of Bitcoin's best chain. */
  readonly earlier: SortitionView | null;
  /** The tenure at the tip; asked for only when the block does not plainly belong to the election. */
  readonly ongoing: TenureView | null;
  /** When we learned of the election. */
  readonly electionSeenMs: number;
  /** Whether we signed a block of the election's tenure. */
  readonly hasSignedElection: boolean;
  /** Whether another block was let in late since the election. */
  readonly hasTakenLate: boolean;
  /** How long a winner may take until its first block. */
  readonly proposalTimeoutMs: number;
  /** How long the last block made before an election may still be signed. */
  readonly lastBlockTimeoutMs: number;
}

type BlockPlace = Pick<NakamotoBlockHeader, 'consensusHash' | 'timestampSecs'>;

/** The sortition whose winner must have made the block, or why it may not be there. */
export function activeSortition(
  header: BlockPlace,
  facts: TenureFacts,
): { readonly ok: true; readonly sortition: SortitionView } | Refused {
  const { election, earlier, ongoing, hasSignedElection } = facts;
  if (election === null || election.minerPubkeyHash === null) {
    return refused({ kind: 'no-sortition-view' }, 'nobody has won a sortition yet');
  }
  if (bytesEqual(header.consensusHash, election.consensusHash)) {
    return { ok: true, sortition: election };
  }
  const isOngoing =
    ongoing !== null && bytesEqual(header.consensusHash, ongoing.sortition.consensusHash);
  const isLastMoment = isMadeBefore(header, facts) && !hasSignedElection && !facts.hasTakenLate;
  if (!isOngoing) {
    const couldBegin = earlier !== null && ongoing !== null && continues(earlier, ongoing);
    if (couldBegin && isLastMoment) return { ok: true, sortition: earlier };
    return refused({ kind: 'not-latest-sortition-winner' }, 'neither the newest tenure nor ours');
  }
  const ageMs = facts.nowMs - facts.electionSeenMs;
  const isLate = ageMs >= facts.proposalTimeoutMs && !hasSignedElection;
  if (continues(election, ongoing) && !isLate && !isLastMoment) {
    const text = 'the winner of the last sortition may still begin';
    return refused({ kind: 'not-latest-sortition-winner' }, text);
  }
  return { ok: true, sortition: ongoing.sortition };
}

/** Whether a sortition's winner committed to this tenure. */
function continues({ parentTenureStart }: SortitionView, { startBlockId }: TenureView): boolean {
  return parentTenureStart !== null && bytesEqual(parentTenureStart, startBlockId);
}

/** Made before we knew of the election, and not long ago. Headers count whole seconds. */
function isMadeBefore({ timestampSecs }: BlockPlace, facts: TenureFacts): boolean {
  const madeMs = timestampSecs * 1_000;
  return madeMs <= facts.electionSeenMs && facts.nowMs - madeMs < facts.lastBlockTimeoutMs;
}

export interface ExtendFacts extends Pick<TenureFacts, 'nowMs' | 'ongoing'> {
  /** From when the tenure's budget may be renewed; null: never. */
  readonly renewal: RenewalTimes | null;
}

/**
 * A tenure may be extended when Bitcoin has moved on, or for a fresh budget when it has been spent for
 * long enough. Of the single dimensions of SIP-034 only the number of reads, as in stacks-core.
 */
export function extendFault(
  { cause, burnViewConsensusHash }: TenureChangePayload,
  { nowMs, ongoing, renewal }: ExtendFacts,
): Refusal | null {
  const bad = (reason: string): Refusal => ({ code: { kind: 'invalid-tenure-extend' }, reason });
  if (cause !== 'extended' && cause !== 'extended-read-count') return bad(`extends by ${cause}`);
  if (ongoing === null) return bad('there is no tenure to extend');
  if (!bytesEqual(burnViewConsensusHash, ongoing.burnView)) {
    return cause === 'extended' ? null : bad('a newer burn view extends in all dimensions');
  }
  const fromMs = cause === 'extended' ? renewal?.fullFromMs : renewal?.readCountFromMs;
  if (fromMs !== undefined && nowMs >= fromMs) return null;
  return bad('extends on the burn view that the tenure has, too early for a fresh budget');
}

type Refused = { readonly ok: false; readonly refusal: Refusal };

function refused(code: Refusal['code'], reason: string): Refused {
  return { ok: false, refusal: { code, reason } };
}
