/**
 * What a signer must never forget, on disk before it is said: which blocks it signed at which height and
 * in which tenures, its blind commits with their openings, its verdicts, and what it saw of other judges.
 * After `kill -9` it neither signs a rival nor judges twice nor commits to two sketches.
 *
 * Store layout: `at/` height, block hash -> block; `in/` tenure -> what its budget has cost in time;
 * `verdict/` commitment hash -> entry; `order/` u32 ->
 * commitment hash; `opening/` commitment hash -> stored opening; `receipt/` commitment hash -> receipt,
 * while only committed; `timely/` commitment hash, key -> blind; `peer/` key, commitment hash -> code;
 * `claim/` claim hash -> verdict; `claim-order/` u32 -> claim hash; `dispute/` u64 id, commitment hash ->
 * evidence 32, verdict.
 */
import { ByteReader, ByteWriter, bytesFromUtf8, concatBytes } from '@assay/bytes';
import {
  type ClaimVerdictEntry,
  type DisputeVerdictEntry,
  decodeReceiptChunk,
  decodeVerdictChunk,
  encodeReceiptChunk,
  encodeVerdictChunk,
  type Receipt,
  type VerdictEntry,
} from '@assay/jobs';
import type { Batch, Store } from '@assay/store';
import { type SpentBlock, spendingAfter, type TenureSpending } from './budget-times.ts';

export interface SignedBlock {
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  readonly signedAtMs: number;
  /** Of the sortition that elected its miner. */
  readonly burnHeight: number;
  /** 20 bytes. */
  readonly consensusHash: Uint8Array;
}

/** A verdict in a dispute, with the evidence that it is about. */
export interface JudgedDispute extends DisputeVerdictEntry {
  /** 32 bytes. */
  readonly evidence: Uint8Array;
}

const SIGNED = bytesFromUtf8('at/');
const TENURE = bytesFromUtf8('in/');
const VERDICT = bytesFromUtf8('verdict/');
const ORDER = bytesFromUtf8('order/');
const OPENING = bytesFromUtf8('opening/');
const RECEIPT = bytesFromUtf8('receipt/');
const TIMELY = bytesFromUtf8('timely/');
const PEER = bytesFromUtf8('peer/');
const CLAIM = bytesFromUtf8('claim/');
const DISPUTE = bytesFromUtf8('dispute/');
const CLAIM_ORDER = bytesFromUtf8('claim-order/');

/** What we saw of another judge's work on one answer. */
export type PeerConduct = 'worked' | 'late' | 'foreign' | 'silent';
const CONDUCTS: readonly PeerConduct[] = ['worked', 'late', 'foreign', 'silent'];

/** Of all tenures; the block's hash keeps two of one height apart. */
function heightKey(chainLength: number): Uint8Array {
  return concatBytes(SIGNED, new ByteWriter(8).u64(chainLength).finish());
}

function decodeSigned(value: Uint8Array): SignedBlock {
  const reader = new ByteReader(value);
  return {
    blockHash: reader.take(32),
    signedAtMs: reader.u64Safe(),
    burnHeight: reader.u64Safe(),
    consensusHash: reader.take(20),
  };
}

/** Two times two u64. */
const SPENDING_BYTES = 32;

function encodeSpending({ full, readCount }: TenureSpending): Uint8Array {
  const writer = new ByteWriter(SPENDING_BYTES).u64(full.sinceMs).u64(full.busyMs);
  return writer.u64(readCount.sinceMs).u64(readCount.busyMs).finish();
}

function decodeSpending(value: Uint8Array): TenureSpending {
  const reader = new ByteReader(value);
  const spending = () => ({ sinceMs: reader.u64Safe(), busyMs: reader.u64Safe() });
  return { full: spending(), readCount: spending() };
}

function disputeKey(disputeId: bigint, commitmentHash: Uint8Array): Uint8Array {
  return concatBytes(DISPUTE, new ByteWriter(8).u64(disputeId).finish(), commitmentHash);
}

function disputeOf(value: Uint8Array): JudgedDispute | null {
  const decoded = decodeVerdictChunk(value.slice(32));
  const entry = decoded.ok ? decoded.value.disputes[0] : undefined;
  return entry === undefined ? null : { ...entry, evidence: value.slice(0, 32) };
}

