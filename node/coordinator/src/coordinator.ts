/**
 * The conductor: a Bitcoin block comes in and becomes a snapshot; a Stacks block comes in, is
 * verified, executed by chainstate, and perhaps becomes the tip. A Bitcoin reorganization only
 * re-chooses the tip: blocks of the abandoned fork stay stored and count again when it returns.
 *
 * Fed by the burnchain follower (it is a `BurnSink`) and by everybody who has a block (miner, rpc).
 * Writes: snapshots, staged blocks and the tip to its store; blocks through chainstate.
 * Everything is on disk before it is announced or acknowledged; a restart picks up from there.
 */
import { bytesEqual, bytesFromUtf8, bytesToHex, ok, type Result } from '@assay/bytes';
import type {
  AppliedBlock,
  BlockContext,
  Chainstate,
  SignerSet,
  StoredHeader,
} from '@assay/chainstate';
import type { Logger } from '@assay/observe';
import { BLOCK_FUTURE_MS_MAX, type NetworkParams, rewardCycleAt } from '@assay/params';
import type { BurnBlock, Snapshot, SnapshotDb } from '@assay/sortition';
import type { Store } from '@assay/store';
import { blockId as blockIdOf, type NakamotoBlock } from '@assay/wire';
import type { World } from '@assay/world';
import { contextOf } from './block-context.ts';
import { BoundedMap } from './bounded-map.ts';
import { BurnIntake, type BurnPosition, type Election } from './burn-intake.ts';
import { type CoordinatorEvent, type CoordinatorEvents, Listeners } from './events.ts';
import { ForkChoice, type TipMove } from './fork-choice.ts';
import { LIMITS } from './limits.ts';
import { type BlockRefusal, isFinal, refusalOf, refuse } from './rejection.ts';
import { type StagedBlock, Staging } from './staging.ts';
import { checkBody, type VerifiedBlock, verifyAlone, verifyOnParent } from './verify-block.ts';

/** What the coordinator needs of chainstate. */
export type ChainstatePort = Pick<
  Chainstate,
  'genesisBlockId' | 'header' | 'blocksAtHeight' | 'ancestorAt' | 'applyBlock' | 'validateBlock'
>;

export interface CoordinatorDeps {
  readonly world: Pick<World, 'clock'>;
  /** Holds snapshots, staged blocks and the tip. */
  readonly store: Store;
  readonly chainstate: ChainstatePort;
  /** Signers of a reward cycle, in the order of the set; null when not known. */
  readonly signersOf: (cycle: number) => SignerSet | null;
  readonly log: Logger;
}

export interface CoordinatorOptions {
  readonly network: NetworkParams;
}

/** `applied`: executed and stored. `staged`: on disk, waiting for its parent. `known`: was here. */
export interface Submitted {
  readonly status: 'applied' | 'staged' | 'known';
  readonly blockId: Uint8Array;
}

type Refused = { readonly ok: false; readonly error: BlockRefusal };

export class Coordinator {
  readonly network: NetworkParams;
  /** All forks of the burn chain. */
  readonly snapshots: SnapshotDb;
  readonly #deps: CoordinatorDeps;
  readonly #burn: BurnIntake;
  readonly #forks: ForkChoice;
  readonly #staging: Staging;
  readonly #listeners: Listeners;
  /** Blocks whose sortition is not known yet. */
  readonly #early = new BoundedMap<NakamotoBlock>(LIMITS.earlyBlocksMax);
  readonly #invalid = new BoundedMap<BlockRefusal>(LIMITS.invalidIdsMax);

  constructor(deps: CoordinatorDeps, options: CoordinatorOptions) {
    this.#deps = deps;
    this.network = options.network;
    this.#burn = new BurnIntake(deps.store, options.network);
    this.snapshots = this.#burn.snapshots;
    this.#staging = new Staging(deps.store.prefixed(bytesFromUtf8('q/')));
    this.#forks = new ForkChoice(deps.store, deps.chainstate, this.snapshots);
    this.#listeners = new Listeners(deps.log);
  }

