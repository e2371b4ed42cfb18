/**
 * The tree of snapshots in a store. Forks are kept; one of them is canonical. Answers by burn
 * header hash, consensus hash, height on a fork, and gives each fork as a `BurnHistory`.
 * Written by node/coordinator; read by it, the miner, signers and RPC.
 *
 * Keys (one byte, then the rest) -> values:
 *   s sortition id -> snapshot        o sortition id -> operations
 *   b burn header hash -> sortition id   c consensus hash -> sortition id
 *   h height u32 -> sortition id on the canonical fork
 *   v VRF key, sortition id -> empty      p pre-stx txid, sortition id -> empty
 *   t -> canonical tip                    g -> first snapshot
 */
import { assert, bytesEqual, bytesToHex, concatBytes } from '@assay/bytes';
import type { Batch, Store } from '@assay/store';
import type { BurnDecision } from './decide-burn-block.ts';
import type { BurnHistory } from './history.ts';
import { LIMITS } from './limits.ts';
import type { PreStxOp } from './op.ts';
import type { BlockOps, Snapshot } from './snapshot.ts';
import { decodeStored, encodeStored } from './stored.ts';

const tag = (letter: string, ...rest: readonly Uint8Array[]): Uint8Array =>
  concatBytes(Uint8Array.of(letter.charCodeAt(0)), ...rest);

function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

const NOTHING = new Uint8Array(0);
const NO_OPS: BlockOps = { accepted: [], missed: [], preStx: [] };

