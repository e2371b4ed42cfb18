/** Calibrated tables that ship with this room, by hash: a judge knows them without being told. */
import type { EvidenceTable } from './evidence.ts';

export const SHIPPED_TABLES: ReadonlyMap<string, EvidenceTable> = new Map();
