/**
 * The transactions a gateway sends: opening a session, adding to its deposit, closing it. Gateways share one
 * account, so only the holder of the `account` lease sends; an opening is in the ledger before it is
 * sent, so that no deposit is ever forgotten.
 */
import { bytesToHex } from '@assay/bytes';
import type { SessionTerms } from '@assay/jobs';
import type { Logger } from '@assay/observe';
import type { World } from '@assay/world';
import { ApiError, unavailable } from '../api-error.ts';
import type { GatewayChain, HostOffer, PreparedTransaction } from '../chain-port.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LIMITS } from '../limits.ts';

export interface OpeningDeps {
  readonly world: World;
  readonly chain: GatewayChain;
  readonly ledger: Ledger;
  readonly log: Logger;
  /** Ends waiting for the chain. */
  readonly signal?: AbortSignal;
}

export interface OpenOptions {
  readonly gateway: string;
  readonly offer: HostOffer;
  readonly model: Uint8Array;
  readonly depositMicro: bigint;
  /** 33 bytes. */
  readonly voucherKey: Uint8Array;
  readonly duration: number;
}

const ACCOUNT = 'account';
const POLL_MS = 100;

/** @throws ApiError when the chain does not open it in time */
export async function openSession(deps: OpeningDeps, options: OpenOptions): Promise<SessionTerms> {
  const { chain, ledger, log, world } = deps;
  const { offer, gateway, model, depositMicro, voucherKey, duration } = options;
  const prepared = await asOnlySender(deps, gateway, async () => {
    const asked = { host: offer.host, model, depositMicro, voucherKey, duration };
    const made = await chain.prepareOpen(asked);
    const { host, endpoint } = offer;
    const sentAtMs = world.clock.nowMs();
    await ledger.putOpening({ txid: made.txid, host, endpoint, sentAtMs, state: 'sent' });
    await send(chain, made);
    return made;
  });
  log.info('opening a session', { host: offer.host, model, depositMicro, txid: prepared.txid });
  const id = await mined(deps, prepared.txid);
  const terms = id === null ? null : await chain.session(id);
  if (terms === null) throw unavailable('The session with the host could not be opened.');
  await ledger.putOpening({
    txid: prepared.txid,
    host: offer.host,
    endpoint: offer.endpoint,
    sentAtMs: 0,
    state: 'done',
  });
  return terms;
}

export async function raiseDeposit(
  deps: OpeningDeps,
  gateway: string,
  id: bigint,
  amountMicro: bigint,
): Promise<void> {
  const { chain, log } = deps;
  const prepared = await asOnlySender(deps, gateway, async () => {
    const made = await chain.prepareTopUp(id, amountMicro);
    await send(chain, made);
    return made;
  });
  log.info('raising a deposit', { session: id, amountMicro, txid: prepared.txid });
  await mined(deps, prepared.txid);
}

/**
 * Ends a session that is over; what its host did not claim comes back.
 * @returns its transaction; null when the chain does not let it end yet (a claim is under audit)
 */
export async function closeSession(
  deps: OpeningDeps,
  gateway: string,
  id: bigint,
): Promise<string | null> {
  const { chain, log } = deps;
  try {
    const prepared = await asOnlySender(deps, gateway, async () => {
      const made = await chain.prepareClose(id);
      await send(chain, made);
      return made;
    });
    await mined(deps, prepared.txid);
    return prepared.txid;
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    log.warn('a session could not be closed', { session: id, reason: cause.message });
    return null;
  }
}

async function send(chain: GatewayChain, { bytes }: PreparedTransaction): Promise<void> {
  const refusal = await chain.broadcast(bytes);
  if (refusal !== null) throw refused(refusal);
}

function refused(reason: string): ApiError {
  return unavailable(`The gateway's transaction was refused (${reason}).`);
}

/** @returns the number in `(ok id)` @throws ApiError when it fails or does not come in time */
async function mined({ world, chain, signal }: OpeningDeps, txid: string): Promise<bigint | null> {
  const endMs = world.clock.nowMs() + LIMITS.openTimeoutMs;
  while (world.clock.nowMs() < endMs) {
    const outcome = await chain.outcome(txid);
    if (outcome.kind === 'success') return outcome.id;
    if (outcome.kind === 'failed') throw refused(outcome.reason);
    if (!(await world.timers.sleep(POLL_MS, signal))) break;
  }
  throw unavailable('The chain did not take the transaction of the session in time.');
}

/** One gateway at a time makes transactions of the shared account, so that nonces do not collide. */
async function asOnlySender<T>(
  { world, ledger }: OpeningDeps,
  gateway: string,
  send: () => Promise<T>,
): Promise<T> {
  // A process is one sender as well: its own calls take turns under names of their own.
  const owner = `${gateway}/${bytesToHex(world.random.bytes(4))}`;
  const endMs = world.clock.nowMs() + LIMITS.openTimeoutMs;
  while (!(await ledger.lease(ACCOUNT, owner, LIMITS.leaseMs))) {
    if (world.clock.nowMs() > endMs) throw unavailable('The account is busy.');
    await world.timers.sleep(POLL_MS);
  }
  try {
    return await send();
  } finally {
    await ledger.release(ACCOUNT, owner);
  }
}
