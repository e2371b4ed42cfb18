/**
 * What gateways remember together: API keys and what they have spent, requests and their receipts,
 * sessions and who holds them. Several gateways share one ledger and behave as one: every rule that
 * money depends on (caps, rates, who signs a session's vouchers) is decided by the ledger in one step.
 * Adapters: `MemoryLedger` (tests, simulation), `SqlLedger` (PGlite or a PostgreSQL server). Each owns
 * its clock; leases are measured by it.
 */
import type { SessionTerms } from '@assay/jobs';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** The first characters of the key, to recognise it by. */
  readonly prefix: string;
  /** Most it may ever spend, micro-STX; null: no cap. */
  readonly capMicro: bigint | null;
  readonly spentMicro: bigint;
  /** Set aside for requests under way. */
  readonly reservedMicro: bigint;
  /** Null: no limit. */
  readonly requestsPerMinute: number | null;
  /** Names of models it may ask; null: all. */
  readonly models: readonly string[] | null;
  /** Unix milliseconds; null: never. */
  readonly expiresAtMs: number | null;
  readonly isRevoked: boolean;
  readonly createdAtMs: number;
}

export interface NewKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  /** SHA-256 of the key, hex: the key itself is kept nowhere. */
  readonly hash: string;
  readonly capMicro: bigint | null;
  readonly requestsPerMinute: number | null;
  readonly models: readonly string[] | null;
  readonly expiresAtMs: number | null;
}

export interface KeyChange {
  readonly capMicro?: bigint | null;
  readonly requestsPerMinute?: number | null;
  readonly isRevoked?: boolean;
}

export interface NewRequest {
  readonly id: string;
  readonly keyId: string;
  /** The gateway that serves it. */
  readonly gateway: string;
  readonly model: string;
  /** Set aside until the request is finished. */
  readonly reserveMicro: bigint;
}

export type BeginOutcome =
  | { readonly kind: 'ok'; readonly remaining: RateRemaining | null }
  | { readonly kind: 'rate'; readonly remaining: RateRemaining }
  | { readonly kind: 'cap' }
  | { readonly kind: 'revoked' };

/** Requests left in the current minute. */
export interface RateRemaining {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** One host's part of an answer: a request of a session, and how it ended. */
export interface AnswerPart {
  readonly requestId: string;
  /** From 0; the choices of a request and the hosts of a choice count through. */
  readonly part: number;
  readonly choice: number;
  readonly sessionId: bigint;
  readonly index: bigint;
  readonly terms: SessionTerms;
  readonly endpoint: string;
  /** `encodePostedRequest` without prompt and constraint text. */
  readonly posted: string;
  /** Null while the part is under way. */
  readonly end: PartEnd | null;
}

export interface PartEnd {
  /** `encodeCommitment` and the host's signature, hex; null when the host never gave one. */
  readonly commitment: string | null;
  readonly hostSignature: string | null;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly costMicro: bigint;
}

export interface RequestRow {
  readonly id: string;
  readonly keyId: string;
  readonly gateway: string;
  readonly model: string;
  readonly state: 'open' | 'done';
  readonly reservedMicro: bigint;
  readonly spentMicro: bigint;
  readonly createdAtMs: number;
  readonly parts: readonly AnswerPart[];
}

export interface SessionRow {
  readonly id: bigint;
  readonly terms: SessionTerms;
  readonly endpoint: string;
  readonly state: 'open' | 'closed';
}

/** A transaction that opens a session, written down before it is sent. */
export interface Opening {
  readonly txid: string;
  readonly host: string;
  readonly endpoint: string;
  readonly sentAtMs: number;
  readonly state: 'sent' | 'done';
}

export interface Payment {
  /** The transaction id: one payment serves one request. */
  readonly id: string;
  readonly payer: string;
  readonly amountMicro: bigint;
}

export interface Ledger {
  createKey(key: NewKey): Promise<ApiKey>;
  /** @param hash SHA-256 of the key, hex */
  keyByHash(hash: string): Promise<ApiKey | null>;
  keys(): Promise<readonly ApiKey[]>;
  changeKey(id: string, change: KeyChange): Promise<ApiKey | null>;

  /** Counts the request against its key's rate and cap, and sets money aside; all or nothing. */
  begin(request: NewRequest): Promise<BeginOutcome>;
  /** Writes down a part before anything of it is paid for. */
  putPart(part: AnswerPart): Promise<void>;
  /**
   * Ends a request once: ends its parts, adds their cost to what the key has spent, frees the rest.
   * @returns false when it had ended before
   */
  finish(id: string, ends: readonly AnswerPart[]): Promise<boolean>;
  request(id: string): Promise<RequestRow | null>;
  /** Open requests of gateways that hold no `gateway:{id}` lease any more; at most `limit`. */
  abandoned(limit: number): Promise<readonly RequestRow[]>;

  /** Takes or renews a lease. @returns false when somebody else holds it */
  lease(name: string, owner: string, durationMs: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;

  putSession(session: SessionRow): Promise<void>;
  /** Sessions in state open. */
  sessions(): Promise<readonly SessionRow[]>;
  putOpening(opening: Opening): Promise<void>;
  /** Those in state sent. */
  openings(): Promise<readonly Opening[]>;

  /** @returns false when the payment was used before */
  takePayment(payment: Payment): Promise<boolean>;
  close(): Promise<void>;
}
