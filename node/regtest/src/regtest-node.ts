/**
 * The state behind the RPC: chain, mempool, wallets and clock over one store. Methods act on it
 * synchronously; the caller commits once per answered call.
 */
import { bytesFromUtf8, type Result } from '@assay/bytes';
import { type Logger, silentLogger } from '@assay/observe';
import type { Store } from '@assay/store';
import type { World } from '@assay/world';
import type { BlockEntry } from './chain/block-index.ts';
import { RegtestChain } from './chain/chain.ts';
import type { Rejection } from './chain/check-transaction.ts';
import type { KnownTransaction } from './chain/known-transaction.ts';
import { WriteBuffer } from './chain/write-buffer.ts';
import { LIMITS } from './limits.ts';
import { Mempool, type MempoolOptions } from './mempool/mempool.ts';
import { selectForBlock } from './mempool/select.ts';
import { mineBlock } from './mine.ts';
import { Wallets } from './wallet/wallets.ts';

export interface NodeDeps {
  readonly world: Pick<World, 'clock' | 'random' | 'timers' | 'net'>;
  /** This node's alone. */
  readonly store: Store;
  readonly log?: Logger;
}

export class RegtestNode {
  readonly world: NodeDeps['world'];
  readonly log: Logger;
  readonly chain: RegtestChain;
  readonly mempool: Mempool;
  readonly wallets: Wallets;
  readonly mempoolOptions: MempoolOptions;
  readonly startedSecs: number;
  readonly #buffer: WriteBuffer;
  readonly #watchers = new Set<() => void>();
  #mockSecs: number | null = null;

  constructor(deps: NodeDeps, options: MempoolOptions) {
    this.world = deps.world;
    this.log = deps.log ?? silentLogger;
    this.mempoolOptions = options;
    this.#buffer = new WriteBuffer(deps.store.prefixed(bytesFromUtf8('regtest/')));
    this.chain = new RegtestChain(this.#buffer);
    this.mempool = new Mempool(this.chain, this.#buffer, options);
    this.wallets = new Wallets(this.#buffer);
    this.chain.onMove(() => {
      for (const watch of this.#watchers) watch();
    });
    this.startedSecs = this.nowSecs();
  }

  /** Unix seconds, or what `setmocktime` said. */
  nowSecs(): number {
    return this.#mockSecs ?? Math.floor(this.world.clock.nowMs() / 1000);
  }

  /** 0 returns to the world's clock. */
  setMockTime(secs: number): void {
    this.#mockSecs = secs === 0 ? null : secs;
  }

  /** Mines blocks with the mempool's best transactions; all durable on return. */
  mine(script: Uint8Array, count: number): BlockEntry[] {
    const mined: BlockEntry[] = [];
    for (let i = 0; i < count; i++) {
      const { entries, feesSats } = selectForBlock(this.mempool.pool);
      const transactions = entries.map(({ known }) => known);
      const entry = this.mineWith(script, transactions, feesSats);
      if (!entry.ok) {
        // One of our own transactions was refused: nothing may stop a devnet's clock.
        this.log.error('mempool transactions refused in a block', { ...entry.error });
        const empty = this.mineWith(script, [], 0n);
        if (!empty.ok) throw new Error(`mining failed: ${empty.error.reason}`);
        mined.push(empty.value);
      } else mined.push(entry.value);
      if (mined.length % LIMITS.blocksPerCommit === 0) this.commit();
    }
    this.commit();
    return mined;
  }

  /** Mines exactly these transactions; their fees are the caller's to know. */
  mineWith(
    script: Uint8Array,
    transactions: readonly KnownTransaction[],
    feesSats: bigint,
  ): Result<BlockEntry, Rejection> {
    const nowSecs = this.nowSecs();
    const { chain } = this;
    const block = mineBlock({ chain, script, transactions, feesSats, nowSecs });
    // The median rule may push a block's time ahead of the clock; that is our own doing.
    return chain.submit(block, Math.max(nowSecs, block.header.timeSecs));
  }

  /** Resolves when `isDone` holds after a move of the chain, or when `waitMs` have passed. */
  async untilMoved(isDone: () => boolean, waitMs: number): Promise<void> {
    const found = new AbortController();
    const watch = () => {
      if (isDone()) found.abort();
    };
    this.#watchers.add(watch);
    await this.world.timers.sleep(waitMs, found.signal);
    this.#watchers.delete(watch);
  }

  /** Makes everything done so far durable. */
  commit(): void {
    this.#buffer.commit();
  }
}
