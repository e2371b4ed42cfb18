/** Applies transactions, blocks and tenures to state; answers questions about any applied block. */
export type { BlockBuilder, SealedBlock, TryOutcome } from './block-builder.ts';
export type {
  BlockContext,
  BurnStateDb,
  BurnView,
  SignerEntry,
  SignerSet,
} from './block-context.ts';
export { type AppliedBlock, Chainstate, type ChainstateOptions } from './chainstate.ts';
export type { CheckedTransaction } from './checked-transaction.ts';
export {
  type Genesis,
  type GenesisBalance,
  type GenesisError,
  type GenesisHost,
  type GenesisModel,
  type GenesisSigner,
  genesisNetwork,
  parseGenesis,
} from './genesis.ts';
export { LIMITS } from './limits.ts';
export type { MaturedReward, Receipt, TransactionStatus } from './receipt.ts';
export {
  type BlockRejection,
  blamesBody,
  type RejectionReason,
  type TransactionRejection,
} from './rejection.ts';
export type { SimulatedMint, Simulation, SimulationOptions } from './simulation.ts';
export type { AccountState, ReadOnlyCall, ReadOnlyFailure, StateView } from './state-view.ts';
export type { StoredHeader } from './stored-header.ts';
