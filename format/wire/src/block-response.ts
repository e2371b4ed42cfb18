/**
 * A signer's answer to a block proposal: a signature, or a signed refusal. The tail grows from
 * version to version; what a newer signer appends is kept as it came.
 * Source: libsigner/src/v0/messages.rs BlockResponse, BlockResponseData.
 */
import { ByteReader, ByteWriter } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { recoverPublicKey, signRecoverable } from '@assay/crypto';
import {
  type RejectCode,
  type RejectReason,
  readRejectCode,
  readRejectReason,
  rejectCodeOf,
  writeRejectCode,
  writeRejectReason,
} from './reject-reason.ts';
import { readTail, readText, writeText } from './signer-text.ts';
import { structuredDataHash } from './structured-data.ts';

/** Version of the tail written here. */
export const BLOCK_RESPONSE_DATA_VERSION = 5;
const FIRST_WITH_READ_COUNT = 4;
const FIRST_WITH_FAILED_TXID = 5;
/** "Not now": a timestamp that never comes. */
const NEVER = 0xffff_ffff_ffff_ffffn;

export interface BlockResponseData {
  readonly version: number;
  /** Unix seconds from which the signer accepts a tenure extend; u64 maximum for never. */
  readonly tenureExtendTimestampSecs: bigint;
  /** Null in messages older than the reasons. */
  readonly rejectReason: RejectReason | null;
  /** As above for an extend of the read count alone. */
  readonly readCountExtendTimestampSecs: bigint;
  /** The transaction that made the block invalid, 32 bytes. */
  readonly failedTxid: Uint8Array | null;
  /** What a newer version appended. */
  readonly unknownBytes: Uint8Array;
}

export interface BlockAccepted {
  readonly kind: 'accepted';
  /** 32 bytes: the block's hash. */
  readonly signerSignatureHash: Uint8Array;
  /** 65 bytes V R S over the hash; goes into the block's header. */
  readonly signature: Uint8Array;
  readonly serverVersion: string;
  readonly data: BlockResponseData;
}

export interface BlockRejected {
  readonly kind: 'rejected';
  /** For people. */
  readonly reason: string;
  readonly reasonCode: RejectCode;
  readonly signerSignatureHash: Uint8Array;
  readonly chainId: number;
  /** 65 bytes V R S over `rejectionHash`. */
  readonly signature: Uint8Array;
  readonly serverVersion: string;
  readonly data: BlockResponseData;
}

export type BlockResponse = BlockAccepted | BlockRejected;

/** A tail of the current version. */
export function blockResponseData(
  rejectReason: RejectReason,
  extend: { readonly fullSecs: bigint; readonly readCountSecs: bigint } = {
    fullSecs: NEVER,
    readCountSecs: NEVER,
  },
  failedTxid: Uint8Array | null = null,
): BlockResponseData & { readonly rejectReason: RejectReason } {
  return {
    version: BLOCK_RESPONSE_DATA_VERSION,
    tenureExtendTimestampSecs: extend.fullSecs,
    rejectReason,
    readCountExtendTimestampSecs: extend.readCountSecs,
    failedTxid,
    unknownBytes: new Uint8Array(0),
  };
}

/** What a rejecting signer signs: SIP-018 over the block's hash, so it cannot pass as a yes. */
export function rejectionHash(signerSignatureHash: Uint8Array, chainId: number): Uint8Array {
  const domain = { name: 'block-rejection', version: '1.0.0', chainId };
  return structuredDataHash(domain, Cv.buffer(signerSignatureHash));
}

export function createBlockRejection(
  fields: {
    readonly signerSignatureHash: Uint8Array;
    readonly reason: string;
    readonly chainId: number;
    readonly serverVersion: string;
    readonly data: BlockResponseData & { readonly rejectReason: RejectReason };
  },
  privateKey: Uint8Array,
): BlockRejected {
  const hash = rejectionHash(fields.signerSignatureHash, fields.chainId);
  return {
    kind: 'rejected',
    ...fields,
    reasonCode: rejectCodeOf(fields.data.rejectReason),
    signature: signRecoverable(hash, privateKey),
  };
}

