/**
 * Sessions of this gateway: finds a host for a question, and a session with it that has room. Sessions
 * that a dead gateway left are taken over; when there is none, one is opened on chain; one that runs
 * dry is topped up. Only the holder of a session's lease signs for it.
 *
 * Routing: the same beginning of a prompt goes to the same host, whose cache then holds it (rendezvous
 * hashing, weighted by capacity); hosts that failed rest a while, hosts that are full come later.
 */
import { bytesEqual, bytesFromHex, bytesFromUtf8, bytesToHex, concatBytes } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import {
  type SessionTerms,
  sessionRequestHash,
  verifyCommitment,
  verifySessionRequest,
  verifyVoucher,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import type { World } from '@assay/world';
import { unavailable } from '../api-error.ts';
import type { GatewayChain, HostOffer, ModelOffer } from '../chain-port.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LIMITS } from '../limits.ts';
import { HeldSession } from './held-session.ts';
import { HostFault, HostLink, type SessionView } from './host-link.ts';
import { openSession, raiseDeposit } from './open-session.ts';

export interface PoolDeps {
  readonly world: World;
  readonly chain: GatewayChain;
  readonly ledger: Ledger;
  readonly log: Logger;
}

export interface PoolOptions {
  /** Names this process in leases. */
  readonly gateway: string;
  readonly chainId: number;
  /** Signs requests and vouchers. 32 bytes. Secret. */
  readonly voucherKey: Uint8Array;
  readonly depositMicro: bigint;
  /** Bitcoin blocks. */
  readonly sessionDuration: number;
}

interface Rest {
  untilMs: number;
  lengthMs: number;
}

/** Blocks before its end from which on a session gets no new requests. */
const END_MARGIN_BLOCKS = 3;
/** Looks at a session that is taken over, until what was under way has ended. */
const QUIET_LOOKS_MAX = 8;
const QUIET_LOOK_MS = 1_000;

export class SessionPool {
  readonly #deps: PoolDeps;
  readonly #options: PoolOptions;
  readonly #voucherPublicKey: Uint8Array;
  readonly #held = new Map<bigint, HeldSession>();
  /** By endpoint. */
  readonly #resting = new Map<string, Rest>();
  /** One opening or top-up at a time per host and model. */
  readonly #growing = new Map<string, Promise<HeldSession>>();

  constructor(deps: PoolDeps, options: PoolOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#voucherPublicKey = publicKeyFromPrivate(options.voucherKey);
  }

  /** Hosts of a model in the order they should be tried for prompts that begin like this one. */
  route(model: ModelOffer, affinity: Uint8Array): readonly HostOffer[] {
    const nowMs = this.#deps.world.clock.nowMs();
    const score = ({ host, capacity }: HostOffer): number => {
      const digest = sha256(concatBytes(affinity, bytesFromUtf8(host)));
      const head = new DataView(digest.buffer, digest.byteOffset, 8).getUint32(0);
      return -capacity / Math.log((head + 0.5) / 2 ** 32);
    };
    const isResting = ({ endpoint }: HostOffer) =>
      (this.#resting.get(endpoint)?.untilMs ?? 0) > nowMs;
    return [...model.hosts]
      .map((offer) => ({ offer, score: score(offer), rests: isResting(offer) }))
      .sort((a, b) => Number(a.rests) - Number(b.rests) || b.score - a.score)
      .map(({ offer }) => offer);
  }

  /** The host failed: others first, for a while. */
  fail(endpoint: string): void {
    const known = this.#resting.get(endpoint);
    const lengthMs = Math.min(LIMITS.hostRestMsMax, (known?.lengthMs ?? LIMITS.hostRestMs / 2) * 2);
    const untilMs = this.#deps.world.clock.nowMs() + lengthMs;
    this.#resting.set(endpoint, { untilMs, lengthMs });
  }

  succeed(endpoint: string): void {
    this.#resting.delete(endpoint);
  }

  /**
   * A session with this host that has room for `maxFeeMicro`.
   * @throws ApiError when none can be had, HostFault when the host cannot be reached
   */
  async session(model: ModelOffer, offer: HostOffer, maxFeeMicro: bigint): Promise<HeldSession> {
    const found = this.#find(model, offer, maxFeeMicro);
    if (found !== null) return found;
    const name = `${offer.host}/${model.id}`;
    for (;;) {
      const growing = this.#growing.get(name);
      if (growing === undefined) break;
      await growing.catch(() => undefined);
      const grown = this.#find(model, offer, maxFeeMicro);
      if (grown !== null) return grown;
    }
    const growing = this.#grow(model, offer, maxFeeMicro);
    this.#growing.set(name, growing);
    try {
      return await growing;
    } finally {
      this.#growing.delete(name);
    }
  }

  #find(model: ModelOffer, offer: HostOffer, maxFeeMicro: bigint): HeldSession | null {
    for (const session of this.#held.values()) {
      if (this.#fits(session, model, offer) && session.roomMicro() >= maxFeeMicro) return session;
    }
    return null;
  }

  #fits(session: HeldSession, model: ModelOffer, offer: HostOffer): boolean {
    const { terms, isBroken, isRetired, isLeased } = session;
    return (
      terms.host === offer.host &&
      bytesToHex(terms.model) === model.id &&
      bytesToHex(terms.hostKey) === bytesToHex(offer.operatingKey) &&
      isLeased &&
      !isBroken &&
      !isRetired &&
      terms.isOpen &&
      terms.expiresAt > this.#burnHeight + END_MARGIN_BLOCKS
    );
  }

  #burnHeight = 0;

  /** Bitcoin is this high: sessions that are over get no new requests, and are let go. */
  atHeight(burnHeight: number): void {
    this.#burnHeight = burnHeight;
  }

  async #grow(model: ModelOffer, offer: HostOffer, maxFeeMicro: bigint): Promise<HeldSession> {
    const { chain } = this.#deps;
    this.#burnHeight = await chain.burnHeight();
    // A lease that ran out while nobody else took the session is simply renewed.
    await this.renew();
    const renewed = this.#find(model, offer, maxFeeMicro);
    if (renewed !== null) return renewed;
    const adopted = await this.#adopt(model, offer, maxFeeMicro);
    if (adopted !== null) return adopted;
    const depositMicro = this.#deposit(maxFeeMicro);
    for (const session of this.#held.values()) {
      if (!this.#fits(session, model, offer)) continue;
      await raiseDeposit(this.#deps, this.#options.gateway, session.terms.id, depositMicro);
      const terms = await chain.session(session.terms.id);
      if (terms === null) throw unavailable('A session with the host is gone.');
      session.terms = terms;
      return session;
    }
    const terms = await openSession(this.#deps, {
      gateway: this.#options.gateway,
      offer,
      model: bytesFromHex(model.id),
      depositMicro,
      voucherKey: this.#voucherPublicKey,
      duration: this.#options.sessionDuration,
    });
    const session = await this.#hold(terms, offer.endpoint);
    if (session === null) throw unavailable('The session was taken by another gateway.');
    return session;
  }

  #deposit(maxFeeMicro: bigint): bigint {
    const { depositMicro } = this.#options;
    return depositMicro > 2n * maxFeeMicro ? depositMicro : 2n * maxFeeMicro;
  }

  /** A session of the ledger that nobody holds. */
  async #adopt(
    model: ModelOffer,
    offer: HostOffer,
    maxFeeMicro: bigint,
  ): Promise<HeldSession | null> {
    for (const row of await this.#deps.ledger.sessions()) {
      if (this.#held.has(row.id) || row.terms.host !== offer.host) continue;
      if (bytesToHex(row.terms.model) !== model.id) continue;
      const terms = await this.#deps.chain.session(row.id);
      if (terms === null || !terms.isOpen || terms.expiresAt <= this.#burnHeight) {
        await this.#deps.ledger.putSession({ ...row, state: 'closed' });
        continue;
      }
      const session = await this.#hold(terms, offer.endpoint);
      if (session === null) continue;
      if (this.#fits(session, model, offer) && session.roomMicro() >= maxFeeMicro) return session;
    }
    return null;
  }

  /** Takes the lease and asks the host where the session stands; null when somebody else has it. */
  async #hold(terms: SessionTerms, endpoint: string): Promise<HeldSession | null> {
    const { ledger, world, log } = this.#deps;
    const { gateway, chainId, voucherKey } = this.#options;
    const leasedUntilMs = world.clock.nowMs() + LIMITS.leaseMs;
    if (!(await ledger.lease(leaseName(terms.id), gateway, LIMITS.leaseMs))) return null;
    await ledger.putSession({ id: terms.id, terms, endpoint, state: 'open' });
    const link = new HostLink(world.net, endpoint);
    const options = { chainId, voucherKey, world };
    const session = new HeldSession(terms, link, leasedUntilMs, options);
    try {
      await this.#resume(session);
    } catch (error) {
      await ledger.release(leaseName(terms.id), gateway);
      throw error;
    }
    this.#held.set(terms.id, session);
    log.info('session held', { session: terms.id, host: terms.host, room: session.roomMicro() });
    return session;
  }

  /**
   * Where the session stands is what the host can prove: its highest voucher is one of ours. Requests
   * beyond it, which somebody left, are paid as far as the host committed to them.
   */
  async #resume(session: HeldSession): Promise<void> {
    const { voucherKey, claimedMicro, claimedRequests } = session.terms;
    const { chainId } = this.#options;
    const { nextIndex, voucher, deliveredMicro } = await this.#quietView(session);
    let sent = { cumulativeMicro: claimedMicro, requests: claimedRequests };
    if (voucher !== null) {
      const signed = { signature: voucher.signature, publicKey: voucherKey };
      if (!verifyVoucher(voucher.voucher, chainId, signed)) {
        throw new HostFault('gateway/misbehaved', 'the host shows a voucher that is not ours');
      }
      sent = voucher.voucher;
    }
    const owedMicro = deliveredMicro - sent.cumulativeMicro;
    let provenMicro = 0n;
    for (let index = sent.requests + 1n; index < nextIndex; index++) {
      provenMicro += await provenCost(session, index, chainId);
    }
    if (owedMicro > provenMicro) {
      throw new HostFault('gateway/misbehaved', 'the host asks for more than it committed to');
    }
    const cumulativeMicro = owedMicro > 0n ? deliveredMicro : sent.cumulativeMicro;
    session.resume({ nextIndex, cumulativeMicro, requests: nextIndex - 1n, sent });
  }

  /** The host's view once nothing is under way any more. */
  async #quietView({ link, terms }: HeldSession): Promise<SessionView> {
    for (let look = 0; look < QUIET_LOOKS_MAX; look++) {
      const view = await link.view(terms.id);
      if (view.openCount === 0) return view;
      await this.#deps.world.timers.sleep(QUIET_LOOK_MS);
    }
    throw new HostFault('host/busy', 'requests of somebody else are still under way');
  }

  sizes(): { readonly sessions: number; readonly roomMicro: bigint } {
    const held = [...this.#held.values()];
    const roomMicro = held.reduce((sum, session) => sum + session.roomMicro(), 0n);
    return { sessions: held.length, roomMicro };
  }

  /** Keeps the leases; sessions whose lease was lost are dropped. */
  async renew(): Promise<void> {
    const { ledger, world, log } = this.#deps;
    const { gateway } = this.#options;
    for (const [id, session] of this.#held) {
      if (session.terms.expiresAt <= this.#burnHeight) session.isRetired = true;
      const untilMs = world.clock.nowMs() + LIMITS.leaseMs;
      const isOurs = await ledger.lease(leaseName(id), gateway, LIMITS.leaseMs);
      const isDone = session.isBroken || (session.isRetired && session.openCount === 0);
      if (isOurs && !isDone) {
        session.leasedUntilMs = untilMs;
        continue;
      }
      this.#held.delete(id);
      log.info('session let go', { session: id, isOurs, isBroken: session.isBroken });
      if (isOurs) await ledger.release(leaseName(id), gateway);
    }
  }

  /** Lets go of everything, so that another gateway need not wait for the leases to end. */
  async stop(): Promise<void> {
    for (const [id, session] of this.#held) {
      await session.settled();
      await this.#deps.ledger.release(leaseName(id), this.#options.gateway);
    }
    this.#held.clear();
  }
}

/** What an ended request cost, as the host committed to it and we asked for it. */
async function provenCost(session: HeldSession, index: bigint, chainId: number): Promise<bigint> {
  const { terms, link } = session;
  const record = await link.record(terms.id, index);
  if (record?.end == null) return 0n;
  const { request, signature, end } = record;
  const byUs = { signature, publicKey: terms.voucherKey };
  const byHost = { signature: end.hostSignature, publicKey: terms.hostKey };
  const holds =
    request.index === index &&
    verifySessionRequest(request, chainId, byUs) &&
    bytesEqual(end.commitment.requestHash, sessionRequestHash(request)) &&
    verifyCommitment(end.commitment, chainId, byHost);
  if (!holds) return 0n;
  return end.costMicro < request.maxFeeMicro ? end.costMicro : request.maxFeeMicro;
}

export function leaseName(id: bigint): string {
  return `session:${id}`;
}
