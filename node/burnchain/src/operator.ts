/**
 * The Bitcoin side of a miner: registers its keys and commits to every burn block, each commit
 * spending the change of the one before. A commit still unconfirmed when the miner changes its
 * mind is replaced with a higher fee. State is on disk before anything is sent.
 * Called by node/miner; told about burn blocks by the follower's sink.
 * Source: SIP-001, SIP-007 (outputs), BIP-125 (replacement rules).
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import type { Logger } from '@assay/observe';
import { isPreparePhase, type NetworkParams, rulesAt } from '@assay/params';
import {
  BURN_ADDRESS,
  type BurnAddress,
  type BurnBlock,
  encodeBlockCommit,
  encodeKeyRegister,
} from '@assay/sortition';
import type { Store } from '@assay/store';
import type { BitcoinRpc, Coin } from './bitcoin-rpc.ts';
import { BurnchainError } from './error.ts';
import { LIMITS } from './limits.ts';
import {
  buildOpTransaction,
  type MinerKey,
  minerKey,
  type OpTransaction,
} from './op-transaction.ts';
import {
  type OperatorState,
  type PendingOp,
  readOperatorState,
  writeOperatorState,
} from './operator-state.ts';

export interface OperatorOptions {
  readonly network: NetworkParams;
  /** 32 bytes. Secret. Pays fees and bids. */
  readonly privateKey: Uint8Array;
  /** Default p2wpkh. */
  readonly addressKind?: 'p2wpkh' | 'p2pkh';
  /** Bid per burn block, over all outputs. Default 20,000. */
  readonly burnFeeCapSats?: bigint;
  /** Fee rate. Default 10. */
  readonly satsPerVbyte?: number;
}

export interface OperatorDeps {
  readonly rpc: BitcoinRpc;
  /** Holds the state of this operator alone. */
  readonly store: Store;
  readonly log: Logger;
}

export interface KeyRegistration {
  readonly vrfPublicKey: Uint8Array;
  /** hash160 of the key that signs blocks. */
  readonly minerPubkeyHash: Uint8Array;
  /** Any recent one; not checked by anybody. */
  readonly consensusHash: Uint8Array;
}

export interface CommitRequest {
  readonly parentTenureId: Uint8Array;
  readonly newSeed: Uint8Array;
  readonly parentBlockHeight: number;
  readonly parentVtxindex: number;
  readonly keyBlockHeight: number;
  readonly keyVtxindex: number;
  /** The burn block this commit is made for: the next one. */
  readonly burnHeight: number;
  /** Payees drawn for that block; absent: everything burns. */
  readonly recipients?: readonly BurnAddress[];
  /** Instead of the configured bid. */
  readonly bidSats?: bigint;
}

export interface Sent {
  /** Display order. */
  readonly txid: Uint8Array;
  readonly feeSats: bigint;
  /** What happened to an earlier unconfirmed version. */
  readonly how: 'sent' | 'replaced' | 'unchanged';
}

interface OpPlan {
  readonly kind: PendingOp['kind'];
  readonly data: Uint8Array;
  readonly payments: readonly { readonly to: BurnAddress; readonly sats: bigint }[];
}

export class BurnchainOperator {
  readonly key: MinerKey;
  readonly #deps: OperatorDeps;
  readonly #options: OperatorOptions;
  #state: OperatorState;
  /** The burn block seen last. */
  #burnTip: Pick<BurnBlock, 'burnHeight' | 'burnHeaderHash'> | null = null;
  /** Operations are sent one after another. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(deps: OperatorDeps, options: OperatorOptions) {
    this.#deps = deps;
    this.#options = options;
    const { network, privateKey, addressKind } = options;
    this.key = minerKey(privateKey, network.bitcoin.network, addressKind);
    this.#state = readOperatorState(deps.store);
  }

  /** Where the miner's bitcoin must be sent. */
  get address(): string {
    return this.key.address;
  }

  get pendingTxid(): Uint8Array | null {
    return this.#state.pending?.versions.at(-1)?.txid ?? null;
  }

  /** Learns that an operation was mined, in whichever version. */
  onBurnBlock(block: BurnBlock): void {
    this.#burnTip = block;
    const { pending } = this.#state;
    if (pending === null) return;
    const mined = new Set(
      block.ops.map((op) => bytesToHex(op.kind === 'unauthorized' ? op.op.txid : op.txid)),
    );
    const version = pending.versions.find(({ txid }) => mined.has(bytesToHex(txid)));
    if (version !== undefined) this.#save({ chained: version.change, pending: null });
  }

