/**
 * Audits of session claims. Once Bitcoin has drawn which receipts are looked at and by whom, the drawn
 * judges fetch the receipts, hold them against the root on chain, and judge the audited answers:
 *
 * | verdict | when |
 * |---|---|
 * | valid | all audited answers are |
 * | invalid | one of them is false |
 * | withheld | the host did not hand out what it claims for, however often it was asked, or its receipts do not account for the amount |
 * | none | it cannot be judged here (no such model, evidence between the bounds) |
 *
 * Other signers join when a drawn judge found something, or nobody decided for long. A claim is judged by
 * the signers of the cycle in which it was made, also when the next one has begun: their slots stand as
 * long. Verdicts are on disk before they are said. Source: contracts/sessions.clar; docs/protocol.md (sessions).
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import {
  auditedReceipts,
  type ClaimLine,
  type ClaimVerdict,
  claimAmountMaxMicro,
  commitmentHash,
  decodeClaimLine,
  decodeVerdictChunk,
  type PricedReceipt,
  receiptsRoot,
  sessionRequestHash,
  signClaimVerdict,
  verifyClaimVerdict,
  verifyCommitment,
  verifySessionRequest,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import { type World, WorldError } from '@assay/world';
import { isOwnHostAddress } from './case-file.ts';
import type { ClaimDraw, ClaimPort, PendingClaim } from './claim-port.ts';
import type { Contracts } from './contracts.ts';
import type { Ledger } from './ledger.ts';
import { LIMITS } from './limits.ts';
import type { Finding, JudgePort, NodePort, SignerSlot } from './ports.ts';

export interface ClaimAuditsDeps {
  readonly world: World;
  readonly node: NodePort;
  readonly claims: ClaimPort;
  readonly judge: JudgePort;
  readonly ledger: Ledger;
  readonly contracts: Contracts;
  readonly log: Logger;
}

/** Patience with one claim. */
interface Watch {
  /** When we first saw its draw. */
  readonly sinceMs: number;
  attempts: number;
  /** We cannot judge it. */
  isGivenUp: boolean;
}

/** `missing`: the host did not show it; it is asked again. */
type Outcome = ClaimVerdict['verdict'] | 'missing' | 'abstain';

export class ClaimAudits {
  readonly #deps: ClaimAuditsDeps;
  readonly #key: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array };
  readonly #chainId: number;
  readonly #watched = new Map<string, Watch>();

