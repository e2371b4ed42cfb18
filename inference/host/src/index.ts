export type { ServedModel } from './answering.ts';
export {
  type Certificate,
  certificateArguments,
  collectCertificate,
  heardWeight,
} from './certificate.ts';
export type {
  AccountNonce,
  AssignedRequest,
  ChainNews,
  ChainPort,
  RequestPage,
  RequestStatus,
  SignerCycle,
  SignerWeight,
  SlotAcknowledgement,
} from './chain-port.ts';
export { HostDaemon, type HostDeps, HostError, type HostOptions } from './daemon.ts';
export { createHttpChain, type HttpChainOptions } from './http-chain.ts';
export type { Job, JobState, Settlement } from './job.ts';
export { type Registration, registrationArguments } from './registration.ts';
export type { GeneratePolicy } from './server.ts';
export { SessionBook } from './session-book.ts';
export { createSessionChain, type SessionChainOptions } from './session-chain.ts';
export {
  SessionClaims,
  type SessionClaimsDeps,
  type SessionClaimsOptions,
} from './session-claims.ts';
export { SessionDoor, type SessionDoorDeps, type SessionDoorOptions } from './session-door.ts';
export type { ClaimRecord, SessionChainPort } from './session-port.ts';
