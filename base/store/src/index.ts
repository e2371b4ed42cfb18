export type { Batch, KeyRange, Store } from './store.ts';
