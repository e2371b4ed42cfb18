/**
 * Turns vouchers into money: one transaction claims what many sessions owe for thousands of requests;
 * another releases a claim once its judges have signed, or when the audit window has passed without
 * them. What is claimed follows from what is on disk and on chain, so a restart only looks again.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { type ClarityValue, Cv } from '@assay/clarity-value';
import { hash160, publicKeyFromPrivate } from '@assay/crypto';
import {
  type Claim,
  claimAmountMaxMicro,
  claimHash,
  claimVerdictTuple,
  commitmentHash,
  receiptsRoot,
  recoverStructured,
  type SignedVoucher,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import { buildContractCall, signTransaction, type WalletNetwork } from '@assay/wallet';
import { encodeTransaction, type SigningKey, transactionIdOfBytes } from '@assay/wire';
import type { World } from '@assay/world';
import type { ChainPort } from './chain-port.ts';
import { LIMITS } from './limits.ts';
import type { SessionBook } from './session-book.ts';
import type { ClaimRecord, SessionChainPort } from './session-port.ts';

export interface SessionClaimsDeps {
  readonly world: World;
  readonly chain: ChainPort;
  readonly sessions: SessionChainPort;
  readonly book: SessionBook;
  readonly log: Logger;
}

export interface SessionClaimsOptions {
  readonly network: WalletNetwork;
  /** `ST….sessions` */
  readonly contract: string;
  readonly address: string;
  /** Pays fees and is paid. Secret. */
  readonly accountKey: SigningKey;
  readonly feeMicro: bigint;
  /** Milliseconds between claims of one session, unless much has gathered. */
  readonly everyMs: number;
}

/** A claim with the voucher that pays it. */
interface Made {
  readonly claim: Claim;
  readonly voucher: SignedVoucher;
}

export class SessionClaims {
  readonly #deps: SessionClaimsDeps;
  readonly #options: SessionClaimsOptions;
  /** By session: when it was last claimed for. */
  readonly #claimedAtMs = new Map<bigint, number>();
  /** Claims that the chain may know, by hash. */
  readonly #pending = new Map<string, Uint8Array>();

