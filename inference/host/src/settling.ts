/**
 * Brings jobs to their end on chain: builds, signs and sends `settle`, `reject` or `expire`, one after
 * another under one nonce counter. A transaction is on disk before it is sent, and the same bytes are
 * sent again until it is mined or its nonce is used up. When it waits for long, the same call is sent
 * under the same nonce for a higher fee: at most one of them can ever be mined.
 */
import { bytesToHex } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { publicKeyFromPrivate } from '@assay/crypto';
import type { Logger } from '@assay/observe';
import {
  addressOfPublicKey,
  buildContractCall,
  signTransaction,
  type WalletNetwork,
} from '@assay/wallet';
import {
  decodeTransaction,
  encodeTransaction,
  type SigningKey,
  transactionIdOfBytes,
} from '@assay/wire';
import type { World } from '@assay/world';
import { type Certificate, certificateArguments } from './certificate.ts';
import type { ChainPort } from './chain-port.ts';
import type { Job, JobState, Settlement, SettlementAction } from './job.ts';
import type { JobBook } from './job-book.ts';
import { LIMITS } from './limits.ts';

export interface SettlingDeps {
  readonly world: World;
  readonly chain: ChainPort;
  readonly book: JobBook;
  readonly log: Logger;
}

export interface SettlingOptions {
  readonly network: WalletNetwork;
  /** `ST….inference` */
  readonly contract: string;
  /** Owns the host's account and pays fees. Secret. */
  readonly accountKey: SigningKey;
  readonly feeMicro: bigint;
}

const NONCE_ATTEMPTS_MAX = 4;

/** Where a job stands when no transaction of ours is under way. */
function restingState({ receipt }: Job): JobState {
  if (receipt === null) return 'assigned';
  return receipt.sketchHash === null ? 'published' : 'opened';
}

export class Settling {
  readonly #deps: SettlingDeps;
  readonly #options: SettlingOptions;
  readonly #publicKey: Uint8Array;
  readonly address: string;
  /** After a refusal (no funds, for example) the next transaction waits. */
  #pausedUntilMs = 0;

  constructor(deps: SettlingDeps, options: SettlingOptions) {
    const { privateKey, compressed } = options.accountKey;
    this.#deps = deps;
    this.#options = options;
    this.#publicKey = publicKeyFromPrivate(privateKey, compressed);
    this.address = addressOfPublicKey(this.#publicKey, options.network);
  }

  /** Closes with a certificate. */
  async certify(job: Job, certificate: Certificate): Promise<void> {
    const action = certificate.verdict === 'valid' ? 'settle' : 'reject';
    await this.#send(job, action, certificateArguments(job.receipt!, certificate));
  }

  /** Gives the user the money back after the deadline. */
  async expire(job: Job): Promise<void> {
    await this.#send(job, 'expire', [Cv.uint(job.id)]);
  }

  /** Looks after a job whose transaction is under way. */
  async follow(job: Job): Promise<void> {
    const { world, chain, book, log } = this.#deps;
    const { settlement } = job;
    if (settlement === null) return;
    const nowMs = world.clock.nowMs();
    if (nowMs - settlement.sentAtMs < LIMITS.resendMs) return;
    if ((await chain.nonce(this.address)).confirmed > settlement.nonce) {
      // Mined without closing the request: it aborted, or something else took the nonce.
      log.warn('settlement had no effect; starting over', { request: job.id });
      book.put({
        ...job,
        state: restingState(job),
        settlement: null,
      });
      return;
    }
    const next = this.#bumped(settlement) ?? settlement;
    book.put({ ...job, settlement: { ...next, sentAtMs: nowMs, sends: settlement.sends + 1 } });
    const refusal = await chain.broadcast(next.bytes);
    if (refusal !== null) log.debug('settlement not taken again', { request: job.id, refusal });
  }

  /** The same call for half as much again, every few sends, up to a bound; null: not now. */
  #bumped(settlement: Settlement): Settlement | null {
    const { feeMicro } = this.#options;
    const fee = (settlement.feeMicro * 3n + 1n) / 2n;
    const isDue = settlement.sends % LIMITS.sendsPerBump === 0;
    if (!isDue || fee > feeMicro * LIMITS.feeGrowthMax) return null;
    const decoded = decodeTransaction(settlement.bytes);
    if (!decoded.ok || decoded.value.payload.kind !== 'contract-call') return null;
    const { args } = decoded.value.payload;
    const bytes = this.#sign(settlement.action, args, { nonce: settlement.nonce, feeMicro: fee });
    const txid = transactionIdOfBytes(bytes);
    const { log } = this.#deps;
    log.info('settlement waits; offering more', { txid: bytesToHex(txid), feeMicro: fee });
    return { ...settlement, bytes, txid, feeMicro: fee };
  }

  async #send(job: Job, action: SettlementAction, args: readonly ClarityValue[]): Promise<void> {
    const { world, chain, book, log } = this.#deps;
    if (world.clock.nowMs() < this.#pausedUntilMs) return;
    let nonce = await this.#nextNonce();
    for (let attempt = 0; attempt < NONCE_ATTEMPTS_MAX; attempt++) {
      const { feeMicro } = this.#options;
      const bytes = this.#sign(action, args, { nonce, feeMicro });
      const txid = transactionIdOfBytes(bytes);
      const sentAtMs = world.clock.nowMs();
      const settlement = { action, nonce, bytes, txid, sentAtMs, feeMicro, sends: 1 };
      book.put({ ...job, state: 'settling', settlement });
      const refusal = await chain.broadcast(bytes);
      if (refusal === null) {
        log.info('settlement sent', { request: job.id, action, txid: bytesToHex(txid), nonce });
        return;
      }
      log.warn('settlement refused', { request: job.id, action, refusal, nonce });
      book.put(job);
      if (refusal === 'ConflictingNonceInMempool') nonce += 1n;
      else if (refusal === 'BadNonce') nonce = await this.#nextNonce();
      else break;
    }
    this.#pausedUntilMs = world.clock.nowMs() + LIMITS.refusedPauseMs;
  }

  /** Above what the node knows and above all of ours that are under way. */
  async #nextNonce(): Promise<bigint> {
    const { chain, book } = this.#deps;
    let nonce = (await chain.nonce(this.address)).next;
    for (const { settlement } of book.open()) {
      if (settlement !== null && settlement.nonce >= nonce) nonce = settlement.nonce + 1n;
    }
    return nonce;
  }

  #sign(
    functionName: SettlementAction,
    args: readonly ClarityValue[],
    { nonce, feeMicro }: { readonly nonce: bigint; readonly feeMicro: bigint },
  ): Uint8Array {
    const { network, contract, accountKey } = this.#options;
    const built = buildContractCall({
      network,
      origin: { publicKey: this.#publicKey },
      nonce,
      feeMicro,
      contract,
      functionName,
      args,
      // The escrow pays, not we: there is nothing of ours to protect.
      postConditionMode: 'allow',
    });
    if (!built.ok) throw new Error(built.error.message);
    const signed = signTransaction(built.value, accountKey);
    if (!signed.ok) throw new Error(signed.error.message);
    return encodeTransaction(signed.value);
  }
}
