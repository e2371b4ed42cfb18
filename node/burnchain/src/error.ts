/**
 * Failures of the world as this room meets them. The message is one sentence an operator can act
 * on; `code` is for programs.
 */
export type BurnchainErrorCode =
  /** Nothing answers at the address. */
  | 'burnchain/unreachable'
  /** Wrong user or password. */
  | 'burnchain/unauthorized'
  /** bitcoind answered with an error object; `rpcCode` has its number. */
  | 'burnchain/rpc-error'
  /** The answer is not what the call promises. */
  | 'burnchain/bad-answer'
  /** Bitcoin does not have a block that we have seen; it will have it soon, or we learn of a fork. */
  | 'burnchain/behind'
  /** Not enough satoshis at the miner's address. */
  | 'burnchain/no-funds'
  /** Deeper than `reorgDepthMax`. */
  | 'burnchain/deep-reorg'
  /** Sending failed after all attempts. */
  | 'burnchain/not-sent';

export class BurnchainError extends Error {
  override readonly name = 'BurnchainError';
  readonly code: BurnchainErrorCode;
  /** bitcoind's own error number, for `burnchain/rpc-error`. */
  readonly rpcCode: number | null;

  constructor(
    code: BurnchainErrorCode,
    message: string,
    options: { readonly rpcCode?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.rpcCode = options.rpcCode ?? null;
  }
}
