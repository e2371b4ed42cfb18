/** HTTP reads and submissions in Stacks' shapes, and events to observers. */
export { EventDispatcher, type EventDispatcherDeps } from './events/dispatcher.ts';
export type { ObserverConfig } from './events/subscription.ts';
export { createFaucet, type FaucetDeps } from './faucet.ts';
export { InferenceService } from './inference/service.ts';
export { encodeJson, type Json } from './json.ts';
export { EVENT_LIMITS, RPC_LIMITS } from './limits.ts';
export type {
  BitcoinPort,
  BurnPort,
  ChainPort,
  CoordinatorPort,
  FaucetPort,
  MempoolPort,
  Neighbor,
  Page,
  ProposalOk,
  ProposalPort,
  ProposalRejection,
  RpcDeps,
  RpcOptions,
  StackerDbPort,
} from './ports.ts';
export type { ProposalResponse } from './proposals.ts';
export { createRpc, type Rpc } from './rpc.ts';
