/**
 * The naive twin of the trie: whole nodes in memory, copied along the way of a write, hashed from
 * scratch. Written from SIP-004 and reference/stacks.md 2.11 alone, for short workloads.
 */
import { bytesFromUtf8, bytesToHex, concatBytes } from '@assay/bytes';
import { sha512_256 } from '@assay/crypto';

interface Leaf {
  readonly tag: 'leaf';
  readonly path: readonly number[];
  readonly data: Uint8Array;
}

interface Slot {
  readonly chr: number;
  child: Node;
  /** The block that wrote the child. */
  block: NaiveBlock;
}

interface Branch {
  readonly tag: 'branch';
  size: 4 | 16 | 48 | 256;
  path: readonly number[];
  /** In the order of insertion. */
  slots: Slot[];
}

type Node = Leaf | Branch;

const KIND = { 4: 2, 16: 3, 48: 4, 256: 5 } as const;
const LARGER = { 4: 16, 16: 48, 48: 256, 256: 256 } as const;
const zeros = (n: number) => new Uint8Array(n);
const EMPTY = sha512_256(zeros(0));

function common(a: readonly number[], b: readonly number[]): number {
  let n = 0;
  while (n < a.length && a[n] === b[n]) n += 1;
  return n;
}

export class NaiveBlock {
  readonly parent: NaiveBlock | null;
  readonly height: number;
  id: Uint8Array;
  #root: Branch;

  constructor(parent: NaiveBlock | null, openedAs: Uint8Array) {
    this.parent = parent;
    this.height = parent === null ? 0 : parent.height + 1;
    this.id = openedAs;
    this.#root =
      parent === null
        ? { tag: 'branch', size: 256, path: [], slots: [] }
        : (this.#copy(parent.#root) as Branch);
    const key = (text: string) => sha512_256(bytesFromUtf8(text));
    const number = (n: number) => Uint8Array.of(n, n >> 8, n >> 16, n >> 24, ...zeros(36));
    const name = (id: Uint8Array) => concatBytes(id, zeros(8));
    const write = (block: NaiveBlock) => {
      this.put(key(`__MARF_BLOCK_HEIGHT_TO_HASH::${block.height}`), name(block.id));
      this.put(key(`__MARF_BLOCK_HASH_TO_HEIGHT::${bytesToHex(block.id)}`), number(block.height));
    };
    this.put(key('__MARF_BLOCK_HEIGHT_SELF'), number(this.height));
    write(this);
    if (parent !== null) write(parent);
  }

  #copy(node: Node): Node {
    return node.tag === 'leaf' ? node : { ...node, slots: node.slots.map((slot) => ({ ...slot })) };
  }

  #slot(chr: number, child: Node): Slot {
    return { chr, child, block: this };
  }

  put(path: Uint8Array, data: Uint8Array): void {
    this.#root = this.#insert(this.#root, [...path], data) as Branch;
  }

  /** `node` belongs to this block already. */
  #insert(node: Node, path: readonly number[], data: Uint8Array): Node {
    const leaf = (from: number): Leaf => ({ tag: 'leaf', path: path.slice(from), data });
    const shared = common(node.path, path);
    if (shared < node.path.length) {
      const old = this.#slot(node.path[shared]!, { ...node, path: node.path.slice(shared + 1) });
      const fresh = this.#slot(path[shared]!, leaf(shared + 1));
      const slots = node.tag === 'leaf' ? [old, fresh] : [fresh, old];
      return { tag: 'branch', size: 4, path: node.path.slice(0, shared), slots };
    }
    if (node.tag === 'leaf') return leaf(0);
    const chr = path[shared]!;
    const slot = node.slots.find((candidate) => candidate.chr === chr);
    if (slot === undefined) {
      if (node.slots.length === node.size) node.size = LARGER[node.size];
      node.slots.push(this.#slot(chr, leaf(shared + 1)));
      return node;
    }
    const own = slot.block === this ? slot.child : this.#copy(slot.child);
    slot.child = this.#insert(own, path.slice(shared + 1), data);
    slot.block = this;
    return node;
  }

  #hash(node: Node): Uint8Array {
    const path = Uint8Array.of(node.path.length, ...node.path);
    if (node.tag === 'leaf') return sha512_256(concatBytes(Uint8Array.of(1), path, node.data));
    const places: (Slot | undefined)[] = Array.from({ length: node.size }, (_, i) =>
      node.size === 256 ? node.slots.find(({ chr }) => chr === i) : node.slots[i],
    );
    const kindOf = ({ child }: Slot) => (child.tag === 'leaf' ? 1 : KIND[child.size]);
    const pointers = places.map((slot) => {
      if (slot === undefined) return zeros(34);
      if (slot.block === this) return concatBytes(Uint8Array.of(kindOf(slot), slot.chr), zeros(32));
      return concatBytes(Uint8Array.of(kindOf(slot) | 0x80, slot.chr), slot.block.id);
    });
    const hashes = places.map((slot) => {
      if (slot === undefined) return EMPTY;
      return slot.block === this ? this.#hash(slot.child) : slot.block.id;
    });
    return sha512_256(concatBytes(Uint8Array.of(KIND[node.size]), ...pointers, path, ...hashes));
  }

  root(): Uint8Array {
    const trie = this.#hash(this.#root);
    if (this.parent === null) return trie;
    const roots: Uint8Array[] = [];
    for (let back = 1; back <= this.height; back *= 2) {
      let at: NaiveBlock = this;
      for (let i = 0; i < back; i++) at = at.parent!;
      roots.push(at.sealedRoot!);
    }
    return sha512_256(concatBytes(trie, ...roots));
  }

  sealedRoot: Uint8Array | null = null;

  /** Fixes the root and gives the block its final id. */
  commit(id: Uint8Array): void {
    this.sealedRoot = this.root();
    this.id = id;
  }
}
