/**
 * Facts of the executing block that Stacks keeps in the state. Nothing here reads them back: contracts
 * get them from `BlockInfoDb`. They are written because the root is over them.
 *
 * Source: stacks-core clarity/src/vm/database/clarity_db.rs (setup_block_metadata, set_tenure_height,
 * set_clarity_epoch_version).
 */
import type { ClarityDb } from '../db.ts';
import { BLOCK_TIME_KEY, EPOCH_KEY, TENURE_HEIGHT_KEY } from './keys.ts';

const EPOCH_3_4 = 0x03004;

/** Numbers of 32 bits are hex in the state, larger ones decimal. */
const u32 = (value: number): string => value.toString(16).padStart(8, '0');

/** Of each block, before anything else. @param timeSecs the header's timestamp, Unix seconds */
export function writeBlockTime(db: ClarityDb, timeSecs: number): void {
  db.put(BLOCK_TIME_KEY, timeSecs.toString());
}

/** Of the first block of a tenure, before its transactions. */
export function writeTenureHeight(db: ClarityDb, height: number): void {
  db.put(TENURE_HEIGHT_KEY, u32(height));
}

/** Once, at genesis: the epoch whose rules the state follows. */
export function writeEpoch(db: ClarityDb): void {
  db.put(EPOCH_KEY, u32(EPOCH_3_4));
}
