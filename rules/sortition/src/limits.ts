/**
 * Bounds of this room: sizes of burn operations, windows and caches.
 * Source: SIP-001, SIP-007, SIP-021; stacks-core `chainstate/burn` (facts).
 */
export const LIMITS = {
  /** Bytes of a block commit payload behind magic and opcode. */
  blockCommitBytes: 77,
  /** Consensus hash and VRF key; a memo of up to 25 bytes follows. */
  keyRegisterBytesMin: 52,
  keyRegisterMemoBytesMax: 25,
  /** Bytes of a transfer-stx memo. */
  transferMemoBytesMax: 61,
  /** Cycles one stack-stx operation may lock for. */
  stackCyclesMax: 12,
  /** `burn_parent_modulus` counts Bitcoin heights modulo this. */
  burnParentModulus: 5,
  /** Bitcoin blocks a commit may be late and still keep its miner's chain of commits alive. */
  missDistanceMax: 1,
  /** Burn operations looked at in one Bitcoin block; a 4 MB block cannot hold more. */
  opsPerBurnBlockMax: 40_000,
  /** Decoded snapshots and operation lists kept in memory. */
  snapshotCacheEntries: 4_096,
} as const;
