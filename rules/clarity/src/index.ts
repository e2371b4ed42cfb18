export {
  burnStx,
  creditStx,
  debitStx,
  lockStx,
  mintStx,
  readLiquidSupply,
  readNonce,
  readStxAccount,
  type StxAccount,
  transferStx,
  writeLiquidSupply,
  writeNonce,
  writeTenureHeight,
} from './accounts.ts';
export { type Cost, CostExceeded, CostMeter, costDifference, ZERO_COST } from './costs/cost.ts';
export type {
  BlockInfoDb,
  BurnBlockFacts,
  ClarityDb,
  StacksBlockFacts,
  TenureFacts,
} from './db.ts';
export { BLOCK_LIMIT, LIMITS, READ_ONLY_LIMIT } from './limits.ts';
export { MemoryBlockInfo, MemoryClarityDb } from './memory-db.ts';
export type {
  AssetMap,
  CallOutcome,
  ClarityError,
  ClarityEvent,
  ClarityFailure,
  DeployOutcome,
  Span,
} from './outcome.ts';
export {
  type CallRequest,
  type ClarityVersion,
  ClarityVm,
  type ClarityVmOptions,
  ContractCache,
  type ContractInterface,
  type DeployRequest,
} from './vm.ts';
