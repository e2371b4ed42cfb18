/**
 * Bounds of chainstate: what one block, one mempool candidate and one cache may hold.
 * Consensus limits shared with other rooms live in @assay/params; these are this room's own.
 * Source: stacks-core `core/mod.rs`, `core/mempool.rs` (facts).
 */
export const LIMITS = {
  /**
   * Bytes of an Infer transaction that the least fee does not count: the model's id, which users do
   * not choose the length of. The guide's own example, with its fee of 206, is admitted so.
   */
  inferFreeBytes: 32,
  /** How far a pending nonce may be ahead of the one after the next; beyond: TooMuchChaining. */
  mempoolChainingMax: 25,
  /** Transactions of one block; the byte limit bites first (a transfer has 180 bytes). */
  blockTransactionsMax: 65_536,
  /** Post-conditions of one transaction. */
  postConditionsMax: 65_535,
  /** State values of the newest block kept in memory; the oldest generation leaves first. */
  stateCacheEntries: 262_144,
  /** Address texts kept in memory. */
  addressCacheEntries: 262_144,
  /** Ids of transactions whose signatures were verified, kept in memory. */
  verifiedCacheEntries: 131_072,
  /** States of applied blocks whose side records are remembered. */
  recentStates: 8,
  /** Executed blocks kept until they are signed and applied. */
  preparedBlocks: 8,
  /** Stored headers kept in memory. */
  headerCacheEntries: 4_096,
  /** Entries of the balances list of a genesis file. */
  genesisBalancesMax: 200_000,
  /** Hosts and models a genesis file may register. */
  genesisHostsMax: 64,
  genesisModelsMax: 64,
  /** Bytes of a genesis file. */
  genesisBytesMax: 32 * 1024 * 1024,
} as const;
