/**
 * A session this gateway holds: it alone hands out indexes and signs vouchers, as long as its lease
 * lasts. Vouchers go out one at a time, always the newest, and small payments wait a moment for others:
 * a voucher costs two signatures and a call, whatever it pays for.
 */
import { assert } from '@assay/bytes';
import { type SessionTerms, signVoucher } from '@assay/jobs';
import type { TimerHandle, World } from '@assay/world';
import { LIMITS } from '../limits.ts';
import { HostFault, type HostLink } from './host-link.ts';

interface OpenRequest {
  readonly maxFeeMicro: bigint;
  paidMicro: bigint;
}

export interface HeldSessionOptions {
  readonly chainId: number;
  /** 32 bytes. Secret. */
  readonly voucherKey: Uint8Array;
  readonly world: Pick<World, 'clock' | 'timers'>;
}

export class HeldSession {
  terms: SessionTerms;
  readonly link: HostLink;
  /** Our clock's time until which nobody else may hold the session. */
  leasedUntilMs: number;
  /** The host refuses our vouchers: nothing more can be paid. */
  isBroken = false;
  /** No new requests: let go when the ones under way have ended, and asked anew where it stands. */
  isRetired = false;
  readonly #options: HeldSessionOptions;
  readonly #open = new Map<bigint, OpenRequest>();
  readonly #ended = new Set<bigint>();
  /** Indexes that were handed out and came back unused, ascending. */
  #free: bigint[] = [];
  #nextIndex = 1n;
  #cumulativeMicro = 0n;
  /** Requests 1 to here have ended. */
  #requests = 0n;
  #sent = { cumulativeMicro: 0n, requests: 0n };
  #sending: Promise<void> | null = null;
  /** Something was paid while a voucher was on its way. */
  #isAgain = false;
  /** Set while small payments wait for others. */
  #delay: TimerHandle | null = null;

  constructor(
    terms: SessionTerms,
    link: HostLink,
    leasedUntilMs: number,
    options: HeldSessionOptions,
  ) {
    this.terms = terms;
    this.link = link;
    this.leasedUntilMs = leasedUntilMs;
    this.#options = options;
  }

  /** Goes on where the session stands at the host. */
  resume(from: {
    readonly nextIndex: bigint;
    readonly cumulativeMicro: bigint;
    readonly requests: bigint;
    /** The highest voucher that the host has. */
    readonly sent: { readonly cumulativeMicro: bigint; readonly requests: bigint };
  }): void {
    this.#nextIndex = from.nextIndex;
    this.#cumulativeMicro = from.cumulativeMicro;
    this.#requests = from.requests;
    this.#sent = from.sent;
    this.#send();
  }

  get openCount(): number {
    return this.#open.size;
  }

  get cumulativeMicro(): bigint {
    return this.#cumulativeMicro;
  }

  get requests(): bigint {
    return this.#requests;
  }

  get isLeased(): boolean {
    return this.#options.world.clock.nowMs() < this.leasedUntilMs;
  }

  /** What new requests may cost at most. */
  roomMicro(): bigint {
    let room = this.terms.depositMicro - this.#cumulativeMicro;
    for (const { maxFeeMicro, paidMicro } of this.#open.values()) room -= maxFeeMicro - paidMicro;
    return room;
  }

  /** @returns the index of a new request */
  begin(maxFeeMicro: bigint): bigint {
    const index = this.#free.shift() ?? this.#nextIndex++;
    this.#open.set(index, { maxFeeMicro, paidMicro: 0n });
    return index;
  }

  /** The host did not take the request: its index is used by the next one. */
  giveBack(index: bigint): void {
    this.#open.delete(index);
    this.#free = [...this.#free, index].sort((a, b) => (a < b ? -1 : 1));
    while (this.#free.at(-1) === this.#nextIndex - 1n) {
      this.#free.pop();
      this.#nextIndex -= 1n;
    }
  }

  /** Pays for what was delivered of a request so far. */
  pay(index: bigint, costMicro: bigint): void {
    const open = this.#open.get(index);
    if (open === undefined || costMicro <= open.paidMicro) return;
    assert(costMicro <= open.maxFeeMicro, 'nobody pays more than the most that was agreed');
    this.#cumulativeMicro += costMicro - open.paidMicro;
    open.paidMicro = costMicro;
    this.#sendSoon();
  }

  /** The host broke off: the request stays as it is until the session is asked about anew. */
  leave(index: bigint): bigint {
    const paidMicro = this.#open.get(index)?.paidMicro ?? 0n;
    this.#open.delete(index);
    this.isRetired = true;
    return paidMicro;
  }

  /** The request has ended and cost this much in all. */
  end(index: bigint, costMicro: bigint): void {
    this.pay(index, costMicro);
    this.#open.delete(index);
    this.#ended.add(index);
    while (this.#ended.delete(this.#requests + 1n)) this.#requests += 1n;
    this.#sendSoon();
  }

  /** Resolves when the newest voucher is at the host, or could not be brought there. */
  async settled(): Promise<void> {
    if (this.#delay !== null) this.#send();
    await this.#sending;
  }

  #sendSoon(): void {
    const waitingMicro = this.#cumulativeMicro - this.#sent.cumulativeMicro;
    const mostMicro = BigInt(LIMITS.unpaidTokensMax) * this.terms.prices.outputMicro;
    if (waitingMicro >= mostMicro) this.#send();
    else {
      const { timers } = this.#options.world;
      this.#delay ??= timers.after(LIMITS.voucherDelayMs, () => this.#send());
    }
  }

  #send(): void {
    this.#delay?.cancel();
    this.#delay = null;
    this.#isAgain = true;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
      if (this.#isAgain) this.#send();
    });
  }

  async #sendAll(): Promise<void> {
    // What one moment pays for goes out as one voucher.
    await Promise.resolve();
    const isNews = () =>
      this.#cumulativeMicro !== this.#sent.cumulativeMicro ||
      this.#requests !== this.#sent.requests;
    this.#isAgain = false;
    while (isNews() && this.isLeased && !this.isBroken) {
      const { chainId, voucherKey } = this.#options;
      const cumulativeMicro = this.#cumulativeMicro;
      const requests = this.#requests;
      const voucher = { sessionId: this.terms.id, cumulativeMicro, requests };
      const signature = signVoucher(voucher, chainId, voucherKey);
      try {
        await this.link.pay({ voucher, signature });
        this.#sent = { cumulativeMicro, requests };
      } catch (error) {
        // Unreachable: the next payment tries again. Refused: the host and we disagree for good.
        if (error instanceof HostFault && error.status >= 400 && error.status < 500) {
          this.isBroken = true;
        }
        return;
      }
    }
  }
}