export class Ledger {
  readonly #store: Store;
  #nextOrder: number;
  #nextClaim: number;

  constructor(store: Store) {
    this.#store = store;
    const [last] = store.range({ prefix: ORDER, reverse: true, limit: 1 });
    this.#nextOrder = last === undefined ? 0 : new ByteReader(last.key, ORDER.length).u32() + 1;
    const [claim] = store.range({ prefix: CLAIM_ORDER, reverse: true, limit: 1 });
    this.#nextClaim =
      claim === undefined ? 0 : new ByteReader(claim.key, CLAIM_ORDER.length).u32() + 1;
  }

  /** The blocks we signed at this height, in whatever tenure. */
  signedAt(chainLength: number): SignedBlock[] {
    const range = this.#store.range({ prefix: heightKey(chainLength) });
    return [...range].map(({ value }) => decodeSigned(value));
  }

  /** Whether we signed a block of this tenure. */
  hasSignedIn(consensusHash: Uint8Array): boolean {
    return this.#store.has(concatBytes(TENURE, consensusHash));
  }

  /** What the blocks we signed in a tenure have spent of its budget, in time; null: there is none. */
  spendingIn(consensusHash: Uint8Array): TenureSpending | null {
    const value = this.#store.get(concatBytes(TENURE, consensusHash));
    return value?.length === SPENDING_BYTES ? decodeSpending(value) : null;
  }

