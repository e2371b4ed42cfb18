/**
 * What the forest may use. None of these numbers touches a root; they bound memory and records.
 */
export const LIMITS = {
  /** Pages of nodes kept in memory: 32,768 pages are about 128 MB. The least used are dropped. */
  cachePagesMax: 32_768,
  /**
   * A page of nodes on disk, checksum included: with LMDB's own header it fills one 4 KiB page of
   * the file. Any node fits: the largest, a full Node256 with a path, takes 2,629 bytes.
   */
  pageBytesMax: 4_072,
  /** Values up to this size (UTF-8) lie in their leaf, larger ones in a record of their own. */
  inlineValueBytesMax: 1_024,
  /** Slabs of 64 KiB an open block leaves to the next one: 64 serve some 20,000 copied nodes. */
  slabsKeptMax: 64,
  /** Block records kept in memory, some 400 bytes each; all are forgotten when there are more. */
  cacheBlocksMax: 65_536,
  /** Segments of a proof: each leads at least one of a path's 32 bytes further. */
  proofSegmentsMax: 33,
} as const;
