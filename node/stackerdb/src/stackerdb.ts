/**
 * The node's replica of every StackerDB it follows: one signed chunk per slot, the highest version
 * wins. Proposals, block signatures, receipts and verdicts travel through it.
 * Called by rpc (clients), miner and signer ports, later p2p; tells listeners of every new chunk.
 * Source: reference/stacks.md 2.12; libstackerdb, stacks-core `net/api/poststackerdbchunk.rs` (facts).
 *
 * Store layout: `t|contract` slot table; `c|contract|0|slot u32` chunk as encoded on the wire.
 */
import { bytesEqual, bytesFromUtf8, concatBytes, utf8FromBytes } from '@assay/bytes';
import { type Logger, silentLogger } from '@assay/observe';
import type { Store } from '@assay/store';
import {
  decodeChunk,
  encodeChunk,
  type SlotMetadata,
  type StackerDbChunk,
  slotMetadata,
  verifyChunk,
} from '@assay/wire';
import { STACKERDB_LIMITS } from './limits.ts';
import {
  decodeSlotTable,
  encodeSlotTable,
  type SlotTable,
  type SlotTableInput,
  slotTable,
} from './slot-table.ts';

/** Refusals in Stacks' numbering. */
export const CHUNK_REFUSALS = {
  dataAlreadyExists: {
    code: 0,
    name: 'DataAlreadyExists',
    reason: 'Data for this slot and version already exist',
  },
  noSuchSlot: { code: 1, name: 'NoSuchSlot', reason: 'No such StackerDB slot' },
  badSigner: { code: 2, name: 'BadSigner', reason: 'Signature does not match slot signer' },
  chunkTooBig: {
    code: 3,
    name: 'ChunkTooBig',
    reason: "Chunk exceeds the replica's configured chunk size",
  },
  tooManySlotWrites: {
    code: 4,
    name: 'TooManySlotWrites',
    reason: "Slot version exceeds the replica's configured maximum writes",
  },
} as const;

export type ChunkRefusal = (typeof CHUNK_REFUSALS)[keyof typeof CHUNK_REFUSALS];

export type PutOutcome =
  | { readonly accepted: true; readonly metadata: SlotMetadata }
  | {
      readonly accepted: false;
      readonly refusal: ChunkRefusal;
      /** What the slot holds now, so that the writer can go past it; null: no such slot. */
      readonly metadata: SlotMetadata | null;
    };

export interface ChunkEvent {
  /** `ST....name` */
  readonly contractId: string;
  readonly chunks: readonly StackerDbChunk[];
}

export type ChunkListener = (event: ChunkEvent) => void;

interface Database {
  table: SlotTable;
  /** Metadata of written slots. */
  readonly written: Map<number, SlotMetadata>;
}

const TABLE = bytesFromUtf8('t|');
const CHUNK = bytesFromUtf8('c|');
const UNWRITTEN_HASH = new Uint8Array(32);
const UNWRITTEN_SIGNATURE = new Uint8Array(65);

export class StackerDb {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #databases = new Map<string, Database>();
  readonly #listeners = new Set<ChunkListener>();

  /** Reads what the store holds; chunks written before a crash are there. */
  constructor(deps: { readonly store: Store; readonly log?: Logger }) {
    this.#store = deps.store;
    this.#log = deps.log ?? silentLogger;
    for (const { key, value } of this.#store.range({ prefix: TABLE })) {
      const contractId = utf8FromBytes(key.subarray(TABLE.length))!;
      const database: Database = { table: decodeSlotTable(value), written: new Map() };
      this.#databases.set(contractId, database);
      for (const { value: bytes } of this.#store.range({ prefix: chunkPrefix(contractId) })) {
        const chunk = decodeOwn(bytes);
        database.written.set(chunk.slotId, slotMetadata(chunk));
      }
    }
  }

