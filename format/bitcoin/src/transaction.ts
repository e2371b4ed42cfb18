/**
 * Bitcoin transactions: the legacy and the segwit encoding, ids, and weight.
 * Read by the burnchain (operations), the miner (commits) and the embedded regtest.
 * Hashes inside a transaction are in the order they are hashed in ("internal order"); people,
 * bitcoind and Stacks write them reversed: see `hash-order.ts`.
 * Source: Bitcoin Core primitives/transaction.h; BIP141, BIP144.
 */
import { assert, type Result } from '@assay/bytes';
import { doubleSha256 } from '@assay/crypto';
import { hashToDisplayHex } from './hash-order.ts';
import { WITNESS_SCALE } from './limits.ts';
import {
  type BitcoinDecodeError,
  decodeWhole,
  type LittleEndianReader,
  LittleEndianWriter,
} from './little-endian.ts';

export interface BitcoinInput {
  /** 32 bytes, internal order; all zero in a coinbase. */
  readonly prevTxid: Uint8Array;
  /** Output index in the spent transaction; 0xffffffff in a coinbase. */
  readonly prevIndex: number;
  readonly scriptSig: Uint8Array;
  readonly sequence: number;
  /** Empty for legacy inputs. */
  readonly witness: readonly Uint8Array[];
}

export interface BitcoinOutput {
  readonly valueSats: bigint;
  readonly script: Uint8Array;
}

export interface BitcoinTransaction {
  /** u32 (old software prints it as a signed number). */
  readonly version: number;
  readonly inputs: readonly BitcoinInput[];
  readonly outputs: readonly BitcoinOutput[];
  readonly lockTime: number;
}

/** Smallest encodings, for bounding counts before reading: outpoint, empty script, sequence. */
const INPUT_BYTES_MIN = 32 + 4 + 1 + 4;
const OUTPUT_BYTES_MIN = 8 + 1;

/**
 * Decodes exactly one transaction, legacy or segwit.
 * @rejects bitcoin/short, bitcoin/trailing, bitcoin/count, bitcoin/non-minimal, bitcoin/no-inputs,
 *   bitcoin/unknown-flag, bitcoin/superfluous-witness
 */
export function decodeBitcoinTransaction(
  bytes: Uint8Array,
): Result<BitcoinTransaction, BitcoinDecodeError> {
  return decodeWhole(bytes, readBitcoinTransaction);
}

/** Reads one transaction where the reader stands; throws `DecodeError`. */
export function readBitcoinTransaction(reader: LittleEndianReader): BitcoinTransaction {
  const version = reader.u32();
  const segwit = reader.peek() === 0;
  if (segwit) {
    reader.u8();
    const flag = reader.u8();
    if (flag === 0) reader.fail('bitcoin/no-inputs', 'a transaction needs an input');
    if (flag !== 1) reader.fail('bitcoin/unknown-flag', `serialisation flag ${flag}`);
  }
  const inputs = reader.vec(INPUT_BYTES_MIN, readInput);
  if (inputs.length === 0) reader.fail('bitcoin/no-inputs', 'a transaction needs an input');
  const outputs = reader.vec(OUTPUT_BYTES_MIN, readOutput);
  const withWitness = segwit ? inputs.map((input) => readWitness(reader, input)) : inputs;
  if (segwit && withWitness.every((input) => input.witness.length === 0)) {
    reader.fail('bitcoin/superfluous-witness', 'segwit encoding without any witness');
  }
  return { version, inputs: withWitness, outputs, lockTime: reader.u32() };
}

const NO_WITNESS: readonly Uint8Array[] = [];

function readInput(reader: LittleEndianReader): BitcoinInput {
  return {
    prevTxid: reader.take(32),
    prevIndex: reader.u32(),
    scriptSig: reader.varBytes(),
    sequence: reader.u32(),
    witness: NO_WITNESS,
  };
}

function readOutput(reader: LittleEndianReader): BitcoinOutput {
  return { valueSats: reader.u64(), script: reader.varBytes() };
}

function readWitness(reader: LittleEndianReader, input: BitcoinInput): BitcoinInput {
  return { ...input, witness: reader.vec(1, (r) => r.varBytes()) };
}

export function hasWitness(tx: BitcoinTransaction): boolean {
  return tx.inputs.some((input) => input.witness.length > 0);
}

/** Segwit encoding when any input has a witness, legacy otherwise (as bitcoind prints hex). */
export function encodeBitcoinTransaction(tx: BitcoinTransaction): Uint8Array {
  const writer = new LittleEndianWriter();
  writeBitcoinTransaction(writer, tx, hasWitness(tx));
  return writer.finish();
}

/** Legacy encoding: what the txid hashes, and what a PSBT calls the non-witness form. */
export function encodeWithoutWitness(tx: BitcoinTransaction): Uint8Array {
  const writer = new LittleEndianWriter();
  writeBitcoinTransaction(writer, tx, false);
  return writer.finish();
}

export function writeBitcoinTransaction(
  writer: LittleEndianWriter,
  tx: BitcoinTransaction,
  segwit: boolean,
): void {
  assert(tx.inputs.length > 0, 'a transaction without inputs has no unambiguous encoding');
  writer.u32(tx.version);
  if (segwit) writer.u8(0).u8(1);
  writer.compactSize(tx.inputs.length);
  for (const input of tx.inputs) {
    writer.raw(input.prevTxid).u32(input.prevIndex).varBytes(input.scriptSig).u32(input.sequence);
  }
  writer.compactSize(tx.outputs.length);
  for (const output of tx.outputs) writeBitcoinOutput(writer, output);
  if (segwit) {
    for (const input of tx.inputs) {
      writer.compactSize(input.witness.length);
      for (const item of input.witness) writer.varBytes(item);
    }
  }
  writer.u32(tx.lockTime);
}

export function writeBitcoinOutput(writer: LittleEndianWriter, output: BitcoinOutput): void {
  writer.u64(output.valueSats).varBytes(output.script);
}

/** Transaction id, 32 bytes, internal order. Does not cover witnesses. */
export function bitcoinTxid(tx: BitcoinTransaction): Uint8Array {
  return doubleSha256(encodeWithoutWitness(tx));
}

/** Transaction id as bitcoind and explorers print it. */
export function bitcoinTxidHex(tx: BitcoinTransaction): string {
  return hashToDisplayHex(bitcoinTxid(tx));
}

/** Witness transaction id, 32 bytes, internal order; equals the txid without witnesses. */
export function bitcoinWtxid(tx: BitcoinTransaction): Uint8Array {
  return doubleSha256(encodeBitcoinTransaction(tx));
}

/** Weight units (BIP141): three times the legacy size plus the full size. */
export function bitcoinTransactionWeight(tx: BitcoinTransaction): number {
  const legacy = encodeWithoutWitness(tx).length;
  const full = hasWitness(tx) ? encodeBitcoinTransaction(tx).length : legacy;
  return legacy * (WITNESS_SCALE - 1) + full;
}

/** Virtual size in vbytes: a quarter of the weight, rounded up. */
export function weightToVsize(weight: number): number {
  return Math.ceil(weight / WITNESS_SCALE);
}

export function isCoinbase(tx: BitcoinTransaction): boolean {
  const [input] = tx.inputs;
  if (tx.inputs.length !== 1 || input === undefined) return false;
  return input.prevIndex === 0xffffffff && input.prevTxid.every((byte) => byte === 0);
}
