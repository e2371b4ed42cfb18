export {
  burnStx,
  changeLock,
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
} from './accounts.ts';
export type { AbiFunction, AbiType, ContractInterface } from './analysis/interface.ts';
export { abiType } from './analysis/interface.ts';
export { ContractCache } from './contract-store.ts';
export {
  type Cost,
  CostExceeded,
  CostMeter,
  costDifference,
  UNLIMITED,
  ZERO_COST,
} from './costs/cost.ts';
export type {
  BlockInfoDb,
  BurnBlockFacts,
  ClarityDb,
  StacksBlockFacts,
  TenureFacts,
} from './db.ts';
export type { CallSite } from './exec/exec.ts';
export type { CodeObserver } from './exec/observer.ts';
export { BLOCK_LIMIT, LIMITS } from './limits.ts';
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
export type { Expr, Program } from './parse/ast.ts';
export { parseProgram } from './parse/program.ts';
export { writeBlockTime, writeEpoch, writeTenureHeight } from './state/block-facts.ts';
export type { ClarityVersion } from './version.ts';
export {
  type CallRequest,
  ClarityVm,
  type ClarityVmOptions,
  type DeployRequest,
} from './vm.ts';
