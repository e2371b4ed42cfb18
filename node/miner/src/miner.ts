/**
 * Mines: opens a tenure when our commit won a sortition, then makes blocks as fast as signers allow, and
 * goes on with it when the next winner cannot or does not begin.
 * One loop, woken by news (burn tip, Stacks tip, mempool, signer messages); each turn decides afresh
 * from the canonical state, so a restart or a reorganisation needs no special path.
 *
 * Order of a block: assemble -> sign -> propose on `.miners` -> gather signatures -> submit.
 * Source: SIP-021; stacks-core `nakamoto_node/miner.rs` (facts).
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import type { BlockContext, CheckedTransaction, StoredHeader } from '@assay/chainstate';
import { hash160, publicKeyFromPrivate, vrfKeyFromSeed, vrfProve } from '@assay/crypto';
import type { Logger } from '@assay/observe';
import {
  blockHash,
  decodeSignerMessage,
  encodeSignerMessage,
  encodeTransaction,
  type NakamotoBlock,
  signHeaderAsMiner,
  type TenureChangeCause,
  type Transaction,
  transactionId,
} from '@assay/wire';
import type { World } from '@assay/world';
import { assembleBlock } from './assemble.ts';
import { type BudgetThresholds, budgetExtension, RenewalWishes } from './budget.ts';
import { LIMITS } from './limits.ts';
import { isOver } from './patience.ts';
import type { ChainPort, Election, MempoolPort, StackerDbPort } from './ports.ts';
import { SignatureTally, type Tally } from './signatures.ts';
import { coinbase, type MiningIdentity, tenureExtend, tenureStart } from './tenure.ts';
import { ourTurn } from './turn.ts';

export interface MinerOptions extends MiningIdentity {
  /** 32 bytes; the VRF key whose public half was registered on Bitcoin. Secret. */
  readonly vrfSeed: Uint8Array;
  readonly minTimeBetweenBlocksMs: number;
  /** How long another winner may take to begin before our tenure is extended. */
  readonly extendWaitMs: number;
  /** How far the budget of our tenure is spent before it is renewed. */
  readonly renewBudget: BudgetThresholds;
}

export interface MinerDeps {
  readonly world: World;
  readonly chain: ChainPort;
  readonly mempool: MempoolPort;
  readonly stackerdb: StackerDbPort;
  readonly log: Logger;
}

/** What the next block must begin with. */
interface Plan {
  /** The sortition whose tenure the block belongs to. */
  readonly tenure: Election;
  /** The newest sortition: when another one comes, the plan is void. */
  readonly newest: Election;
  readonly parent: StoredHeader;
  readonly context: BlockContext;
  readonly own: readonly Transaction[];
}

/** A block of ours that signers are to sign. */
interface Proposed {
  readonly block: NakamotoBlock;
  /** The sortition whose tenure it belongs to. */
  readonly tenure: Election;
  readonly parent: StoredHeader;
  /** The newest sortition when it was made. */
  readonly newest: Election;
  readonly burnHeight: number;
  /** Transactions of our own it begins with. */
  readonly ownCount: number;
  readonly madeMs: number;
}

/** A proposed block and what signers said of it. */
interface Gathering {
  readonly block: NakamotoBlock;
  readonly parent: StoredHeader;
  /** Of the reward cycle whose signers answer. */
  readonly parity: number;
  readonly tally: SignatureTally;
}

function tenureOf({ consensusHash }: { readonly consensusHash: Uint8Array }): string {
  return bytesToHex(consensusHash);
}

export class Miner {
  readonly #deps: MinerDeps;
  readonly #options: MinerOptions;
  readonly #pubkeyHash: Uint8Array;
  readonly #suspects = new Map<string, number>();
  readonly #wishes = new RenewalWishes();
  readonly #stops: (() => void)[] = [];
  readonly #abort = new AbortController();
  #wake: (() => void) | null = null;
  #hasNews = false;
  #gathering: Gathering | null = null;
  /** Blocks given up: signers may have signed them before they learned of what overtook them. */
  #abandoned: Gathering[] = [];
  #hasResumed = false;
  #lastBlockMs = 0;
  #newest: { readonly consensusHash: Uint8Array; readonly seenMs: number } | null = null;
  #done: Promise<void> | null = null;

  constructor(deps: MinerDeps, options: MinerOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#pubkeyHash = hash160(publicKeyFromPrivate(options.privateKey));
  }

