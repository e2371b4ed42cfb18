/**
 * Bitcoin block headers and blocks: encoding, hash, proof of work, chain work.
 * The burnchain decodes what bitcoind returns with these; the embedded regtest mines with them.
 * Source: Bitcoin Core primitives/block.h, arith_uint256.cpp (compact targets), pow.cpp, chain.cpp.
 */
import type { Result } from '@assay/bytes';
import { doubleSha256 } from '@assay/crypto';
import { hashToDisplayHex } from './hash-order.ts';
import { WITNESS_SCALE } from './limits.ts';
import {
  type BitcoinDecodeError,
  decodeWhole,
  type LittleEndianReader,
  LittleEndianWriter,
} from './little-endian.ts';
import {
  type BitcoinTransaction,
  bitcoinTransactionWeight,
  hasWitness,
  readBitcoinTransaction,
  writeBitcoinTransaction,
} from './transaction.ts';

export interface BitcoinBlockHeader {
  /** u32 here; bitcoind prints it as a signed number. */
  readonly version: number;
  /** Hash of the parent header, internal order. */
  readonly prevHash: Uint8Array;
  /** Internal order. */
  readonly merkleRoot: Uint8Array;
  readonly timeSecs: number;
  /** Compact target. */
  readonly bits: number;
  readonly nonce: number;
}

export interface BitcoinBlock {
  readonly header: BitcoinBlockHeader;
  /** The coinbase first. */
  readonly transactions: readonly BitcoinTransaction[];
}

export const BITCOIN_HEADER_BYTES = 80;

/** Version, one input, no output: nothing smaller is a transaction. */
const TRANSACTION_BYTES_MIN = 4 + 1 + 41 + 1 + 4;

/** Regtest's easiest target, also its only one. */
export const REGTEST_BITS = 0x207fffff;

/** @rejects bitcoin/short, bitcoin/trailing */
export function decodeBitcoinHeader(
  bytes: Uint8Array,
): Result<BitcoinBlockHeader, BitcoinDecodeError> {
  return decodeWhole(bytes, readHeader);
}

/** Decodes a whole block; says nothing about its validity. @rejects as `decodeBitcoinTransaction` */
export function decodeBitcoinBlock(bytes: Uint8Array): Result<BitcoinBlock, BitcoinDecodeError> {
  return decodeWhole(bytes, (reader) => ({
    header: readHeader(reader),
    transactions: reader.vec(TRANSACTION_BYTES_MIN, readBitcoinTransaction),
  }));
}

function readHeader(reader: LittleEndianReader): BitcoinBlockHeader {
  return {
    version: reader.u32(),
    prevHash: reader.take(32),
    merkleRoot: reader.take(32),
    timeSecs: reader.u32(),
    bits: reader.u32(),
    nonce: reader.u32(),
  };
}

/** 80 bytes. */
export function encodeBitcoinHeader(header: BitcoinBlockHeader): Uint8Array {
  const writer = new LittleEndianWriter(BITCOIN_HEADER_BYTES);
  writeHeader(writer, header);
  return writer.finish();
}

function writeHeader(writer: LittleEndianWriter, header: BitcoinBlockHeader): void {
  writer.u32(header.version).raw(header.prevHash).raw(header.merkleRoot);
  writer.u32(header.timeSecs).u32(header.bits).u32(header.nonce);
}

/** With witnesses. */
export function encodeBitcoinBlock(block: BitcoinBlock): Uint8Array {
  const writer = new LittleEndianWriter(1024);
  writeHeader(writer, block.header);
  writer.compactSize(block.transactions.length);
  for (const tx of block.transactions) writeBitcoinTransaction(writer, tx, hasWitness(tx));
  return writer.finish();
}

/** 32 bytes, internal order. */
export function bitcoinBlockHash(header: BitcoinBlockHeader): Uint8Array {
  return doubleSha256(encodeBitcoinHeader(header));
}

/** As bitcoind prints it. */
export function bitcoinBlockHashHex(header: BitcoinBlockHeader): string {
  return hashToDisplayHex(bitcoinBlockHash(header));
}

/** Weight units of a whole block (BIP141), header and count included. */
export function bitcoinBlockWeight(block: BitcoinBlock): number {
  const count = new LittleEndianWriter(9).compactSize(block.transactions.length).length;
  let weight = (BITCOIN_HEADER_BYTES + count) * WITNESS_SCALE;
  for (const tx of block.transactions) weight += bitcoinTransactionWeight(tx);
  return weight;
}

/**
 * Compact target to the number a hash must not exceed.
 * Null when negative, zero, or wider than 256 bits (such a header can have no work).
 */
export function compactToTarget(bits: number): bigint | null {
  const exponent = bits >>> 24;
  const mantissa = BigInt(bits & 0x007fffff);
  if (mantissa === 0n || (bits & 0x00800000) !== 0) return null;
  const target =
    exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3));
  return target === 0n || target >> 256n > 0n ? null : target;
}

/** The shortest compact form; low bits beyond 23 are lost. */
export function targetToCompact(target: bigint): number {
  let size = Math.ceil(target.toString(2).length / 8);
  let mantissa = Number(
    size <= 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3)),
  );
  if ((mantissa & 0x00800000) !== 0) {
    mantissa >>= 8;
    size += 1;
  }
  return ((size << 24) | mantissa) >>> 0;
}

/** A hash (internal order) read as the little-endian number that is compared with the target. */
export function hashToNumber(hash: Uint8Array): bigint {
  return BigInt(`0x${hashToDisplayHex(hash)}`);
}

/** True when the header's own hash meets the target in its bits. */
export function hasProofOfWork(header: BitcoinBlockHeader): boolean {
  const target = compactToTarget(header.bits);
  return target !== null && hashToNumber(bitcoinBlockHash(header)) <= target;
}

/** Expected hashes to find such a block; the chain with the largest sum is the best. */
export function bitcoinBlockWork(bits: number): bigint {
  const target = compactToTarget(bits);
  return target === null ? 0n : (1n << 256n) / (target + 1n);
}
