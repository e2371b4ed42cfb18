/** Lays a sealed tree into pages, children before parents, and turns its pointers into addresses. */
import { bytesFromUtf8 } from '@assay/bytes';
import { LIMITS } from './limits.ts';
import { OpenBranch, type OpenLeaf, type OpenNode } from './open-node.ts';
import { offsetOf, type PageWriter } from './pages.ts';
import {
  FORM_INLINE,
  FORM_NONE,
  FORM_RECORD,
  HEADER_BYTES,
  LEAF,
  LEAF_DATA_BYTES,
  NODE256,
  POINTER_BYTES,
  writeU32,
} from './record.ts';
import { writeAscii } from './text.ts';

/** Returns the address of `node`; its depth is bounded by the length of a path. */
export function writeTree(writer: PageWriter, node: OpenNode): number {
  if (!(node instanceof OpenBranch)) return writeLeaf(writer, node);
  const { slab, own, path, kind, count } = node;
  for (let slot = 0; slot < own.length; slot++) {
    const child = own[slot]!;
    if (child === null) continue;
    const p = node.pointer(slot);
    const address = writeTree(writer, child);
    writeU32(slab, p + 2, writer.block);
    writeU32(slab, p + 6, address);
  }
  const address = writer.place(HEADER_BYTES + path.length + 32 + count * POINTER_BYTES);
  const page = writer.current;
  let at = writeHeader(page, offsetOf(address), kind, path, 0);
  page[at - path.length - 2] = count >>> 8;
  page[at - path.length - 1] = count;
  page.set(node.hash!, at);
  at += 32;
  if (kind !== NODE256 || count === 256) {
    page.set(slab.subarray(node.at, node.at + count * POINTER_BYTES), at);
    return address;
  }
  for (let slot = 0; slot < 256; slot++) {
    const p = node.pointer(slot);
    if (slab[p + 1] === 0) continue;
    for (let i = 0; i < POINTER_BYTES; i++) page[at++] = slab[p + i]!;
  }
  return address;
}

/** Header and path from `from` on, the third and fourth byte left zero; returns the end. */
function writeHeader(
  page: Uint8Array,
  at: number,
  kind: number,
  path: Uint8Array,
  from: number,
): number {
  const length = path.length - from;
  page[at] = kind;
  page[at + 1] = length;
  page[at + 2] = 0;
  page[at + 3] = 0;
  for (let i = 0; i < length; i++) page[at + HEADER_BYTES + i] = path[from + i]!;
  return at + HEADER_BYTES + length;
}

function writeLeaf(writer: PageWriter, leaf: OpenLeaf): number {
  const { value, path, from, data } = leaf;
  const fixed = HEADER_BYTES + path.length - from + LEAF_DATA_BYTES;
  const text = typeof value === 'string' ? encodeValue(value) : null;
  let record = value !== null && typeof value !== 'string' ? value : null;
  const isInline = text !== null && text.length <= LIMITS.inlineValueBytesMax;
  if (text !== null && !isInline) {
    record = { block: writer.block, number: writer.placeValue(text) };
  }
  const address = writer.place(fixed + (isInline ? 2 + text.length : record !== null ? 8 : 0));
  const page = writer.current;
  const start = offsetOf(address);
  let at = writeHeader(page, start, LEAF, path, from);
  page.set(data, at);
  page.fill(0, at + data.length, at + LEAF_DATA_BYTES);
  at += LEAF_DATA_BYTES;
  if (isInline) {
    page[start + 2] = FORM_INLINE;
    page[at] = text.length >>> 8;
    page[at + 1] = text.length;
    page.set(text, at + 2);
  } else if (record !== null) {
    page[start + 2] = FORM_RECORD;
    writeU32(page, at, record.block);
    writeU32(page, at + 4, record.number);
  } else page[start + 2] = FORM_NONE;
  return address;
}

const scratch = new Uint8Array(LIMITS.inlineValueBytesMax);

/** UTF-8; of a short text valid until the next call. */
function encodeValue(value: string): Uint8Array {
  return writeAscii(value, scratch, 0) ? scratch.subarray(0, value.length) : bytesFromUtf8(value);
}
