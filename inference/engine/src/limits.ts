/** Every bound of this room. */
export const ENGINE_LIMITS = {
  /** Stop strings of one request, as in the OpenAI API. */
  stopStringsMax: 4,
  /** Characters of one stop string: text that long may be held back while streaming. */
  stopStringCharsMax: 256,
  /** Milliseconds for one answer of a model server: a long prompt on a slow machine takes minutes. */
  requestTimeoutMs: 300_000,
  /** Milliseconds for one probe when an engine is opened. */
  probeTimeoutMs: 60_000,
  /** Silence of a streaming server, milliseconds. */
  streamIdleMs: 120_000,
  /** Bytes of one answer: prompt logprobs of a long context are megabytes of JSON. */
  answerBytesMax: 256 * 1024 * 1024,
  /** Characters of one streamed event. */
  eventCharsMax: 4 * 1024 * 1024,
  /** Characters of a server's own words in our messages. */
  serverMessageCharsMax: 300,
  /** Times a busy or unreachable server is asked. */
  attemptsMax: 4,
  /** Pause before the second attempt, milliseconds; doubles each time. */
  retryMs: 200,
  /** Characters of a JSON Schema. */
  schemaCharsMax: 65_536,
  /** Schemas inside a schema. */
  schemaNodesMax: 2_048,
  /** Bounds of `minLength`, `minItems` and their like; larger maxima are lowered to it. */
  schemaRepeatMax: 4_096,
  /** States of one constraint; every one is a future that an answer came to. */
  constraintStatesMax: 65_536,
  /** Ways in which one text may go on. */
  constraintStacksMax: 16_384,
  /** Random bytes that keep a scoring away from a server's prefix cache. */
  cacheSaltBytes: 16,
  /** Texts in one call of `embed`. */
  embedInputsMax: 256,
} as const;
