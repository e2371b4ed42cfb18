/**
 * Calibrated tables that ship with this room, by hash: a judge knows them without being told. A manifest
 * that names one of them must be of the weights it was measured on.
 */
import type { CalibratedTable } from './calibrated-table.ts';
import { type EvidenceTable, evidenceSha256 } from './evidence.ts';

const TABLES: readonly CalibratedTable[] = [];

export const SHIPPED_TABLES: ReadonlyMap<string, EvidenceTable> = new Map(
  TABLES.map((table) => [evidenceSha256(table), table]),
);

/** The table for these weights, to name in a manifest; null when there is none. */
export function shippedTableFor(weightsSha256: string): CalibratedTable | null {
  return TABLES.find((one) => one.weightsSha256 === weightsSha256) ?? null;
}