  constructor(
    deps: ClaimAuditsDeps,
    key: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array },
    chainId: number,
  ) {
    this.#deps = deps;
    this.#key = key;
    this.#chainId = chainId;
  }

  /**
   * Looks once at pending claims.
   * @returns the cycles in whose slots there is a new verdict to publish
   */
  async look(pendingClaims: readonly PendingClaim[]): Promise<ReadonlySet<number>> {
    const { node, ledger } = this.#deps;
    const current = await node.currentCycle();
    const news = new Set<number>();
    for (const pending of pendingClaims) {
      const { draw, cycle } = pending;
      // A host does not judge itself: the contract refuses certificates with its word in them.
      // Slots of the cycle before the last belong to others by now: nobody would hear us there.
      if (
        draw === null ||
        cycle < current - 1 ||
        isOwnHostAddress(pending.session, this.#key.publicKey)
      )
        continue;
      if (ledger.claim(pending.hash) !== null) continue;
      const set = await node.signerSet(cycle);
      const own = set?.findIndex((one) => bytesEqual(one.publicKey, this.#key.publicKey)) ?? -1;
      if (set === null || own < 0) continue;
      if (!(await this.#isOurTurn(pending, draw, { set, own }))) continue;
      if (await this.#audit(pending, draw)) news.add(cycle);
    }
    return news;
  }

  async #isOurTurn(
    pending: PendingClaim,
    { judges }: ClaimDraw,
    { set, own }: { readonly set: readonly SignerSlot[]; readonly own: number },
  ): Promise<boolean> {
    const watch = this.#watch(pending.hash);
    if (watch.isGivenUp) return false;
    if (judges.includes(own)) return true;
    const nowMs = this.#deps.world.clock.nowMs();
    if (nowMs - watch.sinceMs >= LIMITS.claimPatienceMs) return true;
    for (const judge of judges) {
      const slot = set[judge];
      if (slot !== undefined && (await this.#hasFound(pending, judge, slot))) return true;
    }
    return false;
  }

  /** Whether a drawn judge calls the claim false or withheld. */
  async #hasFound(
    { hash, cycle }: PendingClaim,
    index: number,
    { publicKey }: SignerSlot,
  ): Promise<boolean> {
    const { node, contracts } = this.#deps;
    const chunk = await node.chunk(contracts.verdicts(cycle), index);
    const said = chunk === null ? null : decodeVerdictChunk(chunk.data);
    if (!said?.ok) return false;
    return said.value.claims.some((entry) => {
      if (entry.verdict === 'valid' || !bytesEqual(entry.claimHash, hash)) return false;
      const { signature } = entry;
      return verifyClaimVerdict(entry, this.#chainId, { signature, publicKey });
    });
  }

  #watch(hash: Uint8Array): Watch {
    const name = bytesToHex(hash);
    const known = this.#watched.get(name);
    if (known !== undefined) return known;
    const watch = { sinceMs: this.#deps.world.clock.nowMs(), attempts: 0, isGivenUp: false };
    this.#watched.set(name, watch);
    if (this.#watched.size > LIMITS.claimsWatchedMax) {
      this.#watched.delete(this.#watched.keys().next().value!);
    }
    return watch;
  }

  // ---- one claim ------------------------------------------------------------------------------

  /** @returns whether a verdict was recorded */
  async #audit(pending: PendingClaim, draw: ClaimDraw): Promise<boolean> {
    const { log, world } = this.#deps;
    const watch = this.#watch(pending.hash);
    const startedMs = world.clock.nowMs();
    let outcome = await this.#judge(pending, draw);
    if (outcome === 'missing') {
      watch.attempts += 1;
      log.info('a host does not show what it claims for', {
        claim: pending.hash,
        session: pending.claim.sessionId,
        attempt: watch.attempts,
      });
      if (watch.attempts < LIMITS.claimAttemptsMax) return false;
      outcome = 'withheld';
    }
    if (outcome === 'abstain') {
      watch.isGivenUp = true;
      return false;
    }
    const said = { claimHash: pending.hash, verdict: outcome };
    const signature = signClaimVerdict(said, this.#chainId, this.#key.privateKey);
    this.#deps.ledger.recordClaim({ ...said, signature });
    const ms = world.clock.nowMs() - startedMs;
    log.info('claim audited', { claim: pending.hash, verdict: outcome, ms });
    return true;
  }

  async #judge(pending: PendingClaim, draw: ClaimDraw): Promise<Outcome> {
    const { hash: claimHash, claim } = pending;
    const { lots, rateMicro } = draw;
    const audited = new Set(auditedReceipts({ lots, claimHash, rateMicro }, claim));
    const shown = await this.#readReceipts(pending, audited);
    if (shown === null) return 'missing';
    const { lines, amountMaxMicro } = shown;
    if (claim.amountMicro > amountMaxMicro) {
      const amountMicro = claim.amountMicro;
      this.#deps.log.info('the receipts of a claim do not account for its amount', {
        claim: claimHash,
        amountMicro,
        amountMaxMicro,
      });
      return 'withheld';
    }
    let worst: Outcome = 'valid';
    for (const line of lines) {
      const finding = await this.#judgeAnswer(pending, line, lots);
      if (finding === 'missing') {
        worst = 'missing';
        continue;
      }
      const { verdict, reason } = finding;
      if (verdict === 'valid') continue;
      const { index } = line.request;
      this.#deps.log.info('an answer of a session does not stand', {
        claim: claimHash,
        index,
        verdict,
        reason,
      });
      if (verdict === 'invalid') return 'invalid';
      if (worst === 'valid') worst = 'abstain';
    }
    return worst;
  }

  /**
   * The audited receipts and the most that all of them account for, when together they are those that
   * were claimed for; else null.
   */
  async #readReceipts(
    pending: PendingClaim,
    audited: ReadonlySet<bigint>,
  ): Promise<{ readonly lines: readonly ClaimLine[]; readonly amountMaxMicro: bigint } | null> {
    const { claims } = this.#deps;
    const { claim, session } = pending;
    const hashes: Uint8Array[] = [];
    const priced: PricedReceipt[] = [];
    const lines: ClaimLine[] = [];
    try {
      for await (const text of claims.receipts(pending)) {
        const line = decodeClaimLine(claim.sessionId, text);
        const index = claim.from + BigInt(hashes.length) + 1n;
        if (!line.ok || line.value.request.index !== index || index > claim.to) return null;
        const { commitment, request } = line.value;
        hashes.push(commitmentHash(commitment));
        priced.push({ ...commitment, maxFeeMicro: request.maxFeeMicro });
        if (!audited.has(index)) continue;
        if (!this.#isReceipt(pending, line.value)) return null;
        lines.push(line.value);
      }
    } catch (cause) {
      if (cause instanceof WorldError) return null;
      throw cause;
    }
    if (BigInt(hashes.length) !== claim.to - claim.from) return null;
    if (!bytesEqual(receiptsRoot(hashes), claim.receiptsRoot)) return null;
    return { lines, amountMaxMicro: claimAmountMaxMicro(session.prices, priced) };
  }

  /** Asked for by the payer, and answered under the host's signature. */
  #isReceipt({ session }: PendingClaim, line: ClaimLine): boolean {
    const { request, signature, commitment, hostSignature } = line;
    const payer = { signature, publicKey: session.voucherKey };
    const host = { signature: hostSignature, publicKey: session.hostKey };
    return (
      bytesEqual(request.model, session.model) &&
      bytesEqual(commitment.requestHash, sessionRequestHash(request)) &&
      verifySessionRequest(request, this.#chainId, payer) &&
      verifyCommitment(commitment, this.#chainId, host)
    );
  }

  async #judgeAnswer(
    pending: PendingClaim,
    line: ClaimLine,
    lots: Uint8Array,
  ): Promise<Finding | 'missing'> {
    const { claims, judge } = this.#deps;
    const { commitment, sketchHash, request } = line;
    const [transcript, sketch, prompt] = await Promise.all([
      claims.content(pending, 'transcripts', commitment.transcriptHash),
      claims.content(pending, 'transcripts', sketchHash),
      claims.content(pending, 'prompts', request.promptHash),
    ]);
    if (transcript === null || sketch === null || prompt === null) return 'missing';
    const { hostKey } = pending.session;
    return judge.judgeSession({ line, hostKey, transcript, sketch, prompt, lots });
  }
}
