/**
 * Where each request was opened and closed: from the print events of `.inference` to block and
 * transaction. Kept in the store per block, so a reorganisation needs nothing undone; entries of
 * orphaned blocks are passed over when read. Catches up by itself whenever it is asked.
 *
 * Store layout: `b|block id` -> indexed; `e|request id 16|block id` -> kind u8, tx index u32,
 * event index u32; `p|prompt hash|request id 16` -> empty.
 */
import { ByteReader, ByteWriter, bytesFromUtf8, concatBytes } from '@assay/bytes';
import type { Receipt, StoredHeader } from '@assay/chainstate';
import type { ClarityValue } from '@assay/clarity-value';
import type { Batch, Store } from '@assay/store';
import { isCanonicalBlock } from '../mined-transaction.ts';
import type { RpcDeps } from '../ports.ts';
import { Fields } from './records.ts';

const KINDS = ['request-opened', 'request-settled', 'request-rejected', 'request-expired'] as const;

export type InferenceEventKind = (typeof KINDS)[number];

export interface InferenceEvent {
  readonly kind: InferenceEventKind;
  readonly id: bigint;
  readonly header: StoredHeader;
  readonly txid: Uint8Array;
  readonly fields: Fields;
}

export interface InferenceTrace {
  readonly opened: InferenceEvent | null;
  readonly closed: InferenceEvent | null;
}

const BLOCK = bytesFromUtf8('b|');
const EVENT = bytesFromUtf8('e|');
const PROMPT = bytesFromUtf8('p|');
const NOTHING = new Uint8Array(0);

interface FoundEvent {
  readonly kind: InferenceEventKind;
  readonly id: bigint;
  readonly fields: Fields;
  readonly eventIndex: number;
}

export class InferenceIndex {
  readonly #deps: Pick<RpcDeps, 'chain' | 'coordinator'>;
  readonly #store: Store;
  readonly #contractId: string;

  constructor(
    deps: Pick<RpcDeps, 'chain' | 'coordinator'> & { readonly store: Store },
    bootAddress: string,
  ) {
    this.#deps = deps;
    this.#store = deps.store;
    this.#contractId = `${bootAddress}.inference`;
  }

  /** The events of a request on the canonical chain. */
  trace(id: bigint): InferenceTrace {
    this.#catchUp();
    let opened: InferenceEvent | null = null;
    let closed: InferenceEvent | null = null;
    const prefix = concatBytes(EVENT, u128(id));
    for (const { key, value } of this.#store.range({ prefix })) {
      const event = this.#load(id, key.slice(prefix.length), value);
      if (event?.kind === 'request-opened') opened = event;
      else if (event !== null) closed = event;
    }
    return { opened, closed };
  }

  /** The request that a mined transaction opened; null when it opened none. */
  openedBy(receipt: Receipt): bigint | null {
    return this.#events(receipt).find((event) => event.kind === 'request-opened')?.id ?? null;
  }

  /** Requests ever opened with this prompt hash, ascending. */
  idsByPrompt(promptHash: Uint8Array): bigint[] {
    this.#catchUp();
    const prefix = concatBytes(PROMPT, promptHash);
    const ids: bigint[] = [];
    for (const { key } of this.#store.range({ prefix })) {
      ids.push(new ByteReader(key, prefix.length).u128());
    }
    return ids;
  }

  /** Walks back from the tip to a block that is indexed, then indexes forward. */
  #catchUp(): void {
    const { chain, coordinator } = this.#deps;
    const missing: StoredHeader[] = [];
    let cursor: StoredHeader | null = coordinator.tip();
    while (cursor !== null && !this.#store.has(concatBytes(BLOCK, cursor.blockId))) {
      missing.push(cursor);
      cursor = cursor.height === 0 ? null : chain.header(cursor.parentBlockId);
    }
    if (missing.length === 0) return;
    this.#store.batch((batch) => {
      for (const header of missing.reverse()) this.#index(batch, header);
    });
  }

  #index(batch: Batch, header: StoredHeader): void {
    const receipts = this.#deps.chain.receipts(header.blockId) ?? [];
    receipts.forEach((receipt, txIndex) => {
      for (const { kind, id, fields, eventIndex } of this.#events(receipt)) {
        const value = new ByteWriter(9).u8(KINDS.indexOf(kind)).u32(txIndex).u32(eventIndex);
        batch.put(concatBytes(EVENT, u128(id), header.blockId), value.finish());
        if (kind !== 'request-opened') continue;
        batch.put(concatBytes(PROMPT, fields.bytes('prompt-hash'), u128(id)), NOTHING);
      }
    });
    batch.put(concatBytes(BLOCK, header.blockId), NOTHING);
  }

  #events(receipt: Receipt): FoundEvent[] {
    if (receipt.status !== 'success') return [];
    return receipt.events.flatMap((event, eventIndex) => {
      if (event.type !== 'contract_event' || event.contractId !== this.#contractId) return [];
      const found = readEvent(event.value);
      return found === null ? [] : [{ ...found, eventIndex }];
    });
  }

  #load(id: bigint, blockId: Uint8Array, value: Uint8Array): InferenceEvent | null {
    const header = this.#deps.chain.header(blockId);
    if (header === null || !isCanonicalBlock(this.#deps, header)) return null;
    const reader = new ByteReader(value, 1);
    const receipt = this.#deps.chain.receipts(blockId)?.[reader.u32()];
    const event = receipt?.events[reader.u32()];
    if (receipt === undefined || event?.type !== 'contract_event') return null;
    const found = readEvent(event.value);
    return found === null ? null : { ...found, id, header, txid: receipt.txid };
  }
}

function readEvent(
  value: ClarityValue,
): { kind: InferenceEventKind; id: bigint; fields: Fields } | null {
  if (value.type !== 'tuple') return null;
  const name = value.entries.get('event');
  const id = value.entries.get('id');
  if (name?.type !== 'string-ascii' || id?.type !== 'uint') return null;
  const kind = KINDS.find((known) => known === name.value);
  return kind === undefined ? null : { kind, id: id.value, fields: new Fields(value) };
}

function u128(value: bigint): Uint8Array {
  return new ByteWriter(16).u128(value).finish();
}
