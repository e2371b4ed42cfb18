/**
 * Judges answers in the background, one at a time, as soon as their receipts are published:
 *
 * ```
 * receipt ──run our model──▶ committed (blind) ──host opens its sketch──▶ verdict, our opening
 *    └──exact rule broken, or not ours to judge──────────────────────────▶ verdict
 * ```
 * Every step is on disk before it is said. What cannot be judged (no such model, content nobody has, a
 * host that does not open) becomes an abstention and accuses nobody; when such a host opens after all,
 * the verdict follows.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import {
  blindOf,
  commitmentHash,
  decodeReceiptChunk,
  encodeOpening,
  openBody,
  type Receipt,
  type SealKeyPair,
  sealBody,
  sealKeyPair,
  sealSecretOf,
  signVerdict,
  type VerdictEntry,
} from '@assay/jobs';
import type { Logger } from '@assay/observe';
import { recoverChunkKey, type StackerDbChunk } from '@assay/wire';
import type { World } from '@assay/world';
import { fetchContent, gatherCase } from './case-file.ts';
import type { Contracts } from './contracts.ts';
import type { Ledger } from './ledger.ts';
import { LIMITS } from './limits.ts';
import { type OwnScoring, PeerWatch } from './peer-watch.ts';
import type { Finding, JudgePort, NodePort } from './ports.ts';
import type { SlotWriter } from './slot-writer.ts';
import { VerdictSlot } from './verdict-slot.ts';

export interface JudgeQueueDeps {
  readonly world: World;
  readonly node: NodePort;
  readonly judge: JudgePort;
  readonly ledger: Ledger;
  readonly slots: SlotWriter;
  readonly contracts: Contracts;
  readonly log: Logger;
}

/** The reason of an abstention that an opening can still turn into a verdict. */
const NOT_OPENED = 'the host did not open its sketch';

/** A receipt that is not scored yet. */
interface Waiting {
  readonly receipt: Receipt;
  attempts: number;
  /** Not tried before. */
  dueMs: number;
}

/** A receipt whose sketch is opened, and the key that wrote the slot. */
interface Opened {
  readonly receipt: Receipt;
  readonly author: Uint8Array | null;
}

export class JudgeQueue {
  readonly #deps: JudgeQueueDeps;
  readonly #key: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array };
  readonly #chainId: number;
  readonly #peers: PeerWatch;
  readonly #slot: VerdictSlot;
  readonly #sealKeys: SealKeyPair;
  /** Receipts to score, by commitment hash. */
  readonly #waiting = new Map<string, Waiting>();
  /** Committed answers whose host has opened. */
  readonly #opened = new Map<string, Opened>();
  /** Answers whose host opened before we had committed; always some of those waiting. */
  readonly #early = new Map<string, Opened>();
  /** When we committed, for patience with hosts that do not open. */
  readonly #committedAtMs = new Map<string, number>();
  readonly #uploaded = new Set<string>();
  readonly #abort = new AbortController();
  #running: Promise<void> | null = null;
  #wake: (() => void) | null = null;

