/**
 * Tells one observer, in order, one message at a time, as fast as it answers. Never blocks the
 * node. Blocks and burn blocks are told at least once, also across restarts: the only thing on disk
 * is a cursor (the last of each that was acknowledged); what lies between it and the tip is read
 * from the chain again. Chunks, proposals and mempool messages live in memory and expire.
 *
 * Store layout: `cursor|endpoint` -> block id 32 | sortition id 32 (zeros: none yet).
 */
import { bytesEqual, bytesFromUtf8, concatBytes } from '@assay/bytes';
import type { Chainstate } from '@assay/chainstate';
import type { Logger } from '@assay/observe';
import type { Store } from '@assay/store';
import type { World } from '@assay/world';
import { encodeJson, type Json } from '../json.ts';
import { EVENT_LIMITS } from '../limits.ts';
import type { BurnPort, CoordinatorPort } from '../ports.ts';
import { newBurnBlockPayload, type PayloadSource } from './payloads.ts';
import { type ObserverConfig, type Subscription, subscription } from './subscription.ts';

type Item =
  | { readonly kind: 'block'; readonly id: Uint8Array }
  | { readonly kind: 'burn'; readonly id: Uint8Array }
  | {
      readonly kind: 'message';
      readonly path: string;
      readonly body: Json;
      /** Names what the message is about; null when each stands for itself. */
      readonly subject: string | null;
      readonly atMs: number;
    };

export interface ObserverDeps {
  readonly world: Pick<World, 'clock' | 'timers' | 'net'>;
  readonly store: Store;
  readonly source: PayloadSource & {
    readonly chain: PayloadSource['chain'] & Pick<Chainstate, 'ancestorAt'>;
    readonly burn: Pick<BurnPort, 'bySortitionId' | 'isInitialized' | 'tip' | 'first' | 'atHeight'>;
    readonly coordinator: Pick<CoordinatorPort, 'tip'>;
  };
  /** Body of `/new_block`, shared between observers with the same filter. */
  readonly blockBody: (blockId: Uint8Array, wants: Subscription) => Uint8Array | null;
  readonly log: Logger;
}

interface Cursor {
  block: Uint8Array | null;
  burn: Uint8Array | null;
}

const NONE = new Uint8Array(32);

export class Observer {
  readonly wants: Subscription;
  readonly #deps: ObserverDeps;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  readonly #key: Uint8Array;
  #cursor: Cursor;
  #queue: Item[] = [];
  /** Blocks were left out of a full queue: read them from the chain when it is empty. */
  #isBehind = true;
  #isAway = false;
  #wake: (() => void) | null = null;
  #loop: Promise<void> | null = null;
  #isCursorDirty = false;

  constructor(deps: ObserverDeps, config: ObserverConfig) {
    this.#deps = deps;
    this.wants = subscription(config);
    this.#log = deps.log.child({ observer: config.endpoint });
    this.#key = concatBytes(bytesFromUtf8('cursor|'), bytesFromUtf8(config.endpoint));
    this.#cursor = this.#readCursor();
  }

  /** Messages waiting. */
  get backlog(): number {
    return this.#queue.length;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake?.();
    await this.#loop;
    this.#writeCursor();
  }

  block(id: Uint8Array): void {
    this.#pushDurable({ kind: 'block', id });
  }

  burnBlock(sortitionId: Uint8Array): void {
    if (this.wants.wantsBurnBlocks) this.#pushDurable({ kind: 'burn', id: sortitionId });
  }

