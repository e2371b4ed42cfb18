/** Bounds of this room. */
export const LIMITS = {
  /** Verified blocks that wait for their parent, on disk. The newest height gives way when full. */
  stagedBlocksMax: 4_096,
  /** Blocks whose sortition is not known yet, in memory; they are tried again with each burn block. */
  earlyBlocksMax: 128,
  /** Decisions about burn blocks kept for announcing them (why nobody won, who was rejected). */
  decisionsMax: 64,
  /** Ids of blocks that were judged invalid and are refused without another look. */
  invalidIdsMax: 1_024,
  /** Heights looked back for the best block after a Bitcoin reorganization. */
  forkSearchHeightsMax: 100_000,
} as const;