/** The 33-byte key that answered; null when the signature gives none. */
export function recoverResponseKey(response: BlockResponse): Uint8Array | null {
  const { signerSignatureHash, signature } = response;
  const hash =
    response.kind === 'accepted'
      ? signerSignatureHash
      : rejectionHash(signerSignatureHash, response.chainId);
  return recoverPublicKey(hash, signature);
}

function writeData(writer: ByteWriter, data: BlockResponseData): void {
  const inner = new ByteWriter(64).u64(data.tenureExtendTimestampSecs);
  if (data.rejectReason) writeRejectReason(inner, data.rejectReason);
  if (data.version >= FIRST_WITH_READ_COUNT) inner.u64(data.readCountExtendTimestampSecs);
  if (data.version >= FIRST_WITH_FAILED_TXID) {
    inner.u8(data.failedTxid ? 1 : 0);
    if (data.failedTxid) inner.raw(data.failedTxid);
  }
  inner.raw(data.unknownBytes);
  writer.u8(data.version).u32(inner.length).raw(inner.finish());
}

function readFailedTxid(reader: ByteReader): Uint8Array | null {
  const flag = reader.u8();
  if (flag > 1) reader.fail('wire/signer-data', `flag ${flag} before a transaction id`);
  return flag === 1 ? reader.take(32) : null;
}

/** A message without a tail, from before there was one. */
function absentData(): BlockResponseData {
  return { ...blockResponseData({ kind: 'not-rejected' }), version: 0, rejectReason: null };
}

function readData(reader: ByteReader): BlockResponseData {
  if (reader.remaining === 0) return absentData();
  const version = reader.u8();
  const inner = new ByteReader(readTail(reader));
  const tenureExtendTimestampSecs = inner.u64();
  const mayLackReason = version < FIRST_WITH_READ_COUNT && inner.remaining === 0;
  const rejectReason = mayLackReason ? null : readRejectReason(inner);
  return {
    version,
    tenureExtendTimestampSecs,
    rejectReason,
    readCountExtendTimestampSecs: version < FIRST_WITH_READ_COUNT ? NEVER : inner.u64(),
    failedTxid: version < FIRST_WITH_FAILED_TXID ? null : readFailedTxid(inner),
    unknownBytes: inner.take(inner.remaining),
  };
}

/** Version 0 stands for "no tail": the oldest messages end after the signature. */
function writeEnd(writer: ByteWriter, serverVersion: string, data: BlockResponseData): void {
  if (data.version === 0 && serverVersion === '') return;
  writeText(writer, serverVersion);
  if (data.version !== 0) writeData(writer, data);
}

export function writeBlockResponse(writer: ByteWriter, response: BlockResponse): void {
  if (response.kind === 'accepted') {
    writer.u8(0).raw(response.signerSignatureHash).raw(response.signature);
  } else {
    writer.u8(1);
    writeText(writer, response.reason);
    writeRejectCode(writer, response.reasonCode);
    writer.raw(response.signerSignatureHash).u32(response.chainId).raw(response.signature);
  }
  writeEnd(writer, response.serverVersion, response.data);
}

function readServerVersion(reader: ByteReader): string {
  return reader.remaining === 0 ? '' : readText(reader);
}

/** @throws DecodeError wire/block-response, wire/reject-code, wire/signer-… */
export function readBlockResponse(reader: ByteReader): BlockResponse {
  const id = reader.u8();
  if (id > 1) reader.fail('wire/block-response', `unknown block response ${id}`);
  if (id === 0) {
    const signerSignatureHash = reader.take(32);
    const signature = reader.take(65);
    const serverVersion = readServerVersion(reader);
    const data = readData(reader);
    return { kind: 'accepted', signerSignatureHash, signature, serverVersion, data };
  }
  return {
    kind: 'rejected',
    reason: readText(reader),
    reasonCode: readRejectCode(reader),
    signerSignatureHash: reader.take(32),
    chainId: reader.u32(),
    signature: reader.take(65),
    serverVersion: readServerVersion(reader),
    data: readData(reader),
  };
}