export class SnapshotDb {
  readonly #store: Store;
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #ops = new Map<string, BlockOps>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Stores the first snapshot of an empty database and makes it canonical. */
  initialize(first: Snapshot): void {
    assert(this.#store.get(tag('g')) === null, 'the snapshot database was initialized before');
    this.#store.batch((batch) => {
      batch.put(tag('g'), first.sortitionId);
      batch.put(tag('t'), first.sortitionId);
      batch.put(tag('h', u32(first.burnHeight)), first.sortitionId);
      this.#put(batch, first, NO_OPS);
    });
  }

  get isInitialized(): boolean {
    return this.#store.has(tag('g'));
  }

  get first(): Snapshot {
    return this.#mustBy(this.#store.get(tag('g')));
  }

  /** Tip of the canonical fork. */
  get tip(): Snapshot {
    return this.#mustBy(this.#store.get(tag('t')));
  }

  /**
   * Stores what was decided for a burn block. Storing the same block again changes nothing.
   * Does not move the canonical tip.
   */
  append(decision: Pick<BurnDecision, 'snapshot' | 'ops'>): void {
    const { snapshot, ops } = decision;
    if (this.#store.has(tag('s', snapshot.sortitionId))) return;
    assert(
      this.#store.has(tag('s', snapshot.parentSortitionId)),
      'a snapshot is stored after its parent',
    );
    this.#store.batch((batch) => this.#put(batch, snapshot, ops));
  }

  /** Makes the fork that ends here canonical: O(depth of the reorganization). */
  setTip(sortitionId: Uint8Array): void {
    const old = this.tip;
    const next = this.#mustBy(sortitionId);
    const moved: Snapshot[] = [];
    let cursor = next;
    while (!this.isCanonical(cursor)) {
      moved.push(cursor);
      cursor = this.#mustBy(cursor.parentSortitionId);
    }
    this.#store.batch((batch) => {
      for (let height = next.burnHeight + 1; height <= old.burnHeight; height++) {
        batch.remove(tag('h', u32(height)));
      }
      for (const snapshot of moved) {
        batch.put(tag('h', u32(snapshot.burnHeight)), snapshot.sortitionId);
      }
      batch.put(tag('t'), next.sortitionId);
    });
  }

  isCanonical(snapshot: Snapshot): boolean {
    const id = this.#store.get(tag('h', u32(snapshot.burnHeight)));
    return id !== null && bytesEqual(id, snapshot.sortitionId);
  }

  bySortitionId(id: Uint8Array): Snapshot | null {
    return this.#by(id);
  }

  /** On any fork. */
  byBurnHash(burnHeaderHash: Uint8Array): Snapshot | null {
    return this.#by(this.#store.get(tag('b', burnHeaderHash)));
  }

  /** On any fork. */
  byConsensusHash(consensusHash: Uint8Array): Snapshot | null {
    return this.#by(this.#store.get(tag('c', consensusHash)));
  }

  /** On the canonical fork. */
  atHeight(burnHeight: number): Snapshot | null {
    if (burnHeight < 0) return null;
    return this.#by(this.#store.get(tag('h', u32(burnHeight))));
  }

  /** The ancestor of `from` (or itself) at a height; null below the first snapshot or above. */
  ancestorAt(from: Snapshot, burnHeight: number): Snapshot | null {
    if (burnHeight > from.burnHeight || burnHeight < this.first.burnHeight) return null;
    let cursor = from;
    while (cursor.burnHeight > burnHeight) {
      if (this.isCanonical(cursor)) return this.atHeight(burnHeight);
      cursor = this.#mustBy(cursor.parentSortitionId);
    }
    return cursor;
  }

  isAncestor(ancestor: Snapshot, of: Snapshot): boolean {
    const found = this.ancestorAt(of, ancestor.burnHeight);
    return found !== null && bytesEqual(found.sortitionId, ancestor.sortitionId);
  }

  /** The newest snapshot with a winner at or below `from`, or null. */
  lastSortition(from: Snapshot): Snapshot | null {
    if (from.sortitionCount === 0) return null;
    let cursor = from;
    while (cursor.winner === null) cursor = this.#mustBy(cursor.parentSortitionId);
    return cursor;
  }

  ops(snapshot: Snapshot): BlockOps {
    const key = bytesToHex(snapshot.sortitionId);
    const cached = this.#ops.get(key);
    if (cached !== undefined) return cached;
    const bytes = this.#store.get(tag('o', snapshot.sortitionId));
    assert(bytes !== null, 'every snapshot has its operations stored');
    return remember(this.#ops, key, decodeStored<BlockOps>(bytes));
  }

  /** The fork that ends in `tip`. */
  history(tip: Snapshot): BurnHistory {
    const firstHeight = this.first.burnHeight;
    return {
      tip,
      firstHeight,
      snapshotAt: (height) => this.ancestorAt(tip, height),
      opsAt: (height) => {
        const snapshot = this.ancestorAt(tip, height);
        return snapshot === null ? null : this.ops(snapshot);
      },
      hasVrfKey: (publicKey) => this.#marked('v', publicKey, tip) !== null,
      preStx: (txid) => this.#preStx(txid, tip),
      lastSortition: () => this.lastSortition(tip),
    };
  }

  /** Where a VRF key was registered on the fork of `tip`; null when it was not. */
  keyPosition(
    publicKey: Uint8Array,
    tip: Snapshot,
  ): { readonly burnHeight: number; readonly vtxindex: number } | null {
    const snapshot = this.#marked('v', publicKey, tip);
    if (snapshot === null) return null;
    for (const op of this.ops(snapshot).accepted) {
      if (op.kind === 'key-register' && bytesEqual(op.vrfPublicKey, publicKey)) {
        return { burnHeight: op.burnHeight, vtxindex: op.vtxindex };
      }
    }
    return null;
  }

  #preStx(txid: Uint8Array, tip: Snapshot): PreStxOp | null {
    const snapshot = this.#marked('p', txid, tip);
    if (snapshot === null) return null;
    return this.ops(snapshot).preStx.find((op) => bytesEqual(op.txid, txid)) ?? null;
  }

  /** The snapshot on the fork of `tip` that left a mark. */
  #marked(letter: string, name: Uint8Array, tip: Snapshot): Snapshot | null {
    const prefix = tag(letter, name);
    for (const { key } of this.#store.range({ prefix })) {
      const snapshot = this.#mustBy(key.slice(prefix.length));
      if (this.isAncestor(snapshot, tip)) return snapshot;
    }
    return null;
  }

  #put(batch: Batch, snapshot: Snapshot, ops: BlockOps): void {
    const id = snapshot.sortitionId;
    batch.put(tag('s', id), encodeStored(snapshot));
    batch.put(tag('o', id), encodeStored(ops));
    batch.put(tag('b', snapshot.burnHeaderHash), id);
    batch.put(tag('c', snapshot.consensusHash), id);
    for (const op of ops.accepted) {
      if (op.kind === 'key-register') batch.put(tag('v', op.vrfPublicKey, id), NOTHING);
    }
    for (const op of ops.preStx) batch.put(tag('p', op.txid, id), NOTHING);
  }

  #by(id: Uint8Array | null): Snapshot | null {
    if (id === null) return null;
    const key = bytesToHex(id);
    const cached = this.#snapshots.get(key);
    if (cached !== undefined) return cached;
    const bytes = this.#store.get(tag('s', id));
    return bytes === null ? null : remember(this.#snapshots, key, decodeStored<Snapshot>(bytes));
  }

  #mustBy(id: Uint8Array | null): Snapshot {
    const snapshot = this.#by(id);
    assert(snapshot !== null, 'a snapshot that the database refers to is missing');
    return snapshot;
  }
}

/** Keeps the newest entries: the oldest leaves when the cache is full. */
function remember<T>(cache: Map<string, T>, key: string, value: T): T {
  if (cache.size >= LIMITS.snapshotCacheEntries) cache.delete(cache.keys().next().value!);
  cache.set(key, value);
  return value;
}
