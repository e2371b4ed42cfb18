/** Bounds and paces of a signer, each with its reason. Times in milliseconds. */
export const LIMITS = {
  /** Proposals remembered at a time; older ones are forgotten first. */
  proposalsMax: 64,
  /** While a proposal is open, chunks are fetched this often in case an event was lost. */
  resyncMs: 1_000,
  /** What we said of a proposal is not repeated sooner. */
  repeatMs: 1_500,
  /** An open proposal is forgotten after this long. */
  proposalMsMax: 60_000,
  /** A block with all its signatures that its miner did not hand in after this long is handed in by us. */
  handInAfterMs: 500,
  /** Event bodies: a block proposal as hex with room to spare. */
  eventBytesMax: 32 * 1024 * 1024,
  /** Receipts waiting to be judged; more are picked up again at the next resync. */
  judgeQueueMax: 1_000,
  /** Verdicts kept in our slot: enough for every receipt that can be pending at once. */
  verdictsPublished: 256,
  /** Pause before an answer that could not be fetched is tried again. */
  judgeRetryMs: 1_000,
  judgeAttemptsMax: 30,
  /** Scored answers kept in memory for their conclusion and for comparing with other judges. */
  scoringsKept: 64,
  /** A host that has not opened its sketch this long after our commit gets no verdict. */
  openTimeoutMs: 120_000,
  /** Verdicts of other judges waiting to be held against our own scoring. */
  peerClaimsMax: 512,
  /** Looks for a judge's opening before it is let go. */
  peerAttemptsMax: 20,
  /** Suspected models in memory at a time: each is as large as a model of its own. */
  suspectEnginesMax: 2,
  /** Claim verdicts kept in our slot. */
  claimVerdictsPublished: 64,
  /** Pause between two looks at pending session claims. */
  claimLookMs: 5_000,
  /** Sessions asked about in one look: that many small reads of our own node. */
  sessionsPerLook: 128,
  /** Looks at a claim whose host does not show its receipts, before that is called withholding. */
  claimAttemptsMax: 24,
  /** Signers that were not drawn wait this long for those that were. */
  claimPatienceMs: 3_600_000,
  /** Claims whose attempts are remembered. */
  claimsWatchedMax: 4_096,
  /** Disputes looked at at a time. */
  disputesPerLook: 64,
  /** Looks at a dispute whose answer cannot be had, before this signer abstains. */
  disputeAttemptsMax: 24,
  /** Verdicts on disputes kept in our slot. */
  disputeVerdictsPublished: 64,
  /** Signers bring a certificate to the chain one after another: each has this long for itself. */
  closingTurnMs: 15_000,
  /** Pause before a call that had no effect is sent again. */
  closingRepeatMs: 60_000,
  /** Claims and disputes whose closing is remembered. */
  closingsMax: 1_024,
  /** Verdicts in one certificate: the contract's list bound. */
  verdictsPerCertificateMax: 64,
  /** Fee of a signer's call: this much at least, and so much per byte. */
  callFeeMicroMin: 3_000n,
  callFeeMicroPerByte: 2n,
  /** One receipt of a claim as JSON: a constraint at its largest, hashes and signatures. */
  receiptLineBytesMax: 1_048_576,
} as const;
