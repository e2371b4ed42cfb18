/** Every bound of this room. */
export const ENGINE_LIMITS = {
  /** Stop strings of one request, as in the OpenAI API. */
  stopStringsMax: 4,
  /** Characters of one stop string: text that long may be held back while streaming. */
  stopStringCharsMax: 256,
} as const;
