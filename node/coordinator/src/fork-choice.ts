/**
 * Which chain is ours: the longest chain of applied blocks whose burn views lie on Bitcoin's best
 * chain; among equals the one we have, then the smallest block id. The tip is on disk before it is
 * announced. Used by the coordinator after every applied block and every move of the burn tip.
 * Source: SIP-021 (longest chain within the signers' approval and the canonical burn fork).
 */
import { assert, bytesEqual, bytesFromUtf8 } from '@assay/bytes';
import type { Chainstate, StoredHeader } from '@assay/chainstate';
import type { SnapshotDb } from '@assay/sortition';
import type { Store } from '@assay/store';
import { LIMITS } from './limits.ts';

type Blocks = Pick<Chainstate, 'genesisBlockId' | 'header' | 'blocksAtHeight' | 'ancestorAt'>;

export interface TipMove {
  readonly oldTip: StoredHeader;
  readonly newTip: StoredHeader;
  /** Blocks that left the canonical chain, newest first; empty when it only grew. */
  readonly orphaned: readonly StoredHeader[];
}

const TIP = bytesFromUtf8('tip');

export class ForkChoice {
  readonly #store: Store;
  readonly #blocks: Blocks;
  readonly #snapshots: SnapshotDb;
  #tip: StoredHeader;

  constructor(store: Store, blocks: Blocks, snapshots: SnapshotDb) {
    this.#store = store;
    this.#blocks = blocks;
    this.#snapshots = snapshots;
    const stored = store.get(TIP);
    // A tip that chainstate lost can only be one it never made durable: choose again.
    const header = stored === null ? null : blocks.header(stored);
    this.#tip = header ?? this.#headerOf(blocks.genesisBlockId);
  }

  get tip(): StoredHeader {
    return this.#tip;
  }

  isCanonical(header: StoredHeader): boolean {
    const id = this.#blocks.ancestorAt(this.#tip.blockId, header.height);
    return id !== null && bytesEqual(id, header.blockId);
  }

  /** Whether a block's burn view lies on Bitcoin's best chain. Genesis always does. */
  isOnBestBurnChain(header: StoredHeader): boolean {
    if (header.height === 0) return true;
    const view = this.#snapshots.byConsensusHash(header.burnView.consensusHash);
    return view !== null && this.#snapshots.isCanonical(view);
  }

  /** Takes a newly applied block as tip when it is better; null when it is not. */
  offer(header: StoredHeader): TipMove | null {
    const isBetter = header.height > this.#tip.height && this.isOnBestBurnChain(header);
    return isBetter ? this.#move(header) : null;
  }

  /** Looks at all applied blocks; needed when the burn tip moved and after a restart. */
  choose(): TipMove | null {
    const keeps = this.isOnBestBurnChain(this.#tip);
    let height = this.#tip.height;
    while (this.#blocks.blocksAtHeight(height + 1).length > 0) height++;
    const lowest = keeps ? this.#tip.height + 1 : Math.max(0, height - LIMITS.forkSearchHeightsMax);
    for (; height >= lowest; height--) {
      for (const blockId of this.#blocks.blocksAtHeight(height)) {
        const header = this.#headerOf(blockId);
        if (this.isOnBestBurnChain(header)) return this.#move(header);
      }
    }
    assert(keeps, 'genesis is always a possible tip');
    return null;
  }

  #move(newTip: StoredHeader): TipMove {
    const oldTip = this.#tip;
    const orphaned = this.#orphans(oldTip, newTip);
    this.#store.batch((batch) => batch.put(TIP, newTip.blockId));
    this.#tip = newTip;
    return { oldTip, newTip, orphaned };
  }

  #orphans(oldTip: StoredHeader, newTip: StoredHeader): StoredHeader[] {
    const orphaned: StoredHeader[] = [];
    let cursor = oldTip;
    for (;;) {
      const at =
        cursor.height > newTip.height
          ? null
          : this.#blocks.ancestorAt(newTip.blockId, cursor.height);
      if (at !== null && bytesEqual(at, cursor.blockId)) return orphaned;
      orphaned.push(cursor);
      cursor = this.#headerOf(cursor.parentBlockId);
    }
  }

  #headerOf(blockId: Uint8Array): StoredHeader {
    const header = this.#blocks.header(blockId);
    assert(header !== null, 'chainstate has every block that it lists');
    return header;
  }
}