  constructor(
    deps: JudgeQueueDeps,
    key: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array },
    chainId: number,
  ) {
    this.#deps = deps;
    this.#key = key;
    this.#chainId = chainId;
    this.#peers = new PeerWatch(deps, key.publicKey);
    this.#sealKeys = sealKeyPair(sealSecretOf(key.privateKey));
    this.#slot = new VerdictSlot(deps, key.publicKey, this.#sealKeys.publicKey);
    const nowMs = deps.world.clock.nowMs();
    for (const receipt of deps.ledger.committed()) {
      this.#committedAtMs.set(keyOf(receipt), nowMs);
    }
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Other judges by key, and what they were seen to do. */
  get peers(): ReturnType<PeerWatch['conduct']> {
    return this.#peers.conduct();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake?.();
    await this.#running;
  }

  /**
   * Says what the ledger holds; a node that does not take it is asked again at the next resync.
   * @param cycles earlier ones in whose slots something new belongs
   */
  async publish(cycles: Iterable<number> = []): Promise<void> {
    try {
      await this.#slot.publish(cycles);
    } catch (cause) {
      this.#deps.log.warn('verdicts are not published yet', { cause });
    }
  }

  /** A host's slot: what is new is scored, what is opened is concluded. */
  onReceiptChunk(chunk: StackerDbChunk): void {
    const receipts = decodeReceiptChunk(chunk.data);
    if (!receipts.ok) return;
    for (const receipt of receipts.value) this.#take(receipt, chunk);
    this.#go();
  }

  #take(receipt: Receipt, chunk: StackerDbChunk): void {
    const hash = commitmentHash(receipt.commitment);
    const key = bytesToHex(hash);
    const said = this.#deps.ledger.verdict(hash);
    const opened = { receipt, author: recoverChunkKey(chunk) };
    if (said === null) {
      if (!this.#waiting.has(key) && this.#waiting.size >= LIMITS.judgeQueueMax) return;
      if (!this.#waiting.has(key)) this.#waiting.set(key, { receipt, attempts: 0, dueMs: 0 });
      if (receipt.sketchHash !== null) this.#early.set(key, opened);
      return;
    }
    const isPending =
      said.verdict === 'committed' || (said.verdict === 'abstain' && said.reason === NOT_OPENED);
    if (!isPending || receipt.sketchHash === null || this.#opened.has(key)) return;
    this.#peers.onOpening(hash);
    this.#opened.set(key, opened);
  }

  /** Another signer's slot. */
  onVerdictChunk(chunk: StackerDbChunk): void {
    this.#peers.onVerdictChunk(chunk);
  }

  #go(): void {
    this.#wake?.();
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Fetches what events may have lost, says again what was not heard, gives up on silent hosts. */
  async resync(): Promise<void> {
    const { node, contracts } = this.#deps;
    await this.#slot.publishAgain();
    const verdicts = contracts.verdicts(await node.currentCycle());
    for (const slot of await node.writtenSlots(verdicts)) {
      const chunk = await node.chunk(verdicts, slot);
      if (chunk !== null) this.onVerdictChunk(chunk);
    }
    for (const slot of await node.writtenSlots(contracts.receipts)) {
      const chunk = await node.chunk(contracts.receipts, slot);
      if (chunk !== null) this.onReceiptChunk(chunk);
    }
    await this.#giveUpOnSilentHosts();
    await this.#uploadOpenings();
    await this.#peers.compare();
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const nowMs = this.#deps.world.clock.nowMs();
      const [opened] = this.#opened.values();
      const waiting = [...this.#waiting.values()];
      const due = waiting.find(({ dueMs }) => dueMs <= nowMs);
      if (opened !== undefined) await this.#conclude(opened);
      else if (due !== undefined) await this.#score(due);
      else if (waiting.length > 0) {
        await this.#rest(Math.min(...waiting.map(({ dueMs }) => dueMs)) - nowMs);
      } else return;
    }
  }

  /** Until something comes in, or the time has passed. */
  async #rest(forMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#deps.world.timers.after(forMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = null;
  }

  // ---- first step -----------------------------------------------------------------------------

  /** One attempt; what is missing is tried again after the others, and abstained from in the end. */
  async #score(waiting: Waiting): Promise<void> {
    const { world, ledger, log } = this.#deps;
    const { receipt } = waiting;
    const startedMs = world.clock.nowMs();
    const tried = await this.#tryToScore(receipt);
    if (this.#abort.signal.aborted) return;
    waiting.attempts += 1;
    waiting.dueMs = world.clock.nowMs() + LIMITS.judgeRetryMs;
    if (typeof tried === 'string' && waiting.attempts < LIMITS.judgeAttemptsMax) return;
    const abstain = (reason: string): Finding => ({ verdict: 'abstain', reason, endMicro: null });
    const outcome = typeof tried === 'string' ? abstain(tried) : tried;
    const key = keyOf(receipt);
    const early = this.#early.get(key);
    this.#waiting.delete(key);
    this.#early.delete(key);
    if ('verdict' in outcome) {
      this.#record(receipt, outcome, null);
    } else {
      const hash = commitmentHash(receipt.commitment);
      const stored = await this.#opening(hash, outcome);
      const blind = blindOf(stored);
      const { requestId } = receipt;
      const entry = { verdict: 'committed', requestId, commitmentHash: hash, blind } as const;
      ledger.recordCommit(receipt, entry, stored);
      this.#committedAtMs.set(key, world.clock.nowMs());
      this.#peers.remember(hash, outcome);
      if (early !== undefined) this.#opened.set(key, early);
      log.debug('sketch committed', { request: requestId, ms: world.clock.nowMs() - startedMs });
    }
    await this.publish();
  }

  /** Our opening as it will be stored: the one on disk, if we committed before a crash. */
  async #opening(hash: Uint8Array, { scoring, scope }: OwnScoring): Promise<Uint8Array> {
    const known = this.#deps.ledger.opening(hash);
    if (known !== null) return known;
    const { publicKey } = this.#key;
    const salt = this.#deps.world.random.bytes(32);
    const plain = encodeOpening({
      commitmentHash: hash,
      publicKey,
      salt,
      sketch: scoring.sketch,
    });
    return scope === null ? plain : sealBody(scope, 'opening', plain, publicKey);
  }

  /** @returns a string: what is missing, or that the judge failed */
  async #tryToScore(receipt: Receipt): Promise<Finding | OwnScoring | string> {
    try {
      return await this.#scoreOnce(receipt);
    } catch (cause) {
      this.#deps.log.warn('judging failed; trying again', { request: receipt.requestId, cause });
      return 'the judge failed';
    }
  }

  /** @returns a string: what is missing */
  async #scoreOnce(receipt: Receipt): Promise<Finding | OwnScoring | string> {
    const { node, judge } = this.#deps;
    const reader = { node, chainId: this.#chainId, publicKey: this.#key.publicKey };
    const gathered = await gatherCase(receipt, { ...reader, sealKeys: this.#sealKeys });
    if (gathered.kind === 'missing') return gathered.reason;
    if (gathered.kind === 'finding') return gathered.finding;
    const { judged, content, scope } = gathered.file;
    const outcome = await judge.score(judged, receipt, content);
    if ('verdict' in outcome) return outcome;
    return { scoring: outcome, scope, executor: judged.executor };
  }

  // ---- second step ----------------------------------------------------------------------------

  async #conclude({ receipt, author }: Opened): Promise<void> {
    const { log } = this.#deps;
    const key = keyOf(receipt);
    const hash = commitmentHash(receipt.commitment);
    try {
      const own = this.#peers.scoring(hash) ?? (await this.#scoreAgain(receipt));
      if (own === null) return;
      if (author === null || !bytesEqual(author, own.executor.hostKey)) return;
      const part = await this.#sketchPart(receipt, own);
      if (part === null) return;
      const finding = await own.scoring.conclude(part);
      this.#record(receipt, finding, this.#deps.ledger.opening(hash));
      await this.publish();
      await this.#uploadOpenings();
      await this.#peers.compare();
    } catch (cause) {
      // The next resync brings it back.
      log.warn('concluding failed; it will be tried again', { request: receipt.requestId, cause });
    } finally {
      this.#opened.delete(key);
    }
  }

  /** After a restart the numbers are gone; the commit on disk stands. */
  async #scoreAgain(receipt: Receipt): Promise<OwnScoring | null> {
    const outcome = await this.#scoreOnce(receipt);
    if (typeof outcome === 'string') return null;
    if ('verdict' in outcome) {
      // Abstaining now (the model is gone, the node busy) must not cost a verdict later.
      if (outcome.verdict === 'invalid') this.#record(receipt, outcome, null);
      return null;
    }
    this.#peers.remember(commitmentHash(receipt.commitment), outcome);
    return outcome;
  }

  /** The host's sketch part, opened if sealed; null while nobody has it. */
  async #sketchPart(receipt: Receipt, own: OwnScoring): Promise<Uint8Array | null> {
    const { node } = this.#deps;
    const stored = await fetchContent(node, receipt.sketchHash!, own.executor);
    if (stored === null || own.scope === null) return stored;
    // Sealed otherwise than agreed: unreadable for every judge, by the host's own hand.
    return (await openBody(own.scope, 'sketch', stored)) ?? new Uint8Array(0);
  }

  async #giveUpOnSilentHosts(): Promise<void> {
    const { world, ledger } = this.#deps;
    let isChanged = false;
    for (const receipt of ledger.committed()) {
      const key = keyOf(receipt);
      // Opened: its conclusion is on the way, however long a second model takes.
      if (this.#opened.has(key)) continue;
      const sinceMs = this.#committedAtMs.get(key);
      if (sinceMs === undefined) this.#committedAtMs.set(key, world.clock.nowMs());
      if (sinceMs === undefined || world.clock.nowMs() - sinceMs < LIMITS.openTimeoutMs) continue;
      const hash = commitmentHash(receipt.commitment);
      const finding = this.#peers.scoring(hash)?.scoring.withheld();
      const isInvalid = finding?.verdict === 'invalid';
      const abstain = { verdict: 'abstain', reason: NOT_OPENED, endMicro: null } as const;
      this.#record(receipt, isInvalid ? finding : abstain, ledger.opening(hash));
      isChanged = true;
    }
    if (isChanged) await this.publish();
  }

  // ---- said -----------------------------------------------------------------------------------

  #record(receipt: Receipt, finding: Finding, opening: Uint8Array | null): void {
    const { ledger, log } = this.#deps;
    const { verdict, reason } = finding;
    const blind = opening === null ? null : blindOf(opening);
    ledger.recordVerdict(this.#entry(receipt, finding, blind));
    this.#committedAtMs.delete(keyOf(receipt));
    log.info('answer judged', { request: receipt.requestId, verdict, reason });
  }

  #entry(receipt: Receipt, finding: Finding, blind: Uint8Array | null): VerdictEntry {
    const hash = commitmentHash(receipt.commitment);
    const { requestId } = receipt;
    const { verdict, reason } = finding;
    if (verdict === 'abstain') return { verdict, requestId, commitmentHash: hash, reason };
    const about = { commitmentHash: hash, requestId, verdict };
    const signature = signVerdict(about, this.#chainId, this.#key.privateKey);
    return { verdict, requestId, commitmentHash: hash, signature, blind };
  }

  /** Openings of our recent verdicts, until the node has taken them. */
  async #uploadOpenings(): Promise<void> {
    const { ledger, node } = this.#deps;
    for (const entry of ledger.recentVerdicts(LIMITS.verdictsPublished)) {
      if (entry.verdict !== 'valid' && entry.verdict !== 'invalid') continue;
      if (entry.blind === null) continue;
      const key = bytesToHex(entry.commitmentHash);
      const opening = this.#uploaded.has(key) ? null : ledger.opening(entry.commitmentHash);
      if (opening !== null && (await node.putContent(opening))) this.#uploaded.add(key);
    }
  }
}

function keyOf(receipt: Receipt): string {
  return bytesToHex(commitmentHash(receipt.commitment));
}
