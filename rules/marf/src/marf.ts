/**
 * The Merklized adaptive radix forest: one authenticated map per block, forks included, each block's
 * trie sharing all it did not write with its ancestors'.
 * Called by rules/chainstate, which writes a block's changes and compares the root with the header's.
 * Source: SIP-004.
 */
import { assert } from '@assay/bytes';
import type { Store } from '@assay/store';
import { type BlockRecord, Blocks } from './blocks.ts';
import { LIMITS } from './limits.ts';
import { lookUp } from './look-up.ts';
import { type Forest, OpenBlock } from './open-block.ts';
import { Slabs } from './open-node.ts';
import { Pages } from './pages.ts';
import { type MarfProof, provePath } from './proof.ts';
import { pathOf } from './text.ts';

export interface MarfOptions {
  /** Pages of up to 4 KiB kept in memory; a root does not depend on it. */
  readonly cachePagesMax?: number;
}

export class Marf {
  readonly #forest: Forest;
  #open: OpenBlock | null = null;

  /** The forest owns every key of `store`: give it a prefixed one. */
  constructor(store: Store, options: MarfOptions = {}) {
    this.#forest = {
      store,
      pages: new Pages(store, options.cachePagesMax ?? LIMITS.cachePagesMax),
      blocks: new Blocks(store),
      slabs: new Slabs(),
    };
  }

  /**
   * Opens a block on top of `parent` (null: a first block). `blockHash` is what the bookkeeping keys
   * name it by; Stacks opens Clarity blocks under a sentinel and renames them at commit. One block
   * is open at a time; reads of stored blocks go on meanwhile.
   */
  begin(parent: Uint8Array | null, blockHash: Uint8Array): OpenBlock {
    assert(this.#open === null, 'another MARF block is open');
    assert(blockHash.length === 32, 'block hashes have 32 bytes');
    const record = parent === null ? null : this.#require(parent);
    this.#open = new OpenBlock(this.#forest, record, blockHash, () => {
      this.#open = null;
      this.#forest.slabs.reset(LIMITS.slabsKeptMax);
    });
    return this.#open;
  }

  #require(block: Uint8Array): BlockRecord {
    const record = this.#forest.blocks.find(block);
    assert(record !== null, 'unknown MARF block');
    return record;
  }

  has(block: Uint8Array): boolean {
    return this.#forest.blocks.find(block) !== null;
  }

  /** The value of a key as of a block; null when it was never written. */
  get(block: Uint8Array, key: string): string | null {
    return this.getByPath(block, pathOf(key));
  }

  /** Like `get`, for readers that know only the hash of a key (32 bytes). */
  getByPath(block: Uint8Array, path: Uint8Array): string | null {
    assert(path.length === 32, 'paths have 32 bytes');
    const { number, rootAddress } = this.#require(block);
    return lookUp(this.#forest.pages, number, rootAddress, path, 0);
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
    return parent === null ? null : this.#forest.blocks.numbered(parent).id;
  }

  /** The block at `height` on the branch that ends in `block`; null above it. */
  ancestorAt(block: Uint8Array, height: number): Uint8Array | null {
    return this.#forest.blocks.ancestorAt(this.#require(block), height)?.id ?? null;
  }

  /** A proof that `key` has its value as of `block`; null when it was never written. */
  prove(block: Uint8Array, key: string): MarfProof | null {
    return this.proveByPath(block, pathOf(key));
  }

  /** Like `prove`, for readers that know only the hash of a key (32 bytes). */
  proveByPath(block: Uint8Array, path: Uint8Array): MarfProof | null {
    assert(path.length === 32, 'paths have 32 bytes');
    const { proof, isPresent } = provePath(this.#forest, this.#require(block), path);
    return isPresent ? proof : null;
  }

  /** A proof that `key` was never written as of `block`; null when it was. */
  proveAbsence(block: Uint8Array, key: string): MarfProof | null {
    const { proof, isPresent } = provePath(this.#forest, this.#require(block), pathOf(key));
    return isPresent ? null : proof;
  }

  /** Forgets a block nobody builds on any more; one that is not there is ignored. */
  drop(block: Uint8Array): void {
    const { store, pages, blocks } = this.#forest;
    const record = blocks.find(block);
    if (record === null) return;
    store.batch((batch) => {
      for (const key of pages.keysOf(record.number)) batch.remove(key);
      blocks.remove(batch, record);
    });
    pages.forget(record.number);
    blocks.forget(record);
  }
}
