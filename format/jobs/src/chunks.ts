/**
 * What hosts and signers write into their StackerDB slots. A slot always holds the whole current
 * list, because a newer chunk replaces an older one.
 *
 * ```
 * receipts   u8 3 | u32 n | n x (u64 request id | commitment 241 | host signature 65
 *                                | u8 0: the sketch is not opened; 1: SHA-256 of the sketch part 32)
 * verdicts   u8 5 | seal key 32, zeros for none
 *            | u32 n | n x (u64 request id | commitment hash 32 | u8 code | body)
 *              code 0 abstain: u8 length + reason, ASCII; 1 valid, 2 invalid: signature 65, blind 32
 *              (zeros for none); 3 committed: blind 32
 *            | u32 c | c x (claim hash 32 | u8 1 valid, 2 invalid, 3 withheld | signature 65)
 *            | u32 d | d x (u64 dispute id | commitment hash 32 | u8 1 valid, 2 invalid | signature 65)
 * ```
 * Slots: `.inference-receipts` (one per host), `.inference-verdicts-0/1` (one per signer, by the
 * parity of the reward cycle). The seal key is where prompts for this signer are sealed to.
 */
import { type ByteReader, ByteWriter, bytesEqual, bytesFromUtf8, type Result } from '@assay/bytes';
import { type Commitment, readCommitment, writeCommitment } from './commitment.ts';
import { LIMITS } from './limits.ts';
import { decodeWith, type JobsRejection } from './reject.ts';

/** A signed commitment waiting for its verdicts. */
export interface Receipt {
  readonly requestId: bigint;
  readonly commitment: Commitment;
  /** 65 bytes R, S, V by the host's operating key. */
  readonly hostSignature: Uint8Array;
  /** SHA-256 of the sketch part as it is stored; null until the host opens it. */
  readonly sketchHash: Uint8Array | null;
}

/** What a signer says about one answer. */
export type VerdictEntry =
  | {
      /** The model was run; the verdict follows when the host has opened its sketch. */
      readonly verdict: 'committed';
      readonly requestId: bigint;
      readonly commitmentHash: Uint8Array;
      /** Hash of the opening that will follow, 32 bytes. */
      readonly blind: Uint8Array;
    }
  | {
      readonly verdict: 'valid' | 'invalid';
      readonly requestId: bigint;
      readonly commitmentHash: Uint8Array;
      /** 65 bytes R, S, V by the signer's key. */
      readonly signature: Uint8Array;
      /** What the signer had committed to; its opening is in the content store. Null: nothing. */
      readonly blind: Uint8Array | null;
    }
  | {
      readonly verdict: 'abstain';
      readonly requestId: bigint;
      readonly commitmentHash: Uint8Array;
      /** Printable ASCII, at most 64 characters. */
      readonly reason: string;
    };

/** What a signer says about a session claim it audited; signed for `.sessions`. */
export interface ClaimVerdictEntry {
  readonly claimHash: Uint8Array;
  readonly verdict: 'valid' | 'invalid' | 'withheld';
  /** 65 bytes R, S, V by the signer's key. */
  readonly signature: Uint8Array;
}

/** What a signer says in a dispute about a settled answer; signed for `.inference`. */
export interface DisputeVerdictEntry {
  readonly disputeId: bigint;
  /** Of the settled answer: after a reorganisation an id may name another dispute. */
  readonly commitmentHash: Uint8Array;
  readonly verdict: 'valid' | 'invalid';
  /** 65 bytes R, S, V by the signer's key. */
  readonly signature: Uint8Array;
}

/** A signer's slot. */
export interface VerdictChunk {
  /** X25519 public key, 32 bytes; null: this signer cannot open sealed prompts. */
  readonly sealKey: Uint8Array | null;
  readonly entries: readonly VerdictEntry[];
  readonly claims: readonly ClaimVerdictEntry[];
  readonly disputes: readonly DisputeVerdictEntry[];
}

const RECEIPTS = 3;
const VERDICTS = 5;
const RECEIPT_BYTES_MAX = 347;
const ENTRY_BYTES_MAX = 138;
const CLAIM_BYTES = 98;
const DISPUTE_BYTES = 106;
const CODES = ['abstain', 'valid', 'invalid', 'committed'] as const;
const CLAIM_CODES = ['valid', 'invalid', 'withheld'] as const;

/** @throws RangeError when there are more receipts than a chunk may hold */
export function encodeReceiptChunk(receipts: readonly Receipt[]): Uint8Array {
  bound(receipts.length, LIMITS.receiptsPerChunkMax);
  const writer = new ByteWriter(5 + RECEIPT_BYTES_MAX * receipts.length).u8(RECEIPTS);
  return writer
    .vec(receipts, (w, receipt) => {
      writeCommitment(w.u64(receipt.requestId), receipt.commitment);
      w.raw(receipt.hostSignature).u8(receipt.sketchHash === null ? 0 : 1);
      if (receipt.sketchHash !== null) w.raw(receipt.sketchHash);
    })
    .finish();
}

export function decodeReceiptChunk(bytes: Uint8Array): Result<readonly Receipt[], JobsRejection> {
  return decodeWith(bytes, 5 + RECEIPT_BYTES_MAX * LIMITS.receiptsPerChunkMax, (reader) => {
    expectKind(reader, RECEIPTS);
    return reader.vec(LIMITS.receiptsPerChunkMax, (r) => ({
      requestId: r.u64(),
      commitment: readCommitment(r),
      hostSignature: r.take(65),
      sketchHash: readSketchHash(r),
    }));
  });
}