  /** @throws BurnchainError */
  registerKey(registration: KeyRegistration): Promise<Sent> {
    const { network } = this.#options;
    const { vrfPublicKey, consensusHash, minerPubkeyHash: memo } = registration;
    const data = encodeKeyRegister(network.bitcoin.magic, { vrfPublicKey, consensusHash, memo });
    // The change is the payee that every operation must have.
    return this.#enqueue(() => this.#send({ kind: 'key-register', data, payments: [] }));
  }

  /** Sends, or replaces what is unconfirmed, unless it says the same already. @throws BurnchainError */
  commit(request: CommitRequest): Promise<Sent> {
    const { network } = this.#options;
    const data = encodeBlockCommit(network.bitcoin.magic, {
      ...request,
      epochMarker: rulesAt(request.burnHeight).commitMarkerMin,
      burnParentModulus: (request.burnHeight - 1) % 5,
    });
    const payments = this.#payments(request);
    return this.#enqueue(() => this.#send({ kind: 'block-commit', data, payments }));
  }

  #payments(request: CommitRequest): OpPlan['payments'] {
    const { pox, bitcoin } = this.#options.network;
    const bid = request.bidSats ?? this.#options.burnFeeCapSats ?? 20_000n;
    const count = isPreparePhase(pox, request.burnHeight) ? 1 : pox.outputsPerCommit;
    const each = bid / BigInt(count);
    const sats = each > bitcoin.dustSats ? each : bitcoin.dustSats;
    const drawn = count === 1 ? [] : (request.recipients ?? []);
    return Array.from({ length: count }, (_, i) => ({ to: drawn[i] ?? BURN_ADDRESS, sats }));
  }

  #enqueue<T>(action: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(action, action);
    this.#queue = next.catch(() => {});
    return next;
  }

  async #send(plan: OpPlan): Promise<Sent> {
    let raise = 0n;
    let coins: readonly Coin[] | null = null;
    for (let attempt = 1; ; attempt++) {
      const { pending } = this.#state;
      const same = pending !== null && saysTheSame(pending, plan);
      if (same && coins === null && raise === 0n && (await this.#isAlive(pending))) {
        return { txid: pending.versions.at(-1)!.txid, feeSats: pending.feeSats, how: 'unchanged' };
      }
      coins ??= pending?.coins ?? (await this.#freshCoins(plan));
      const tx = await this.#build(plan, coins, raise);
      this.#remember(plan, tx.coins, tx.built);
      const failure = await this.#broadcast(tx.built);
      if (failure === null) {
        const how = pending === null ? 'sent' : 'replaced';
        this.#deps.log.debug(`${plan.kind} ${how}`, { txid: tx.built.txid, fee: tx.built.feeSats });
        return { txid: tx.built.txid, feeSats: tx.built.feeSats, how };
      }
      if (attempt >= LIMITS.sendAttempts || isTooDear(failure)) {
        throw new BurnchainError('burnchain/not-sent', `${plan.kind}: ${failure.message}`);
      }
      if (isFeeFailure(failure)) {
        raise = tx.built.feeSats + (tx.built.feeSats >> 2n) + 1n;
      } else {
        // The coins are gone: an older version was mined, or a reorganization took them.
        await this.#checkNotBehind();
        this.#save({ chained: await this.#minedChange(), pending: null });
        coins = await this.#freshCoins(plan);
      }
    }
  }

  async #isAlive(pending: PendingOp): Promise<boolean> {
    return this.#deps.rpc.isInMempool(pending.versions.at(-1)!.txid);
  }

  /** What spends coins that Bitcoin has yet to see is no reason to give them up. */
  async #checkNotBehind(): Promise<void> {
    const tip = this.#burnTip;
    if (tip === null) return;
    const hash = await this.#deps.rpc.blockHashAt(tip.burnHeight);
    if (hash !== null && bytesEqual(hash, tip.burnHeaderHash)) return;
    const text = `Bitcoin does not have block ${tip.burnHeight} that we have seen; waiting for it`;
    throw new BurnchainError('burnchain/behind', text);
  }

  /** Change of the version that was mined although nobody told us. */
  async #minedChange(): Promise<Coin | null> {
    const versions = this.#state.pending?.versions ?? [];
    const coins = await this.#deps.rpc.coinsOf(this.key.address);
    const isThere = ({ change }: { change: Coin | null }) =>
      change !== null && coins.some((coin) => isSameCoin(coin, change));
    return versions.find(isThere)?.change ?? null;
  }

  /** The chained output first, then the richest coins until the plan can be paid. */
  async #freshCoins(plan: OpPlan): Promise<readonly Coin[]> {
    const { chained } = this.#state;
    const coins: Coin[] = chained === null ? [] : [chained];
    if (this.#isEnough(coins, plan)) return coins;
    for (const coin of await this.#deps.rpc.coinsOf(this.key.address)) {
      if (chained !== null && isSameCoin(coin, chained)) continue;
      coins.push(coin);
      if (this.#isEnough(coins, plan)) break;
    }
    return coins;
  }

  #isEnough(coins: readonly Coin[], plan: OpPlan): boolean {
    const paid = plan.payments.reduce((total, { sats }) => total + sats, 0n);
    const have = coins.reduce((total, { sats }) => total + sats, 0n);
    // 150 vbytes per input and 300 for the rest bound the size from above.
    const vsize = 300 + 150 * coins.length;
    const fee = BigInt(Math.ceil(vsize * this.#satsPerVbyte));
    return coins.length > 0 && have >= paid + fee + LIMITS.changeSatsMin;
  }

  get #satsPerVbyte(): number {
    return this.#options.satsPerVbyte ?? 10;
  }

  async #build(
    plan: OpPlan,
    coins: readonly Coin[],
    raise: bigint,
  ): Promise<{ built: OpTransaction; coins: readonly Coin[] }> {
    const { pending } = this.#state;
    // BIP-125: a replacement pays more than what it replaces, by its own size at 1 sat/vB.
    const replace = pending === null ? 0n : pending.feeSats + BigInt(pending.vsize + 50);
    const feeSatsMin = raise > replace ? raise : replace;
    const { key } = this;
    const satsPerVbyte = this.#satsPerVbyte;
    const common = { key, data: plan.data, payments: plan.payments, satsPerVbyte, feeSatsMin };
    try {
      return { built: buildOpTransaction({ ...common, coins }), coins };
    } catch (error) {
      if (!(error instanceof BurnchainError) || pending === null) throw error;
      // Too poor for the raised fee: add coins behind the first, which keeps the chain.
      const more = (await this.#deps.rpc.coinsOf(key.address)).filter(
        (coin) => !coins.some((used) => isSameCoin(used, coin)),
      );
      const all = [...coins, ...more.slice(0, 1)];
      return { built: buildOpTransaction({ ...common, coins: all }), coins: all };
    }
  }

  #remember(plan: OpPlan, coins: readonly Coin[], tx: OpTransaction): void {
    const { chained, pending } = this.#state;
    const versions = [...(pending?.versions ?? []), { txid: tx.txid, change: tx.change }];
    const { feeSats, vsize } = tx;
    const { kind, data } = plan;
    const kept = versions.slice(-LIMITS.replacedMax);
    this.#save({ chained, pending: { kind, coins, feeSats, vsize, data, versions: kept } });
  }

  /** Null on success, also when bitcoind has the transaction already. */
  async #broadcast(tx: OpTransaction): Promise<BurnchainError | null> {
    try {
      await this.#deps.rpc.sendTransaction(tx.bytes);
      return null;
    } catch (error) {
      if (!(error instanceof BurnchainError) || error.code !== 'burnchain/rpc-error') throw error;
      if (/already.*(known|in[ -](mempool|block|utxo))/i.test(error.message)) return null;
      this.#deps.log.debug('Bitcoin refused an operation', { error: error.message });
      return error;
    }
  }

  #save(state: OperatorState): void {
    this.#state = state;
    writeOperatorState(this.#deps.store, state);
  }
}

/** Bytes of a key registration that nobody checks: the consensus hash behind magic and opcode. */
const KEY_REGISTER_UNCHECKED_END = 23;

function saysTheSame(pending: PendingOp, plan: OpPlan): boolean {
  if (pending.kind !== plan.kind) return false;
  const from = plan.kind === 'key-register' ? KEY_REGISTER_UNCHECKED_END : 0;
  return bytesEqual(pending.data.subarray(from), plan.data.subarray(from));
}

function isFeeFailure(error: BurnchainError): boolean {
  return /fee|replacement/i.test(error.message);
}

/** Beyond bitcoind's own bound on fees (`maxfeerate`): paying more is no answer, nor are other coins. */
function isTooDear(error: BurnchainError): boolean {
  return /exceeds maximum/i.test(error.message);
}

function isSameCoin(a: Coin, b: Coin): boolean {
  return a.index === b.index && bytesEqual(a.txid, b.txid);
}
