/**
 * The transaction: header fields, authorization, post-conditions, payload; its bytes and its id.
 * A decoded transaction remembers its bytes, so ids and signature hashes need no re-encoding.
 * Source: SIP-005 "Transaction Encoding"; stacks-codec/src/transaction.rs.
 */
import { type ByteReader, ByteWriter, type Result } from '@assay/bytes';
import { sha512_256 } from '@assay/crypto';
import { decodeWhole, type WireError } from './door.ts';
import { LIMITS } from './limits.ts';
import { readPayload, type TransactionPayload, writePayload } from './payload.ts';
import {
  type PostCondition,
  type PostConditionMode,
  readPostCondition,
  readPostConditionMode,
  writePostCondition,
  writePostConditionMode,
} from './post-condition.ts';
import { readAuth, type TransactionAuth, writeAuth } from './spending-condition.ts';

/** Mainnet or any test network. */
export type TransactionVersion = 0x00 | 0x80;

/** A leftover of microblocks; epoch 3 ignores it, coinbases still need `on-chain-only`. */
export type AnchorMode = 'on-chain-only' | 'off-chain-only' | 'any';

export interface Transaction {
  readonly version: TransactionVersion;
  /** u32: 1 mainnet, 0x80000000 testnet. */
  readonly chainId: number;
  readonly auth: TransactionAuth;
  readonly anchorMode: AnchorMode;
  readonly postConditionMode: PostConditionMode;
  readonly postConditions: readonly PostCondition[];
  readonly payload: TransactionPayload;
}

const ANCHOR_MODES: readonly (AnchorMode | null)[] = [
  null,
  'on-chain-only',
  'off-chain-only',
  'any',
];

/** Where the parts of a known encoding lie. */
interface Encoding {
  readonly bytes: Uint8Array;
  /** First byte after the authorization. */
  readonly authEnd: number;
}

/**
 * What `decodeTransaction` returns. The private fields make `{...tx, auth}` a plain transaction
 * again, so that no copy ever carries bytes which are not its own.
 */
class DecodedTransaction implements Transaction {
  readonly version: TransactionVersion;
  readonly chainId: number;
  readonly auth: TransactionAuth;
  readonly anchorMode: AnchorMode;
  readonly postConditionMode: PostConditionMode;
  readonly postConditions: readonly PostCondition[];
  readonly payload: TransactionPayload;
  readonly #bytes: Uint8Array;
  readonly #authEnd: number;
  #id: Uint8Array | null = null;

  constructor(reader: ByteReader) {
    const start = reader.offset;
    this.version = readVersion(reader);
    this.chainId = reader.u32();
    this.auth = readAuth(reader);
    this.#authEnd = reader.offset - start;
    this.anchorMode = readAnchorMode(reader);
    this.postConditionMode = readPostConditionMode(reader);
    this.postConditions = reader.vec(reader.remaining, readPostCondition);
    this.payload = readPayload(reader);
    const size = reader.offset - start;
    if (size > LIMITS.transactionBytesMax) reader.fail('wire/too-large', 'transaction too large');
    this.#bytes = reader.bytes.subarray(start, reader.offset);
    checkAnchor(reader, this);
  }

  static encodingOf(tx: Transaction): Encoding | null {
    return #bytes in tx ? { bytes: tx.#bytes, authEnd: tx.#authEnd } : null;
  }

  static idOf(tx: Transaction): Uint8Array | null {
    if (!(#bytes in tx)) return null;
    tx.#id ??= sha512_256(tx.#bytes);
    return tx.#id;
  }
}

/** Differs: stacks-core reads any byte below 0x80 as mainnet; here one network has one byte. */
function readVersion(reader: ByteReader): TransactionVersion {
  const version = reader.u8();
  if (version === 0x00 || version === 0x80) return version;
  return reader.fail('wire/version', `unknown transaction version ${version}`);
}

function readAnchorMode(reader: ByteReader): AnchorMode {
  const id = reader.u8();
  return ANCHOR_MODES[id] ?? reader.fail('wire/anchor-mode', `unknown anchor mode ${id}`);
}

/** Coinbases and poison proofs belong into anchored blocks only. */
function checkAnchor(reader: ByteReader, tx: Transaction): void {
  if (tx.anchorMode === 'on-chain-only') return;
  switch (tx.payload.kind) {
    case 'coinbase':
    case 'coinbase-to-alt':
    case 'nakamoto-coinbase':
    case 'poison-microblock':
      reader.fail('wire/anchor-mode', `${tx.payload.kind} must be on-chain-only`);
  }
}

/** Reads one transaction where it stands, as blocks do. @throws DecodeError */
export function readTransaction(reader: ByteReader): Transaction {
  return new DecodedTransaction(reader);
}

/**
 * Exactly one transaction. The result holds views into `bytes`, which must not change afterwards.
 * @rejects wire/…, value/…, bytes/short, bytes/trailing
 */
export function decodeTransaction(bytes: Uint8Array): Result<Transaction, WireError> {
  return decodeWhole(bytes, LIMITS.transactionBytesMax, readTransaction);
}

function writeBody(writer: ByteWriter, tx: Transaction): void {
  writer.u8(ANCHOR_MODES.indexOf(tx.anchorMode));
  writePostConditionMode(writer, tx.postConditionMode);
  writer.vec(tx.postConditions, writePostCondition);
  writePayload(writer, tx.payload);
}

export function writeTransaction(writer: ByteWriter, tx: Transaction): void {
  const known = DecodedTransaction.encodingOf(tx);
  if (known) {
    writer.raw(known.bytes);
    return;
  }
  writer.u8(tx.version).u32(tx.chainId);
  writeAuth(writer, tx.auth);
  writeBody(writer, tx);
}

/** The bytes that are broadcast. For a decoded transaction: those it came from, not a copy. */
export function encodeTransaction(tx: Transaction): Uint8Array {
  const known = DecodedTransaction.encodingOf(tx);
  if (known) return known.bytes;
  const writer = new ByteWriter(512);
  writeTransaction(writer, tx);
  return writer.finish();
}

/** 32 bytes: SHA-512/256 of the encoding. Computed once per decoded transaction. */
export function transactionId(tx: Transaction): Uint8Array {
  return DecodedTransaction.idOf(tx) ?? sha512_256(encodeTransaction(tx));
}

/** The id of a transaction given as bytes. */
export function transactionIdOfBytes(bytes: Uint8Array): Uint8Array {
  return sha512_256(bytes);
}

/** The transaction's bytes with another authorization in place of its own. */
export function encodeWithAuth(tx: Transaction, auth: TransactionAuth): Uint8Array {
  const writer = new ByteWriter(512).u8(tx.version).u32(tx.chainId);
  writeAuth(writer, auth);
  const known = DecodedTransaction.encodingOf(tx);
  if (known) writer.raw(known.bytes.subarray(known.authEnd));
  else writeBody(writer, tx);
  return writer.finish();
}
