/**
 * Bounds of the HTTP and file adapters. Every wait has an end and every body has a size.
 */
export const WORLD_LIMITS = {
  /** Milliseconds for a whole exchange when the caller names none. */
  fetchTimeoutMs: 30_000,
  /** Response body, bytes, when the caller names none. */
  fetchBodyBytesMax: 64 * 1024 * 1024,
  /** Silence between two pieces of a streamed answer, milliseconds, when the caller names none. */
  streamIdleMs: 60_000,
  /** Idle connections kept per destination. */
  agentFreeSocketsMax: 16,
  /** An idle connection of ours is dropped before a server's usual 5 s would drop it. */
  agentIdleMs: 4_000,
  /** A server keeps an idle connection this long. */
  serverKeepAliveMs: 30_000,
  /** A client gets this long to send a whole request (slow-loris bound). */
  serverRequestMs: 60_000,
  /** `close()` waits this long for running requests, then cuts them off. */
  serverCloseGraceMs: 500,
  /** Header block of one request, bytes. */
  headerBytesMax: 32 * 1024,
} as const;
