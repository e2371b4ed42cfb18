/** Finds the leaf of a key in the stored tries, from a block's root downward. */
import { readInlineValue } from './open-node.ts';
import { offsetOf, type Pages, pageOf } from './pages.ts';
import {
  assertRecord,
  FORM_INLINE,
  FORM_NONE,
  findPointer,
  HEADER_BYTES,
  LEAF,
  LEAF_DATA_BYTES,
  readU32,
  sharedPath,
} from './record.ts';

/** The value below the stored node (block, address), whose path begins at `from`; null if none. */
export function lookUp(
  pages: Pages,
  block: number,
  address: number,
  path: Uint8Array,
  from: number,
): string | null {
  let page = pages.read(block, pageOf(address));
  let at = offsetOf(address);
  let depth = from;
  for (;;) {
    assertRecord(page, at);
    const shared = sharedPath(page, at, path, depth);
    if (shared < page[at + 1]!) return null;
    if (page[at] === LEAF) return leafValue(pages, page, at);
    depth += shared;
    const p = findPointer(page, at, path[depth]!);
    if (p < 0) return null;
    depth += 1;
    const childBlock = readU32(page, p + 2);
    const childAddress = readU32(page, p + 6);
    page = pages.read(childBlock, pageOf(childAddress));
    at = offsetOf(childAddress);
  }
}

/** Null when only the data of the leaf is known. */
function leafValue(pages: Pages, page: Uint8Array, at: number): string | null {
  const form = page[at + 2];
  if (form === FORM_NONE) return null;
  const valueAt = at + HEADER_BYTES + page[at + 1]! + LEAF_DATA_BYTES;
  if (form === FORM_INLINE) return readInlineValue(page, valueAt);
  return pages.readValue(readU32(page, valueAt), readU32(page, valueAt + 4));
}