  /**
   * @param subject  a slot, a proposal: what is said about it later replaces what still waits, so that
   *   an observer that is slow or hard to reach hears the latest and not the history
   */
  message(path: string, body: Json, subject: string | null = null): void {
    const atMs = this.#deps.world.clock.nowMs();
    const item: Item = { kind: 'message', path, body, subject, atMs };
    // The first may be on its way already.
    const waiting = this.#queue.findIndex(
      (old, i) => i > 0 && old.kind === 'message' && old.path === path && old.subject === subject,
    );
    if (subject !== null && waiting > 0) this.#queue[waiting] = item;
    else this.#queue.push(item);
    this.#trim();
    this.#wake?.();
  }

  /** Acknowledged positions reach the disk now and then; being late only repeats messages. */
  flush(): void {
    if (this.#isCursorDirty) this.#writeCursor();
  }

  #pushDurable(item: Item): void {
    if (this.#isBehind) {
      this.#wake?.();
      return;
    }
    if (this.#queue.length >= EVENT_LIMITS.volatileQueueMax) this.#isBehind = true;
    else this.#queue.push(item);
    this.#wake?.();
  }

  /** A full queue loses its oldest volatile message. */
  #trim(): void {
    if (this.#queue.length <= EVENT_LIMITS.volatileQueueMax) return;
    const oldest = this.#queue.findIndex((item) => item.kind === 'message');
    if (oldest >= 0) this.#queue.splice(oldest, 1);
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      if (this.#queue.length === 0 && this.#isBehind) this.#refill();
      const item = this.#queue[0];
      if (item === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = null;
        continue;
      }
      const isDone = await this.#deliver(item);
      if (!isDone) continue;
      const at = this.#queue.indexOf(item);
      if (at >= 0) this.#queue.splice(at, 1);
      this.#advance(item);
    }
  }

  /** True when the item needs no more attempts. */
  async #deliver(item: Item): Promise<boolean> {
    const content = this.#content(item);
    if (content === null) return true;
    let delayMs: number = EVENT_LIMITS.retryMsFirst;
    for (;;) {
      if (this.#isExpired(item)) return true;
      const problem = await this.#post(content.path, content.body);
      if (problem === null) {
        if (this.#isAway) this.#log.info('observer is back', {});
        this.#isAway = false;
        return true;
      }
      if (this.#abort.signal.aborted) return false;
      if (!this.#isAway)
        this.#log.warn('observer does not answer', { path: content.path, problem });
      this.#isAway = true;
      await this.#deps.world.timers.sleep(delayMs, this.#abort.signal);
      if (this.#abort.signal.aborted) return false;
      delayMs = Math.min(2 * delayMs, EVENT_LIMITS.retryMsLast);
    }
  }

  #isExpired(item: Item): boolean {
    if (item.kind !== 'message') return false;
    return this.#deps.world.clock.nowMs() - item.atMs > EVENT_LIMITS.volatileAgeMs;
  }

  /** Null when acknowledged, else what went wrong. */
  async #post(path: string, body: Uint8Array): Promise<string | null> {
    try {
      const answer = await this.#deps.world.net.fetch(`${this.wants.baseUrl}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        timeoutMs: this.wants.timeoutMs ?? EVENT_LIMITS.timeoutMs,
        signal: this.#abort.signal,
        bodyBytesMax: 64 * 1024,
      });
      // An observer without this route will not grow one by being asked again.
      if (answer.status === 404 || (answer.status >= 200 && answer.status < 300)) return null;
      return `status ${answer.status}`;
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }

  #content(item: Item): { path: string; body: Uint8Array } | null {
    if (item.kind === 'message') {
      return { path: item.path, body: bytesFromUtf8(encodeJson(item.body)) };
    }
    if (item.kind === 'block') {
      const body = this.#deps.blockBody(item.id, this.wants);
      return body === null ? null : { path: '/new_block', body };
    }
    const snapshot = this.#deps.source.burn.bySortitionId(item.id);
    if (snapshot === null) return null;
    const body = bytesFromUtf8(encodeJson(newBurnBlockPayload(snapshot)));
    return { path: '/new_burn_block', body };
  }

  #advance(item: Item): void {
    if (item.kind === 'message') return;
    this.#cursor[item.kind] = item.id;
    this.#isCursorDirty = true;
  }

  // ---- what lies between the cursor and the tip ------------------------------------------------

  #refill(): void {
    this.#isBehind = false;
    const burns = this.wants.wantsBurnBlocks ? this.#missingBurns() : [];
    const items: Item[] = [];
    let nextBurn = 0;
    for (const { id, burnHeight } of this.#missingBlocks()) {
      while (nextBurn < burns.length && burns[nextBurn]!.burnHeight <= burnHeight) {
        items.push({ kind: 'burn', id: burns[nextBurn++]!.id });
      }
      items.push({ kind: 'block', id });
    }
    for (const { id } of burns.slice(nextBurn)) items.push({ kind: 'burn', id });
    if (items.length > EVENT_LIMITS.durableQueueMax) {
      items.length = EVENT_LIMITS.durableQueueMax;
      this.#isBehind = true;
    }
    this.#queue = items;
  }

  /** Blocks after the cursor on the canonical chain, oldest first. */
  #missingBlocks(): { id: Uint8Array; burnHeight: number }[] {
    const { chain, coordinator } = this.#deps.source;
    const tip = coordinator.tip();
    const told = this.#toldHeight(tip.blockId, tip.height);
    const missing: { id: Uint8Array; burnHeight: number }[] = [];
    let cursor: ReturnType<typeof chain.header> = tip;
    while (cursor !== null && cursor.height > told) {
      missing.push({ id: cursor.blockId, burnHeight: cursor.burnView.burnHeight });
      cursor = cursor.height === 0 ? null : chain.header(cursor.parentBlockId);
    }
    return missing.reverse();
  }

  /** Height of the newest canonical block that was told; -1: none. */
  #toldHeight(tipId: Uint8Array, tipHeight: number): number {
    const { chain } = this.#deps.source;
    if (this.#cursor.block === null) {
      if (this.wants.fromGenesis) return -1;
      this.#cursor.block = tipId;
      this.#isCursorDirty = true;
      return tipHeight;
    }
    let cursor = chain.header(this.#cursor.block);
    while (cursor !== null && cursor.height > 0) {
      const canonical = cursor.height > tipHeight ? null : chain.ancestorAt(tipId, cursor.height);
      if (canonical !== null && bytesEqual(canonical, cursor.blockId)) return cursor.height;
      cursor = chain.header(cursor.parentBlockId);
    }
    return cursor === null ? -1 : 0;
  }

  #missingBurns(): { id: Uint8Array; burnHeight: number }[] {
    const { burn } = this.#deps.source;
    if (!burn.isInitialized) return [];
    const told = this.#toldBurnHeight();
    const missing: { id: Uint8Array; burnHeight: number }[] = [];
    for (let height = told + 1; height <= burn.tip.burnHeight; height++) {
      const snapshot = burn.atHeight(height);
      if (snapshot !== null) missing.push({ id: snapshot.sortitionId, burnHeight: height });
    }
    return missing;
  }

  #toldBurnHeight(): number {
    const { burn } = this.#deps.source;
    if (this.#cursor.burn === null) {
      if (this.wants.fromGenesis) return burn.first.burnHeight;
      this.#cursor.burn = burn.tip.sortitionId;
      this.#isCursorDirty = true;
      return burn.tip.burnHeight;
    }
    let cursor = burn.bySortitionId(this.#cursor.burn);
    while (cursor !== null && cursor.burnHeight > burn.first.burnHeight) {
      const canonical = burn.atHeight(cursor.burnHeight);
      if (canonical !== null && bytesEqual(canonical.sortitionId, cursor.sortitionId)) {
        return cursor.burnHeight;
      }
      cursor = burn.bySortitionId(cursor.parentSortitionId);
    }
    return burn.first.burnHeight;
  }

  // ---- cursor ---------------------------------------------------------------------------------

  #readCursor(): Cursor {
    const bytes = this.#deps.store.get(this.#key);
    if (bytes === null) return { block: null, burn: null };
    const part = (at: number) => {
      const id = bytes.slice(at, at + 32);
      return bytesEqual(id, NONE) ? null : id;
    };
    return { block: part(0), burn: part(32) };
  }

  #writeCursor(): void {
    const { block, burn } = this.#cursor;
    const bytes = concatBytes(block ?? NONE, burn ?? NONE);
    this.#deps.store.batch((batch) => batch.put(this.#key, bytes));
    this.#isCursorDirty = false;
  }
}
