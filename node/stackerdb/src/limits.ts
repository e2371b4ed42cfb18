/**
 * Bounds of the replica: a slot table and its chunks cannot grow past these, whoever writes.
 * Source: libstackerdb (16 MiB chunks, 2 MiB for signers), stacks-core `net/stackerdb` (facts).
 */
export const STACKERDB_LIMITS = {
  /** Databases one node keeps. */
  databasesMax: 64,
  /** Slots of one database: signers of a cycle at most. */
  slotsMax: 4_096,
  /** Bytes of a chunk when the configuration names none. */
  chunkBytesDefault: 2 * 1024 * 1024,
  /** Bytes of a chunk at most, whatever the configuration says. */
  chunkBytesMax: 16 * 1024 * 1024,
  /** Highest version a slot may reach: u32. */
  writesMaxDefault: 0xffff_ffff,
} as const;
