/** Bounds of the client: what it waits for and what it takes. */
export const CLIENT_LIMITS = {
  /** One exchange, milliseconds. */
  timeoutMs: 15_000,
  /** Added to a long poll's own wait, milliseconds. */
  longPollSlackMs: 5_000,
  /** Bytes of one answer. */
  answerBytesMax: 64 * 1024 * 1024,
  /** A slot is read again this often when it changes between its two reads. */
  chunkAttemptsMax: 4,
} as const;
