/**
 * Consensus limits that hold on every network: block and tenure budgets, sizes, thresholds.
 * Read by chainstate, clarity, miner, signer and rpc.
 * Source: SIP-006, SIP-012, SIP-021, SIP-033; reference values of epoch 3.4.
 */

/** The five dimensions in which Clarity execution is metered. */
export interface ExecutionCost {
  readonly writeLength: bigint;
  readonly writeCount: bigint;
  readonly readLength: bigint;
  readonly readCount: bigint;
  readonly runtime: bigint;
}

/** What all blocks between two tenure changes (or extends) may spend together. Epochs 2.1 to 3.4. */
export const TENURE_COST_LIMIT: ExecutionCost = {
  writeLength: 15_000_000n,
  writeCount: 15_000n,
  readLength: 100_000_000n,
  readCount: 15_000n,
  runtime: 5_000_000_000n,
};

/** What one read-only call over RPC may spend (a node's policy, not consensus). */
export const READ_ONLY_COST_LIMIT: ExecutionCost = {
  writeLength: 0n,
  writeCount: 0n,
  readLength: 200_000n,
  readCount: 100n,
  runtime: 1_000_000_000n,
};

/** Bytes of a Nakamoto block, and of one transaction inside it. */
export const BLOCK_BYTES_MAX = 2 * 1024 * 1024;
/** Bytes a miner puts into one tenure before it waits for the next (policy). */
export const TENURE_BYTES_MAX = 10 * 1024 * 1024;

/** Signatures of at least `ceil(totalWeight * 7 / 10)` make a block. */
export const SIGNER_THRESHOLD = { numerator: 7n, denominator: 10n } as const;

/** Signer slots of one reward cycle at most; also the bound of `pox_treatment` in bits. */
export const SIGNERS_MAX = 4_000;

/** StackerDB slots per sortition winner in `.miners`, for each of the last two winners. */
export const MINER_SLOT_COUNT = 2;

/** A block's timestamp may be this far ahead of the judge's clock (signers' rule, not replayed). */
export const BLOCK_FUTURE_MS_MAX = 15_000;

/** Least fee the mempool relays, in micro-STX per byte (policy). */
export const FEE_RATE_MICRO_MIN = 1n;

/**
 * Weight of signatures that a block needs.
 *
 * @param totalWeight sum of the weights of the cycle's signers
 * @consensus
 */
export function signerThreshold(totalWeight: bigint): bigint {
  const { numerator, denominator } = SIGNER_THRESHOLD;
  return (totalWeight * numerator + denominator - 1n) / denominator;
}
