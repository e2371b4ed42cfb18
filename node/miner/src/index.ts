export { Miner, type MinerDeps, type MinerOptions } from './miner.ts';
export type {
  BurnTip,
  ChainPort,
  Election,
  MempoolPort,
  MempoolWalk,
  StackerDbPort,
} from './ports.ts';
