/**
 * The chain: accepts blocks, keeps the one with the most work active, undoes and replays across
 * forks, and answers what it knows. Nothing is durable before `commit` of the shared buffer.
 * Called by mining, the mempool (as its view of coins) and the RPC.
 * Source: Bitcoin Core validation.cpp (ActivateBestChain, InvalidateBlock).
 */
import {
  type BitcoinBlock,
  bitcoinBlockHash,
  decodeBitcoinBlock,
  encodeBitcoinBlock,
  hashToDisplayHex,
} from '@assay/bitcoin';
import { assert, bytesFromUtf8, ok, type Result, utf8FromBytes } from '@assay/bytes';
import {
  ancestorAt,
  type BlockEntry,
  BlockIndex,
  decodeEntry,
  encodeEntry,
} from './block-index.ts';
import { checkBlock, type KnownBlock, knownTransactions } from './check-block.ts';
import { type Rejection, reject } from './check-transaction.ts';
import { type Coin, decodeUndo, encodeUndo, KEYS } from './coin.ts';
import { CoinSet } from './coin-set.ts';
import { checkConnect, disconnect, VerifiedScripts } from './connect-block.ts';
import { genesisBlock } from './params.ts';
import type { WriteBuffer } from './write-buffer.ts';

/** How the active chain moved: first what was undone (highest first), then what was added. */
export interface ChainMove {
  readonly disconnected: readonly KnownBlock[];
  readonly connected: readonly KnownBlock[];
}

const LAYOUT = '1';

export class RegtestChain {
  readonly index = new BlockIndex();
  readonly coins: CoinSet;
  readonly scripts = new VerifiedScripts();
  readonly #buffer: WriteBuffer;
  /** The active chain by height. */
  readonly #active: BlockEntry[] = [];
  readonly #listeners: ((move: ChainMove) => void)[] = [];

  /** Opens what the buffer's store holds; a new store gets the genesis block. */
  constructor(buffer: WriteBuffer) {
    this.#buffer = buffer;
    this.coins = new CoinSet(buffer);
    const tip = buffer.get(KEYS.meta('tip'));
    if (tip === null) this.#create();
    else this.#load(tip);
  }

  get tip(): BlockEntry {
    return this.#active[this.#active.length - 1]!;
  }

  get burnHeight(): number {
    return this.#active.length - 1;
  }

  /** Bytes of all stored blocks. */
  get sizeBytes(): number {
    let sum = 0;
    for (const entry of this.index.all()) sum += entry.sizeBytes;
    return sum;
  }

  onMove(listener: (move: ChainMove) => void): void {
    this.#listeners.push(listener);
  }

  /** The active block of that height, or null. */
  at(burnHeight: number): BlockEntry | null {
    return this.#active[burnHeight] ?? null;
  }

  isActive(entry: BlockEntry): boolean {
    return this.#active[entry.burnHeight] === entry;
  }

  blockBytes(entry: BlockEntry): Uint8Array {
    const bytes = this.#buffer.get(KEYS.block(entry.hash));
    assert(bytes !== null, 'an indexed block is stored');
    return bytes;
  }

  block(entry: BlockEntry): KnownBlock {
    const bytes = this.blockBytes(entry);
    const block = decodeBitcoinBlock(bytes);
    assert(block.ok, 'a stored block decodes');
    const transactions = knownTransactions(block.value);
    return { block: block.value, hash: entry.hash, transactions, bytes };
  }

  /** Coins spent by an active block's transactions, in input order. */
  undo(entry: BlockEntry): Coin[] {
    const bytes = this.#buffer.get(KEYS.undo(entry.hash));
    assert(bytes !== null, 'an active block has undo data');
    return decodeUndo(bytes);
  }

  /** The active block that holds a transaction (txid in internal order). */
  blockOf(txid: Uint8Array): BlockEntry | null {
    const hash = this.#buffer.get(KEYS.transaction(txid));
    return hash === null ? null : this.index.get(hashToDisplayHex(hash));
  }

  /**
   * Takes a block. When its branch has more work than the active one, that becomes active.
   * The reasons are bitcoind's for `submitblock`.
   */
  submit(block: BitcoinBlock, nowSecs: number): Result<BlockEntry, Rejection> {
    const hash = bitcoinBlockHash(block.header);
    const id = hashToDisplayHex(hash);
    const known = this.index.get(id);
    if (known !== null) return reject(known.isInvalid ? 'duplicate-invalid' : 'duplicate');
    const parent = this.index.get(hashToDisplayHex(block.header.prevHash));
    if (parent === null) return reject('prev-blk-not-found');
    if (parent.isInvalid) return reject('bad-prevblk');
    const bytes = encodeBitcoinBlock(block);
    const candidate: KnownBlock = { block, hash, transactions: knownTransactions(block), bytes };
    const verdict = checkBlock(candidate, parent, nowSecs);
    if (!verdict.ok) return verdict;
    const entry = this.#store(candidate);
    if (entry.chainWork <= this.tip.chainWork) return ok(entry);
    const failure = this.#activateBest(entry, candidate);
    if (entry.isInvalid) return failure ?? reject('invalid');
    return ok(entry);
  }

  /** Declares a block, and all above it, invalid. Genesis cannot be. */
  invalidate(entry: BlockEntry): void {
    if (entry.parent === null) return;
    for (const changed of this.index.fail(entry)) this.#saveEntry(changed);
    this.#activateBest(null, null);
  }

