/** Bounds of the host: work taken on, memory and disk spent on others' behalf, patience with the node. */
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
  /** Milliseconds between looks at verdicts, settlements and deadlines. */
  tickMs: 250,
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
} as const;
