/**
 * Nodes as they lie on disk, read in place: a lookup decodes nothing but what it passes.
 *
 * ```
 * leaf    u8 1 | u8 path length | u8 form | u8 0 | path | data 40 | value
 *         form 0: none; 1: u16 length, UTF-8; 2: u32 block, u32 number of a value record
 * branch  u8 kind | u8 path length | u16 count | path | hash 32 | count x pointer
 * pointer u8 chr | u8 kind | u32 block | u32 address        (10 bytes)
 * ```
 * A pointer names the block that wrote the child; a pointer into the branch's own block is what
 * SIP-004 calls an ordinary child, any other is a back-pointer. Pointers keep the order of insertion,
 * which the hash depends on; those of a Node256 ascend by chr.
 * Source: SIP-004 (kinds, paths, copy on write); the layout is ours.
 */
import { assert } from '@assay/bytes';

/** Ids as they are hashed. */
export const LEAF = 1;
export const NODE4 = 2;
export const NODE16 = 3;
export const NODE48 = 4;
export const NODE256 = 5;

/** Set in a hashed id when the child belongs to an older block. */
export const BACK_POINTER = 0x80;

/** Slots by kind. */
export const CAPACITY: readonly number[] = [0, 0, 4, 16, 48, 256];

export const PATH_BYTES = 32;
/** What a leaf commits to: the hash of the value and eight zero bytes. */
export const LEAF_DATA_BYTES = 40;
export const POINTER_BYTES = 10;
export const HEADER_BYTES = 4;

export const FORM_NONE = 0;
export const FORM_INLINE = 1;
export const FORM_RECORD = 2;

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Where the pointers of the branch at `at` begin. */
export function pointersOf(page: Uint8Array, at: number): number {
  return at + HEADER_BYTES + page[at + 1]! + 32;
}

/** Offset of the pointer for `chr`; -1 when there is none. */
export function findPointer(page: Uint8Array, at: number, chr: number): number {
  const count = readU16(page, at + 2);
  const first = pointersOf(page, at);
  if (page[at] !== NODE256) {
    const end = first + count * POINTER_BYTES;
    for (let p = first; p < end; p += POINTER_BYTES) if (page[p] === chr) return p;
    return -1;
  }
  if (count === 256) return first + chr * POINTER_BYTES;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (page[first + middle * POINTER_BYTES]! < chr) low = middle + 1;
    else high = middle;
  }
  const p = first + low * POINTER_BYTES;
  return low < count && page[p] === chr ? p : -1;
}

/** How many bytes of the stored node's path agree with `path` from `from` on. */
export function sharedPath(page: Uint8Array, at: number, path: Uint8Array, from: number): number {
  const length = page[at + 1]!;
  const first = at + HEADER_BYTES;
  let shared = 0;
  while (shared < length && page[first + shared] === path[from + shared]) shared += 1;
  return shared;
}

/** Refuses what no writer of ours makes: a damaged page must not pass for an empty map. */
export function assertRecord(page: Uint8Array, at: number): void {
  const kind = page[at];
  assert(kind !== undefined && kind >= LEAF && kind <= NODE256, 'MARF record of unknown kind');
  assert(page[at + 1]! <= PATH_BYTES, 'MARF record with too long a path');
  if (kind === LEAF) {
    assert(page[at + 2]! <= FORM_RECORD, 'MARF leaf of unknown form');
    return;
  }
  const count = readU16(page, at + 2);
  assert(count > 0 && count <= CAPACITY[kind]!, 'MARF branch with a wrong number of children');
  assert(pointersOf(page, at) + count * POINTER_BYTES <= page.length, 'MARF branch cut short');
}
