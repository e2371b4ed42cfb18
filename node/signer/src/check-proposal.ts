/**
 * The rules a signer applies to a proposal before it asks the node to execute it. Pure.
 * Source: SIP-021 "Signer behavior"; stacks-core docs/signer-flows.md (facts).
 */
import { bytesEqual } from '@assay/bytes';
import { hash160 } from '@assay/crypto';
import { BLOCK_FUTURE_MS_MAX } from '@assay/params';
import {
  type BlockProposal,
  blockHash,
  type NakamotoBlock,
  type RejectReason,
  recoverMinerKey,
  type TenureChangePayload,
} from '@assay/wire';
import {
  activeSortition,
  type ExtendFacts,
  extendFault,
  type TenureFacts,
} from './active-tenure.ts';
import type { SignedBlock } from './ledger.ts';

export interface ProposalFacts extends TenureFacts, ExtendFacts {
  /** Another block that we signed at this height, in any tenure, and that may still stand. */
  readonly rival: SignedBlock | null;
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
  const { nowMs } = facts;
  const active = activeSortition(header, facts);
  if (!active.ok) return active.refusal;
  const winner = active.sortition.minerPubkeyHash;
  const miner = recoverMinerKey(header);
  if (miner === null || winner === null || !bytesEqual(hash160(miner), winner)) {
    return { code: { kind: 'pubkey-hash-mismatch' }, reason: 'not signed by the miner who won' };
  }
  const extension = tenureExtensionOf(proposal.block);
  const fault = extension === null ? null : extendFault(extension, facts);
  if (fault !== null) return fault;
  if (header.timestampSecs * 1_000 > nowMs + BLOCK_FUTURE_MS_MAX) {
    return {
      code: { kind: 'validation-failed', code: 'InvalidTimestamp' },
      reason: 'the timestamp is in the future',
    };
  }
  return checkRival(proposal, facts);
}

/** The tenure change of a block; it comes first. */
export function tenureChangeOf({ transactions }: NakamotoBlock): TenureChangePayload | null {
  const payload = transactions[0]?.payload;
  return payload?.kind === 'tenure-change' ? payload : null;
}

/** The same of a block that goes on with its tenure. */
export function tenureExtensionOf(block: NakamotoBlock): TenureChangePayload | null {
  const change = tenureChangeOf(block);
  return change === null || change.cause === 'block-found' ? null : change;
}

/**
 * A second block at a height we signed: only when the first is not going to stand. The tenure does not
 * matter: the last block of one and the first of the next can have the same height.
 */
function checkRival(proposal: BlockProposal, facts: ProposalFacts): Refusal | null {
  const hash = blockHash(proposal.block.header);
  const { rival, canonical } = facts;
  if (canonical !== null && !bytesEqual(canonical, hash)) {
    return { code: { kind: 'reorg-not-allowed' }, reason: 'another block stands at this height' };
  }
  if (rival === null) return null;
  return { code: { kind: 'reorg-not-allowed' }, reason: 'we signed another block at this height' };
}
