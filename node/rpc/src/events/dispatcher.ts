/**
 * All observers of a node. The composition root connects its inputs: coordinator (blocks, burn
 * blocks), mempool, StackerDB, proposal verdicts. Every call only enqueues.
 * Source: reference/stacks.md 6; stacks-clients.md 2, complaint 16 (observers must not block the
 * node nor lose blocks).
 */
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import type { DropEvent } from '@assay/mempool';
import type { ChunkEvent } from '@assay/stackerdb';
import type { TimerHandle } from '@assay/world';
import { encodeJson } from '../json.ts';
import { EVENT_LIMITS } from '../limits.ts';
import type { ProposalResponse } from '../proposals.ts';
import { Observer, type ObserverDeps } from './observer.ts';
import {
  dropMempoolPayload,
  newBlockPayload,
  newMempoolPayload,
  stackerDbPayload,
} from './payloads.ts';
import type { ObserverConfig, Subscription } from './subscription.ts';

export type EventDispatcherDeps = Omit<ObserverDeps, 'blockBody'>;

/** How often acknowledged positions reach the disk, milliseconds. */
const FLUSH_MS = 500;
/** Bodies of the newest blocks, kept for the observers that are not as far yet. */
const BODIES_KEPT = 8;

export class EventDispatcher {
  readonly #deps: EventDispatcherDeps;
  readonly #observers: readonly Observer[];
  readonly #bodies = new Map<string, Uint8Array>();
  #flushTimer: TimerHandle | null = null;

  /** @throws RangeError more observers than the limit */
  constructor(deps: EventDispatcherDeps, configs: readonly ObserverConfig[]) {
    if (configs.length > EVENT_LIMITS.observersMax) {
      throw new RangeError(`at most ${EVENT_LIMITS.observersMax} observers`);
    }
    this.#deps = deps;
    const blockBody = (id: Uint8Array, wants: Subscription) => this.#blockBody(id, wants);
    this.#observers = configs.map((config) => new Observer({ ...deps, blockBody }, config));
  }

  start(): void {
    for (const observer of this.#observers) observer.start();
    this.#flushTimer = this.#deps.world.timers.every(FLUSH_MS, () => {
      for (const observer of this.#observers) observer.flush();
    });
  }

  async stop(): Promise<void> {
    this.#flushTimer?.cancel();
    await Promise.all(this.#observers.map((observer) => observer.stop()));
  }

  /** Messages waiting for each observer. */
  get backlogs(): readonly number[] {
    return this.#observers.map((observer) => observer.backlog);
  }

  /** A block was applied, on whatever fork. */
  blockApplied(blockId: Uint8Array): void {
    for (const observer of this.#observers) observer.block(blockId);
  }

  /** A burn block joined the canonical fork. */
  burnBlock(sortitionId: Uint8Array): void {
    for (const observer of this.#observers) observer.burnBlock(sortitionId);
  }

  mempoolAdmitted(transactionBytes: Uint8Array): void {
    this.#tell('wantsMempool', '/new_mempool_tx', () => newMempoolPayload([transactionBytes]));
  }

  mempoolDropped(event: DropEvent): void {
    this.#tell('wantsMempool', '/drop_mempool_tx', () => dropMempoolPayload(event));
  }

  stackerDbChunks(event: ChunkEvent): void {
    const slots = event.chunks.map(({ slotId }) => slotId).join();
    const subject = `${event.contractId} ${slots}`;
    this.#tell('wantsStackerDb', '/stackerdb_chunks', () => stackerDbPayload(event), subject);
  }

  proposalResponse(response: ProposalResponse): void {
    const { signer_signature_hash: hash } = response;
    const subject = typeof hash === 'string' ? hash : null;
    this.#tell('wantsProposals', '/proposal_response', () => response, subject);
  }

  #tell(
    wish: 'wantsMempool' | 'wantsStackerDb' | 'wantsProposals',
    path: string,
    body: () => Parameters<Observer['message']>[1],
    subject: string | null = null,
  ): void {
    const listeners = this.#observers.filter((observer) => observer.wants[wish]);
    if (listeners.length === 0) return;
    const shared = body();
    for (const observer of listeners) observer.message(path, shared, subject);
  }

  #blockBody(blockId: Uint8Array, wants: Subscription): Uint8Array | null {
    const key = `${bytesToHex(blockId)} ${wants.filterKey}`;
    const known = this.#bodies.get(key);
    if (known !== undefined) return known;
    const payload = newBlockPayload(this.#deps.source, blockId, wants);
    if (payload === null) return null;
    const body = bytesFromUtf8(encodeJson(payload));
    this.#bodies.set(key, body);
    if (this.#bodies.size > BODIES_KEPT) this.#bodies.delete(this.#bodies.keys().next().value!);
    return body;
  }
}
