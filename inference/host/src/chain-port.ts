/**
 * What a host needs from the network, narrow on purpose: read requests and verdicts, write one slot,
 * store content, send transactions. `http-chain.ts` speaks Stacks' RPC; tests bring their own.
 * Every method throws when the world fails; callers wait and try again.
 */
import type { InferenceRequest, VerdictChunk } from '@assay/jobs';
import type { StackerDbChunk } from '@assay/wire';

export type RequestStatus = 'open' | 'settled' | 'rejected' | 'expired' | 'reversed';

/** A request on chain and what was fixed with it. */
export interface AssignedRequest {
  readonly request: InferenceRequest;
  /** Principal text of the executor asked about: ours, or the first when we are none. */
  readonly executor: string;
  /** Its operating key that must sign, 33 bytes, as registered when the executors were drawn. */
  readonly hostKey: Uint8Array;
  /** 0 for who shall answer at once; k for its k-th substitute. */
  readonly rank: number;
  /** Unix seconds from which an answer of this rank can be paid. */
  readonly turnAtSecs: number;
  /** Whether some host's receipt about it stood when this was read. */
  readonly isAnswered: boolean;
  /** 32 bytes. */
  readonly beaconBurnHash: Uint8Array;
  /** Null when neither the chain nor the content store has it (yet). */
  readonly promptBlob: Uint8Array | null;
  readonly status: RequestStatus;
}

/** A node answers a page at a time, and looks at a bounded number of requests for each. */
export interface RequestPage {
  readonly requests: readonly AssignedRequest[];
  /** Ids up to here were looked at: the next question's `after`. */
  readonly nextAfter: bigint;
  /** The newest id on chain. */
  readonly lastRequestId: bigint;
}

export interface AccountNonce {
  /** Transactions of the account that are on chain. */
  readonly confirmed: bigint;
  /** Nonce for a new transaction: pending ones counted. */
  readonly next: bigint;
}

export interface SignerWeight {
  /** HASH160 of the signer's public key, 20 bytes. */
  readonly hash: Uint8Array;
  readonly weight: bigint;
}

export interface SignerCycle {
  readonly cycle: number;
  /** In the order that certificates number them. */
  readonly signers: readonly SignerWeight[];
  readonly totalWeight: bigint;
}

export interface SlotAcknowledgement {
  readonly accepted: boolean;
  /** What stands in the slot now, when ours was refused. */
  readonly currentVersion: number | null;
}

/** Where chain and signers stand. */
export interface ChainNews {
  /** Differs when anything a host looks at has changed. */
  readonly cursor: string;
  /** Names the newest block. */
  readonly tip: string;
  /** Height of the newest Bitcoin block. */
  readonly burnHeight: number;
}

export interface ChainPort {
  /** Answers when there is news since `cursor`, or after `waitMs`. */
  news(
    cursor: string,
    options: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<ChainNews>;
  /** Open requests of our principal with an id above `after`, ascending. */
  openRequests(
    after: bigint,
    options: {
      /** How long the node may hold the question back while there is none. */
      readonly waitMs: number;
      readonly signal: AbortSignal;
    },
  ): Promise<RequestPage>;
  /** Those of them that the canonical chain knows. */
  requestsById(ids: readonly bigint[]): Promise<ReadonlyMap<bigint, AssignedRequest>>;
  content(hash: Uint8Array): Promise<Uint8Array | null>;
  /** False when the node refuses bytes that nobody announced. */
  putContent(bytes: Uint8Array): Promise<boolean>;
  /** Our slot in `.inference-receipts`; null while we are not registered. */
  receiptSlot(): Promise<{ readonly slotId: number; readonly version: number } | null>;
  putReceipts(chunk: StackerDbChunk): Promise<SlotAcknowledgement>;
  /** Who judges now, or who judged in an earlier cycle; nobody in a cycle without a set. */
  signers(cycle?: number): Promise<SignerCycle>;
  /** What each signer of the cycle has published, by its index; its signature is checked. */
  verdicts(cycle: SignerCycle): Promise<ReadonlyMap<number, VerdictChunk>>;
  nonce(address: string): Promise<AccountNonce>;
  /** Null when accepted, else Stacks' word for the refusal (`BadNonce`, …). */
  broadcast(bytes: Uint8Array): Promise<string | null>;
}
