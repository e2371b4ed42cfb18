/**
 * Follows Bitcoin's best chain: asks for the tip, finds where it leaves what the sink knows, and
 * hands over every block from there on, in order, with its burn operations parsed. A
 * reorganization is nothing special: the fork's blocks are handed over, then the new tip is named.
 * A Bitcoin node that is merely behind us (bitcoind loses its newest blocks when it is killed, and gets
 * them back from its peers) is waited for: only a fork takes anything back.
 * Reads bitcoind (or the embedded regtest); writes only to its sink, which is the coordinator.
 */
import {
  type BitcoinBlock,
  bitcoinBlockHash,
  reverseHash,
  transactionMerkleRoot,
} from '@assay/bitcoin';
import { assert, bytesEqual, bytesToHex } from '@assay/bytes';
import type { Logger } from '@assay/observe';
import type { NetworkParams } from '@assay/params';
import { type BurnBlock, type ParsedOp, parseBurnOp } from '@assay/sortition';
import type { TimerHandle, World } from '@assay/world';
import type { BitcoinRpc } from './bitcoin-rpc.ts';
import { BurnchainError } from './error.ts';
import { LIMITS } from './limits.ts';

/** A block the sink has. */
export interface KnownBlock {
  readonly burnHeight: number;
  /** 32 bytes, display order. */
  readonly burnHeaderHash: Uint8Array;
}

/** What the follower needs of the one it feeds. All calls are made one after another. */
export interface BurnSink {
  /** Tip of the canonical fork; null before the first block. */
  burnTip(): KnownBlock | null;
  /** The canonical block at a height at or below the tip. */
  burnBlockAt(burnHeight: number): KnownBlock | null;
  /** The block at the network's first burn height, once, before all others. */
  onFirstBurnBlock(block: BurnBlock): Promise<void> | void;
  /** A block whose parent is known; may be handed over again. */
  onBurnBlock(block: BurnBlock): Promise<void> | void;
  /** The best chain now ends here; the block was handed over before, or is an ancestor. */
  onBurnTip(burnHeaderHash: Uint8Array): Promise<void> | void;
}

export interface FollowerOptions {
  readonly network: NetworkParams;
  /** Pause between looks at Bitcoin's tip. Default 1,000. */
  readonly pollMs?: number;
}

export interface FollowerDeps {
  readonly world: Pick<World, 'timers'>;
  readonly rpc: BitcoinRpc;
  readonly sink: BurnSink;
  readonly log: Logger;
  /**
   * Sees each block before the sink does, so that after a crash between the two it sees it again.
   * The miner's operator learns here what was mined.
   */
  readonly onBlock?: (block: BurnBlock) => void;
}

export class BurnchainFollower {
  readonly #deps: FollowerDeps;
  readonly #network: NetworkParams;
  readonly #pollMs: number;
  #timer: TimerHandle | null = null;
  #running: Promise<void> | null = null;
  #stopped = true;
  #aborting = false;
  #reachable = true;
  #behind = false;
  #lastBest: Uint8Array | null = null;

  constructor(deps: FollowerDeps, options: FollowerOptions) {
    this.#deps = deps;
    this.#network = options.network;
    this.#pollMs = options.pollMs ?? 1_000;
  }

