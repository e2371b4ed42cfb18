/**
 * What hosts and signers write into their StackerDB slots. A slot always holds the whole current
 * list, because a newer chunk replaces an older one.
 *
 * ```
 * receipts   u8 1 | u32 n | n x (u64 request id | commitment 241 | host signature 65)
 * verdicts   u8 2 | u32 n | n x (u64 request id | commitment hash 32 | u8 verdict
 *                                | 1 or 2: signature 65; 0: u8 length + reason, ASCII)
 * ```
 * Slots: `.inference-receipts` (one per host), `.inference-verdicts-0/1` (one per signer, by the
 * parity of the reward cycle).
 */
import { type ByteReader, ByteWriter, bytesFromUtf8, type Result } from '@assay/bytes';
import { type Commitment, readCommitment, writeCommitment } from './commitment.ts';
import { LIMITS } from './limits.ts';
import { decodeWith, type JobsRejection } from './reject.ts';

/** A signed commitment waiting for its verdicts. */
export interface Receipt {
  readonly requestId: bigint;
  readonly commitment: Commitment;
  /** 65 bytes R, S, V by the host's operating key. */
  readonly hostSignature: Uint8Array;
}

export type VerdictEntry =
  | {
      readonly verdict: 'valid' | 'invalid';
      readonly requestId: bigint;
      readonly commitmentHash: Uint8Array;
      /** 65 bytes R, S, V by the signer's key. */
      readonly signature: Uint8Array;
    }
  | {
      readonly verdict: 'abstain';
      readonly requestId: bigint;
      readonly commitmentHash: Uint8Array;
      /** Printable ASCII, at most 64 characters. */
      readonly reason: string;
    };

const RECEIPTS = 1;
const VERDICTS = 2;

/** @throws RangeError when there are more receipts than a chunk may hold */
export function encodeReceiptChunk(receipts: readonly Receipt[]): Uint8Array {
  bound(receipts.length, LIMITS.receiptsPerChunkMax);
  const writer = new ByteWriter(5 + 314 * receipts.length).u8(RECEIPTS);
  return writer
    .vec(receipts, (w, receipt) => {
      writeCommitment(w.u64(receipt.requestId), receipt.commitment);
      w.raw(receipt.hostSignature);
    })
    .finish();
}

export function decodeReceiptChunk(bytes: Uint8Array): Result<readonly Receipt[], JobsRejection> {
  return decodeWith(bytes, 5 + 314 * LIMITS.receiptsPerChunkMax, (reader) => {
    expectKind(reader, RECEIPTS);
    return reader.vec(LIMITS.receiptsPerChunkMax, (r) => ({
      requestId: r.u64(),
      commitment: readCommitment(r),
      hostSignature: r.take(65),
    }));
  });
}

/** @throws RangeError when there are more verdicts than a chunk may hold */
export function encodeVerdictChunk(entries: readonly VerdictEntry[]): Uint8Array {
  bound(entries.length, LIMITS.verdictsPerChunkMax);
  return new ByteWriter(5 + 106 * entries.length).u8(VERDICTS).vec(entries, writeVerdict).finish();
}

export function decodeVerdictChunk(
  bytes: Uint8Array,
): Result<readonly VerdictEntry[], JobsRejection> {
  return decodeWith(bytes, 5 + 106 * LIMITS.verdictsPerChunkMax, (reader) => {
    expectKind(reader, VERDICTS);
    return reader.vec(LIMITS.verdictsPerChunkMax, readVerdict);
  });
}

function writeVerdict(writer: ByteWriter, entry: VerdictEntry): void {
  writer.u64(entry.requestId).raw(entry.commitmentHash);
  if (entry.verdict === 'abstain') {
    const reason = bytesFromUtf8(toReason(entry.reason));
    writer.u8(0).u8(reason.length).raw(reason);
  } else {
    writer.u8(entry.verdict === 'valid' ? 1 : 2).raw(entry.signature);
  }
}

function readVerdict(reader: ByteReader): VerdictEntry {
  const requestId = reader.u64();
  const commitmentHash = reader.take(32);
  const code = reader.u8();
  if (code > 2) return reader.fail('jobs/malformed', `verdict ${code}`);
  if (code === 0) {
    const size = reader.u8();
    if (size > LIMITS.reasonCharsMax) return reader.fail('jobs/field', 'reason too long');
    const reason = String.fromCharCode(...reader.take(size));
    if (!/^[ -~]*$/.test(reason)) return reader.fail('jobs/malformed', 'reason is not ASCII');
    return { verdict: 'abstain', requestId, commitmentHash, reason };
  }
  const verdict = code === 1 ? 'valid' : 'invalid';
  return { verdict, requestId, commitmentHash, signature: reader.take(65) };
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
