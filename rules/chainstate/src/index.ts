/** Applies transactions, blocks and tenures to state; answers questions about any applied block. */
export type {
  BlockContext,
  BurnView,
  SignerEntry,
  SignerSet,
} from './block-context.ts';
export type {
  AccountState,
  AppliedBlock,
  BlockBuilder,
  Chainstate,
  ChainstateOptions,
  CheckedTransaction,
  ReadOnlyCall,
  SealedBlock,
  StateView,
  TryOutcome,
} from './chainstate.ts';
export {
  type Genesis,
  type GenesisBalance,
  type GenesisError,
  type GenesisHost,
  type GenesisModel,
  type GenesisSigner,
  parseGenesis,
} from './genesis.ts';
export { LIMITS } from './limits.ts';
export type { MaturedReward, Receipt, TransactionStatus } from './receipt.ts';
export type { BlockRejection, RejectionReason, TransactionRejection } from './rejection.ts';
export type { StoredHeader } from './stored-header.ts';
