/**
 * What a host keeps about sessions, as bytes on its own disk: a session's highest voucher and count,
 * each request with its outcome, and the signed leaves of answers under way. JSON with hex inside.
 */
import {
  ByteReader,
  ByteWriter,
  bytesFromHex,
  bytesFromUtf8,
  bytesToHex,
  utf8FromBytes,
} from '@assay/bytes';
import {
  type Claim,
  type Commitment,
  decodeCommitment,
  decodePostedRequest,
  decodeSignedVoucher,
  encodeCommitment,
  encodePostedRequest,
  encodeSignedVoucher,
  SALT_BYTES,
  type SessionRequest,
  type SignedVoucher,
  SKETCH_BYTES,
} from '@assay/jobs';

export interface SessionState {
  readonly id: bigint;
  /** The newest index taken. */
  readonly lastIndex: bigint;
  /** Price of all ended requests. */
  readonly deliveredMicro: bigint;
  /** The highest one. */
  readonly voucher: SignedVoucher | null;
}

/** How a request ended. */
export interface RequestEnd {
  readonly commitment: Commitment;
  /** 65 bytes R, S, V by the operating key. */
  readonly hostSignature: Uint8Array;
  /** SHA-256 of the stored sketch part. */
  readonly sketchHash: Uint8Array;
  readonly cachedTokens: number;
  readonly costMicro: bigint;
}

export interface RequestRecord {
  readonly request: SessionRequest;
  /** By the voucher key. */
  readonly signature: Uint8Array;
  /** Null while the answer is under way. */
  readonly end: RequestEnd | null;
}

/** 32 tokens that were signed: they will be in the answer whatever happens. */
export interface StoredLeaf {
  readonly ids: readonly number[];
  /** 5 bytes each. */
  readonly sketch: Uint8Array;
  readonly salt: Uint8Array;
}

/** A claim that was sent: its receipts are `from` < index <= `to`. */
export interface SentClaim {
  readonly claim: Claim;
  /** Of the transaction that carries it, 32 bytes. */
  readonly txid: Uint8Array;
}

/** 3 x u64, u128 amount, root 32, txid 32. */
export function encodeClaim({ claim, txid }: SentClaim): Uint8Array {
  return new ByteWriter(104)
    .u64(claim.sessionId)
    .u64(claim.from)
    .u64(claim.to)
    .u128(claim.amountMicro)
    .raw(claim.receiptsRoot)
    .raw(txid)
    .finish();
}

export function decodeClaim(bytes: Uint8Array): SentClaim {
  const reader = new ByteReader(bytes);
  const claim: Claim = {
    sessionId: reader.u64(),
    from: reader.u64(),
    to: reader.u64(),
    amountMicro: reader.u128(),
    receiptsRoot: reader.take(32),
  };
  return { claim, txid: reader.take(32) };
}

export function encodeSessionState(state: SessionState): Uint8Array {
  const { id, lastIndex, deliveredMicro, voucher } = state;
  return bytesFromUtf8(
    JSON.stringify({
      id: String(id),
      lastIndex: String(lastIndex),
      deliveredMicro: String(deliveredMicro),
      voucher: voucher === null ? null : encodeSignedVoucher(voucher),
    }),
  );
}

/** @throws Error: a damaged disk */
export function decodeSessionState(bytes: Uint8Array): SessionState {
  const raw = JSON.parse(utf8FromBytes(bytes) ?? '');
  const id = BigInt(raw.id);
  return {
    id,
    lastIndex: BigInt(raw.lastIndex),
    deliveredMicro: BigInt(raw.deliveredMicro),
    voucher: raw.voucher === null ? null : sound(decodeSignedVoucher(id, raw.voucher)),
  };
}

export function requestRecordJson({ request, signature, end }: RequestRecord) {
  const posted = { request, signature, prompt: '', constraint: null, logprobs: null };
  return {
    session: String(request.sessionId),
    posted: encodePostedRequest(posted),
    end:
      end === null
        ? null
        : {
            commitment: bytesToHex(encodeCommitment(end.commitment)),
            hostSignature: bytesToHex(end.hostSignature),
            sketchHash: bytesToHex(end.sketchHash),
            cachedTokens: end.cachedTokens,
            costMicro: String(end.costMicro),
          },
  };
}

export function encodeRequestRecord(record: RequestRecord): Uint8Array {
  return bytesFromUtf8(JSON.stringify(requestRecordJson(record)));
}

/** @throws Error: a damaged disk */
export function decodeRequestRecord(bytes: Uint8Array): RequestRecord {
  const raw = JSON.parse(utf8FromBytes(bytes) ?? '');
  const { request, signature } = sound(decodePostedRequest(BigInt(raw.session), raw.posted));
  if (raw.end === null) return { request, signature, end: null };
  return {
    request,
    signature,
    end: {
      commitment: sound(decodeCommitment(bytesFromHex(raw.end.commitment))),
      hostSignature: bytesFromHex(raw.end.hostSignature),
      sketchHash: bytesFromHex(raw.end.sketchHash),
      cachedTokens: raw.end.cachedTokens,
      costMicro: BigInt(raw.end.costMicro),
    },
  };
}

export function encodeLeaf({ ids, sketch, salt }: StoredLeaf): Uint8Array {
  return new ByteWriter(4 + 9 * ids.length + salt.length)
    .vec(ids, (w, id) => w.u32(id))
    .raw(sketch)
    .raw(salt)
    .finish();
}

export function decodeLeaf(bytes: Uint8Array): StoredLeaf {
  const reader = new ByteReader(bytes);
  const ids = reader.vec(bytes.length, (r) => r.u32());
  return { ids, sketch: reader.take(ids.length * SKETCH_BYTES), salt: reader.take(SALT_BYTES) };
}

function sound<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: { readonly message: string } },
): T {
  if (!result.ok)
    throw new Error(`a session record on disk is unreadable: ${result.error.message}`);
  return result.value;
}
