export {
  type BurnPosition,
  Committer,
  type CommitterChain,
  type CommitterDeps,
  type CommitterOperator,
  type CommitterOptions,
} from './committer.ts';
export { Miner, type MinerDeps, type MinerOptions } from './miner.ts';
export type {
  BurnTip,
  ChainPort,
  Election,
  MempoolPort,
  MempoolWalk,
  StackerDbPort,
} from './ports.ts';
