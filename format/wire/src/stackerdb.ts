/**
 * StackerDB chunks: signed, versioned replacements of numbered slots. Proposals, block signatures,
 * receipts and verdicts all travel in these.
 * Source: libstackerdb/src/libstackerdb.rs.
 */
import { type ByteReader, ByteWriter, bytesEqual, type Result } from '@assay/bytes';
import { hash160, recoverPublicKey, sha512_256, signRecoverable } from '@assay/crypto';
import { decodeWhole, type WireError } from './door.ts';
import { LIMITS } from './limits.ts';

export interface StackerDbChunk {
  /** u32. */
  readonly slotId: number;
  /** u32, grows by each write: the highest wins. */
  readonly slotVersion: number;
  /** 65 bytes V R S over `chunkDigest`; zeros before signing. */
  readonly signature: Uint8Array;
  /** At most 16 MiB. */
  readonly data: Uint8Array;
}

/** What a node keeps and tells about a slot without its data. */
export interface SlotMetadata {
  readonly slotId: number;
  readonly slotVersion: number;
  /** SHA-512/256 of the data. */
  readonly dataHash: Uint8Array;
  readonly signature: Uint8Array;
}

/** The 32 bytes signed for a slot: `H(slot id | version | H(data))`. */
export function slotDigest(slot: Omit<SlotMetadata, 'signature'>): Uint8Array {
  const buffer = new Uint8Array(40);
  const view = new DataView(buffer.buffer);
  view.setUint32(0, slot.slotId);
  view.setUint32(4, slot.slotVersion);
  buffer.set(slot.dataHash, 8);
  return sha512_256(buffer);
}

export function slotMetadata(chunk: StackerDbChunk): SlotMetadata {
  const { slotId, slotVersion, signature, data } = chunk;
  return { slotId, slotVersion, signature, dataHash: sha512_256(data) };
}

/** The 32 bytes signed for a chunk. */
export function chunkDigest(chunk: Omit<StackerDbChunk, 'signature'>): Uint8Array {
  const { slotId, slotVersion, data } = chunk;
  return slotDigest({ slotId, slotVersion, dataHash: sha512_256(data) });
}

export function signChunk(
  chunk: Omit<StackerDbChunk, 'signature'>,
  privateKey: Uint8Array,
): StackerDbChunk {
  const { slotId, slotVersion, data } = chunk;
  return { slotId, slotVersion, data, signature: signRecoverable(chunkDigest(chunk), privateKey) };
}

/** The 33-byte key that signed; null when the signature gives none. */
export function recoverChunkKey(chunk: StackerDbChunk): Uint8Array | null {
  return recoverPublicKey(chunkDigest(chunk), chunk.signature);
}

/** True when the key whose HASH160 is given signed the chunk; address versions do not matter. */
export function verifyChunk(chunk: StackerDbChunk, signerHash: Uint8Array): boolean {
  const key = recoverChunkKey(chunk);
  return key !== null && bytesEqual(hash160(key), signerHash);
}

export function encodeChunk(chunk: StackerDbChunk): Uint8Array {
  const { slotId, slotVersion, signature, data } = chunk;
  const writer = new ByteWriter(80 + data.length).u32(slotId).u32(slotVersion);
  return writer.raw(signature).u32(data.length).raw(data).finish();
}

function readChunk(reader: ByteReader): StackerDbChunk {
  const slotId = reader.u32();
  const slotVersion = reader.u32();
  const signature = reader.take(65);
  const size = reader.u32();
  if (size > LIMITS.chunkBytesMax) reader.fail('wire/chunk-size', `chunk of ${size} bytes`);
  return { slotId, slotVersion, signature, data: reader.take(size) };
}

/** Exactly one chunk; the signature is not checked. */
export function decodeChunk(bytes: Uint8Array): Result<StackerDbChunk, WireError> {
  return decodeWhole(bytes, LIMITS.chunkBytesMax + 128, readChunk);
}