  start(): void {
    const { chain, mempool, stackerdb } = this.#deps;
    const news = () => this.#notice();
    this.#stops.push(chain.onMoved(news), mempool.onAdmitted(news));
    this.#stops.push(
      stackerdb.onSignerMessage((parity, slot, message) => {
        for (const gathering of [this.#gathering, ...this.#abandoned]) {
          if (gathering?.parity !== parity) continue;
          const answer = gathering.tally.add(slot, message);
          if (answer !== null) this.#wishes.hear(tenureOf(gathering.block.header), slot, answer);
          if (gathering.tally.state().kind !== 'open') this.#notice();
        }
      }),
    );
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#notice();
    for (const stop of this.#stops.splice(0)) stop();
    await this.#done;
  }

  #notice(): void {
    this.#hasNews = true;
    this.#wake?.();
  }

  /** Returns when something happened or `timeoutMs` passed. */
  async #waitForNews(timeoutMs: number): Promise<void> {
    if (!this.#hasNews && !this.#abort.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = this.#deps.world.timers.after(timeoutMs, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#wake = null;
    }
    this.#hasNews = false;
  }

  async #run(): Promise<void> {
    const { log } = this.#deps;
    while (!this.#abort.signal.aborted) {
      try {
        if (await this.#turn()) continue;
        await this.#waitForNews(LIMITS.idlePollMs);
      } catch (cause) {
        log.error('mining failed; trying again', { cause });
        await this.#deps.world.timers.sleep(LIMITS.rejectionPauseMs, this.#abort.signal);
      }
    }
  }

  /** Makes at most one block. False when there is nothing to do. */
  async #turn(): Promise<boolean> {
    const { world, chain, mempool } = this.#deps;
    if (await this.#submitAbandoned()) return true;
    const begun = this.#resume();
    if (begun !== null) return this.#bringHome(begun);
    const plan = this.#plan();
    if (plan === null) return false;
    const waitMs = this.#lastBlockMs + this.#options.minTimeBetweenBlocksMs - world.clock.nowMs();
    if (plan.own.length === 0 && waitMs > 0) {
      await world.timers.sleep(waitMs, this.#abort.signal);
      return true;
    }
    const own = plan.own.map((tx) => this.#check(tx));
    const startedMs = world.clock.nowMs();
    const assembled = assembleBlock(
      chain.build(plan.parent.blockId, plan.context),
      {
        own,
        walk: mempool.walk(chain.view(plan.parent.blockId)),
        isSuspect: (checked) => this.#isSuspect(checked),
        isLate: () => world.clock.nowMs() - startedMs > LIMITS.assemblyMsMax,
      },
      mempool,
    );
    if (assembled === null) return false;
    const { tenure, newest, parent, context } = plan;
    return this.#bringHome({
      block: this.#sign(assembled.sealed.block),
      tenure,
      newest,
      parent,
      burnHeight: context.burnView.burnHeight,
      ownCount: own.length,
      madeMs: world.clock.nowMs(),
    });
  }

  /**
   * The block that was being signed when we were killed: signers may hold signatures over it, and these
   * would sign no other one at its height for a while.
   */
  #resume(): Proposed | null {
    if (this.#hasResumed) return null;
    this.#hasResumed = true;
    const { world, chain, stackerdb, log } = this.#deps;
    const parent = chain.tip();
    const newest = chain.election();
    if (newest === null) return null;
    for (const message of stackerdb.ownProposals()) {
      const decoded = decodeSignerMessage(message);
      if (!decoded.ok || decoded.value.kind !== 'block-proposal') continue;
      const { block, burnHeight } = decoded.value.proposal;
      const { header, transactions } = block;
      const tenure = chain.electionOf(header.consensusHash);
      const madeMs = header.timestampSecs * 1_000;
      const isYoung = world.clock.nowMs() - madeMs <= LIMITS.lastBlockMsMax;
      if (tenure === null || !isYoung || !bytesEqual(header.parentBlockId, parent.blockId))
        continue;
      log.info('going on with the block we proposed last', { height: header.chainLength });
      const kinds = transactions.map(({ payload }) => payload.kind);
      const ownCount = kinds[1] === 'nakamoto-coinbase' ? 2 : kinds[0] === 'tenure-change' ? 1 : 0;
      return { block, tenure, newest, parent, burnHeight, ownCount, madeMs };
    }
    return null;
  }

  /** From a block of ours to one on the chain, if signers will. */
  async #bringHome(proposed: Proposed): Promise<true> {
    const { world, chain, log } = this.#deps;
    const { block } = proposed;
    const tally = await this.#gather(proposed);
    if (this.#abort.signal.aborted) return true;
    this.#lastBlockMs = world.clock.nowMs();
    const shown = { height: block.header.chainLength, block: blockHash(block.header) };
    switch (tally.kind) {
      case 'signed':
        await this.#submit(block, tally.signatures);
        break;
      case 'refused':
        log.warn('signers refused the block', { ...shown, reasons: tally.reasons });
        if (tally.blamesContent) this.#suspect(tally.failedTxids, block, proposed.ownCount);
        await this.#pause(proposed);
        break;
      case 'open':
        if (bytesEqual(chain.tip().blockHash, shown.block)) {
          log.info('block handed in by signers', shown);
        } else log.warn('block given up: signatures are missing or the chain moved', shown);
        break;
    }
    return true;
  }

  /** After a refusal, unless the chain has moved: then the next block is another one. */
  async #pause({ parent, newest }: Proposed): Promise<void> {
    const { world } = this.#deps;
    const endMs = world.clock.nowMs() + LIMITS.rejectionPauseMs;
    for (;;) {
      const leftMs = endMs - world.clock.nowMs();
      const isMoved = !this.#isTip(parent) || !this.#isNewest(newest);
      if (leftMs <= 0 || isMoved || this.#abort.signal.aborted) return;
      await this.#waitForNews(leftMs);
    }
  }

  #isTip({ blockId }: StoredHeader): boolean {
    return bytesEqual(blockId, this.#deps.chain.tip().blockId);
  }

  #isNewest({ consensusHash }: Election): boolean {
    const newest = this.#deps.chain.election();
    return newest !== null && bytesEqual(consensusHash, newest.consensusHash);
  }

  async #submit(block: NakamotoBlock, signerSignatures: readonly Uint8Array[]): Promise<void> {
    const { chain, log } = this.#deps;
    const signed = { ...block, header: { ...block.header, signerSignatures } };
    const shown = { height: block.header.chainLength, block: blockHash(block.header) };
    const verdict = await chain.submit(signed);
    if (verdict.ok) log.info('block signed', { ...shown, transactions: block.transactions.length });
    else log.warn('own block refused', { ...shown, ...verdict.error });
  }

  /**
   * A block whose signatures came only after it was given up still counts, while nothing stands in its
   * place: who signed it would sign nothing else at its height for a while.
   */
  async #submitAbandoned(): Promise<boolean> {
    this.#abandoned = this.#abandoned.filter(({ parent }) => this.#isTip(parent));
    for (const gathering of this.#abandoned) {
      const state = gathering.tally.state();
      if (state.kind !== 'signed') continue;
      this.#abandoned = this.#abandoned.filter((other) => other !== gathering);
      await this.#submit(gathering.block, state.signatures);
      return true;
    }
    return false;
  }

  /** What to do now, or null: not our tenure, or nothing to mine. */
  #plan(): Plan | null {
    const { world, chain, mempool } = this.#deps;
    const newest = chain.election();
    const burnTip = chain.burnTip();
    if (newest === null || burnTip === null) return null;
    const parent = chain.tip();
    const turn = ourTurn({
      parent,
      newest,
      ongoing: chain.electionOf(parent.header.consensusHash),
      pubkeyHash: this.#pubkeyHash,
      waitedMs: this.#msSince(newest),
      extendWaitMs: this.#options.extendWaitMs,
    });
    if (turn === null) return null;
    const isStart = turn.kind === 'start';
    if (!isStart && mempool.size === 0) return null;
    const { tenure } = turn;
    const timestampSecs = Math.max(
      Math.floor(world.clock.nowMs() / 1_000),
      parent.header.timestampSecs,
    );
    const burnView = isStart ? tenure : burnTip;
    const context = chain.blockContext(burnView.consensusHash, timestampSecs, tenure.consensusHash);
    if (context === null) return null;
    const nonce = chain.view(parent.blockId).account(chain.addressOf(this.#pubkeyHash)).nonce;
    const isViewNew = !bytesEqual(parent.burnView.consensusHash, burnTip.consensusHash);
    let own: Transaction[] = [];
    if (isStart) {
      const { privateKey } = vrfKeyFromSeed(this.#options.vrfSeed);
      const proof = vrfProve(privateKey, tenure.sortitionHash);
      own = [
        tenureStart(this.#options, tenure, parent, nonce),
        coinbase(this.#options, proof, nonce + 1n),
      ];
    } else {
      const cause = isViewNew ? 'extended' : this.#renewal(parent, tenure);
      const view = burnTip.consensusHash;
      if (cause !== null) own = [tenureExtend(this.#options, tenure, parent, view, nonce, cause)];
    }
    return { tenure, newest, parent, context, own };
  }

  /** The cause of an extension for a fresh budget; null: none is due. */
  #renewal(parent: StoredHeader, tenure: Election): TenureChangeCause | null {
    const { world, chain } = this.#deps;
    const set = chain.signersAt(tenure.burnHeight);
    const agreed = set === null ? null : this.#wishes.agreed(tenureOf(tenure), set);
    const nowSecs = BigInt(Math.floor(world.clock.nowMs() / 1_000));
    return budgetExtension(parent, this.#options.renewBudget, agreed, nowSecs);
  }

  /** How long we have known of a sortition; a restart counts anew. */
  #msSince({ consensusHash }: Election): number {
    const nowMs = this.#deps.world.clock.nowMs();
    if (this.#newest === null || !bytesEqual(this.#newest.consensusHash, consensusHash)) {
      this.#newest = { consensusHash, seenMs: nowMs };
    }
    return nowMs - this.#newest.seenMs;
  }

  #check(tx: Transaction): CheckedTransaction {
    const checked = this.#deps.chain.check(encodeTransaction(tx));
    if (!checked.ok) throw new Error(`own transaction is not valid: ${checked.error.message}`);
    return checked.value;
  }

  #sign(block: NakamotoBlock): NakamotoBlock {
    return { ...block, header: signHeaderAsMiner(block.header, this.#options.privateKey) };
  }

  /** Proposes until signed, refused, out of time, or overtaken by the chain. */
  async #gather(proposed: Proposed): Promise<Tally> {
    const { world, chain, stackerdb } = this.#deps;
    const { block, tenure, parent, burnHeight } = proposed;
    const set = chain.signersAt(tenure.burnHeight);
    if (set === null) return { kind: 'open' };
    const cycle = chain.rewardCycleAt(tenure.burnHeight);
    const tally = new SignatureTally(set, blockHash(block.header));
    const gathering = { block, parent, parity: cycle % 2, tally };
    this.#gathering = gathering;
    const proposal = encodeSignerMessage({
      kind: 'block-proposal',
      proposal: { block, burnHeight, rewardCycle: cycle, data: null },
    });
    let againMs = 0;
    try {
      for (let proposedMs = Number.NEGATIVE_INFINITY; ; ) {
        const state = tally.state();
        if (state.kind === 'signed' || this.#abort.signal.aborted) return state;
        await this.#submitAbandoned();
        const nowMs = world.clock.nowMs();
        if (this.#isOver(proposed, tally, nowMs)) return state;
        if (nowMs - proposedMs >= againMs) {
          stackerdb.publishProposal(proposal, tenure.consensusHash);
          proposedMs = nowMs;
          againMs = Math.min(
            Math.max(2 * againMs, LIMITS.proposeAgainMs),
            LIMITS.proposeAgainMsMax,
          );
        }
        await this.#waitForNews(proposedMs + againMs - nowMs);
      }
    } finally {
      const state = tally.state();
      if (state.kind === 'open' || (state.kind === 'refused' && tally.signedWeight > 0n)) {
        this.#abandoned = [...this.#abandoned, gathering].slice(-LIMITS.abandonedMax);
      }
      this.#gathering = null;
    }
  }

  #isOver(proposed: Proposed, tally: SignatureTally, nowMs: number): boolean {
    const { parent, newest, madeMs } = proposed;
    const latest = this.#deps.chain.election();
    const isOvertaken = latest !== null && !this.#isNewest(newest);
    return isOver({
      isPossible: this.#isTip(parent) && this.#isCanonical(proposed),
      ageMs: nowMs - madeMs,
      overtakenMs: isOvertaken ? this.#msSince(latest) : null,
      signedWeight: tally.signedWeight,
      refusedWeight: tally.refusedWeight,
      isRefused: tally.state().kind === 'refused',
    });
  }

  /** Whether Bitcoin still has what the block stands on. */
  #isCanonical({ block, tenure, parent }: Proposed): boolean {
    const payload = block.transactions[0]?.payload;
    const burnView =
      payload?.kind === 'tenure-change'
        ? payload.burnViewConsensusHash
        : parent.burnView.consensusHash;
    const { timestampSecs } = block.header;
    return this.#deps.chain.blockContext(burnView, timestampSecs, tenure.consensusHash) !== null;
  }

  #isSuspect(checked: CheckedTransaction): boolean {
    const untilMs = this.#suspects.get(bytesToHex(checked.txid));
    return untilMs !== undefined && untilMs > this.#deps.world.clock.nowMs();
  }

  /** Leaves out what signers named; when they named nothing, the block's newest transaction. */
  #suspect(txids: readonly string[], block: NakamotoBlock, ownCount: number): void {
    const nowMs = this.#deps.world.clock.nowMs();
    for (const [txid, untilMs] of this.#suspects) if (untilMs <= nowMs) this.#suspects.delete(txid);
    const named = txids.length > 0 ? txids : this.#mempoolTxids(block, ownCount);
    for (const txid of named) this.#suspects.set(txid, nowMs + LIMITS.suspectMs);
  }

  #mempoolTxids(block: NakamotoBlock, ownCount: number): string[] {
    return block.transactions.slice(ownCount).map((tx) => bytesToHex(transactionId(tx)));
  }
}
