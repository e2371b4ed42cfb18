/**
 * Who may write which slot of one database, and how much. The table is derived from a contract
 * (signers of a cycle, last two sortition winners, registered hosts) by whoever calls `configure`.
 * Stored beside the chunks, so that a restarted node serves at once.
 */
import { bytesFromHex, bytesFromUtf8, bytesToHex, utf8FromBytes } from '@assay/bytes';
import { STACKERDB_LIMITS } from './limits.ts';

export interface SlotTable {
  /** HASH160 of the public key that signs each slot, 20 bytes; null closes a slot. */
  readonly signers: readonly (Uint8Array | null)[];
  readonly chunkBytesMax: number;
  /** A slot version above this is refused. */
  readonly writesMax: number;
}

export type SlotTableInput = Pick<SlotTable, 'signers'> & Partial<SlotTable>;

/** Fills in defaults and holds the input against the limits. @throws RangeError (caller's bug) */
export function slotTable(input: SlotTableInput): SlotTable {
  const { slotsMax, chunkBytesDefault, chunkBytesMax, writesMaxDefault } = STACKERDB_LIMITS;
  if (input.signers.length > slotsMax) {
    throw new RangeError(`${input.signers.length} slots, at most ${slotsMax}`);
  }
  for (const signer of input.signers) {
    if (signer !== null && signer.length !== 20) throw new RangeError('a signer hash has 20 bytes');
  }
  return {
    signers: [...input.signers],
    chunkBytesMax: Math.min(input.chunkBytesMax ?? chunkBytesDefault, chunkBytesMax),
    writesMax: Math.min(input.writesMax ?? writesMaxDefault, writesMaxDefault),
  };
}

export function encodeSlotTable(table: SlotTable): Uint8Array {
  const signers = table.signers.map((signer) => (signer === null ? null : bytesToHex(signer)));
  return bytesFromUtf8(JSON.stringify({ ...table, signers }));
}

/** Our own bytes: malformed means a broken store. */
export function decodeSlotTable(bytes: Uint8Array): SlotTable {
  const raw = JSON.parse(utf8FromBytes(bytes)!) as Omit<SlotTable, 'signers'> & {
    signers: readonly (string | null)[];
  };
  const signers = raw.signers.map((hex) => (hex === null ? null : bytesFromHex(hex)));
  return { ...raw, signers };
}
