/** Bounds and paces of mining, each with its reason. Times in milliseconds. */
export const LIMITS = {
  /** A block stops taking transactions after this long, so that signers are not kept waiting. */
  assemblyMsMax: 5_000,
  /** Transactions tried for one block: bounds the walk over a mempool full of misfits. */
  candidatesPerBlockMax: 20_000,
  /** The proposal is published again when signatures are missing for this long; then twice as long. */
  proposeAgainMs: 2_000,
  proposeAgainMsMax: 8_000,
  /** A proposal that nobody has signed after this long is given up and rebuilt on the current tip. */
  signaturesMsMax: 30_000,
  /**
   * Signatures for a block that Bitcoin overtook are gathered until it is this old: as long as signers
   * let in, and hold on to, the last block of a tenure.
   */
  lastBlockMsMax: 10_000,
  /** A block that Bitcoin overtook, somebody refused and nobody signed is given up after this long. */
  overtakenMsMax: 2_000,
  /** Blocks given up whose signatures may still come. */
  abandonedMax: 8,
  /** Pause after signers refused a block, so that a bad view cannot spin. */
  rejectionPauseMs: 500,
  /** Without news, the loop looks around this often. */
  idlePollMs: 500,
  /** Transactions that made signers refuse a block are left out this long. */
  suspectMs: 30_000,
} as const;
