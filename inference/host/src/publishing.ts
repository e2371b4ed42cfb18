/**
 * Shows the world what a host has answered: receipts in our slot, ids parts in the content store, and
 * sketch parts once judges have committed to their own. One run at a time; everything shown is on disk.
 */
import type { Receipt } from '@assay/jobs';
import type { World } from '@assay/world';
import { heardWeight, isEnough } from './certificate.ts';
import type { ChainPort, SignerCycle } from './chain-port.ts';
import type { Job } from './job.ts';
import type { JobBook } from './job-book.ts';
import { LIMITS } from './limits.ts';
import { ReceiptSlot } from './receipt-slot.ts';

export interface PublishingDeps {
  readonly world: World;
  readonly chain: ChainPort;
  readonly book: JobBook;
  /** Answers that nobody may see yet. */
  readonly isHeldBack?: (job: Job) => boolean;
}

export class Publishing {
  readonly #deps: PublishingDeps;
  readonly #slot: ReceiptSlot;
  /** Ids parts and sketch parts that the node has taken, by request. */
  readonly #idsTaken = new Set<bigint>();
  readonly #sketchTaken = new Set<bigint>();
  #running: Promise<void> = Promise.resolve();

  /** @param operatingKey 32 bytes. Secret. */
  constructor(deps: PublishingDeps, operatingKey: Uint8Array) {
    this.#deps = deps;
    this.#slot = new ReceiptSlot(deps.chain, operatingKey);
  }

  /** Its receipt leaves our slot with the next run, or its request was given anew. */
  forget(id: bigint): void {
    this.#idsTaken.delete(id);
    this.#sketchTaken.delete(id);
  }

  /** Whether something of these jobs is not shown yet. */
  isBehind(jobs: readonly Job[]): boolean {
    return jobs.some(
      ({ id, receipt }) =>
        receipt !== null &&
        (!this.#idsTaken.has(id) || (receipt.sketchHash !== null && !this.#sketchTaken.has(id))),
    );
  }

  run(): Promise<void> {
    const run = this.#running.catch(() => undefined).then(() => this.#run());
    this.#running = run;
    return run;
  }

  /** Opens the sketches that enough judges have committed about. @returns true when there is one */
  open(cycle: SignerCycle, published: Awaited<ReturnType<ChainPort['verdicts']>>): boolean {
    const { world, book } = this.#deps;
    const nowMs = world.clock.nowMs();
    let isAny = false;
    for (const job of book.open()) {
      const { receipt, sketchHash, publishedAtMs } = job;
      if (job.state !== 'published' || receipt === null) continue;
      const isHeard = isEnough(heardWeight(receipt, cycle, published), cycle.totalWeight);
      const isLate = publishedAtMs !== null && nowMs - publishedAtMs >= LIMITS.openTimeoutMs;
      if (!isHeard && !isLate) continue;
      book.put({ ...job, state: 'opened', receipt: { ...receipt, sketchHash } });
      isAny = true;
    }
    return isAny;
  }

  /** The slot first: the node takes only content that a slot announces. */
  async #run(): Promise<void> {
    const { book, isHeldBack = () => false } = this.#deps;
    const shown = book.open().filter((job) => !isHeldBack(job));
    const receipts = shown.flatMap(({ receipt }): Receipt[] => (receipt ? [receipt] : []));
    if (!(await this.#slot.write(receipts))) return;
    for (const { id, receipt } of shown) {
      if (receipt === null) continue;
      const { commitment, sketchHash } = receipt;
      if (!this.#idsTaken.has(id) && (await this.#upload(commitment.transcriptHash))) {
        this.#idsTaken.add(id);
        this.#markPublished(id);
      }
      if (sketchHash === null || this.#sketchTaken.has(id)) continue;
      if (await this.#upload(sketchHash)) this.#sketchTaken.add(id);
    }
  }

  #markPublished(id: bigint): void {
    const { world, book } = this.#deps;
    const job = book.get(id);
    if (job?.state !== 'answered') return;
    book.put({ ...job, state: 'published', publishedAtMs: world.clock.nowMs() });
  }

  async #upload(hash: Uint8Array): Promise<boolean> {
    const { chain, book } = this.#deps;
    const bytes = book.content(hash);
    return bytes !== null && chain.putContent(bytes);
  }
}
