/** Replicated signed chunks: slot tables, admission, storage, listeners. */
export { STACKERDB_LIMITS } from './limits.ts';
export { type SlotTable, type SlotTableInput, slotTable } from './slot-table.ts';
export {
  CHUNK_REFUSALS,
  type ChunkEvent,
  type ChunkListener,
  type ChunkRefusal,
  type PutOutcome,
  StackerDb,
} from './stackerdb.ts';
