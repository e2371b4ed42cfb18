/** A whole network in one process and in virtual time, from a seed. */
export { chaos } from './chaos.ts';
export type { HostKind } from './engines.ts';
export { measureSupply, type Supply, supplyFaults } from './invariants.ts';
export { type JudgeKind, SLOW_JUDGE_MS } from './judges.ts';
export { simKey } from './keys.ts';
export { type HostField, SimAssay, type SimOptions, SimTimeout } from './network.ts';
export { LAST_BLOCK_MS_MAX } from './processes.ts';
export { type Question, SimUser } from './user.ts';
export { canonicalIds } from './watch.ts';
