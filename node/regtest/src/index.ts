export { formatSats } from './chain/check-transaction.ts';
export { LIMITS as REGTEST_LIMITS } from './limits.ts';
export { type NodeDeps, RegtestNode } from './regtest-node.ts';
export { RpcError } from './rpc/error.ts';
export type { Credentials } from './rpc/http.ts';
export { type RegtestOptions, RegtestService } from './service.ts';
export { descriptorChecksum, parseDescriptor } from './wallet/descriptor.ts';
