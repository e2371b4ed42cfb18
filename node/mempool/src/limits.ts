/**
 * Bounds of the pool: what it holds, how far ahead an account may run, how long anything waits.
 * Source: stacks-core `core/mempool.rs` (MAXIMUM_MEMPOOL_TX_CHAINING, age limit) (facts).
 */
export const MEMPOOL_LIMITS = {
  /** Transactions; beyond, the cheapest per byte leaves. */
  transactionsMax: 100_000,
  /** Bytes of all transactions together. */
  bytesMax: 256 * 1024 * 1024,
  /** A nonce may be this far ahead of the one after the account's next (TooMuchChaining beyond). */
  chainingMax: 25,
  /** A transaction nobody mined leaves after this: 256 tenures of ten minutes. */
  ageMsMax: 256 * 600_000,
  /** Transactions remembered after they left, to answer "what became of it". */
  departedMax: 10_000,
  /** Submissions wait this long for others to share one disk flush. */
  groupCommitMs: 1,
} as const;

export type MempoolLimits = { readonly [name in keyof typeof MEMPOOL_LIMITS]: number };
