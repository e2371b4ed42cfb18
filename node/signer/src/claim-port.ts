/** What audits of session claims need from chain and hosts; `http-claims.ts` asks them over HTTP. */
import type { Claim, SessionTerms } from '@assay/jobs';

/** A claim that nobody has decided yet. */
export interface PendingClaim {
  readonly claim: Claim;
  /** 32 bytes. */
  readonly hash: Uint8Array;
  /** Reward cycle whose signers judge it. */
  readonly cycle: number;
  readonly session: SessionTerms;
  /** Base URL of the host; null when the chain has none. */
  readonly endpoint: string | null;
  /** Null until the Bitcoin block that draws the audit is mined. */
  readonly draw: ClaimDraw | null;
}

export interface ClaimDraw {
  /** 32 bytes. */
  readonly lots: Uint8Array;
  /** Share of receipts that is audited, millionths. */
  readonly rateMicro: bigint;
  /** Signers drawn to judge: indexes in the set of the claim's cycle. */
  readonly judges: readonly number[];
}

export interface ClaimPort {
  /** Claims under audit; of very many sessions a part at a time, all of them in turn. */
  pending(): Promise<readonly PendingClaim[]>;
  /**
   * The receipts of a claim as its host shows them, one JSON text each; nothing when it refuses.
   * @throws WorldError when the host does not answer
   */
  receipts(claim: PendingClaim): AsyncIterable<string>;
  /** Bytes by SHA-256, checked; null when the host does not hand them out. */
  content(
    claim: PendingClaim,
    kind: 'transcripts' | 'prompts',
    hash: Uint8Array,
  ): Promise<Uint8Array | null>;
}
