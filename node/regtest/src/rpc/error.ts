/**
 * bitcoind's error numbers. Clients decide by them, so they are exactly its own.
 * Source: Bitcoin Core rpc/protocol.h.
 */
export const RPC_CODES = {
  invalidRequest: -32600,
  methodNotFound: -32601,
  parse: -32700,
  misc: -1,
  type: -3,
  wallet: -4,
  invalidAddressOrKey: -5,
  insufficientFunds: -6,
  invalidParameter: -8,
  walletNotFound: -18,
  walletNotSpecified: -19,
  deserialization: -22,
  verify: -25,
  verifyRejected: -26,
  alreadyInUtxoSet: -27,
  walletAlreadyLoaded: -35,
  walletAlreadyExists: -36,
} as const;

/** Thrown by a method, answered as `{"code": ..., "message": ...}`. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;

  constructor(code: keyof typeof RPC_CODES, message: string) {
    super(message);
    this.code = RPC_CODES[code];
  }
}
