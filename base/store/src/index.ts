export { MemoryStore } from './memory.ts';
export type { Batch, KeyRange, Store } from './store.ts';
