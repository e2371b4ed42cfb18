/**
 * Every bound of this room: what a foreign manifest, prompt, transcript or chunk may hold at most.
 * A decoder checks a count against these numbers before it reads or allocates anything.
 */
export const LIMITS = {
  /** Canonical manifest JSON, bytes. A manifest is a page of text; more is not one. */
  manifestBytesMax: 65_536,
  /** Characters of one manifest string (names, hashes, template pieces). */
  manifestStringMax: 1_024,
  /** End-of-text ids a model may have. */
  eosIdsMax: 16,
  /** Suspected copies of a model: each costs a judge one more model in memory. */
  suspectsMax: 8,
  /** Prompt blob, bytes: what an inline Infer payload may carry. */
  promptBytesMax: 16_384,
  /** Prompt given by hash only, bytes: bounded by the content store. */
  promptByHashBytesMax: 1_048_576,
  /** Bytes of the context (system text) inside a prompt blob: its length field is a u16. */
  contextBytesMax: 65_535,
  /** Messages of a conversation in a session prompt. */
  messagesMax: 2_048,
  /** Token ids of a prompt in one transcript. */
  promptTokensMax: 65_536,
  /** Token ids of an answer in one transcript. */
  outputTokensMax: 32_768,
  /** UTF-8 bytes of an answer's text. */
  textBytesMax: 262_144,
  /** Numbers of an embedding: what such a text can hold. */
  dimensionsMax: 32_768,
  /** Encoded transcript, bytes: what the content store accepts. */
  transcriptBytesMax: 1_048_576,
  /** Encoded sketch part or opening, bytes: five per token, salts, head. */
  sketchBytesMax: 262_144,
  /** Recipients of a sealed prompt: executors, judges, the user. 112 bytes each in the box. */
  sealRecipientsMax: 96,
  /** Claim verdicts in one chunk of `.inference-verdicts-*`. */
  claimVerdictsPerChunkMax: 256,
  /** Verdicts in disputes in the same chunk. */
  disputeVerdictsPerChunkMax: 64,
  /** Requests of one session that a host may have under way; a claim may be paid ahead for them. */
  sessionOpenMax: 64,
  /** Vocabulary size; ids are below it. */
  vocabularyMax: 1_048_576,
  /** Candidates the sampler keeps. vLLM's default `max_logprobs`. */
  topKMax: 20,
  /** Temperature, millionths: 2.0 as in the OpenAI API. */
  temperatureMicroMax: 2_000_000,
  /** Receipts in one chunk of `.inference-receipts`; settled ones leave the chunk. */
  receiptsPerChunkMax: 256,
  /** Verdicts in one chunk of `.inference-verdicts-*`; the oldest leave first. */
  verdictsPerChunkMax: 1_024,
  /** Characters of the reason a judge gives for abstaining. */
  reasonCharsMax: 64,
} as const;