  /** Durable on return. */
  recordSigned(chainLength: number, signed: SignedBlock, spent: SpentBlock): void {
    const { blockHash, signedAtMs, burnHeight, consensusHash } = signed;
    const key = concatBytes(heightKey(chainLength), blockHash);
    const isNew = !this.#store.has(key);
    const writer = new ByteWriter(68).raw(blockHash).u64(signedAtMs).u64(burnHeight);
    const value = writer.raw(consensusHash).finish();
    this.#store.batch((batch) => {
      batch.put(key, value);
      if (!isNew) return;
      const spending = spendingAfter(this.spendingIn(consensusHash), spent);
      batch.put(concatBytes(TENURE, consensusHash), encodeSpending(spending));
    });
  }

  verdict(commitmentHash: Uint8Array): VerdictEntry | null {
    const value = this.#store.get(concatBytes(VERDICT, commitmentHash));
    if (value === null) return null;
    const decoded = decodeVerdictChunk(value);
    return decoded.ok ? (decoded.value.entries[0] ?? null) : null;
  }

  /** Durable on return. A later entry about the same commitment takes the place of the earlier. */
  recordVerdict(entry: VerdictEntry): void {
    this.#store.batch((batch) => {
      this.#putVerdict(batch, entry);
      batch.remove(concatBytes(RECEIPT, entry.commitmentHash));
    });
  }

  /** Durable on return: from now on this is our sketch of that answer, whatever happens. */
  recordCommit(receipt: Receipt, entry: VerdictEntry, opening: Uint8Array): void {
    const hash = entry.commitmentHash;
    this.#store.batch((batch) => {
      this.#putVerdict(batch, entry);
      batch.put(concatBytes(OPENING, hash), opening);
      batch.put(concatBytes(RECEIPT, hash), encodeReceiptChunk([receipt]));
    });
  }

  #putVerdict(batch: Batch, entry: VerdictEntry): void {
    const key = concatBytes(VERDICT, entry.commitmentHash);
    const value = encodeVerdictChunk({ sealKey: null, entries: [entry], claims: [], disputes: [] });
    if (!this.#store.has(key)) {
      const order = concatBytes(ORDER, new ByteWriter(4).u32(this.#nextOrder++).finish());
      batch.put(order, entry.commitmentHash);
    }
    batch.put(key, value);
  }

  /** As we committed to it; null when we did not. */
  opening(commitmentHash: Uint8Array): Uint8Array | null {
    return this.#store.get(concatBytes(OPENING, commitmentHash));
  }

  /** Receipts of answers we committed about and have not given a verdict on. */
  committed(): Receipt[] {
    return [...this.#store.range({ prefix: RECEIPT })].flatMap(({ value }) => {
      const decoded = decodeReceiptChunk(value);
      return decoded.ok ? decoded.value : [];
    });
  }

  // ---- session claims -------------------------------------------------------------------------

  claim(claimHash: Uint8Array): ClaimVerdictEntry | null {
    const value = this.#store.get(concatBytes(CLAIM, claimHash));
    const decoded = value === null ? null : decodeVerdictChunk(value);
    return decoded?.ok ? (decoded.value.claims[0] ?? null) : null;
  }

  /** Durable on return. A claim is judged once. */
  recordClaim(entry: ClaimVerdictEntry): void {
    const value = encodeVerdictChunk({ sealKey: null, entries: [], claims: [entry], disputes: [] });
    const order = concatBytes(CLAIM_ORDER, new ByteWriter(4).u32(this.#nextClaim++).finish());
    this.#store.batch((batch) => {
      batch.put(concatBytes(CLAIM, entry.claimHash), value);
      batch.put(order, entry.claimHash);
    });
  }

  /** The newest claim verdicts, oldest first. */
  recentClaims(count: number): ClaimVerdictEntry[] {
    const hashes = [...this.#store.range({ prefix: CLAIM_ORDER, reverse: true, limit: count })];
    return hashes.reverse().flatMap(({ value }) => this.claim(value) ?? []);
  }

  // ---- disputes -------------------------------------------------------------------------------

  dispute(disputeId: bigint, commitmentHash: Uint8Array): JudgedDispute | null {
    const value = this.#store.get(disputeKey(disputeId, commitmentHash));
    return value === null ? null : disputeOf(value);
  }

  /** All verdicts under this id: after a reorganisation it may name another dispute. */
  disputes(disputeId: bigint): JudgedDispute[] {
    const prefix = disputeKey(disputeId, new Uint8Array(0));
    return [...this.#store.range({ prefix })].flatMap(({ value }) => disputeOf(value) ?? []);
  }

  /** Durable on return. A dispute is judged once. */
  recordDispute(judged: JudgedDispute): void {
    const entries = { sealKey: null, entries: [], claims: [], disputes: [judged] };
    const value = concatBytes(judged.evidence, encodeVerdictChunk(entries));
    const key = disputeKey(judged.disputeId, judged.commitmentHash);
    this.#store.batch((batch) => batch.put(key, value));
  }

  /** Of the newest disputes, oldest first. */
  recentDisputes(count: number): JudgedDispute[] {
    const newest = [...this.#store.range({ prefix: DISPUTE, reverse: true, limit: count })];
    return newest.reverse().flatMap(({ value }) => disputeOf(value) ?? []);
  }

  // ---- other judges ---------------------------------------------------------------------------

  /** Another judge's blind, seen before the host opened. The first one counts. */
  recordTimely(commitmentHash: Uint8Array, publicKey: Uint8Array, blind: Uint8Array): void {
    const key = concatBytes(TIMELY, commitmentHash, publicKey);
    if (!this.#store.has(key)) this.#store.batch((batch) => batch.put(key, blind));
  }

  timely(commitmentHash: Uint8Array, publicKey: Uint8Array): Uint8Array | null {
    return this.#store.get(concatBytes(TIMELY, commitmentHash, publicKey));
  }

  recordConduct(publicKey: Uint8Array, commitmentHash: Uint8Array, conduct: PeerConduct): void {
    const key = concatBytes(PEER, publicKey, commitmentHash);
    const code = Uint8Array.of(CONDUCTS.indexOf(conduct));
    this.#store.batch((batch) => batch.put(key, code));
  }

  isWatched(publicKey: Uint8Array, commitmentHash: Uint8Array): boolean {
    return this.#store.has(concatBytes(PEER, publicKey, commitmentHash));
  }

  /** How often another judge was seen to work, and not to. */
  conduct(publicKey: Uint8Array): Readonly<Record<PeerConduct, number>> {
    const counts = { worked: 0, late: 0, foreign: 0, silent: 0 };
    for (const { value } of this.#store.range({ prefix: concatBytes(PEER, publicKey) })) {
      const conduct = CONDUCTS[value[0]!];
      if (conduct !== undefined) counts[conduct] += 1;
    }
    return counts;
  }

  /** The newest verdicts, oldest first. */
  recentVerdicts(count: number): VerdictEntry[] {
    const hashes = [...this.#store.range({ prefix: ORDER, reverse: true, limit: count })];
    return hashes.reverse().flatMap(({ value }) => this.verdict(value) ?? []);
  }
}