  /** Contract ids of all databases, ascending. */
  get contracts(): string[] {
    return [...this.#databases.keys()].sort();
  }

  table(contractId: string): SlotTable | null {
    return this.#databases.get(contractId)?.table ?? null;
  }

  /**
   * Opens a database or changes its slots. A slot whose signer stays keeps its chunk; one that
   * changes hands (or is gone) is emptied, its version starts over.
   * @throws RangeError more databases or slots than the limits allow
   */
  configure(contractId: string, input: SlotTableInput): void {
    const table = slotTable(input);
    const known = this.#databases.get(contractId);
    if (known !== undefined && isSameTable(known.table, table)) return;
    if (known === undefined && this.#databases.size >= STACKERDB_LIMITS.databasesMax) {
      throw new RangeError(`more than ${STACKERDB_LIMITS.databasesMax} databases`);
    }
    const database = known ?? { table, written: new Map() };
    const emptied = [...database.written.keys()].filter(
      (slotId) => !isSameSigner(database.table.signers[slotId], table.signers[slotId]),
    );
    this.#store.batch((batch) => {
      batch.put(concatBytes(TABLE, bytesFromUtf8(contractId)), encodeSlotTable(table));
      for (const slotId of emptied) batch.remove(chunkKey(contractId, slotId));
    });
    for (const slotId of emptied) database.written.delete(slotId);
    database.table = table;
    this.#databases.set(contractId, database);
  }

  /**
   * Writes a chunk; on `accepted` it is durable and listeners have been told. Null: the node
   * follows no such database.
   */
  put(contractId: string, chunk: StackerDbChunk): PutOutcome | null {
    const database = this.#databases.get(contractId);
    if (database === undefined) return null;
    const refusal = this.#check(database, chunk);
    if (refusal !== null) {
      const metadata = this.#slot(database, chunk.slotId);
      this.#log.debug('chunk refused', { contractId, slot: chunk.slotId, refusal: refusal.name });
      return { accepted: false, refusal, metadata };
    }
    const metadata = slotMetadata(chunk);
    this.#store.batch((batch) => batch.put(chunkKey(contractId, chunk.slotId), encodeChunk(chunk)));
    database.written.set(chunk.slotId, metadata);
    this.#tell({ contractId, chunks: [chunk] });
    return { accepted: true, metadata };
  }

  /** The chunk of a slot; null when never written or when `version` is not the present one. */
  chunk(contractId: string, slotId: number, version?: number): StackerDbChunk | null {
    const metadata = this.#databases.get(contractId)?.written.get(slotId);
    if (metadata === undefined) return null;
    if (version !== undefined && metadata.slotVersion !== version) return null;
    const bytes = this.#store.get(chunkKey(contractId, slotId));
    return bytes === null ? null : decodeOwn(bytes);
  }

  /** All slots in order; one never written has version 0 and zeros. Null: no such database. */
  metadata(contractId: string): SlotMetadata[] | null {
    const database = this.#databases.get(contractId);
    if (database === undefined) return null;
    return database.table.signers.map((_, slotId) => this.#slot(database, slotId)!);
  }

  /** Every chunk written from now on. Returns the way to stop. */
  onChunks(listener: ChunkListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Cheap checks first: the signature comes last. */
  #check({ table, written }: Database, chunk: StackerDbChunk): ChunkRefusal | null {
    const signer = table.signers[chunk.slotId];
    if (signer === undefined || signer === null) return CHUNK_REFUSALS.noSuchSlot;
    if (chunk.data.length > table.chunkBytesMax) return CHUNK_REFUSALS.chunkTooBig;
    if (chunk.slotVersion > table.writesMax) return CHUNK_REFUSALS.tooManySlotWrites;
    const present = written.get(chunk.slotId)?.slotVersion ?? 0;
    if (chunk.slotVersion <= present) return CHUNK_REFUSALS.dataAlreadyExists;
    return verifyChunk(chunk, signer) ? null : CHUNK_REFUSALS.badSigner;
  }

  #slot(database: Database, slotId: number): SlotMetadata | null {
    if (slotId >= database.table.signers.length) return null;
    return (
      database.written.get(slotId) ?? {
        slotId,
        slotVersion: 0,
        dataHash: UNWRITTEN_HASH,
        signature: UNWRITTEN_SIGNATURE,
      }
    );
  }

  #tell(event: ChunkEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (cause) {
        this.#log.error('chunk listener failed', { contractId: event.contractId, cause });
      }
    }
  }
}

function chunkPrefix(contractId: string): Uint8Array {
  return concatBytes(CHUNK, bytesFromUtf8(contractId), Uint8Array.of(0));
}

function chunkKey(contractId: string, slotId: number): Uint8Array {
  const slot = new Uint8Array(4);
  new DataView(slot.buffer).setUint32(0, slotId);
  return concatBytes(chunkPrefix(contractId), slot);
}

function decodeOwn(bytes: Uint8Array): StackerDbChunk {
  const chunk = decodeChunk(bytes);
  if (!chunk.ok) throw new Error(`stored chunk is broken: ${chunk.error.message}`);
  return chunk.value;
}

function isSameSigner(a: Uint8Array | null | undefined, b: Uint8Array | null | undefined): boolean {
  return a != null && b != null && bytesEqual(a, b);
}

function isSameTable(a: SlotTable, b: SlotTable): boolean {
  return bytesEqual(encodeSlotTable(a), encodeSlotTable(b));
}