  /** Catches up with what an earlier run stored but did not finish. */
  start(): void {
    if (!this.snapshots.isInitialized) return;
    this.#retryStaged();
    this.#announceTip(this.#forks.choose());
  }

  /** Nothing runs by itself: every step is finished when the call that caused it returns. */
  stop(): void {}

  on<E extends CoordinatorEvent>(
    name: E,
    listener: (event: CoordinatorEvents[E]) => void,
  ): () => void {
    return this.#listeners.on(name, listener);
  }

  /** Calls back when the burn tip or the Stacks tip moved. Returns the way to stop. */
  onMoved(listener: () => void): () => void {
    const stops = [this.on('burn-tip', listener), this.on('tip', listener)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  onTip(listener: () => void): () => void {
    return this.on('tip', listener);
  }

  // Bitcoin side

  /** Tip of the canonical burn fork; null before the first burn block. */
  burnTip(): Snapshot | null {
    return this.#burn.tip();
  }

  burnBlockAt(burnHeight: number): Snapshot | null {
    return this.#burn.at(burnHeight);
  }

  /** The newest sortition with a winner on the canonical fork. */
  election(): Election | null {
    return this.#burn.election();
  }

  /** The sortition that elected a tenure, by its consensus hash; null for genesis. */
  electionOf(tenure: Uint8Array): Election | null {
    return this.#burn.electionOf(tenure);
  }

  /** Where a VRF key was registered on the canonical burn fork; null: not yet. */
  registeredKey(vrfPublicKey: Uint8Array): BurnPosition | null {
    return this.#burn.registeredKey(vrfPublicKey);
  }

  /** The commit that won a tenure, by its consensus hash; null for genesis. */
  winningCommit(tenure: Uint8Array): BurnPosition | null {
    return this.#burn.winningCommit(tenure);
  }

  /** Whether a burn block has been seen at all. */
  isSynced(): boolean {
    return this.#burn.tip() !== null;
  }

  onFirstBurnBlock(block: BurnBlock): void {
    this.#burn.addFirst(block);
  }

  /** Decides a burn block on whatever fork and stores the snapshot. */
  onBurnBlock(block: BurnBlock): void {
    this.#burn.add(block);
  }

  /** Bitcoin's best chain ends here now. */
  onBurnTip(burnHeaderHash: Uint8Array): void {
    const move = this.#burn.moveTip(burnHeaderHash);
    if (move === null) return;
    const { fork, oldTip, newTip } = move;
    if (fork.burnHeight < oldTip.burnHeight) {
      this.#listeners.emit('burn-reorg', { fork, oldTip, newTip });
    }
    for (const snapshot of move.joined) this.#announceBurnBlock(snapshot);
    this.#announceTip(this.#forks.choose());
    this.#retryEarly();
    this.#retryStaged();
    this.#listeners.emit('burn-tip', { snapshot: newTip });
  }

  #announceBurnBlock(snapshot: Snapshot): void {
    const { winner, burnHeight, consensusHash } = snapshot;
    const decision = this.#burn.decisionOf(snapshot);
    for (const { op, error } of decision?.rejected ?? []) {
      this.#deps.log.debug('burn operation does not count', { kind: op.kind, ...error });
    }
    const noWinner = decision?.noWinner ?? null;
    const winnerTxid = winner?.txid ?? null;
    this.#deps.log.info('burn block', { burnHeight, consensusHash, winnerTxid, noWinner });
    this.#listeners.emit('burn-block', { snapshot, decision });
  }

  // Signers and contexts

  rewardCycleAt(burnHeight: number): number {
    return rewardCycleAt(this.network.pox, burnHeight) ?? 0;
  }

  signerSet(cycle: number): SignerSet | null {
    return this.#deps.signersOf(cycle);
  }

  /** Signers of the blocks of a tenure won at this burn height. */
  signersAt(burnHeight: number): SignerSet | null {
    return this.signerSet(this.rewardCycleAt(burnHeight));
  }

  /**
   * What a block stands on, for a builder; null when the burn view left the canonical fork.
   *
   * @param burnView consensus hash of the burn view
   * @param tenure   consensus hash of the block's tenure; default: the last sortition of the view
   */
  blockContext(
    burnView: Uint8Array,
    timestampSecs: number,
    tenure?: Uint8Array,
  ): BlockContext | null {
    const view = this.snapshots.byConsensusHash(burnView);
    if (view === null || !this.snapshots.isCanonical(view)) return null;
    const elected =
      tenure === undefined
        ? this.snapshots.lastSortition(view)
        : this.snapshots.byConsensusHash(tenure);
    return elected === null ? null : this.#context(elected, view, timestampSecs);
  }

  #context(tenure: Snapshot, view: Snapshot, timestampSecs: number): BlockContext | null {
    const signers = this.signersAt(tenure.burnHeight);
    return signers && contextOf({ view, timestampSecs, signers });
  }

