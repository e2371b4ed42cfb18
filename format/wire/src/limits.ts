/**
 * Every bound of the wire formats: a decoder checks against these before it allocates.
 * Those of Stacks are consensus; those of payload 9 are ours and equal to format/jobs.
 * Source: stacks-codec/src/transaction.rs, nakamoto/mod.rs, libstackerdb, libsigner v0.
 */
export const LIMITS = {
  /** Bytes of a block, and so of a transaction. */
  blockBytesMax: 2 * 1024 * 1024,
  /** Bytes of a transaction alone; nothing shorter than 180 bytes can be one. */
  transactionBytesMax: 2 * 1024 * 1024,
  /** Entries in a block's treatment vector (reward slots of a cycle). */
  poxTreatmentBitsMax: 4_000,
  /** Signatures in a block header: there cannot be more signers than reward slots. */
  signerSignaturesMax: 4_000,
  /** Markers of transactions to skip, header version 1 (epoch 4.0). */
  problematicTransactionsMax: 180,
  /** Bytes inside one StackerDB chunk. */
  chunkBytesMax: 16 * 1024 * 1024,
  /** Bytes of the versioned tail of a signer message. */
  signerDataBytesMax: 2 * 1024 * 1024,
  /** Bytes of a version or reason string inside a signer message. */
  signerTextBytesMax: 64 * 1024,

  /** Infer: bytes of a prompt carried inside the transaction. */
  inferInlineBytesMax: 16_384,
  /** Infer: bytes of a prompt named by hash, bounded by the content store. */
  inferPromptBytesMax: 1_048_576,
  /** Infer: temperature in millionths, 2.0 as in the OpenAI API. */
  inferTemperatureMicroMax: 2_000_000,
  /** Infer: nucleus probability in millionths. */
  inferTopPMicroMax: 1_000_000,
  /** Infer: candidates the sampler keeps. */
  inferTopKMax: 20,
  /** Infer: tokens of an answer, bounded by what one transcript holds. */
  inferMaxTokensMax: 32_768,
} as const;