  constructor(deps: SessionClaimsDeps, options: SessionClaimsOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Looks once at everything; called every little while. */
  async look(): Promise<void> {
    const made: Made[] = [];
    const burnHeight = await this.#deps.sessions.burnHeight();
    for (const state of this.#deps.book.sessions()) {
      if (made.length >= LIMITS.claimsPerTransactionMax) break;
      if (state.voucher === null) continue;
      const one = await this.#due(state.id, state.voucher, burnHeight);
      if (one !== null) made.push(one);
    }
    if (made.length > 0) await this.#claim(made);
    for (const hash of [...this.#pending.values()]) await this.#follow(hash, burnHeight);
  }

  /** What can be claimed of a session now; null when nothing, or not yet. */
  async #due(id: bigint, voucher: SignedVoucher, burnHeight: number): Promise<Made | null> {
    const { world, sessions, book } = this.#deps;
    const nowMs = world.clock.nowMs();
    const { cumulativeMicro, requests } = voucher.voucher;
    const sinceMs = nowMs - (this.#claimedAtMs.get(id) ?? 0);
    if (sinceMs < LIMITS.resendMs) return null;
    const terms = await sessions.session(id);
    if (terms === null || !terms.isOpen) return null;
    const { claimedMicro, claimedRequests, pendingClaim = null } = terms;
    if (pendingClaim !== null) {
      // One at a time; perhaps one that we sent before we were killed.
      this.#pending.set(bytesToHex(pendingClaim), pendingClaim);
      return null;
    }
    if (requests <= claimedRequests || cumulativeMicro <= claimedMicro) return null;
    const isMany = requests - claimedRequests >= BigInt(LIMITS.claimAtRequests);
    const isLate = burnHeight + LIMITS.claimMarginBlocks >= terms.expiresAt;
    if (sinceMs < this.#options.everyMs && !isMany && !isLate) return null;
    const to = min(requests, claimedRequests + BigInt(LIMITS.receiptsPerClaimMax));
    // A voucher pays for all of its requests at once: a part of them cannot be claimed alone.
    if (to < requests) return null;
    const records = [...book.requests(id, claimedRequests, to)];
    const commitments = records.flatMap(({ end }) => (end === null ? [] : [end.commitment]));
    if (commitments.length !== Number(to - claimedRequests)) return null;
    const priced = records.map(({ request: { maxFeeMicro } }, i) => ({
      ...commitments[i]!,
      maxFeeMicro,
    }));
    // Judges would call it withheld; with the requests under way it will be in order.
    if (cumulativeMicro - claimedMicro > claimAmountMaxMicro(terms.prices, priced)) return null;
    const claim: Claim = {
      sessionId: id,
      from: claimedRequests,
      to,
      amountMicro: cumulativeMicro - claimedMicro,
      receiptsRoot: receiptsRoot(commitments.map(commitmentHash)),
    };
    const hash = claimHash(claim);
    if (await sessions.claim(hash)) {
      // Claimed before, and not settled yet.
      this.#pending.set(bytesToHex(hash), hash);
      return null;
    }
    return { claim, voucher };
  }

  async #claim(made: readonly Made[]): Promise<void> {
    const { world, book, chain, log } = this.#deps;
    const list = made.map(({ claim, voucher }) =>
      Cv.tuple({
        session: Cv.uint(claim.sessionId),
        cumulative: Cv.uint(voucher.voucher.cumulativeMicro),
        requests: Cv.uint(voucher.voucher.requests),
        'receipts-root': Cv.buffer(claim.receiptsRoot),
        'voucher-signature': Cv.buffer(voucher.signature),
      }),
    );
    const bytes = await this.#sign('claim', [Cv.list(list)]);
    const txid = transactionIdOfBytes(bytes);
    for (const { claim } of made) {
      const hash = claimHash(claim);
      await book.putClaim(hash, { claim, txid });
      this.#pending.set(bytesToHex(hash), hash);
      this.#claimedAtMs.set(claim.sessionId, world.clock.nowMs());
    }
    const refusal = await chain.broadcast(bytes);
    const requests = made.reduce((sum, { claim }) => sum + Number(claim.to - claim.from), 0);
    const amountMicro = made.reduce((sum, { claim }) => sum + claim.amountMicro, 0n);
    log.info('sessions claimed', { sessions: made.length, requests, amountMicro, refusal });
  }

  /** Brings a pending claim to its end. */
  async #follow(hash: Uint8Array, burnHeight: number): Promise<void> {
    const { sessions, log } = this.#deps;
    const record = await sessions.claim(hash);
    if (record === null) return;
    if (!record.isPending) {
      this.#pending.delete(bytesToHex(hash));
      log.info('claim closed', { claim: hash, session: record.sessionId });
      return;
    }
    if (burnHeight > record.lapsesAt) {
      await this.#call('lapse', [Cv.buffer(hash)]);
      return;
    }
    const verdicts = await this.#certificate(hash, record);
    if (verdicts !== null) await this.#call('release', [Cv.buffer(hash), Cv.list(verdicts)]);
  }

  /** Valid verdicts of all drawn judges, or of 70 % of the weight; null while they are not there. */
  async #certificate(
    hash: Uint8Array,
    record: ClaimRecord,
  ): Promise<readonly ClarityValue[] | null> {
    const { chain } = this.#deps;
    if (record.judges === null) return null;
    // Its own judges, also when the next cycle has begun: their slots stand as long.
    const cycle = await chain.signers(record.cycle);
    const said = await chain.verdicts(cycle);
    const tuple = claimVerdictTuple({ claimHash: hash, verdict: 'valid' });
    const { chainId } = this.#options.network;
    const voices = cycle.signers.flatMap(({ hash: signer, weight }, index) => {
      const verdict = said
        .get(index)
        ?.claims.find((one) => one.verdict === 'valid' && bytesEqual(one.claimHash, hash));
      const key =
        verdict === undefined ? null : recoverStructured(tuple, chainId, verdict.signature);
      if (verdict === undefined || key === null || !bytesEqual(hash160(key), signer)) return [];
      return [{ index, weight, signature: verdict.signature }];
    });
    const weight = voices.reduce((sum, voice) => sum + voice.weight, 0n);
    const hasJudges = record.judges.every((judge) => voices.some(({ index }) => index === judge));
    if (voices.length === 0 || (!hasJudges && weight * 10n < cycle.totalWeight * 7n)) return null;
    return voices
      .slice(0, LIMITS.verdictsPerCertificateMax)
      .map(({ index, signature }) =>
        Cv.tuple({ index: Cv.uint(index), signature: Cv.buffer(signature) }),
      );
  }

  async #call(functionName: string, args: readonly ClarityValue[]): Promise<void> {
    const { chain, log } = this.#deps;
    const refusal = await chain.broadcast(await this.#sign(functionName, args));
    if (refusal !== null) log.warn('a session transaction was refused', { functionName, refusal });
  }

  async #sign(functionName: string, args: readonly ClarityValue[]): Promise<Uint8Array> {
    const { network, contract, accountKey, feeMicro, address } = this.#options;
    const { privateKey, compressed } = accountKey;
    const { next } = await this.#deps.chain.nonce(address);
    const built = buildContractCall({
      network,
      origin: { publicKey: publicKeyFromPrivate(privateKey, compressed) },
      nonce: next,
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

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
