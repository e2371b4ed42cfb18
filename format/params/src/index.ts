export { coinbaseMicroAt, type EmissionStep, MICRO_PER_STX } from './emission.ts';
export {
  BLOCK_BYTES_MAX,
  BLOCK_FUTURE_MS_MAX,
  type ExecutionCost,
  FEE_RATE_MICRO_MIN,
  MINER_SLOT_COUNT,
  READ_ONLY_COST_LIMIT,
  SIGNER_THRESHOLD,
  SIGNERS_MAX,
  signerThreshold,
  TENURE_BYTES_MAX,
  TENURE_COST_LIMIT,
} from './limits.ts';
export {
  type BitcoinParams,
  DEVNET,
  MAINNET,
  NETWORKS,
  type NetworkName,
  type NetworkParams,
  TESTNET,
  withPox,
} from './networks.ts';
export {
  isPreparePhase,
  isSigningPreparePhase,
  type PoxParams,
  preparedCycleAt,
  preparePhaseStart,
  rewardCycleAt,
  rewardCycleIndex,
  rewardCycleStart,
  rewardSlots,
  signingCycleStart,
} from './pox.ts';
export { type Rules, rulesAt } from './rules.ts';
