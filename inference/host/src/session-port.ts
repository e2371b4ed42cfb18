/** What sessions need from the chain. `session-chain.ts` reads it over RPC; tests bring their own. */
import type { SessionTerms } from '@assay/jobs';

/** A claim as the chain has it. */
export interface ClaimRecord {
  readonly sessionId: bigint;
  readonly isPending: boolean;
  /** Reward cycle whose signers judge it. */
  readonly cycle: number;
  /** Bitcoin height from which nobody waits for judges any more. */
  readonly lapsesAt: number;
  /** Indexes of the signers drawn to judge it; null until their block is mined. */
  readonly judges: readonly number[] | null;
}

export interface SessionOnChain extends SessionTerms {
  /** Hash of the claim under audit; null or absent: none, so that the next one can be made. */
  readonly pendingClaim?: Uint8Array | null;
}

export interface SessionChainPort {
  /** Null when the chain knows no such session. Throws when the world fails. */
  session(id: bigint): Promise<SessionOnChain | null>;
  /** Hashes of the newest Bitcoin blocks, newest first: beacons a request may name. */
  recentBurnHashes(): Promise<readonly Uint8Array[]>;
  burnHeight(): Promise<number>;
  /** Null for a hash that was never claimed. */
  claim(hash: Uint8Array): Promise<ClaimRecord | null>;
}
