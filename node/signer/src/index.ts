export { type Contracts, contractsOf } from './contracts.ts';
export type { JudgedRequest, JudgePort, NodePort, SignerSlot, SortitionView } from './ports.ts';
export { Signer, type SignerDeps, type SignerOptions } from './signer.ts';
