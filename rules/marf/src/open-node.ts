/**
 * Nodes of the block being written. A branch keeps its pointers in the form they have on disk
 * (record.ts), in a slab that all branches of the block share, so copying a node from an ancestor is
 * one copy of bytes; children that belong to the open block hang beside their pointers.
 * Called by open-block.ts; hashed by hash.ts.
 */
import { assert } from '@assay/bytes';
import {
  CAPACITY,
  FORM_INLINE,
  FORM_NONE,
  FORM_RECORD,
  HEADER_BYTES,
  LEAF,
  LEAF_DATA_BYTES,
  NODE256,
  POINTER_BYTES,
  pointersOf,
  readU16,
  readU32,
  writeU32,
} from './record.ts';

/** Block number in pointers to nodes of the open block, until it is committed. */
export const OPEN = 0xffffffff;

const NO_PATH = new Uint8Array(0);
const SLAB_BYTES = 1 << 16;

/** Hands out zeroed room for pointers; everything is taken back at once. */
export class Slabs {
  readonly #slabs: Uint8Array[] = [new Uint8Array(SLAB_BYTES)];
  #index = 0;
  #at = 0;

  /** Makes sure `current` has room; use `take` right after. */
  reserve(size: number): Uint8Array {
    if (this.#at + size > SLAB_BYTES) {
      this.#index += 1;
      this.#at = 0;
      if (this.#index === this.#slabs.length) this.#slabs.push(new Uint8Array(SLAB_BYTES));
    }
    return this.#slabs[this.#index]!;
  }

  take(size: number): number {
    const at = this.#at;
    this.#at = at + size;
    this.#slabs[this.#index]!.fill(0, at, at + size);
    return at;
  }

  /** Everything handed out becomes free; a huge block's slabs are let go. */
  reset(keepMax: number): void {
    this.#slabs.length = Math.min(this.#slabs.length, keepMax);
    this.#index = 0;
    this.#at = 0;
  }
}

/** A value that lies in a record of its own, so far or for good. */
export interface ValueRecord {
  readonly block: number;
  readonly number: number;
}

export class OpenLeaf {
  readonly kind = LEAF;
  /** The key's path or a tail of it; the leaf's own begins at `from`. */
  readonly path: Uint8Array;
  readonly from: number;
  /** 32 bytes (a value's hash; eight zeros follow) or all 40. */
  readonly data: Uint8Array;
  /** Null: nothing but the data is known of it. */
  readonly value: string | ValueRecord | null;
  hash: Uint8Array | null = null;

  constructor(
    path: Uint8Array,
    from: number,
    data: Uint8Array,
    value: string | ValueRecord | null,
  ) {
    this.path = path;
    this.from = from;
    this.data = data;
    this.value = value;
  }
}

export type OpenNode = OpenLeaf | OpenBranch;

export class OpenBranch {
  readonly kind: number;
  path: Uint8Array;
  count = 0;
  /** Pointers in slot order, from `at`; a slot of kind 0 is empty. A Node256's slots are its chrs. */
  readonly slab: Uint8Array;
  readonly at: number;
  readonly own: (OpenNode | null)[];
  hash: Uint8Array | null = null;

  constructor(slabs: Slabs, kind: number, path: Uint8Array) {
    const capacity = CAPACITY[kind]!;
    this.kind = kind;
    this.path = path;
    this.slab = slabs.reserve(capacity * POINTER_BYTES);
    this.at = slabs.take(capacity * POINTER_BYTES);
    this.own = kind === NODE256 ? new Array(256).fill(null) : [];
  }

  /** -1 when there is no child for `chr`. */
  find(chr: number): number {
    const { slab, at } = this;
    if (this.kind === NODE256) return slab[at + chr * POINTER_BYTES + 1] === 0 ? -1 : chr;
    for (let slot = 0, p = at; slot < this.count; slot++, p += POINTER_BYTES) {
      if (slab[p] === chr) return slot;
    }
    return -1;
  }

