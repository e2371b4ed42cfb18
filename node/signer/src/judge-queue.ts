/**
 * Judges answers in the background, one at a time, as soon as their receipts are published. A verdict
 * is on disk before it is said; what cannot be judged (no such model, content nobody has) becomes an
 * abstention after some attempts and accuses nobody.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import {
  commitmentHash,
  decodeReceiptChunk,
  encodeVerdictChunk,
  type Receipt,
  requestHash,
  signVerdict,
  type VerdictEntry,
  verifyCommitment,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import type { StackerDbChunk } from '@assay/wire';
import type { World } from '@assay/world';
import type { Contracts } from './contracts.ts';
import type { Ledger } from './ledger.ts';
import { LIMITS } from './limits.ts';
import type { JudgedRequest, JudgePort, NodePort } from './ports.ts';
import type { SlotWriter } from './slot-writer.ts';

export interface JudgeQueueDeps {
  readonly world: World;
  readonly node: NodePort;
  readonly judge: JudgePort;
  readonly ledger: Ledger;
  readonly slots: SlotWriter;
  readonly contracts: Contracts;
  readonly log: Logger;
}

type Finding = { readonly verdict: 'valid' | 'invalid' | 'abstain'; readonly reason: string };

export class JudgeQueue {
  readonly #deps: JudgeQueueDeps;
  readonly #key: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array };
  readonly #chainId: number;
  readonly #waiting = new Map<string, Receipt>();
  readonly #abort = new AbortController();
  #running: Promise<void> | null = null;
  /** In whose slots our verdicts stand; null: not known to stand anywhere. */
  #publishedCycle: number | null = null;
  #publications = 0;

  constructor(
    deps: JudgeQueueDeps,
    key: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array },
    chainId: number,
  ) {
    this.#deps = deps;
    this.#key = key;
    this.#chainId = chainId;
  }

  get size(): number {
    return this.#waiting.size;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  /** A host's slot: every receipt without a verdict of ours is queued. */
  onReceiptChunk(chunk: StackerDbChunk): void {
    const receipts = decodeReceiptChunk(chunk.data);
    if (!receipts.ok) return;
    for (const receipt of receipts.value) {
      const hash = commitmentHash(receipt.commitment);
      const key = bytesToHex(hash);
      if (this.#waiting.has(key) || this.#deps.ledger.verdict(hash) !== null) continue;
      if (this.#waiting.size >= LIMITS.judgeQueueMax) return;
      this.#waiting.set(key, receipt);
    }
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Fetches receipts that events may have lost, and says again what was not heard. */
  async resync(): Promise<void> {
    const { node, contracts } = this.#deps;
    await this.#publishAgain();
    for (const slot of await node.writtenSlots(contracts.receipts)) {
      const chunk = await node.chunk(contracts.receipts, slot);
      if (chunk !== null) this.onReceiptChunk(chunk);
    }
  }

  /** Puts our recent verdicts into our slot; after a restart too, in case the write was lost. */
  async publish(): Promise<void> {
    const { node, ledger, slots, contracts } = this.#deps;
    this.#publishedCycle = null;
    this.#publications += 1;
    const publication = this.#publications;
    const entries = ledger.recentVerdicts(LIMITS.verdictsPublished);
    const cycle = await node.currentCycle();
    const set = await node.signerSet(cycle);
    const slot = set?.findIndex((s) => bytesEqual(s.publicKey, this.#key.publicKey)) ?? -1;
    const isSaid =
      entries.length === 0 ||
      slot < 0 ||
      (await slots.write(contracts.verdicts(cycle), slot, encodeVerdictChunk(entries)));
    // A later one knows more: only its own success counts.
    if (isSaid && publication === this.#publications) this.#publishedCycle = cycle;
  }

  /** A write was lost with the node, or a new cycle began: its verdicts have a slot of their own. */
  async #publishAgain(): Promise<void> {
    if (this.#publishedCycle !== (await this.#deps.node.currentCycle())) await this.publish();
  }

  async #run(): Promise<void> {
    const { world, ledger, log } = this.#deps;
    while (!this.#abort.signal.aborted) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const [key, receipt] = next;
      const finding = await this.#find(receipt);
      if (this.#abort.signal.aborted) return;
      const startedMs = world.clock.nowMs();
      const entry = this.#entry(receipt, finding);
      ledger.recordVerdict(entry);
      this.#waiting.delete(key);
      log.info('answer judged', {
        request: receipt.requestId,
        verdict: finding.verdict,
        reason: finding.reason,
        publishMs: world.clock.nowMs() - startedMs,
      });
      try {
        await this.publish();
      } catch (cause) {
        log.warn('verdicts are not published yet', { cause });
      }
    }
  }

  #entry(receipt: Receipt, { verdict, reason }: Finding): VerdictEntry {
    const hash = commitmentHash(receipt.commitment);
    const { requestId } = receipt;
    if (verdict === 'abstain') return { verdict, requestId, commitmentHash: hash, reason };
    const signature = signVerdict(
      { commitmentHash: hash, requestId, verdict },
      this.#chainId,
      this.#key.privateKey,
    );
    return { verdict, requestId, commitmentHash: hash, signature };
  }

  /** Tries until judged; failures of the world become an abstention in the end. */
  async #find(receipt: Receipt): Promise<Finding> {
    const { world, node, judge, log } = this.#deps;
    let reason = 'the request is not on chain';
    for (let attempt = 0; attempt < LIMITS.judgeAttemptsMax; attempt++) {
      try {
        const judged = await node.inferenceRequest(receipt.requestId);
        if (judged !== null) {
          const early = this.#checkReceipt(judged, receipt);
          if (early !== null) return early;
          const transcript = await this.#content(receipt.commitment.transcriptHash, judged);
          const prompt = judged.prompt ?? (await this.#content(judged.request.promptHash, judged));
          if (transcript !== null) return await judge.judge(judged, receipt, transcript, prompt);
          reason = 'the transcript is not available';
        }
      } catch (cause) {
        reason = 'the judge failed';
        log.warn('judging failed; trying again', { request: receipt.requestId, cause });
      }
      await world.timers.sleep(LIMITS.judgeRetryMs, this.#abort.signal);
      if (this.#abort.signal.aborted) break;
    }
    return { verdict: 'abstain', reason };
  }

  /** What needs no model: is this a receipt of the executor for this very request? */
  #checkReceipt({ request, hostKey }: JudgedRequest, receipt: Receipt): Finding | null {
    const { commitment, hostSignature } = receipt;
    const signed = { signature: hostSignature, publicKey: hostKey };
    if (!verifyCommitment(commitment, this.#chainId, signed)) {
      return { verdict: 'abstain', reason: 'not signed by the executor' };
    }
    if (!bytesEqual(commitment.requestHash, requestHash(request))) {
      return { verdict: 'invalid', reason: 'the commitment is for another request' };
    }
    return null;
  }

  async #content(hash: Uint8Array, judged: JudgedRequest): Promise<Uint8Array | null> {
    const bytes = await this.#deps.node.content(hash, judged.hostEndpoint);
    return bytes !== null && bytesEqual(sha256(bytes), hash) ? bytes : null;
  }
}
