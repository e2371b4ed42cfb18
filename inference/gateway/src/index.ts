export { ApiError } from './api-error.ts';
export type {
  GatewayChain,
  HostOffer,
  ModelOffer,
  NewSession,
  PreparedTransaction,
  TransactionOutcome,
} from './chain-port.ts';
export { Gateway, type GatewayDeps, type GatewayOptions } from './gateway.ts';
export { createGatewayChain, type HttpGatewayChainOptions } from './http-chain.ts';
export { hashKey, type KeyWish, keyOf, makeKey } from './keys.ts';
export type { Database } from './ledger/database.ts';
export type { ApiKey, Ledger, RequestRow } from './ledger/ledger.ts';
export { MemoryLedger } from './ledger/memory-ledger.ts';
export { openSqlLedger } from './ledger/sql-ledger.ts';
export type { TokenOffer } from './x402.ts';