  // Stacks blocks

  /** The canonical tip; genesis at first. */
  tip(): StoredHeader {
    return this.#forks.tip;
  }

  isCanonical(header: StoredHeader): boolean {
    return this.#forks.isCanonical(header);
  }

  /**
   * A block with all its signatures. When this resolves ok the block is on disk.
   *
   * @rejects any `BlockRefusal`; blocks refused with `coordinator/unknown-sortition` are tried
   *   again by themselves when their burn block comes
   */
  async submitBlock(block: NakamotoBlock): Promise<Result<Submitted, BlockRefusal>> {
    return this.#submit(block);
  }

  /** As `submitBlock`; the miner's name for it. */
  async submit(block: NakamotoBlock): Promise<Result<Submitted, BlockRefusal>> {
    return this.#submit(block);
  }

  #submit(block: NakamotoBlock): Result<Submitted, BlockRefusal> {
    const blockId = blockIdOf(block.header);
    const key = bytesToHex(blockId);
    if (this.#deps.chainstate.header(blockId) !== null) return ok({ status: 'known', blockId });
    const known = this.#invalid.get(key);
    if (known !== undefined) return refuse('coordinator/known-invalid', known.message);
    // Before anything is remembered under the id, which does not cover the list of transactions.
    const whole = checkBody(block);
    if (!whole.ok) return whole;
    const verified = this.#verifyAlone(block);
    if (!verified.ok) {
      if (verified.error.code === 'coordinator/unknown-sortition') this.#early.set(key, block);
      return verified;
    }
    const parent = this.#deps.chainstate.header(block.header.parentBlockId);
    if (parent === null) return this.#stage(blockId, block);
    const applied = this.#apply(verified.value, parent, blockId);
    if (!applied.ok) {
      // A tenure extend may name a burn view that we have not seen yet.
      if (!isFinal(applied.error)) this.#early.set(key, block);
      return applied;
    }
    this.#applyStagedOn(blockId);
    return ok({ status: 'applied', blockId });
  }

  /**
   * Judges an unsigned proposal as a node answers it to its signer: rules, then execution without
   * keeping anything.
   */
  checkProposal(block: NakamotoBlock): Result<AppliedBlock, BlockRefusal> {
    const { chainstate } = this.#deps;
    const parent = chainstate.header(block.header.parentBlockId);
    if (parent === null) {
      return refuse('coordinator/unknown-parent', 'the parent is not known', 'UnknownParent');
    }
    const verified = verifyAlone(block, this.snapshots, null);
    if (!verified.ok) return verified;
    const timely = this.#checkTimely(verified.value, parent);
    if (!timely.ok) return timely;
    const context = this.#contextOn(verified.value, parent);
    if (!context.ok) return context;
    const executed = chainstate.validateBlock(block, context.value);
    return executed.ok ? executed : { ok: false, error: refusalOf(executed.error) };
  }

