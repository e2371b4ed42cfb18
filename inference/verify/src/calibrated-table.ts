/**
 * An evidence table measured for one model in one numeric profile: bins in absolute nats, rows by what
 * decides how much a token can show. A sketch is read by the judge's entropy. A margin is read by the
 * *lead* of the draw's winner: a token that won by two nats tells nothing about rounding, one that
 * should have won by a hundredth and did not tells a lot, and a row per lead keeps the quiet tokens
 * from diluting the telling ones. Made by calibrate/, named by the hash of its canonical JSON.
 */
import { bytesEqual, err, ok, type Result, utf8FromBytes } from '@assay/bytes';
import { type AttributionStakes, DEFAULT_STAKES } from './attribution.ts';
import { encodeCanonicalJsonBytes } from './canonical.ts';
import type { Alternative, Channel, TokenEvidence, TokenMeasurement } from './evidence.ts';
import { LIMITS } from './limits.ts';

export interface CalibratedTable {
  readonly version: 4;
  readonly name: string;
  /** Of the weights it was measured on, 64 hex digits. */
  readonly weightsSha256: string;
  /**
   * For the manifest's thresholds: a token that lost the draw by more was not drawn. 25 times the
   * greatest difference between honest machines, within bounds.
   */
  readonly impossibleMicro: number;
  readonly axes: TableAxes;
  readonly alternatives: readonly Alternative[];
  /** What channel C may stake, per suspect it was measured for. */
  readonly attributions: readonly CalibratedSuspect[];
}

export interface CalibratedSuspect {
  readonly recipe: string;
  /** Of the suspect's weights, 64 hex digits. */
  readonly weightsSha256: string;
  readonly stakes: AttributionStakes;
}

/** Where rows and bins begin; every list ascends. */
export interface TableAxes {
  /** Rows of the sketch channel: upper edges of the judge's entropy, thousandths of a nat. */
  readonly entropyEdgesMilli: readonly number[];
  /** Rows of the margin channel: upper edges of the lead, millionths of a nat. */
  readonly leadEdgesMicro: readonly number[];
  /** Bins after bin 0 (no difference): upper edges in thousandths of a fine code. */
  readonly distanceEdgesMilli: readonly number[];
  /** The same for margins, millionths of a nat. */
  readonly marginEdgesMicro: readonly number[];
}

export const DEFAULT_AXES: TableAxes = {
  entropyEdgesMilli: [50, 300, 800, 1500],
  leadEdgesMicro: [
    500, 1_000, 2_000, 4_000, 8_000, 12_000, 16_000, 20_000, 24_000, 32_000, 48_000, 64_000,
    128_000, 256_000, 512_000, 1_024_000,
  ],
  distanceEdgesMilli: [
    100, 300, 600, 1_000, 2_000, 3_000, 5_000, 8_000, 16_000, 32_000, 64_000, 128_000,
  ],
  marginEdgesMicro: [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 256_000],
};

/** How many rows and bins a channel has. */
export function tableShape(axes: TableAxes, channel: Channel): { rows: number; bins: number } {
  return channel === 'sketch'
    ? { rows: axes.entropyEdgesMilli.length + 1, bins: axes.distanceEdgesMilli.length + 2 }
    : { rows: axes.leadEdgesMicro.length + 1, bins: axes.marginEdgesMicro.length + 2 };
}

export function placeCalibrated(
  { axes }: Pick<CalibratedTable, 'axes'>,
  { entropyMilli, distanceMilli, margin }: TokenMeasurement,
): TokenEvidence {
  return {
    sketch: {
      row: rowOf(axes.entropyEdgesMilli, entropyMilli),
      bin: binOf(axes.distanceEdgesMilli, distanceMilli),
    },
    margin: {
      row: rowOf(axes.leadEdgesMicro, margin.leadMicro),
      bin: binOf(axes.marginEdgesMicro, margin.marginMicro),
    },
  };
}

/** Index of the first edge above `value`; the number of edges when there is none. */
export function rowOf(edges: readonly number[], value: number): number {
  const found = edges.findIndex((edge) => value < edge);
  return found < 0 ? edges.length : found;
}

function binOf(edges: readonly number[], micro: number): number {
  return micro <= 0 ? 0 : 1 + rowOf(edges, micro);
}

export interface TableRejection {
  readonly code: 'verify/evidence-table';
  readonly message: string;
}

