/**
 * The rules a signer applies to a proposal before it asks the node to execute it. Pure.
 * Source: SIP-021 "Signer behavior"; stacks-core docs/signer-flows.md (facts).
 */
import { bytesEqual } from '@assay/bytes';
import { hash160 } from '@assay/crypto';
import { type BlockProposal, blockHash, type RejectReason, recoverMinerKey } from '@assay/wire';
import type { SignedBlock } from './ledger.ts';
import { LIMITS } from './limits.ts';
import type { SortitionView } from './ports.ts';

export interface ProposalFacts {
  readonly nowMs: number;
  readonly currentCycle: number;
  readonly election: SortitionView | null;
  /** What we signed at this height of this tenure. */
  readonly signed: SignedBlock | null;
  /** Hash of the canonical block at this height, null above the tip. */
  readonly canonical: Uint8Array | null;
}

export interface Refusal {
  readonly code: RejectReason;
  readonly reason: string;
}

/** Null: nothing speaks against it. */
export function checkProposal(proposal: BlockProposal, facts: ProposalFacts): Refusal | null {
  const { header } = proposal.block;
  const { election, nowMs } = facts;
  if (election === null || election.minerPubkeyHash === null) {
    return { code: { kind: 'no-sortition-view' }, reason: 'nobody has won a sortition yet' };
  }
  if (!bytesEqual(header.consensusHash, election.consensusHash)) {
    return {
      code: { kind: 'not-latest-sortition-winner' },
      reason: 'not the tenure of the last sortition',
    };
  }
  const miner = recoverMinerKey(header);
  if (miner === null || !bytesEqual(hash160(miner), election.minerPubkeyHash)) {
    return { code: { kind: 'pubkey-hash-mismatch' }, reason: 'not signed by the miner who won' };
  }
  if (header.timestampSecs * 1_000 > nowMs + LIMITS.futureSecsMax * 1_000) {
    return {
      code: { kind: 'validation-failed', code: 'InvalidTimestamp' },
      reason: 'the timestamp is in the future',
    };
  }
  return checkRival(proposal, facts);
}

/** A second block at a height we signed: only when the first is provably not going to stand. */
function checkRival(proposal: BlockProposal, facts: ProposalFacts): Refusal | null {
  const hash = blockHash(proposal.block.header);
  const { signed, canonical, nowMs } = facts;
  if (canonical !== null && !bytesEqual(canonical, hash)) {
    return { code: { kind: 'reorg-not-allowed' }, reason: 'another block stands at this height' };
  }
  if (signed === null || bytesEqual(signed.blockHash, hash)) return null;
  if (nowMs - signed.signedAtMs >= LIMITS.rivalMsMin) return null;
  return { code: { kind: 'reorg-not-allowed' }, reason: 'we signed another block at this height' };
}
