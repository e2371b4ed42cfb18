/**
 * The one exception of this room: something outside the process failed. Callers decide by `code`
 * whether to retry, back off or stop. Thrown by both adapters with the same codes, so that
 * services behave alike on the real network and in a simulation.
 */
export type WorldErrorCode =
  /** Somebody else listens on the port. */
  | 'world/port-in-use'
  /** Listening failed for another reason (no permission, unknown address). */
  | 'world/cannot-listen'
  /** No connection, or it broke before the response was complete. */
  | 'world/unreachable'
  /** No complete response within `timeoutMs`. */
  | 'world/timeout'
  /** The response is larger than `bodyBytesMax`. */
  | 'world/too-large'
  /** The caller's signal aborted the request. */
  | 'world/aborted'
  /** A file could not be read or written. */
  | 'world/file';

export class WorldError extends Error {
  override readonly name = 'WorldError';
  readonly code: WorldErrorCode;

  constructor(code: WorldErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
