/** Bounds of the host: work taken on, memory and disk spent on others' behalf, patience with the node. */
import { LIMITS as JOBS } from '@assay/jobs';

export const LIMITS = {
  /** Jobs known and not closed. Beyond it new requests wait on chain until some are done. */
  openJobsMax: 256,
  /** Attempts to produce an answer before a job is given up; a broken model fails fast. */
  answerAttemptsMax: 3,
  /** Milliseconds the node may hold our question for new requests. */
  longPollMs: 10_000,
  /** Milliseconds after which the newest requests are read again, for a reorganisation may change them. */
  lookBackMs: 30_000,
  /** How many of them. */
  lookBackIds: 256,
  /** Milliseconds any other call to the node may take. */
  callTimeoutMs: 10_000,
  /** Milliseconds of the same while a job is open: settlements and deadlines are looked at so often. */
  followMs: 1_000,
  /** Milliseconds a substitute leaves to an answer that is already being judged, once. */
  substituteWaitMs: 30_000,
  /** Requests asked for by id in one call. */
  requestsPerCall: 64,
  /** Milliseconds after publication at which the sketch is opened to judges who have not committed. */
  openTimeoutMs: 60_000,
  /** Sends of a settlement before its fee is raised by half. */
  sendsPerBump: 2,
  /** A fee is never raised beyond this many times the first. */
  feeGrowthMax: 16n,
  /** Milliseconds to wait after the node failed. */
  retryMs: 1_000,
  /** Milliseconds after which an unmined settlement is sent again. */
  resendMs: 15_000,
  /** Milliseconds without settlements after the node refused one. */
  refusedPauseMs: 5_000,
  /** Verdicts in one certificate: the contract's list bound. */
  verdictsPerCertificateMax: 64,
  /** Closed jobs kept for questions; older ones leave the disk with their transcripts. */
  closedJobsKept: 1_000,
  /** Body of `POST /generate`, bytes. */
  generateBodyBytesMax: 65_536,
  /** Tokens of an answer to `POST /generate`: what the guide's server allows. */
  generateTokensMax: 512,
  /** `POST /generate` calls waiting for the engine; more are told 503. */
  generateWaitingMax: 16,
  /** Seconds that `X-Timestamp` may be off. */
  timestampWindowSecs: 300,
  /** Signed requests remembered against replay. They leave when their timestamp does. */
  signaturesRemembered: 100_000,
  /** Candidates asked from the engine: gm-v1's top-k bound. */
  candidates: 20,
  /** Body of a session request, bytes: a megabyte of prompt, escaped. */
  sessionBodyBytesMax: 4 * 1024 * 1024,
  /** Requests of one session under way. */
  sessionOpenMax: JOBS.sessionOpenMax,
  /** Session requests under way on this host; more are told 503. */
  sessionRequestsMax: 256,
  /** Sessions kept in memory; the ones that rest leave first. */
  sessionsLiveMax: 1_024,
  /** Milliseconds the chain's word about a session is believed before it is asked again. */
  sessionTermsMs: 30_000,
  /** Milliseconds a request waits for the one before it, when they overtook each other. */
  sessionTurnMs: 2_000,
  /** Answer tokens that may be unpaid before the stream waits for a voucher. */
  sessionUnpaidTokensMax: 256,
  /** Milliseconds a stream waits for a voucher before it is cancelled. */
  sessionVoucherWaitMs: 15_000,
  /** Milliseconds between a broken connection and the end of its request, for a word how far it got. */
  sessionStopGraceMs: 3_000,
  /** Milliseconds between two lines of tokens: what is faster than a reader leaves together. */
  sessionLineMs: 5,
  /** Bitcoin blocks before a session's end from which on no requests are taken. */
  sessionEndMarginBlocks: 2,
  /** Escrow of a planted request: more than 32 tokens cost anywhere; what is not paid comes back. */
  plantEscrowMicro: 1_000_000n,
  /** Milliseconds between looks at plants under way. */
  plantLookMs: 2_000,
  /** Newest Bitcoin blocks that may seed a request. */
  beaconsMax: 3,
  /** Sessions in one claim transaction: the contract's list bound. */
  claimsPerTransactionMax: 64,
  /** Receipts in one claim: judges fetch them all. */
  receiptsPerClaimMax: 100_000,
  /** Requests that are claimed without waiting for the next round. */
  claimAtRequests: 4_000,
  /** Bitcoin blocks before a session's end in which it is claimed for at once. */
  claimMarginBlocks: 6,
  /** Milliseconds between claims of one session, when the operator names no other figure. */
  claimEveryMs: 600_000,
} as const;
