/** Admits, orders, evicts and remembers transactions until they are mined. */
export { MEMPOOL_LIMITS, type MempoolLimits } from './limits.ts';
export {
  type Admission,
  type AdmissionPort,
  type DropEvent,
  Mempool,
  type MempoolDeps,
} from './mempool.ts';
export type { NonceView } from './nonce-book.ts';
export type { Departure, DropReason, MempoolRejection } from './rejection.ts';
export { MempoolWalk } from './walk.ts';
