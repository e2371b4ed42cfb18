/**
 * Sessions on disk. Everything a session door says to the world is written here first; writes of one
 * moment go to disk together (`flush`), so that many streams share one fsync.
 *
 * Store layout: `S|` session u64 -> state; `R|` session u64, index u64 -> request; `L|` session u64,
 * index u64, leaf u32 -> signed leaf of an answer under way; `p|` sha256 -> prompt blob; `c|` sha256 ->
 * constraint text; `C|` claim hash -> claim; `K|`
 * session u64, last index u64 -> claim; `t|` sha256 -> ids part or sketch part of an
 * answer (shared with single requests).
 */
import { ByteWriter, bytesFromUtf8, concatBytes } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import type { Batch, Store } from '@assay/store';
import {
  decodeClaim,
  decodeLeaf,
  decodeRequestRecord,
  decodeSessionState,
  encodeClaim,
  encodeLeaf,
  encodeRequestRecord,
  encodeSessionState,
  type RequestRecord,
  type SentClaim,
  type SessionState,
  type StoredLeaf,
} from './session-record.ts';

const tag = (text: string): Uint8Array => bytesFromUtf8(text);
const SESSION = tag('S|');
const REQUEST = tag('R|');
const LEAF = tag('L|');
const PROMPT = tag('p|');
const CONSTRAINT = tag('c|');
const CONTENT = tag('t|');
const CLAIM = tag('C|');
const CLAIM_AT = tag('K|');

const u64 = (value: bigint): Uint8Array => new ByteWriter(8).u64(value).finish();
const requestKey = (session: bigint, index: bigint): Uint8Array =>
  concatBytes(REQUEST, u64(session), u64(index));
const leavesPrefix = (session: bigint, index: bigint): Uint8Array =>
  concatBytes(LEAF, u64(session), u64(index));
const leafKey = (session: bigint, index: bigint, leaf: number): Uint8Array =>
  concatBytes(leavesPrefix(session, index), new ByteWriter(4).u32(leaf).finish());

export class SessionBook {
  readonly #store: Store;
  #queue: ((batch: Batch) => void)[] = [];
  #flushed: Promise<void> | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  sessions(): SessionState[] {
    return [...this.#store.range({ prefix: SESSION })].map(({ value }) =>
      decodeSessionState(value),
    );
  }

  session(id: bigint): SessionState | null {
    const bytes = this.#store.get(concatBytes(SESSION, u64(id)));
    return bytes === null ? null : decodeSessionState(bytes);
  }

  request(session: bigint, index: bigint): RequestRecord | null {
    const bytes = this.#store.get(requestKey(session, index));
    return bytes === null ? null : decodeRequestRecord(bytes);
  }

  /** Requests `from` < index <= `to`, ascending. */
  *requests(session: bigint, from: bigint, to: bigint): Iterable<RequestRecord> {
    const range = { start: requestKey(session, from + 1n), end: requestKey(session, to + 1n) };
    for (const { value } of this.#store.range(range)) yield decodeRequestRecord(value);
  }

  /** Signed leaves of an answer that was under way when this process was killed. */
  leaves(session: bigint, index: bigint): StoredLeaf[] {
    const prefix = leavesPrefix(session, index);
    return [...this.#store.range({ prefix })].map(({ value }) => decodeLeaf(value));
  }

  prompt(hash: Uint8Array): Uint8Array | null {
    return this.#store.get(concatBytes(PROMPT, hash));
  }

  constraint(hash: Uint8Array): Uint8Array | null {
    return this.#store.get(concatBytes(CONSTRAINT, hash));
  }

  claim(hash: Uint8Array): SentClaim | null {
    const bytes = this.#store.get(concatBytes(CLAIM, hash));
    return bytes === null ? null : decodeClaim(bytes);
  }

  /** The claim that covers a request; null while there is none. */
  claimOf(session: bigint, index: bigint): SentClaim | null {
    const range = {
      start: concatBytes(CLAIM_AT, u64(session), u64(index)),
      end: concatBytes(CLAIM_AT, u64(session + 1n)),
      limit: 1,
    };
    for (const { value } of this.#store.range(range)) {
      const sent = decodeClaim(value);
      return sent.claim.from < index ? sent : null;
    }
    return null;
  }

  // Each of the following resolves when the change is on disk.

  putSession(state: SessionState): Promise<void> {
    const bytes = encodeSessionState(state);
    return this.#write((batch) => batch.put(concatBytes(SESSION, u64(state.id)), bytes));
  }

  begin(
    state: SessionState,
    record: RequestRecord,
    texts: { readonly prompt: Uint8Array; readonly constraint: Uint8Array | null },
  ): Promise<void> {
    const { sessionId, index } = record.request;
    return this.#write((batch) => {
      batch.put(concatBytes(SESSION, u64(state.id)), encodeSessionState(state));
      batch.put(requestKey(sessionId, index), encodeRequestRecord(record));
      batch.put(concatBytes(PROMPT, record.request.promptHash), texts.prompt);
      if (texts.constraint !== null) {
        batch.put(concatBytes(CONSTRAINT, sha256(texts.constraint)), texts.constraint);
      }
    });
  }

  putLeaf(session: bigint, index: bigint, leaf: number, stored: StoredLeaf): Promise<void> {
    return this.#write((batch) => batch.put(leafKey(session, index, leaf), encodeLeaf(stored)));
  }

  /** The point of no return of an answer. */
  end(state: SessionState, record: RequestRecord, content: readonly Uint8Array[]): Promise<void> {
    const { sessionId, index } = record.request;
    const prefix = leavesPrefix(sessionId, index);
    const leaves = Array.from(this.#store.range({ prefix }), ({ key }) => key.slice());
    return this.#write((batch) => {
      batch.put(concatBytes(SESSION, u64(state.id)), encodeSessionState(state));
      batch.put(requestKey(sessionId, index), encodeRequestRecord(record));
      for (const part of content) batch.put(concatBytes(CONTENT, sha256(part)), part);
      for (const key of leaves) batch.remove(key);
    });
  }

  putClaim(hash: Uint8Array, sent: SentClaim): Promise<void> {
    const bytes = encodeClaim(sent);
    const { sessionId, to } = sent.claim;
    return this.#write((batch) => {
      batch.put(concatBytes(CLAIM, hash), bytes);
      batch.put(concatBytes(CLAIM_AT, u64(sessionId), u64(to)), bytes);
    });
  }

  #write(write: (batch: Batch) => void): Promise<void> {
    this.#queue.push(write);
    this.#flushed ??= Promise.resolve().then(() => {
      const queue = this.#queue;
      this.#queue = [];
      this.#flushed = null;
      this.#store.batch((batch) => {
        for (const each of queue) each(batch);
      });
    });
    return this.#flushed;
  }
}
