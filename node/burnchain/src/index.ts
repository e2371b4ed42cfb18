/** Follows Bitcoin, and sends a miner's key registrations and block commits to it. */
export { BitcoinRpc, type BitcoinRpcOptions, type Coin, type HeaderInfo } from './bitcoin-rpc.ts';
export { BurnchainError, type BurnchainErrorCode } from './error.ts';
export {
  BurnchainFollower,
  type BurnSink,
  type FollowerDeps,
  type FollowerOptions,
  type KnownBlock,
  toBurnBlock,
} from './follower.ts';
export { LIMITS } from './limits.ts';
export {
  buildOpTransaction,
  type MinerKey,
  minerKey,
  type OpTransaction,
  type OpTransactionPlan,
} from './op-transaction.ts';
export {
  BurnchainOperator,
  type CommitRequest,
  type KeyRegistration,
  type OperatorDeps,
  type OperatorOptions,
  type Sent,
} from './operator.ts';
