/**
 * Whose turn it is to make the next block, seen by one miner. Pure.
 *
 * The winner of the newest sortition begins its tenure when its commit was made for the tenure at the tip.
 * Otherwise the miner of that tenure goes on: at once when the winner committed to another parent (it
 * can never begin here) or when nobody won since; after a wait when the winner could begin but does not.
 * Source: SIP-021 "Tenure extensions"; stacks-core `nakamoto_node/relayer.rs` (facts).
 */
import { bytesEqual } from '@assay/bytes';
import type { StoredHeader } from '@assay/chainstate';
import type { Election } from './ports.ts';

export interface TurnFacts {
  /** The canonical tip. */
  readonly parent: Pick<StoredHeader, 'header' | 'tenureStartBlockId'>;
  /** The newest sortition with a winner. */
  readonly newest: Election;
  /** The sortition of the parent's tenure; null for genesis. */
  readonly ongoing: Election | null;
  /** hash160 of our key. */
  readonly pubkeyHash: Uint8Array;
  /** Since we learned of the newest sortition. */
  readonly waitedMs: number;
  /** How long a winner may take to begin before the ongoing tenure is extended. */
  readonly extendWaitMs: number;
}

export interface Turn {
  readonly kind: 'start' | 'continue';
  /** The sortition whose tenure the block belongs to. */
  readonly tenure: Election;
}

/** Null: another miner's turn. */
export function ourTurn(facts: TurnFacts): Turn | null {
  const { parent, newest, ongoing, pubkeyHash, waitedMs, extendWaitMs } = facts;
  const isOurs = ({ minerPubkeyHash }: Election) => bytesEqual(minerPubkeyHash, pubkeyHash);
  const isBegun = bytesEqual(parent.header.consensusHash, newest.consensusHash);
  const canBegin = !isBegun && bytesEqual(parent.tenureStartBlockId, newest.parentTenureStart);
  if (canBegin && isOurs(newest)) return { kind: 'start', tenure: newest };
  if (ongoing === null || !isOurs(ongoing)) return null;
  if (canBegin && waitedMs < extendWaitMs) return null;
  return { kind: 'continue', tenure: ongoing };
}
