/**
 * Nakamoto blocks: a header signed by the tenure's miner and by the signers, and transactions.
 * The block's identity leaves out the signers' signatures, so it is known before they sign.
 * Source: SIP-021, SIP-025; stackslib/src/chainstate/nakamoto/mod.rs.
 */
import { assert, type ByteReader, ByteWriter, type Result } from '@assay/bytes';
import { merkleRoot, recoverPublicKey, sha512_256, signRecoverable } from '@assay/crypto';
import { type BitVec, readBitVec, writeBitVec } from './bit-vec.ts';
import { decodeWhole, type WireError } from './door.ts';
import { LIMITS } from './limits.ts';
import {
  readTransaction,
  type Transaction,
  transactionId,
  writeTransaction,
} from './transaction.ts';

/** Names a transaction that must be skipped (epoch 4.0). */
export interface ProblematicTransaction {
  readonly index: number;
  readonly category: number;
}

export interface NakamotoBlockHeader {
  /** 0 in epoch 3; 1 from epoch 4.0; bit 0x80 marks a shadow block. */
  readonly version: number;
  /** Blocks before this one: its height. */
  readonly chainLength: number;
  /** Satoshis burnt on this fork up to the tenure's sortition, u64. */
  readonly burnSpent: bigint;
  /** Consensus hash of the sortition that elected the miner, 20 bytes. */
  readonly consensusHash: Uint8Array;
  readonly parentBlockId: Uint8Array;
  /** `transactionsRoot` of the block's transactions. */
  readonly txMerkleRoot: Uint8Array;
  /** Root of the MARF after the block. */
  readonly stateIndexRoot: Uint8Array;
  readonly timestampSecs: number;
  /** 65 bytes V R S over `minerSignatureHash`. */
  readonly minerSignature: Uint8Array;
  /** 65 bytes V R S each over `signerSignatureHash`, in the order of the signer set. */
  readonly signerSignatures: readonly Uint8Array[];
  /** Which reward addresses are paid. */
  readonly poxTreatment: BitVec;
  /** Only written from version 1 on; absent or empty before. */
  readonly problematicTransactions?: readonly ProblematicTransaction[];
}

export interface NakamotoBlock {
  readonly header: NakamotoBlockHeader;
  readonly transactions: readonly Transaction[];
}

const NO_SIGNATURE = new Uint8Array(65);

/** Whether a header of this version carries the list of problematic transactions. */
function hasProblematic(version: number): boolean {
  return (version & 0x7f) >= 1;
}

function writeCommon(writer: ByteWriter, header: NakamotoBlockHeader): void {
  writer.u8(header.version).u64(header.chainLength).u64(header.burnSpent);
  writer.raw(header.consensusHash).raw(header.parentBlockId).raw(header.txMerkleRoot);
  writer.raw(header.stateIndexRoot).u64(header.timestampSecs);
}

function writeTail(writer: ByteWriter, header: NakamotoBlockHeader): void {
  writeBitVec(writer, header.poxTreatment);
  const problematic = header.problematicTransactions ?? [];
  if (hasProblematic(header.version)) {
    writer.vec(problematic, (w, item) => w.u32(item.index).u8(item.category));
  } else {
    assert(problematic.length === 0, 'header version 0 has no problematic transactions');
  }
}

export function writeBlockHeader(writer: ByteWriter, header: NakamotoBlockHeader): void {
  writeCommon(writer, header);
  writer.raw(header.minerSignature);
  writer.vec(header.signerSignatures, (w, signature) => w.raw(signature));
  writeTail(writer, header);
}

export function encodeBlockHeader(header: NakamotoBlockHeader): Uint8Array {
  const writer = new ByteWriter(512);
  writeBlockHeader(writer, header);
  return writer.finish();
}

/** @throws DecodeError */
export function readBlockHeader(reader: ByteReader): NakamotoBlockHeader {
  const base = {
    version: reader.u8(),
    chainLength: reader.u64Safe(),
    burnSpent: reader.u64(),
    consensusHash: reader.take(20),
    parentBlockId: reader.take(32),
    txMerkleRoot: reader.take(32),
    stateIndexRoot: reader.take(32),
    timestampSecs: reader.u64Safe(),
    minerSignature: reader.take(65),
    signerSignatures: reader.vec(LIMITS.signerSignaturesMax, (r) => r.take(65)),
    poxTreatment: readBitVec(reader, LIMITS.poxTreatmentBitsMax),
  };
  if (!hasProblematic(base.version)) return base;
  const problematicTransactions = reader.vec(LIMITS.problematicTransactionsMax, (r) => ({
    index: r.u32(),
    category: r.u8(),
  }));
  return { ...base, problematicTransactions };
}

