/** A chain in memory for gateways and hosts: sessions with deposits, no blocks. */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import type { SessionTerms } from '@assay/jobs';
import { transactionIdOfBytes } from '@assay/wire';
import type {
  GatewayChain,
  HostOffer,
  ModelOffer,
  NewSession,
  PreparedTransaction,
  TransactionOutcome,
} from '../src/index.ts';

type Call =
  | { readonly kind: 'open'; readonly session: NewSession }
  | { readonly kind: 'top-up'; readonly id: bigint; readonly amountMicro: bigint }
  | { readonly kind: 'close'; readonly id: bigint };

export class FakeChain implements GatewayChain {
  offers: ModelOffer[] = [];
  readonly sessions = new Map<bigint, SessionTerms>();
  readonly sent: Call[] = [];
  height = 100;
  isDown = false;
  /** Transactions of others that were sent. */
  strangers = 0;
  /** Refuses the next transactions with these words. */
  refusals: string[] = [];
  /** Set while transactions that were sent are not mined. */
  #mempool: (() => void)[] | null = null;
  #onSent: () => void = () => undefined;
  readonly #prepared = new Map<string, Call>();
  readonly #outcomes = new Map<string, TransactionOutcome>();
  #nonce = 0;

  async models(): Promise<readonly ModelOffer[]> {
    this.#up();
    return this.offers;
  }

  async beacon(): Promise<Uint8Array> {
    this.#up();
    return sha256(bytesFromUtf8(`burn ${this.height}`));
  }

  async recentBurnHashes(): Promise<readonly Uint8Array[]> {
    return [0, 1, 2].map((back) => sha256(bytesFromUtf8(`burn ${this.height - back}`)));
  }

  async burnHeight(): Promise<number> {
    this.#up();
    return this.height;
  }

  async claimGrace(): Promise<number> {
    return 2;
  }

  async claim(): Promise<null> {
    return null;
  }

  async session(id: bigint): Promise<SessionTerms | null> {
    this.#up();
    return this.sessions.get(id) ?? null;
  }

  prepareOpen(session: NewSession): Promise<PreparedTransaction> {
    return this.#prepare({ kind: 'open', session });
  }

  prepareTopUp(id: bigint, amountMicro: bigint): Promise<PreparedTransaction> {
    return this.#prepare({ kind: 'top-up', id, amountMicro });
  }

  prepareClose(id: bigint): Promise<PreparedTransaction> {
    return this.#prepare({ kind: 'close', id });
  }

  async broadcast(bytes: Uint8Array): Promise<string | null> {
    this.#up();
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return refusal;
    const call = this.#prepared.get(bytesToHex(bytes));
    if (call === undefined) {
      // A transaction of somebody else: a transfer that pays for a request.
      const txid = bytesToHex(transactionIdOfBytes(bytes));
      this.strangers += 1;
      this.#outcomes.set(txid, { kind: 'success', id: null });
      return null;
    }
    this.sent.push(call);
    const txid = bytesToHex(bytes);
    const mine = () => void this.#outcomes.set(txid, { kind: 'success', id: this.#apply(call) });
    this.#outcomes.set(txid, { kind: 'pending' });
    if (this.#mempool === null) mine();
    else this.#mempool.push(mine);
    this.#onSent();
    return null;
  }

  /** Mines nothing until `release`. @returns resolves when the next transaction was sent */
  hold(): Promise<void> {
    this.#mempool = [];
    return new Promise((sent) => {
      this.#onSent = sent;
    });
  }

  release(): void {
    for (const mine of this.#mempool ?? []) mine();
    this.#mempool = null;
  }

  async outcome(txid: string): Promise<TransactionOutcome> {
    this.#up();
    return this.#outcomes.get(txid) ?? { kind: 'unknown' };
  }

  async blockOf(): Promise<string | null> {
    return null;
  }

  async #prepare(call: Call): Promise<PreparedTransaction> {
    this.#up();
    const bytes = sha256(bytesFromUtf8(`tx ${this.#nonce++}`));
    const txid = bytesToHex(bytes);
    this.#prepared.set(txid, call);
    return { txid, bytes };
  }

  #apply(call: Call): bigint | null {
    if (call.kind === 'open') {
      const id = BigInt(this.sessions.size + 1);
      const offer = this.#offer(call.session);
      this.sessions.set(id, {
        id,
        user: 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5',
        host: offer.host,
        hostKey: offer.operatingKey,
        model: call.session.model,
        voucherKey: call.session.voucherKey,
        prices: offer.prices,
        depositMicro: call.session.depositMicro,
        claimedMicro: 0n,
        claimedRequests: 0n,
        expiresAt: this.height + call.session.duration,
        isOpen: true,
      });
      return id;
    }
    const terms = this.sessions.get(call.id)!;
    const change =
      call.kind === 'close'
        ? { isOpen: false }
        : { depositMicro: terms.depositMicro + call.amountMicro };
    this.sessions.set(call.id, { ...terms, ...change });
    return null;
  }

  #offer({ host, model }: NewSession): HostOffer {
    const offers = this.offers.find(({ id }) => id === bytesToHex(model))?.hosts ?? [];
    return offers.find((one) => one.host === host)!;
  }

  #up(): void {
    if (this.isDown) throw new Error('the node is down');
  }
}