  /** Takes that back, also for its ancestors and descendants. */
  reconsider(entry: BlockEntry): void {
    for (const changed of this.index.forgive(entry)) this.#saveEntry(changed);
    this.#activateBest(null, null);
  }

  #store(candidate: KnownBlock): BlockEntry {
    const { block, hash, transactions, bytes } = candidate;
    const { header } = block;
    const txCount = transactions.length;
    const entry = this.index.add({ hash, header, txCount, sizeBytes: bytes.length });
    this.#buffer.put(KEYS.block(hash), bytes);
    this.#saveEntry(entry);
    return entry;
  }

  #saveEntry(entry: BlockEntry): void {
    this.#buffer.put(KEYS.index(entry.hash), encodeEntry(entry));
  }

  /**
   * Moves the active chain to the best valid leaf; blocks that fail on the way are marked and the
   * next best is tried.
   * @param first  the best leaf where that is known already
   * @param fresh  its decoded block, to save work
   * @returns the first failure, if any
   */
  #activateBest(
    first: BlockEntry | null,
    fresh: KnownBlock | null,
  ): { ok: false; error: Rejection } | null {
    const disconnected: KnownBlock[] = [];
    const connected: KnownBlock[] = [];
    let failure: { ok: false; error: Rejection } | null = null;
    for (;;) {
      const best = first !== null && !first.isInvalid ? first : this.index.best();
      if (best === this.tip || (!this.tip.isInvalid && best.chainWork <= this.tip.chainWork)) break;
      while (ancestorAt(best, this.burnHeight) !== this.tip) {
        const undone = this.#disconnectTip();
        // A block connected moments ago, on a branch that failed further up, was never announced.
        if (connected.at(-1)?.hash === undone.hash) connected.pop();
        else disconnected.push(undone);
      }
      const verdict = this.#connectTo(best, fresh, connected);
      failure ??= verdict.ok ? null : verdict;
    }
    if (disconnected.length > 0 || connected.length > 0) {
      for (const listener of this.#listeners) listener({ disconnected, connected });
    }
    return failure;
  }

  /** Connects from the tip up to `best`; stops at, and marks, the first bad block. */
  #connectTo(
    best: BlockEntry,
    fresh: KnownBlock | null,
    connected: KnownBlock[],
  ): Result<null, Rejection> {
    const path: BlockEntry[] = [];
    for (let at = best; at !== this.tip; at = at.parent!) path.push(at);
    for (const entry of path.reverse()) {
      const known = fresh?.hash === entry.hash ? fresh : this.block(entry);
      const changes = checkConnect(known, entry, this.coins, this.scripts);
      if (!changes.ok) {
        for (const changed of this.index.fail(entry)) this.#saveEntry(changed);
        return changes;
      }
      for (const [at, coin] of changes.value.spent) this.coins.remove(at, coin);
      for (const [at, coin] of changes.value.created) this.coins.add(at, coin);
      this.#buffer.put(KEYS.undo(entry.hash), encodeUndo(changes.value.undo));
      for (const { txid } of known.transactions) {
        this.#buffer.put(KEYS.transaction(txid), entry.hash);
      }
      this.#active.push(entry);
      this.#buffer.put(KEYS.meta('tip'), entry.hash);
      connected.push(known);
    }
    return ok(null);
  }

  #disconnectTip(): KnownBlock {
    const entry = this.tip;
    assert(entry.parent !== null, 'genesis stays');
    const known = this.block(entry);
    disconnect(known, this.undo(entry), this.coins);
    this.#buffer.remove(KEYS.undo(entry.hash));
    for (const { txid } of known.transactions) this.#buffer.remove(KEYS.transaction(txid));
    this.#active.pop();
    this.#buffer.put(KEYS.meta('tip'), entry.parent.hash);
    return known;
  }

  #create(): void {
    const block = genesisBlock();
    const hash = bitcoinBlockHash(block.header);
    const transactions = knownTransactions(block);
    const entry = this.#store({ block, hash, transactions, bytes: encodeBitcoinBlock(block) });
    this.#active.push(entry);
    // The genesis coinbase is not in the UTXO set: nobody can spend it.
    this.#buffer.put(KEYS.undo(hash), encodeUndo([]));
    this.#buffer.put(KEYS.transaction(transactions[0]!.txid), hash);
    this.#buffer.put(KEYS.meta('tip'), hash);
    this.#buffer.put(KEYS.meta('layout'), bytesFromUtf8(LAYOUT));
    this.#buffer.commit();
  }

  #load(tipHash: Uint8Array): void {
    const layout = this.#buffer.get(KEYS.meta('layout'));
    assert(layout !== null && utf8FromBytes(layout) === LAYOUT, 'store layout of this version');
    const stored = this.#buffer.withPrefix(KEYS.index(new Uint8Array(0)));
    const rows = stored.map(({ key, value }) => ({ hash: key.slice(1), ...decodeEntry(value) }));
    rows.sort((a, b) => a.sequence - b.sequence);
    for (const { hash, header, txCount, sizeBytes, isFailed } of rows) {
      const entry = this.index.add({ hash, header, txCount, sizeBytes });
      entry.isFailed = isFailed;
      entry.isInvalid ||= isFailed;
    }
    const tip = this.index.get(hashToDisplayHex(tipHash));
    assert(tip !== null, 'the tip is indexed');
    for (let at: BlockEntry | null = tip; at !== null; at = at.parent) this.#active.push(at);
    this.#active.reverse();
  }
}