/** Exactly one header. Heights and times above 2^53 - 1 are refused (bytes/unsafe-integer). */
export function decodeBlockHeader(bytes: Uint8Array): Result<NakamotoBlockHeader, WireError> {
  return decodeWhole(bytes, LIMITS.blockBytesMax, readBlockHeader);
}

/** What the miner signs: everything but the signatures. 32 bytes. */
export function minerSignatureHash(header: NakamotoBlockHeader): Uint8Array {
  const writer = new ByteWriter(256);
  writeCommon(writer, header);
  writeTail(writer, header);
  return sha512_256(writer.finish());
}

/** What signers sign, and the block's hash: everything but the signers' signatures. 32 bytes. */
export function signerSignatureHash(header: NakamotoBlockHeader): Uint8Array {
  const writer = new ByteWriter(320);
  writeCommon(writer, header);
  writer.raw(header.minerSignature);
  writeTail(writer, header);
  return sha512_256(writer.finish());
}

/** 32 bytes; the same as `signerSignatureHash`. */
export const blockHash: (header: NakamotoBlockHeader) => Uint8Array = signerSignatureHash;

/** `StacksBlockId` from its parts: SHA-512/256 of block hash and consensus hash. */
export function blockIdFrom(hash: Uint8Array, consensusHash: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(52);
  buffer.set(hash);
  buffer.set(consensusHash, 32);
  return sha512_256(buffer);
}

/** The id a child block names as its parent: 32 bytes. */
export function blockId(header: NakamotoBlockHeader): Uint8Array {
  return blockIdFrom(blockHash(header), header.consensusHash);
}

/** A header with the miner's signature, signers' signatures removed since they no longer fit. */
export function signHeaderAsMiner(
  header: NakamotoBlockHeader,
  privateKey: Uint8Array,
): NakamotoBlockHeader {
  const minerSignature = signRecoverable(minerSignatureHash(header), privateKey);
  return { ...header, minerSignature, signerSignatures: [] };
}

/** The 33-byte key that signed as miner; null when the signature gives none. */
export function recoverMinerKey(header: NakamotoBlockHeader): Uint8Array | null {
  return recoverPublicKey(minerSignatureHash(header), header.minerSignature);
}

/** Merkle root over transaction ids. 32 bytes, zeros for none. */
export function transactionsRoot(transactions: readonly Transaction[]): Uint8Array {
  return merkleRoot(transactions.map(transactionId));
}

export function writeBlock(writer: ByteWriter, block: NakamotoBlock): void {
  writeBlockHeader(writer, block.header);
  writer.vec(block.transactions, writeTransaction);
}

export function encodeBlock(block: NakamotoBlock): Uint8Array {
  const writer = new ByteWriter(4096);
  writeBlock(writer, block);
  return writer.finish();
}

/** Reads one block where it stands, as signer messages do. @throws DecodeError */
export function readBlock(reader: ByteReader): NakamotoBlock {
  const header = readBlockHeader(reader);
  return { header, transactions: reader.vec(reader.remaining, readTransaction) };
}

/**
 * Exactly one block, at most 2 MiB. Only the form is checked: roots, signatures and transaction
 * rules are the coordinator's and chainstate's.
 */
export function decodeBlock(bytes: Uint8Array): Result<NakamotoBlock, WireError> {
  return decodeWhole(bytes, LIMITS.blockBytesMax, readBlock);
}

/** A header with everything zero and one paid address: the start for builders and tests. */
export const EMPTY_HEADER: NakamotoBlockHeader = {
  version: 0,
  chainLength: 0,
  burnSpent: 0n,
  consensusHash: new Uint8Array(20),
  parentBlockId: new Uint8Array(32),
  txMerkleRoot: new Uint8Array(32),
  stateIndexRoot: new Uint8Array(32),
  timestampSecs: 0,
  minerSignature: NO_SIGNATURE,
  signerSignatures: [],
  poxTreatment: { length: 1, bytes: Uint8Array.of(1) },
};
