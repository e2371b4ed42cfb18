/**
 * The chain as a gateway needs it: who serves which model at what price, the newest Bitcoin block, and
 * sessions. `http-chain.ts` speaks a node's RPC; tests and simulations bring their own. Every method
 * throws when the world fails.
 */
import type { AssuranceClass, SessionPrices, SessionTerms } from '@assay/jobs';

/** A registered host as anyone can read it. */
export interface HostOffer {
  /** Principal text. */
  readonly host: string;
  /** Base URL. */
  readonly endpoint: string;
  /** 33 bytes. */
  readonly operatingKey: Uint8Array;
  readonly prices: SessionPrices;
  /** What its engine can prove. */
  readonly assurance: AssuranceClass;
  /** Weight in draws; requests at a time, roughly. */
  readonly capacity: number;
}

export interface ModelOffer {
  /** Manifest hash, hex. */
  readonly id: string;
  readonly name: string;
  /** Null while no manifest could be read. */
  readonly contextTokens: number | null;
  readonly hosts: readonly HostOffer[];
}

export interface NewSession {
  readonly host: string;
  /** Manifest hash, 32 bytes. */
  readonly model: Uint8Array;
  readonly depositMicro: bigint;
  /** 33 bytes. */
  readonly voucherKey: Uint8Array;
  /** Bitcoin blocks. */
  readonly duration: number;
}

/** A transaction ready to be sent, so that it can be written down first. */
export interface PreparedTransaction {
  /** 64 hex digits. */
  readonly txid: string;
  readonly bytes: Uint8Array;
}

export type TransactionOutcome =
  | { readonly kind: 'pending' }
  /** Not known: dropped, or never seen. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** `id`: the number in `(ok id)`; null for other results. */
  | { readonly kind: 'success'; readonly id: bigint | null };

export interface GatewayChain {
  /** Models that at least one host serves. */
  models(): Promise<readonly ModelOffer[]>;
  beacon(): Promise<Uint8Array>;
  burnHeight(): Promise<number>;
  /** Bitcoin blocks after a session's end from which on its user may close it. */
  claimGrace(): Promise<number>;
  session(id: bigint): Promise<SessionTerms | null>;
  prepareOpen(session: NewSession): Promise<PreparedTransaction>;
  prepareTopUp(id: bigint, amountMicro: bigint): Promise<PreparedTransaction>;
  prepareClose(id: bigint): Promise<PreparedTransaction>;
  /** Null when accepted, else the node's word for the refusal. */
  broadcast(bytes: Uint8Array): Promise<string | null>;
  outcome(txid: string): Promise<TransactionOutcome>;
  /** Id of the block that holds a transaction, hex; null while none does. */
  blockOf(txid: string): Promise<string | null>;
}