  pointer(slot: number): number {
    return this.at + slot * POINTER_BYTES;
  }

  get isFull(): boolean {
    return this.count === CAPACITY[this.kind];
  }

  /** Adds a child of the open block behind the others. */
  add(chr: number, child: OpenNode): void {
    assert(!this.isFull, 'a MARF branch is full');
    const slot = this.kind === NODE256 ? chr : this.count;
    this.slab[this.pointer(slot)] = chr;
    this.count += 1;
    this.setOwn(slot, child);
  }

  /** Puts a child of the open block in an occupied slot. */
  setOwn(slot: number, child: OpenNode): void {
    const p = this.pointer(slot);
    this.slab[p + 1] = child.kind;
    writeU32(this.slab, p + 2, OPEN);
    this.own[slot] = child;
  }

  /** The next larger kind with the same children in the same order. */
  grown(slabs: Slabs): OpenBranch {
    const next = new OpenBranch(slabs, this.kind + 1, this.path);
    for (let i = 0; i < this.count; i++) {
      const from = this.pointer(i);
      const slot = next.kind === NODE256 ? this.slab[from]! : i;
      copyPointer(this.slab, from, next.slab, next.pointer(slot));
      next.own[slot] = this.own[i]!;
    }
    next.count = this.count;
    return next;
  }
}

/** Byte by byte: a view for `set` would cost more than the ten bytes, 65,000 times a block. */
function copyPointer(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number): void {
  for (let i = 0; i < POINTER_BYTES; i++) to[toAt + i] = from[fromAt + i]!;
}

/** The open block's copy of a stored branch; its children stay where they lie. */
export function copyBranch(slabs: Slabs, page: Uint8Array, at: number): OpenBranch {
  const pathLength = page[at + 1]!;
  const path =
    pathLength === 0 ? NO_PATH : page.slice(at + HEADER_BYTES, at + HEADER_BYTES + pathLength);
  const branch = new OpenBranch(slabs, page[at]!, path);
  const count = readU16(page, at + 2);
  const first = pointersOf(page, at);
  branch.count = count;
  if (branch.kind !== NODE256 || count === 256) {
    branch.slab.set(page.subarray(first, first + count * POINTER_BYTES), branch.at);
    if (branch.kind !== NODE256) for (let i = 0; i < count; i++) branch.own.push(null);
    return branch;
  }
  for (let i = 0; i < count; i++) {
    const p = first + i * POINTER_BYTES;
    copyPointer(page, p, branch.slab, branch.pointer(page[p]!));
  }
  return branch;
}

/** The open block's copy of a stored leaf whose path lost its first `shared + 1` bytes to a fork. */
export function copyLeaf(page: Uint8Array, at: number, shared: number): OpenLeaf {
  const pathAt = at + HEADER_BYTES;
  const dataAt = pathAt + page[at + 1]!;
  const valueAt = dataAt + LEAF_DATA_BYTES;
  const path = page.slice(pathAt, dataAt);
  const data = page.slice(dataAt, valueAt);
  return new OpenLeaf(path, shared + 1, data, readValue(page, at, valueAt));
}

function readValue(page: Uint8Array, at: number, valueAt: number): string | ValueRecord | null {
  const form = page[at + 2];
  if (form === FORM_NONE) return null;
  if (form === FORM_RECORD) {
    return { block: readU32(page, valueAt), number: readU32(page, valueAt + 4) };
  }
  assert(form === FORM_INLINE, 'MARF leaf of unknown form');
  return readInlineValue(page, valueAt);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** State values are ASCII nearly always: one call makes the string without a decoder. */
export function readInlineValue(page: Uint8Array, valueAt: number): string {
  const first = valueAt + 2;
  const end = first + readU16(page, valueAt);
  for (let i = first; i < end; i++) {
    if (page[i]! > 0x7f) return utf8.decode(page.subarray(first, end));
  }
  return String.fromCharCode.apply(null, page.subarray(first, end) as unknown as number[]);
}
