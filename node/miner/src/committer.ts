/**
 * The Bitcoin side of mining: registers the VRF key once, then bids for every Bitcoin block with a
 * commit to the tenure that is being mined. When that tenure begins only after the commit was sent,
 * the commit is replaced (RBF): a bid for the wrong parent wins nothing.
 *
 * Woken by the same news as the miner; every turn decides afresh from the canonical state.
 * Source: SIP-001, SIP-021; `block_commit_delay_ms` of stacks-core (facts).
 */
import { bytesEqual } from '@assay/bytes';
import type { StoredHeader } from '@assay/chainstate';
import { hash160, publicKeyFromPrivate, vrfKeyFromSeed, vrfSeedFromProof } from '@assay/crypto';
import type { Logger } from '@assay/observe';
import type { World } from '@assay/world';
import type { BurnTip, Election } from './ports.ts';

/** A VRF proof that stands for "no tenure before": the parent is genesis. */
const GENESIS_PROOF = new Uint8Array(80);

export interface BurnPosition {
  readonly burnHeight: number;
  readonly vtxindex: number;
}

export interface CommitterChain {
  tip(): StoredHeader;
  burnTip(): BurnTip | null;
  election(): Election | null;
  /** Where this VRF key was registered on the canonical burn fork; null: not yet. */
  registeredKey(vrfPublicKey: Uint8Array): BurnPosition | null;
  /** The commit that won a tenure; null for genesis. */
  winningCommit(tenureConsensusHash: Uint8Array): BurnPosition | null;
  onMoved(listener: () => void): () => void;
}

export interface CommitterOperator {
  registerKey(registration: {
    readonly vrfPublicKey: Uint8Array;
    readonly minerPubkeyHash: Uint8Array;
    readonly consensusHash: Uint8Array;
  }): Promise<unknown>;
  commit(request: {
    readonly parentTenureId: Uint8Array;
    readonly newSeed: Uint8Array;
    readonly parentBlockHeight: number;
    readonly parentVtxindex: number;
    readonly keyBlockHeight: number;
    readonly keyVtxindex: number;
    readonly burnHeight: number;
  }): Promise<unknown>;
}

export interface CommitterOptions {
  /** 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
  /** 32 bytes. Secret. */
  readonly vrfSeed: Uint8Array;
  /** How long a commit waits for the tenure that was just won to begin. */
  readonly commitDelayMs: number;
}

export interface CommitterDeps {
  readonly world: World;
  readonly chain: CommitterChain;
  readonly operator: CommitterOperator;
  readonly log: Logger;
}

/** Bitcoin blocks that a key registration may take before it is sent again. */
const KEY_PATIENCE_BLOCKS = 2;

/** Pause after Bitcoin refused or did not answer. */
const RETRY_MS = 1_000;

export class Committer {
  readonly #deps: CommitterDeps;
  readonly #options: CommitterOptions;
  readonly #vrfPublicKey: Uint8Array;
  readonly #pubkeyHash: Uint8Array;
  readonly #abort = new AbortController();
  #unsubscribe: (() => void) | null = null;
  #wake: (() => void) | null = null;
  #hasNews = true;
  #burnTipMs = 0;
  #burnTip: Uint8Array | null = null;
  #keySentAtHeight = Number.NEGATIVE_INFINITY;
  #done: Promise<void> | null = null;
  #told: string | null = null;

  constructor(deps: CommitterDeps, options: CommitterOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#vrfPublicKey = vrfKeyFromSeed(options.vrfSeed).publicKey;
    this.#pubkeyHash = hash160(publicKeyFromPrivate(options.privateKey));
  }

  start(): void {
    this.#unsubscribe = this.#deps.chain.onMoved(() => this.#notice());
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#unsubscribe?.();
    this.#notice();
    await this.#done;
  }

  #notice(): void {
    this.#hasNews = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { world } = this.#deps;
    while (!this.#abort.signal.aborted) {
      let againMs: number | null = null;
      if (this.#hasNews) {
        this.#hasNews = false;
        try {
          againMs = await this.#turn();
          this.#told = null;
        } catch (cause) {
          this.#tell(cause);
          this.#keySentAtHeight = Number.NEGATIVE_INFINITY;
          againMs = RETRY_MS;
        }
      }
      if (this.#hasNews) continue;
      await new Promise<void>((resolve) => {
        const timer = againMs === null ? null : world.timers.after(againMs, resolve);
        this.#wake = () => {
          timer?.cancel();
          resolve();
        };
      });
      this.#wake = null;
      if (againMs !== null) this.#hasNews = true;
    }
  }

  /** Says what is wrong once, until something else is or it works again. */
  #tell(cause: unknown): void {
    const text = cause instanceof Error ? cause.message : String(cause);
    if (text === this.#told) return;
    this.#told = text;
    const isKnown = cause instanceof Error && 'code' in cause;
    const why = isKnown ? { error: text } : { cause };
    this.#deps.log.warn('Bitcoin did not take our operation; trying again', why);
  }

  /** Milliseconds after which to look again; null: only on news. */
  async #turn(): Promise<number | null> {
    const { world, chain, operator } = this.#deps;
    const burnTip = chain.burnTip();
    if (burnTip === null) return null;
    const nowMs = world.clock.nowMs();
    if (this.#burnTip === null || !bytesEqual(this.#burnTip, burnTip.consensusHash)) {
      this.#burnTip = burnTip.consensusHash;
      this.#burnTipMs = nowMs;
    }
    const key = chain.registeredKey(this.#vrfPublicKey);
    if (key === null) {
      // What was sent may be mined already in a block we have not seen yet.
      const isPending = burnTip.burnHeight <= this.#keySentAtHeight + KEY_PATIENCE_BLOCKS;
      if (isPending) return null;
      this.#keySentAtHeight = burnTip.burnHeight;
      await operator.registerKey({
        vrfPublicKey: this.#vrfPublicKey,
        minerPubkeyHash: this.#pubkeyHash,
        consensusHash: burnTip.consensusHash,
      });
      return null;
    }
    const tip = chain.tip();
    const election = chain.election();
    const isAwaited =
      election !== null && !bytesEqual(tip.header.consensusHash, election.consensusHash);
    const waitMs = this.#burnTipMs + this.#options.commitDelayMs - nowMs;
    if (isAwaited && waitMs > 0) return waitMs;
    const parent = chain.winningCommit(tip.header.consensusHash);
    await operator.commit({
      parentTenureId: tip.tenureStartBlockId,
      newSeed: vrfSeedFromProof(tip.vrfProof ?? GENESIS_PROOF),
      parentBlockHeight: parent?.burnHeight ?? 0,
      parentVtxindex: parent?.vtxindex ?? 0,
      keyBlockHeight: key.burnHeight,
      keyVtxindex: key.vtxindex,
      burnHeight: burnTip.burnHeight + 1,
    });
    return null;
  }
}