function readSketchHash(reader: ByteReader): Uint8Array | null {
  const opened = reader.u8();
  if (opened > 1) return reader.fail('jobs/malformed', `opened flag ${opened}`);
  return opened === 1 ? reader.take(32) : null;
}

/** @throws RangeError when there are more verdicts than a chunk may hold */
export function encodeVerdictChunk(chunk: VerdictChunk): Uint8Array {
  const { sealKey, entries, claims, disputes } = chunk;
  bound(entries.length, LIMITS.verdictsPerChunkMax);
  bound(claims.length, LIMITS.claimVerdictsPerChunkMax);
  bound(disputes.length, LIMITS.disputeVerdictsPerChunkMax);
  return new ByteWriter(chunkBytesMax(entries.length, claims.length, disputes.length))
    .u8(VERDICTS)
    .raw(sealKey ?? NOTHING)
    .vec(entries, writeVerdict)
    .vec(claims, (w, { claimHash, verdict, signature }) => {
      w.raw(claimHash)
        .u8(CLAIM_CODES.indexOf(verdict) + 1)
        .raw(signature);
    })
    .vec(disputes, (w, { disputeId, commitmentHash, verdict, signature }) => {
      w.u64(disputeId)
        .raw(commitmentHash)
        .u8(CLAIM_CODES.indexOf(verdict) + 1)
        .raw(signature);
    })
    .finish();
}

function chunkBytesMax(entries: number, claims: number, disputes: number): number {
  return 45 + ENTRY_BYTES_MAX * entries + CLAIM_BYTES * claims + DISPUTE_BYTES * disputes;
}

export function decodeVerdictChunk(bytes: Uint8Array): Result<VerdictChunk, JobsRejection> {
  const sizeMax = chunkBytesMax(
    LIMITS.verdictsPerChunkMax,
    LIMITS.claimVerdictsPerChunkMax,
    LIMITS.disputeVerdictsPerChunkMax,
  );
  return decodeWith(bytes, sizeMax, (reader) => {
    expectKind(reader, VERDICTS);
    return {
      sealKey: someOrNull(reader.take(32)),
      entries: reader.vec(LIMITS.verdictsPerChunkMax, readVerdict),
      claims: reader.vec(LIMITS.claimVerdictsPerChunkMax, readClaim),
      disputes: reader.vec(LIMITS.disputeVerdictsPerChunkMax, readDispute),
    };
  });
}

const NOTHING = new Uint8Array(32);

function someOrNull(bytes: Uint8Array): Uint8Array | null {
  return bytesEqual(bytes, NOTHING) ? null : bytes;
}

function writeVerdict(writer: ByteWriter, entry: VerdictEntry): void {
  writer.u64(entry.requestId).raw(entry.commitmentHash).u8(CODES.indexOf(entry.verdict));
  if (entry.verdict === 'abstain') {
    const reason = bytesFromUtf8(toReason(entry.reason));
    writer.u8(reason.length).raw(reason);
  } else if (entry.verdict === 'committed') {
    writer.raw(entry.blind);
  } else {
    writer.raw(entry.signature).raw(entry.blind ?? NOTHING);
  }
}

function readVerdict(reader: ByteReader): VerdictEntry {
  const requestId = reader.u64();
  const commitmentHash = reader.take(32);
  const code = reader.u8();
  const verdict = CODES[code];
  if (verdict === undefined) return reader.fail('jobs/malformed', `verdict ${code}`);
  const about = { requestId, commitmentHash };
  if (verdict === 'committed') return { verdict, ...about, blind: reader.take(32) };
  if (verdict === 'abstain') {
    const size = reader.u8();
    if (size > LIMITS.reasonCharsMax) return reader.fail('jobs/field', 'reason too long');
    const reason = String.fromCharCode(...reader.take(size));
    if (!/^[ -~]*$/.test(reason)) return reader.fail('jobs/malformed', 'reason is not ASCII');
    return { verdict, ...about, reason };
  }
  return { verdict, ...about, signature: reader.take(65), blind: someOrNull(reader.take(32)) };
}

function readClaim(reader: ByteReader): ClaimVerdictEntry {
  const claimHash = reader.take(32);
  const code = reader.u8();
  const verdict = CLAIM_CODES[code - 1];
  if (verdict === undefined) return reader.fail('jobs/malformed', `claim verdict ${code}`);
  return { claimHash, verdict, signature: reader.take(65) };
}

function readDispute(reader: ByteReader): DisputeVerdictEntry {
  const disputeId = reader.u64();
  const commitmentHash = reader.take(32);
  const code = reader.u8();
  const verdict = code === 1 ? 'valid' : code === 2 ? 'invalid' : null;
  if (verdict === null) return reader.fail('jobs/malformed', `dispute verdict ${code}`);
  return { disputeId, commitmentHash, verdict, signature: reader.take(65) };
}

/** Any text as a reason: ASCII, cut to the limit. */
function toReason(text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, LIMITS.reasonCharsMax);
}

function bound(count: number, countMax: number): void {
  if (count > countMax) throw new RangeError(`${count} entries in a chunk, at most ${countMax}`);
}

function expectKind(reader: ByteReader, kind: number): void {
  const found = reader.u8();
  if (found !== kind) reader.fail('jobs/malformed', `chunk kind ${found}, expected ${kind}`);
}
