/** Bounds of this room: waits, retries, depths and fees. Taste, not consensus. */
export const LIMITS = {
  /** One JSON-RPC call; scanning the UTXO set of a real network takes minutes. */
  rpcTimeoutMs: 10_000,
  scanTimeoutMs: 600_000,
  /** Calls that fail to reach bitcoind are repeated this often, waiting 250 ms, 500 ms, ... */
  rpcRetries: 3,
  rpcRetryMs: 250,
  rpcRetryMsMax: 5_000,
  /** Answer to one call; a block of 4 MB is twice that in hex. */
  rpcBodyBytesMax: 16 * 1024 * 1024,
  /** A reorganization deeper than this stops the follower: something else is wrong. */
  reorgDepthMax: 2_000,
  /** Blocks handed over before the follower looks at Bitcoin's tip again. */
  blocksPerPollMax: 500,
  /** Replaced versions of one unconfirmed operation that are remembered. */
  replacedMax: 32,
  /** Coins scanned for and kept; the richest stay. */
  coinsMax: 1_000,
  /** Satoshis below which change is given to the miner of the block. */
  changeSatsMin: 1_000n,
  /** Attempts to send with a raised fee or fresh coins. */
  sendAttempts: 4,
  /** A coinbase output can be spent in a block this far above its own. */
  coinbaseMaturity: 100,
} as const;
