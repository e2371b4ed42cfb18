/**
 * The Merklized adaptive radix forest: one authenticated map per block, forks included, each block's
 * trie sharing all it did not write with its ancestors'.
 * Source: SIP-004.
 */
import { assert } from '@assay/bytes';
import type { Store } from '@assay/store';
import { lookUp } from './look-up.ts';
import type { Branch } from './node.ts';
import { type BlockRecord, NodeStore } from './node-store.ts';
import { type MarfBlock, OpenBlock, pathOf } from './open-block.ts';
import { type MarfProof, proveKey } from './proof.ts';

/** Nodes kept in memory: about 300 bytes each. */
const CACHE_NODES = 400_000;

export class Marf {
  readonly #nodes: NodeStore;
  #open: MarfBlock | null = null;

  constructor(store: Store, options: { readonly cacheNodesMax?: number } = {}) {
    this.#nodes = new NodeStore(store, options.cacheNodesMax ?? CACHE_NODES);
  }

  /**
   * Opens a block on top of `parent` (null: a first block). `blockHash` is what the bookkeeping keys
   * name it by; Stacks opens Clarity blocks under a sentinel and renames them at commit.
   */
  begin(parent: Uint8Array | null, blockHash: Uint8Array): OpenBlock {
    assert(this.#open === null, 'another MARF block is open');
    assert(blockHash.length === 32, 'block hashes have 32 bytes');
    const record = parent === null ? null : this.#require(parent);
    const block = new OpenBlock(this.#nodes, record, blockHash, () => {
      this.#open = null;
    });
    this.#open = block;
    return block;
  }

  #require(block: Uint8Array): BlockRecord {
    const record = this.#nodes.block(block);
    assert(record !== null, 'unknown MARF block');
    return record;
  }

  has(block: Uint8Array): boolean {
    return this.#nodes.block(block) !== null;
  }

  /** The value of a key as of a block; null when it was never written. */
  get(block: Uint8Array, key: string): string | null {
    const root = this.#nodes.node(this.#require(block).number, 0) as Branch;
    return lookUp(root, pathOf(key), this.#nodes)?.value ?? null;
  }

  rootOf(block: Uint8Array): Uint8Array {
    return this.#require(block).root;
  }

  heightOf(block: Uint8Array): number {
    return this.#require(block).height;
  }

  /** Null for a first block. */
  parentOf(block: Uint8Array): Uint8Array | null {
    const { parent } = this.#require(block);
    return parent === null ? null : this.#nodes.blockNumbered(parent).hash;
  }

  /** The block at `height` on the branch that ends in `block`; null above it. */
  ancestorAt(block: Uint8Array, height: number): Uint8Array | null {
    return this.#nodes.ancestorAt(this.#require(block), height)?.hash ?? null;
  }

  /** A proof that `key` has its value as of `block`; null when it was never written. */
  prove(block: Uint8Array, key: string): MarfProof | null {
    return proveKey(this.#require(block), pathOf(key), this.#nodes);
  }

  /** Forgets a block nobody builds on any more. */
  drop(block: Uint8Array): void {
    const record = this.#nodes.block(block);
    if (record !== null) this.#nodes.remove(record);
  }
}