  start(): void {
    assert(this.#stopped, 'the follower was started before');
    this.#stopped = false;
    this.#aborting = false;
    this.#schedule(0);
  }

  /** Resolves when nothing of the follower runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#aborting = true;
    this.#timer?.cancel();
    await this.#running;
  }

  /** Looks now instead of at the next poll; used after mining a block. */
  wake(): void {
    if (this.#stopped || this.#running !== null) return;
    this.#timer?.cancel();
    this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#deps.world.timers.after(delayMs, () => {
      this.#running = this.#round().finally(() => {
        this.#running = null;
      });
    });
  }

  async #round(): Promise<void> {
    let more = false;
    try {
      more = await this.poll();
      if (!this.#reachable) this.#deps.log.info('Bitcoin answers again');
      this.#reachable = true;
    } catch (error) {
      if (!(error instanceof BurnchainError)) throw error;
      if (this.#reachable) {
        this.#deps.log.warn('cannot follow Bitcoin, will try again', { error: error.message });
      }
      this.#reachable = false;
    }
    this.#schedule(more ? 0 : this.#pollMs);
  }

  /**
   * One look: hands over what is new. True when there is more to hand over at once.
   * @throws BurnchainError
   */
  async poll(): Promise<boolean> {
    const { rpc, sink } = this.#deps;
    const best = await rpc.bestBlockHash();
    if (this.#lastBest !== null && bytesEqual(best, this.#lastBest)) return false;
    const { burnHeight: bestHeight } = await rpc.headerInfo(best);
    if (bestHeight < this.#network.pox.firstBurnHeight) return false;
    if (sink.burnTip() === null && !(await this.#handOverFirst())) return true;
    const fork = await this.#findFork(bestHeight);
    if (this.#isBehind(fork, best)) {
      this.#lastBest = best;
      return false;
    }
    const last = await this.#handOver(fork, bestHeight);
    const done = last !== null && bytesEqual(last, best);
    this.#lastBest = done ? best : null;
    return !done;
  }

  /** Whether Bitcoin's best block is one that the sink has built on. */
  #isBehind(fork: KnownBlock, best: Uint8Array): boolean {
    const { sink, log } = this.#deps;
    const { burnHeight } = sink.burnTip()!;
    const isBehind = fork.burnHeight < burnHeight && bytesEqual(fork.burnHeaderHash, best);
    if (isBehind && !this.#behind) {
      log.warn('Bitcoin has lost its newest blocks, waiting until it has them again', {
        itsHeight: fork.burnHeight,
        ourHeight: burnHeight,
      });
    }
    this.#behind = isBehind;
    return isBehind;
  }

  async #handOverFirst(): Promise<boolean> {
    const height = this.#network.pox.firstBurnHeight;
    const block = await this.#blockAt(height);
    if (block === null) return false;
    await this.#deps.sink.onFirstBurnBlock({ ...block, ops: [] });
    return true;
  }

  /** The highest canonical block of the sink that is on Bitcoin's best chain. */
  async #findFork(bestHeight: number): Promise<KnownBlock> {
    const { rpc, sink } = this.#deps;
    const tip = sink.burnTip();
    assert(tip !== null, 'the sink has its first block');
    let height = Math.min(tip.burnHeight, bestHeight);
    for (; tip.burnHeight - height <= LIMITS.reorgDepthMax; height--) {
      const known = sink.burnBlockAt(height);
      if (known === null) break;
      const hash = await rpc.blockHashAt(height);
      if (hash !== null && bytesEqual(hash, known.burnHeaderHash)) return known;
    }
    const text = `Bitcoin's chain left ours more than ${tip.burnHeight - height} blocks ago`;
    throw new BurnchainError('burnchain/deep-reorg', text);
  }

  /** Hash of the last block handed over; null when Bitcoin reorganized meanwhile. */
  async #handOver(fork: KnownBlock, bestHeight: number): Promise<Uint8Array | null> {
    const { sink, log } = this.#deps;
    const tip = sink.burnTip()!;
    const isReorg = fork.burnHeight < tip.burnHeight;
    if (isReorg) {
      const depth = tip.burnHeight - fork.burnHeight;
      log.warn('Bitcoin reorganized', { depth, forkHeight: fork.burnHeight });
    }
    let last = fork.burnHeaderHash;
    // A fork is handed over whole: it becomes canonical only when it is the best chain.
    const end = isReorg
      ? bestHeight
      : Math.min(bestHeight, fork.burnHeight + LIMITS.blocksPerPollMax);
    for (let height = fork.burnHeight + 1; height <= end && !this.#aborting; height++) {
      const block = await this.#blockAt(height);
      if (block === null || !bytesEqual(block.parentBurnHeaderHash, last)) return null;
      this.#deps.onBlock?.(block);
      await sink.onBurnBlock(block);
      if (!isReorg) await sink.onBurnTip(block.burnHeaderHash);
      last = block.burnHeaderHash;
    }
    if (isReorg && !this.#aborting) await sink.onBurnTip(last);
    return last;
  }

  async #blockAt(burnHeight: number): Promise<BurnBlock | null> {
    const { rpc } = this.#deps;
    const hash = await rpc.blockHashAt(burnHeight);
    return hash === null
      ? null
      : toBurnBlock(await rpc.block(hash), hash, burnHeight, this.#network);
  }
}

/**
 * A Bitcoin block as sortition sees it.
 * @throws BurnchainError burnchain/bad-answer when hash or Merkle root do not fit
 */
export function toBurnBlock(
  block: BitcoinBlock,
  hash: Uint8Array,
  burnHeight: number,
  network: NetworkParams,
): BurnBlock {
  const { header, transactions } = block;
  const fits =
    bytesEqual(reverseHash(bitcoinBlockHash(header)), hash) &&
    bytesEqual(transactionMerkleRoot(transactions), header.merkleRoot);
  if (!fits) {
    const text = `getblock: the block does not have the hash ${bytesToHex(hash)}`;
    throw new BurnchainError('burnchain/bad-answer', text);
  }
  const { pox } = network;
  const { magic } = network.bitcoin;
  const ops: ParsedOp[] = [];
  for (const [vtxindex, tx] of transactions.entries()) {
    const op = parseBurnOp(tx, { pox, magic, burnHeight, vtxindex });
    if (op !== null) ops.push(op);
  }
  return {
    burnHeight,
    burnHeaderHash: hash,
    parentBurnHeaderHash: reverseHash(header.prevHash),
    timestampSecs: header.timeSecs,
    ops,
  };
}
