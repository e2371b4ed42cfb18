/**
 * A list of bits, least significant first in each byte. A Nakamoto header carries one to say which
 * reward addresses are paid (bit set) and which are punished.
 * Source: SIP-021 "Block header"; stacks-common/src/bitvec.rs.
 */
import { assert, type ByteReader, type ByteWriter } from '@assay/bytes';

export interface BitVec {
  /** Bits, at least one. */
  readonly length: number;
  /** `ceil(length / 8)` bytes. */
  readonly bytes: Uint8Array;
}

/** From booleans. */
export function bitVec(bits: readonly boolean[]): BitVec {
  assert(bits.length > 0 && bits.length <= 0xffff, 'a bit vector has 1 to 65,535 bits');
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => {
    if (bit) bytes[i >> 3]! |= 1 << (i & 7);
  });
  return { length: bits.length, bytes };
}

/** All bits set: nobody is punished. */
export function bitVecOnes(length: number): BitVec {
  return bitVec(new Array<boolean>(length).fill(true));
}

export function bitAt(vec: BitVec, index: number): boolean {
  return index < vec.length && (vec.bytes[index >> 3]! & (1 << (index & 7))) !== 0;
}

/** u16 bits, u32 bytes, bytes. */
export function writeBitVec(writer: ByteWriter, vec: BitVec): void {
  writer.u16(vec.length).u32(vec.bytes.length).raw(vec.bytes);
}

/** @throws DecodeError wire/bit-vec */
export function readBitVec(reader: ByteReader, bitsMax: number): BitVec {
  const length = reader.u16();
  if (length === 0 || length > bitsMax) reader.fail('wire/bit-vec', `bit vector of ${length} bits`);
  const size = reader.u32();
  if (size !== Math.ceil(length / 8)) {
    reader.fail('wire/bit-vec', `${size} bytes for ${length} bits`);
  }
  return { length, bytes: reader.take(size) };
}
