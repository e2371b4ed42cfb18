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
  encodeSignerMessage,
  encodeTransaction,
  type NakamotoBlock,
  signHeaderAsMiner,
  type Transaction,
  transactionId,
} from '@assay/wire';
import type { World } from '@assay/world';
import { assembleBlock } from './assemble.ts';
import { LIMITS } from './limits.ts';
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

/** A proposed block and what signers said of it. */
interface Gathering {
  readonly block: NakamotoBlock;
  readonly parent: StoredHeader;
  /** Of the reward cycle whose signers answer. */
  readonly parity: number;
  readonly tally: SignatureTally;
}

export class Miner {
  readonly #deps: MinerDeps;
  readonly #options: MinerOptions;
  readonly #pubkeyHash: Uint8Array;
  readonly #suspects = new Map<string, number>();
  readonly #stops: (() => void)[] = [];
  readonly #abort = new AbortController();
  #wake: (() => void) | null = null;
  #hasNews = false;
  #gathering: Gathering | null = null;
  /** The block given up last: signers may have signed it before they learned of what overtook it. */
  #abandoned: Gathering | null = null;
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
        for (const gathering of [this.#gathering, this.#abandoned]) {
          if (gathering?.parity !== parity) continue;
          gathering.tally.add(slot, message);
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
    const { world, chain, mempool, log } = this.#deps;
    if (await this.#submitAbandoned()) return true;
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
    const block = this.#sign(assembled.sealed.block);
    const tally = await this.#gather(block, plan);
    if (this.#abort.signal.aborted) return true;
    this.#lastBlockMs = world.clock.nowMs();
    const shown = { height: block.header.chainLength, block: blockHash(block.header) };
    switch (tally.kind) {
      case 'signed':
        await this.#submit(block, tally.signatures);
        return true;
      case 'refused': {
        log.warn('signers refused the block', { ...shown, reasons: tally.reasons });
        if (tally.blamesContent) this.#suspect(tally.failedTxids, block, own.length);
        await world.timers.sleep(LIMITS.rejectionPauseMs, this.#abort.signal);
        return true;
      }
      case 'open':
        log.warn('block given up: signatures are missing or the chain moved', shown);
        return true;
    }
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
    if (this.#abandoned === null) return false;
    const { block, parent, tally } = this.#abandoned;
    const state = tally.state();
    const isPossible = bytesEqual(parent.blockId, this.#deps.chain.tip().blockId);
    if (isPossible && state.kind === 'open') return false;
    this.#abandoned = null;
    if (!isPossible || state.kind !== 'signed') return false;
    await this.#submit(block, state.signatures);
    return true;
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
    } else if (isViewNew) {
      own = [tenureExtend(this.#options, tenure, parent, burnTip.consensusHash, nonce)];
    }
    return { tenure, newest, parent, context, own };
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
  async #gather(block: NakamotoBlock, plan: Plan): Promise<Tally> {
    const { world, chain, stackerdb } = this.#deps;
    const { tenure, newest, parent } = plan;
    const set = chain.signersAt(tenure.burnHeight);
    if (set === null) return { kind: 'open' };
    const cycle = chain.rewardCycleAt(tenure.burnHeight);
    const tally = new SignatureTally(set, blockHash(block.header));
    this.#gathering = { block, parent, parity: cycle % 2, tally };
    const proposal = encodeSignerMessage({
      kind: 'block-proposal',
      proposal: {
        block,
        burnHeight: plan.context.burnView.burnHeight,
        rewardCycle: cycle,
        data: null,
      },
    });
    const startedMs = world.clock.nowMs();
    let againMs = 0;
    try {
      for (let proposedMs = Number.NEGATIVE_INFINITY; ; ) {
        const nowMs = world.clock.nowMs();
        const state = tally.state();
        if (state.kind !== 'open' || this.#abort.signal.aborted) return state;
        await this.#submitAbandoned();
        // A block that somebody has signed stays the one: who signed it will not sign another soon.
        const isUnsigned = tally.signedWeight === 0n;
        if (isUnsigned && nowMs - startedMs > LIMITS.signaturesMsMax) return state;
        const isOvertaken =
          !bytesEqual(chain.tip().blockId, parent.blockId) ||
          !bytesEqual(chain.election()?.consensusHash ?? new Uint8Array(), newest.consensusHash);
        if (isOvertaken) return state;
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
      if (tally.state().kind === 'open') this.#abandoned = this.#gathering;
      this.#gathering = null;
    }
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
