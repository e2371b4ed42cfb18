/** A signer: judges block proposals and answers, signs what is right. */

export { type CallPort, type HttpCallsOptions, httpCalls } from './chain-calls.ts';
export type { ClaimDraw, ClaimPort, PendingClaim } from './claim-port.ts';
export { type Contracts, contractsOf } from './contracts.ts';
export type { DisputePort, OpenDispute } from './dispute-port.ts';
export { type HttpClaimsOptions, httpClaims } from './http-claims.ts';
export { httpDisputes } from './http-disputes.ts';
export { type HttpNodeOptions, httpNode } from './http-node.ts';
export { type EngineJudgeOptions, engineJudge, type JudgeModel } from './judge.ts';
export type { PeerConduct } from './ledger.ts';
export type {
  Executor,
  Finding,
  JudgedContent,
  JudgedRequest,
  JudgePort,
  NodePort,
  Scoring,
  SessionAnswer,
  SignerSlot,
  SortitionView,
} from './ports.ts';
export { Signer, type SignerDeps, type SignerOptions } from './signer.ts';
export { SuspectEngines } from './suspect-engines.ts';
