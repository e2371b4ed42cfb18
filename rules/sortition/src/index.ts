/** Burn operations to snapshot and winner: pure rules, and the tree of snapshots in a store. */
export {
  type Carryover,
  computeCarryover,
  FIXED_ONE,
  nullMinerAdvantage,
  nullMinerProbability,
  nullMinerRangeEnd,
} from './atc.ts';
export {
  BURN_ADDRESS,
  type BurnAddress,
  type BurnAddressKind,
  burnAddressEqual,
  burnAddressFromScript,
  burnAddressToScript,
  isBurnAddress,
} from './burn-address.ts';
export {
  type CommitRecipients,
  checkBlockCommit,
  checkKeyRegister,
  checkStxOp,
  findCommit,
  findKey,
  missDistance,
  type OpRejection,
  type OpRejectionCode,
} from './check-op.ts';
export { type BurnDecision, decideBurnBlock } from './decide-burn-block.ts';
export {
  type BidSample,
  computeBidSamples,
  medianOf,
  pickSample,
  U256_MAX,
  type WindowBlock,
  type WindowCommit,
} from './distribution.ts';
export {
  type BlockCommitData,
  encodeBlockCommit,
  encodeDelegateStx,
  encodeKeyRegister,
  encodePreStx,
  encodeStackStx,
  encodeTransferStx,
  encodeVote,
  type KeyRegisterData,
  opReturnScript,
} from './encode-op.ts';
export {
  computeConsensusHash,
  computeOpsHash,
  computeSortitionId,
  consensusAncestorHeights,
  mixSortitionHash,
  poxIdAt,
  sortitionIndex,
} from './hashes.ts';
export type { BurnHistory } from './history.ts';
export { LIMITS } from './limits.ts';
export {
  type AcceptedOp,
  type BlockCommitOp,
  type BurnBlock,
  chainedOutputIndex,
  type DelegateStxOp,
  type KeyRegisterOp,
  type MissedCommit,
  OPCODE,
  type ParsedOp,
  type PreStxOp,
  type SpentOutput,
  type StackStxOp,
  type StxOp,
  signingKeyHash,
  type TransferStxOp,
  type UnauthorizedOp,
  type VoteForAggregateKeyOp,
} from './op.ts';
export { type ParseContext, parseBurnOp, readOpReturn } from './parse-op.ts';
export { chacha20Words, chooseTwo, uniformBelow } from './recipients.ts';
export { type BlockOps, firstSnapshot, type Snapshot, type SortitionWinner } from './snapshot.ts';
export { SnapshotDb } from './snapshot-db.ts';
