/**
 * Disputes about settled answers: somebody put up a bond and says that the answer was false. Every signer
 * that can judges it again, with all it has: the transcript and the opened sketch as they were settled,
 * and the suspects of the model (channel C), which are asked of few answers otherwise. Verdicts are on
 * disk before they are said; who cannot judge says nothing. Source: contracts/inference.clar; docs/protocol.md 5.
 */
import { bytesEqual } from '@assay/bytes';
import {
  openBody,
  type SealKeyPair,
  sealKeyPair,
  sealSecretOf,
  signDisputeVerdict,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import { fetchContent, gatherCase, isOwnHostAddress } from './case-file.ts';
import type { DisputePort, OpenDispute } from './dispute-port.ts';
import type { Ledger } from './ledger.ts';
import { LIMITS } from './limits.ts';
import type { Finding, JudgePort, NodePort } from './ports.ts';

export interface DisputesDeps {
  readonly node: NodePort;
  readonly disputes: DisputePort;
  readonly judge: JudgePort;
  readonly ledger: Ledger;
  readonly log: Logger;
}

export class Disputes {
  readonly #deps: DisputesDeps;
  readonly #key: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array };
  readonly #chainId: number;
  readonly #sealKeys: SealKeyPair;
  /** Looks in vain, by dispute. */
  readonly #attempts = new Map<bigint, number>();

  constructor(
    deps: DisputesDeps,
    key: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array },
    chainId: number,
  ) {
    this.#deps = deps;
    this.#key = key;
    this.#chainId = chainId;
    this.#sealKeys = sealKeyPair(sealSecretOf(key.privateKey));
  }

  /**
   * Looks once at all open disputes.
   * @returns whether there is a new verdict to publish
   */
  async look(open: readonly OpenDispute[], burnHeight: number): Promise<boolean> {
    const { ledger } = this.#deps;
    let isNew = false;
    for (const dispute of open) {
      const { id, commitmentHash, lapsesAt, isReversed } = dispute;
      if (isReversed || burnHeight >= lapsesAt || isOwnHostAddress(dispute, this.#key.publicKey))
        continue;
      if (ledger.dispute(id, commitmentHash) !== null) continue;
      if (await this.#judge(dispute)) isNew = true;
    }
    return isNew;
  }

  /** @returns whether a verdict was recorded */
  async #judge(dispute: OpenDispute): Promise<boolean> {
    const { ledger, log } = this.#deps;
    const { id, evidence, commitmentHash } = dispute;
    const attempts = this.#attempts.get(id) ?? 0;
    if (attempts >= LIMITS.disputeAttemptsMax) return false;
    const finding = await this.#find(dispute);
    const verdict = typeof finding === 'string' ? 'missing' : finding.verdict;
    const reason = typeof finding === 'string' ? finding : finding.reason;
    log.info('a dispute was looked at', { dispute: id, verdict, reason });
    if (verdict === 'missing' || verdict === 'abstain') {
      // What cannot be judged now, cannot be judged by trying often; what is missing may come.
      const counted = verdict === 'abstain' ? LIMITS.disputeAttemptsMax : attempts + 1;
      this.#remember(id, counted);
      return false;
    }
    const said = { disputeId: id, evidence, commitmentHash, verdict };
    const signature = signDisputeVerdict(said, this.#chainId, this.#key.privateKey);
    ledger.recordDispute({ ...said, signature });
    return true;
  }

  #remember(id: bigint, attempts: number): void {
    this.#attempts.set(id, attempts);
    if (this.#attempts.size <= LIMITS.closingsMax) return;
    for (const oldest of this.#attempts.keys()) {
      this.#attempts.delete(oldest);
      return;
    }
  }

  /** @returns a string: what is missing */
  async #find(dispute: OpenDispute): Promise<Finding | string> {
    const { node, disputes, judge } = this.#deps;
    const receipt = await disputes.receipt(dispute);
    if (receipt?.sketchHash == null) return 'the settled answer is not here';
    const reader = { node, chainId: this.#chainId, publicKey: this.#key.publicKey };
    const gathered = await gatherCase(receipt, { ...reader, sealKeys: this.#sealKeys });
    if (gathered.kind === 'missing') return gathered.reason;
    if (gathered.kind === 'finding') return gathered.finding;
    const { judged, content, scope } = gathered.file;
    if (!bytesEqual(judged.executor.hostKey, dispute.hostKey)) return 'another host answered';
    const stored = await fetchContent(node, receipt.sketchHash, judged.executor);
    if (stored === null) return 'the sketch is not available';
    const part = scope === null ? stored : await openBody(scope, 'sketch', stored);
    const outcome = await judge.score(judged, receipt, content);
    if ('verdict' in outcome) return outcome;
    return outcome.conclude(part ?? new Uint8Array(0), true);
  }
}
