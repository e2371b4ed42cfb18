/**
 * Bounds of the RPC: bodies, lists, waits. A request beyond them is refused before any work.
 * Source: stacks-core `net/http`, `net/api` (facts) where the route is Stacks'; ours otherwise.
 */
export const RPC_LIMITS = {
  /** Any request body, bytes (a 2 MiB block as hex in JSON, or a 16 MiB StackerDB chunk as hex). */
  bodyBytesMax: 33 * 1024 * 1024,
  /** A transaction as bytes; as hex in JSON it is twice that and the frame. */
  transactionBytesMax: 2 * 1024 * 1024,
  /** Serialized arguments of a read-only call, and their number. */
  callArgumentsBytesMax: 1024 * 1024,
  callArgumentsMax: 256,
  /** Bytes of blocks in one answer of `/v3/tenures/{id}`. */
  tenureBytesMax: 8 * 1024 * 1024,
  /** Sortitions one answer of `/v3/tenures/fork_info` goes back. */
  forkInfoDepthMax: 10,
  /** Transactions of one simulated block, and payments out of nothing before them. */
  simulatedTransactionsMax: 1_000,
  /** Blocks listed by `/v3/tenures/blocks`. */
  tenureBlocksMax: 10_000,
  /** Block proposals waiting for validation; beyond: 429. */
  proposalsMax: 8,
  /** Validation results kept, so that asking again answers at once. */
  proposalResultsMax: 64,
  /** One item of the content store, bytes. */
  contentBytesMax: 1024 * 1024,
  /** All items of the content store, bytes; the oldest leave. */
  contentStoreBytesMax: 1024 * 1024 * 1024,
  /** Raw Bitcoin blocks kept for `/bitcoin`, bytes. */
  bitcoinCacheBytesMax: 16 * 1024 * 1024,
  /** Requests in one page of `/v2/inference/requests`. */
  inferencePageMax: 100,
  /** Ids looked at for one page; the cursor goes on from there. */
  inferenceScanMax: 2_000,
  /** Longest wait of a long poll, milliseconds. */
  longPollMsMax: 30_000,
  /** Long polls at one time; beyond, answers come at once. */
  longPollsMax: 1_000,
  /** One devnet faucet payment, micro-STX. */
  faucetMicro: 500_000_000n,
} as const;

export const EVENT_LIMITS = {
  /** Observers one node tells. */
  observersMax: 32,
  /** Events kept on disk for an observer that is away; beyond, the oldest are lost (and logged). */
  durableQueueMax: 100_000,
  /** Events kept in memory only (chunks, proposals, mempool): the oldest leave. */
  volatileQueueMax: 2_000,
  /** A volatile event older than this is of no use any more, milliseconds. */
  volatileAgeMs: 120_000,
  /** One delivery, milliseconds, when the observer's configuration names none. */
  timeoutMs: 5_000,
  /** Waits between attempts, milliseconds: doubled from the first to the last. */
  retryMsFirst: 50,
  retryMsLast: 5_000,
} as const;