/** Reads a table file: canonical JSON, every number an integer within bounds, every row complete. */
export function decodeCalibratedTable(bytes: Uint8Array): Result<CalibratedTable, TableRejection> {
  const reject = (message: string) => err({ code: 'verify/evidence-table', message } as const);
  if (bytes.length > LIMITS.tableBytesMax) return reject(`${bytes.length} bytes`);
  const text = utf8FromBytes(bytes);
  if (text === null) return reject('not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return reject('not JSON');
  }
  const fault = faultOf(value);
  if (fault !== null) return reject(fault);
  const table = value as CalibratedTable;
  return bytesEqual(encodeCanonicalJsonBytes(table), bytes) ? ok(table) : reject('not canonical');
}

/** Null when `value` is a table that `weighEvidence` can use without surprise. */
function faultOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'not an object';
  const table = value as Partial<CalibratedTable>;
  if (!hasKeys(table, TABLE_KEYS)) return 'keys';
  if (table.version !== 4) return 'version';
  if (typeof table.name !== 'string' || table.name.length > 64) return 'name';
  if (!/^[0-9a-f]{64}$/.test(String(table.weightsSha256))) return 'weightsSha256';
  const { axes, alternatives, attributions, impossibleMicro } = table;
  if (!Number.isSafeInteger(impossibleMicro) || impossibleMicro! < 1) return 'impossibleMicro';
  if (!hasKeys(axes, Object.keys(DEFAULT_AXES))) return 'axes';
  for (const key of Object.keys(DEFAULT_AXES) as (keyof TableAxes)[]) {
    if (!ascending(axes?.[key])) return key;
  }
  if (!Array.isArray(alternatives)) return 'alternatives';
  if (alternatives.length === 0 || alternatives.length > LIMITS.alternativesMax) {
    return 'alternatives';
  }
  const bad = (alternatives as readonly Partial<Alternative>[]).findIndex(
    (one) => !hasKeys(one, ALTERNATIVE_KEYS) || !isAlternative(one, axes as TableAxes),
  );
  if (bad >= 0) return `alternative ${bad}`;
  if (!Array.isArray(attributions) || attributions.length > LIMITS.alternativesMax) {
    return 'attributions';
  }
  return attributions.every(isSuspect) ? null : 'attributions';
}

function isSuspect(one: Partial<CalibratedSuspect>): boolean {
  if (!hasKeys(one, ['recipe', 'weightsSha256', 'stakes'])) return false;
  const { recipe, weightsSha256, stakes } = one;
  if (typeof recipe !== 'string' || recipe.length > 64) return false;
  if (!/^[0-9a-f]{64}$/.test(String(weightsSha256))) return false;
  const bounded = (value: unknown, max: number) =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
  return (
    hasKeys(stakes, Object.keys(DEFAULT_STAKES)) &&
    bounded(stakes?.gammaMilli, 1000) &&
    bounded(stakes?.clipMilli, LIMITS.scoreMilliMax) &&
    bounded(stakes?.drawMilli, LIMITS.scoreMilliMax) &&
    bounded(stakes?.sketchPriceMilli, LIMITS.scoreMilliMax) &&
    bounded(stakes?.drawFloorMicro, 1_000_000_000)
  );
}

const TABLE_KEYS = [
  'version',
  'name',
  'weightsSha256',
  'impossibleMicro',
  'axes',
  'alternatives',
  'attributions',
];
const ALTERNATIVE_KEYS = ['name', 'channel', 'gammaMilli', 'scoresMilli'];

function hasKeys(value: unknown, keys: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return String(Object.keys(value).sort()) === String([...keys].sort());
}

function ascending(edges: unknown): boolean {
  return (
    Array.isArray(edges) &&
    edges.length <= LIMITS.tableEdgesMax &&
    edges.every((edge, i) => Number.isSafeInteger(edge) && edge > (i === 0 ? 0 : edges[i - 1]))
  );
}

function isAlternative(one: Partial<Alternative>, axes: TableAxes): boolean {
  const { name, channel, gammaMilli, scoresMilli } = one;
  if (typeof name !== 'string' || (channel !== 'sketch' && channel !== 'margin')) return false;
  if (!Number.isSafeInteger(gammaMilli) || gammaMilli! < 0 || gammaMilli! > 1000) return false;
  const { rows, bins } = tableShape(axes, channel);
  const inBounds = (score: unknown) =>
    Number.isSafeInteger(score) && Math.abs(score as number) <= LIMITS.scoreMilliMax;
  return (
    Array.isArray(scoresMilli) &&
    scoresMilli.length === rows &&
    scoresMilli.every((row) => Array.isArray(row) && row.length === bins && row.every(inBounds))
  );
}