  /** Rules of a proposal that a replay does not repeat: canonical, on the tip, not from the future. */
  #checkTimely({ block, tenure }: VerifiedBlock, parent: StoredHeader): Result<void, BlockRefusal> {
    if (!this.snapshots.isCanonical(tenure)) {
      const text = "the block's tenure left the canonical burn fork";
      return refuse('coordinator/non-canonical-tenure', text, 'NonCanonicalTenure');
    }
    if (!bytesEqual(parent.blockId, this.tip().blockId)) {
      return refuse('coordinator/not-on-tip', 'the parent is not the tip', 'InvalidParentBlock');
    }
    const aheadMs = block.header.timestampSecs * 1_000 - this.#deps.world.clock.nowMs();
    if (aheadMs > BLOCK_FUTURE_MS_MAX) {
      const text = 'the timestamp is too far in the future';
      return refuse('coordinator/bad-timestamp', text, 'InvalidTimestamp');
    }
    return ok(undefined);
  }

  #verifyAlone(block: NakamotoBlock): Result<VerifiedBlock, BlockRefusal> {
    return verifyAlone(block, this.snapshots, (tenure) => this.signersAt(tenure.burnHeight));
  }

  #stage(blockId: Uint8Array, block: NakamotoBlock): Result<Submitted, BlockRefusal> {
    if (this.#staging.put(blockId, block)) return ok({ status: 'staged', blockId });
    return refuse('coordinator/staging-full', 'too many blocks wait for their parents');
  }

  #contextOn(verified: VerifiedBlock, parent: StoredHeader): Result<BlockContext, BlockRefusal> {
    const view = verifyOnParent(verified, parent, this.snapshots);
    if (!view.ok) return view;
    const { timestampSecs } = verified.block.header;
    const context = this.#context(verified.tenure, view.value, timestampSecs);
    if (context !== null) return ok(context);
    return refuse('coordinator/no-signer-set', 'the signers of its reward cycle are not known');
  }

  /** Executes, stores, announces; remembers the block when it is invalid. */
  #apply(
    verified: VerifiedBlock,
    parent: StoredHeader,
    blockId: Uint8Array,
  ): Result<AppliedBlock, BlockRefusal> {
    const context = this.#contextOn(verified, parent);
    if (!context.ok) return this.#markInvalid(blockId, context.error);
    const applied = this.#deps.chainstate.applyBlock(verified.block, context.value);
    if (!applied.ok) return this.#markInvalid(blockId, refusalOf(applied.error));
    const move = this.#forks.offer(applied.value.header);
    this.#listeners.emit('block', { applied: applied.value, isTip: move !== null });
    this.#announceTip(move);
    return applied;
  }

  #markInvalid(blockId: Uint8Array, error: BlockRefusal): Refused {
    if (isFinal(error)) this.#invalid.set(bytesToHex(blockId), error);
    return { ok: false, error };
  }

  #announceTip(move: TipMove | null): void {
    if (move === null) return;
    const { height } = move.newTip;
    const orphaned = move.orphaned.length;
    if (orphaned > 0) this.#deps.log.warn('the Stacks chain reorganized', { height, orphaned });
    this.#listeners.emit('tip', move);
  }

  // Waiting blocks

  /** Applies what waits for a block, and what waits for that, parents first. */
  #applyStagedOn(blockId: Uint8Array): void {
    const open = [blockId];
    for (let parentId = open.shift(); parentId !== undefined; parentId = open.shift()) {
      for (const staged of this.#staging.childrenOf(parentId)) {
        if (this.#applyStaged(staged)) open.push(staged.blockId);
      }
    }
  }

  #applyStaged(staged: StagedBlock): boolean {
    const parent = this.#deps.chainstate.header(staged.block.header.parentBlockId);
    if (parent === null) return false;
    const verified = this.#verifyAlone(staged.block);
    const applied = verified.ok ? this.#apply(verified.value, parent, staged.blockId) : verified;
    if (applied.ok || isFinal(applied.error)) this.#staging.remove(staged);
    if (!applied.ok) this.#deps.log.warn('a staged block cannot be applied', { ...applied.error });
    return applied.ok;
  }

  #retryStaged(): void {
    for (const parent of this.#staging.parents()) {
      if (this.#deps.chainstate.header(parent) !== null) this.#applyStagedOn(parent);
    }
  }

  #retryEarly(): void {
    const blocks = this.#early.takeAll();
    blocks.sort((a, b) => a.header.chainLength - b.header.chainLength);
    for (const block of blocks) {
      const submitted = this.#submit(block);
      if (!submitted.ok) this.#deps.log.debug('early block refused', { ...submitted.error });
    }
  }
}
