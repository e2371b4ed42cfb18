/**
 * What a transaction does: ten payloads, 0 to 8 as Stacks defines them and 9 our own.
 * Source: SIP-005 "Transaction Payloads", SIP-015, SIP-021, SIP-034;
 * stacks-codec/src/transaction.rs.
 */
import { type ByteReader, ByteWriter, bytesEqual, bytesFromUtf8, type Result } from '@assay/bytes';
import {
  type ClarityValue,
  type Principal,
  readClarityName,
  readClarityValue,
  readContractName,
  readPrincipal,
  writeClarityValue,
  writeName,
  writePrincipal,
} from '@assay/clarity-value';
import { decodeWhole, type WireError } from './door.ts';
import { type InferPayload, readInferPayload, writeInferPayload } from './infer-payload.ts';
import { LIMITS } from './limits.ts';
import { type ContractId, readContractId, writeContractId } from './post-condition.ts';

export interface TokenTransferPayload {
  readonly kind: 'token-transfer';
  readonly recipient: Principal;
  /** u64. */
  readonly amountMicro: bigint;
  /** 34 bytes, padded with zeros. */
  readonly memo: Uint8Array;
}

export interface SmartContractPayload {
  readonly kind: 'smart-contract';
  readonly contractName: string;
  /** Printable ASCII, tabs and newlines. */
  readonly source: string;
}

export interface VersionedSmartContractPayload {
  readonly kind: 'versioned-smart-contract';
  /** Version of the language, 1 to 6; epoch 3.4 knows 1 to 5. */
  readonly clarityVersion: number;
  readonly contractName: string;
  readonly source: string;
}

export interface ContractCallPayload {
  readonly kind: 'contract-call';
  readonly contract: ContractId;
  readonly functionName: string;
  readonly args: readonly ClarityValue[];
}

/** Epoch 2 only; parsed for completeness. */
export interface MicroblockHeader {
  readonly version: number;
  /** u16. */
  readonly sequence: number;
  readonly previousBlock: Uint8Array;
  readonly txMerkleRoot: Uint8Array;
  /** 65 bytes V R S. */
  readonly signature: Uint8Array;
}

export interface PoisonMicroblockPayload {
  readonly kind: 'poison-microblock';
  readonly header1: MicroblockHeader;
  readonly header2: MicroblockHeader;
}

export interface CoinbasePayload {
  readonly kind: 'coinbase';
  /** 32 bytes of the miner's choice. */
  readonly payload: Uint8Array;
}

export interface CoinbaseToAltPayload {
  readonly kind: 'coinbase-to-alt';
  readonly payload: Uint8Array;
  readonly recipient: Principal;
}

export interface NakamotoCoinbasePayload {
  readonly kind: 'nakamoto-coinbase';
  readonly payload: Uint8Array;
  /** Null pays the miner who signs. */
  readonly recipient: Principal | null;
  /** 80 bytes; hashes to the seed of the winning commit. */
  readonly vrfProof: Uint8Array;
}

/** Why a tenure begins or goes on: a sortition was won, or budget is extended (SIP-034). */
export type TenureChangeCause =
  | 'block-found'
  | 'extended'
  | 'extended-runtime'
  | 'extended-read-count'
  | 'extended-read-length'
  | 'extended-write-count'
  | 'extended-write-length';

export interface TenureChangePayload {
  readonly kind: 'tenure-change';
  /** Consensus hashes, 20 bytes each. */
  readonly tenureConsensusHash: Uint8Array;
  readonly prevTenureConsensusHash: Uint8Array;
  readonly burnViewConsensusHash: Uint8Array;
  /** Block id of the last block of the previous tenure, 32 bytes. */
  readonly previousTenureEnd: Uint8Array;
  /** Blocks in the tenure that `previousTenureEnd` ends, u32. */
  readonly previousTenureBlocks: number;
  readonly cause: TenureChangeCause;
  /** HASH160 of the miner's block-signing key, 20 bytes. */
  readonly pubkeyHash: Uint8Array;
}

export type TransactionPayload =
  | TokenTransferPayload
  | SmartContractPayload
  | ContractCallPayload
  | PoisonMicroblockPayload
  | CoinbasePayload
  | CoinbaseToAltPayload
  | VersionedSmartContractPayload
  | TenureChangePayload
  | NakamotoCoinbasePayload
  | InferPayload;

/** The wire's payload ids. */
export const PAYLOAD_ID: Readonly<Record<TransactionPayload['kind'], number>> = {
  'token-transfer': 0,
  'smart-contract': 1,
  'contract-call': 2,
  'poison-microblock': 3,
  coinbase: 4,
  'coinbase-to-alt': 5,
  'versioned-smart-contract': 6,
  'tenure-change': 7,
  'nakamoto-coinbase': 8,
  infer: 9,
};

const CAUSES: readonly TenureChangeCause[] = [
  'block-found',
  'extended',
  'extended-runtime',
  'extended-read-count',
  'extended-read-length',
  'extended-write-count',
  'extended-write-length',
];

const CLARITY_VERSION_MAX = 6;
const TAG_NONE = 9;
const TAG_SOME = 10;

function writeSource(writer: ByteWriter, name: string, source: string): void {
  const bytes = bytesFromUtf8(source);
  writeName(writer, name);
  writer.u32(bytes.length).raw(bytes);
}

const sourceDecoder = new TextDecoder('latin1');

/** Source text is printable ASCII plus tab and newline; a carriage return is not allowed. */
function readSource(reader: ByteReader): string {
  const bytes = reader.take(reader.u32());
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes[i]!;
    if ((code < 0x20 && code !== 9 && code !== 10) || code > 0x7e) {
      reader.fail('wire/source-text', `byte ${code} in contract source`);
    }
  }
  return sourceDecoder.decode(bytes);
}

function writeMicroblock(writer: ByteWriter, header: MicroblockHeader): void {
  writer.u8(header.version).u16(header.sequence).raw(header.previousBlock);
  writer.raw(header.txMerkleRoot).raw(header.signature);
}

function readMicroblock(reader: ByteReader): MicroblockHeader {
  return {
    version: reader.u8(),
    sequence: reader.u16(),
    previousBlock: reader.take(32),
    txMerkleRoot: reader.take(32),
    signature: reader.take(65),
  };
}

function readPoison(reader: ByteReader): PoisonMicroblockPayload {
  const header1 = readMicroblock(reader);
  const start = reader.offset;
  const header2 = readMicroblock(reader);
  const size = reader.offset - start;
  const first = reader.bytes.subarray(start - size, start);
  if (bytesEqual(first, reader.bytes.subarray(start, start + size))) {
    reader.fail('wire/poison-same', 'microblock headers are equal');
  }
  const sameParent = bytesEqual(header1.previousBlock, header2.previousBlock);
  if (header1.sequence !== header2.sequence && !sameParent) {
    reader.fail('wire/poison-no-fork', 'microblock headers do not show a fork');
  }
  return { kind: 'poison-microblock', header1, header2 };
}

function writeTenureChange(writer: ByteWriter, change: TenureChangePayload): void {
  writer.raw(change.tenureConsensusHash).raw(change.prevTenureConsensusHash);
  writer.raw(change.burnViewConsensusHash).raw(change.previousTenureEnd);
  writer.u32(change.previousTenureBlocks).u8(CAUSES.indexOf(change.cause)).raw(change.pubkeyHash);
}

function readCause(reader: ByteReader): TenureChangeCause {
  const id = reader.u8();
  return CAUSES[id] ?? reader.fail('wire/tenure-cause', `unknown tenure-change cause ${id}`);
}

function readTenureChange(reader: ByteReader): TenureChangePayload {
  return {
    kind: 'tenure-change',
    tenureConsensusHash: reader.take(20),
    prevTenureConsensusHash: reader.take(20),
    burnViewConsensusHash: reader.take(20),
    previousTenureEnd: reader.take(32),
    previousTenureBlocks: reader.u32(),
    cause: readCause(reader),
    pubkeyHash: reader.take(20),
  };
}

/** Differs: stacks-core reads `(some <not a principal>)` as none; here it is refused. */
function readNakamotoCoinbase(reader: ByteReader): NakamotoCoinbasePayload {
  const payload = reader.take(32);
  const tag = reader.u8();
  if (tag !== TAG_NONE && tag !== TAG_SOME) {
    reader.fail('wire/coinbase-recipient', 'coinbase recipient is not an optional principal');
  }
  const recipient = tag === TAG_NONE ? null : readPrincipal(reader);
  return { kind: 'nakamoto-coinbase', payload, recipient, vrfProof: reader.take(80) };
}

function readContractCall(reader: ByteReader): ContractCallPayload {
  const contract = readContractId(reader);
  const functionName = readClarityName(reader);
  const args = reader.vec(reader.remaining, readArgument);
  return { kind: 'contract-call', contract, functionName, args };
}

function readArgument(reader: ByteReader): ClarityValue {
  return readClarityValue(reader);
}

export function writePayload(writer: ByteWriter, payload: TransactionPayload): void {
  writer.u8(PAYLOAD_ID[payload.kind]);
  switch (payload.kind) {
    case 'token-transfer':
      writePrincipal(writer, payload.recipient);
      writer.u64(payload.amountMicro).raw(payload.memo);
      return;
    case 'contract-call':
      writeContractId(writer, payload.contract);
      writeName(writer, payload.functionName);
      writer.vec(payload.args, writeClarityValue);
      return;
    case 'smart-contract':
      writeSource(writer, payload.contractName, payload.source);
      return;
    case 'versioned-smart-contract':
      writer.u8(payload.clarityVersion);
      writeSource(writer, payload.contractName, payload.source);
      return;
    case 'poison-microblock':
      writeMicroblock(writer, payload.header1);
      writeMicroblock(writer, payload.header2);
      return;
    case 'coinbase':
      writer.raw(payload.payload);
      return;
    case 'coinbase-to-alt':
      writer.raw(payload.payload);
      writePrincipal(writer, payload.recipient);
      return;
    case 'tenure-change':
      writeTenureChange(writer, payload);
      return;
    case 'nakamoto-coinbase':
      writer.raw(payload.payload).u8(payload.recipient ? TAG_SOME : TAG_NONE);
      if (payload.recipient) writePrincipal(writer, payload.recipient);
      writer.raw(payload.vrfProof);
      return;
    case 'infer':
      writeInferPayload(writer, payload);
      return;
  }
}

function readVersionedContract(reader: ByteReader): VersionedSmartContractPayload {
  const clarityVersion = reader.u8();
  if (clarityVersion < 1 || clarityVersion > CLARITY_VERSION_MAX) {
    reader.fail('wire/clarity-version', `unknown Clarity version ${clarityVersion}`);
  }
  const contractName = readContractName(reader);
  const source = readSource(reader);
  return { kind: 'versioned-smart-contract', clarityVersion, contractName, source };
}

/** @throws DecodeError wire/payload-id and those of each payload */
export function readPayload(reader: ByteReader): TransactionPayload {
  const id = reader.u8();
  switch (id) {
    case 0: {
      const recipient = readPrincipal(reader);
      const amountMicro = reader.u64();
      return { kind: 'token-transfer', recipient, amountMicro, memo: reader.take(34) };
    }
    case 1: {
      const contractName = readContractName(reader);
      return { kind: 'smart-contract', contractName, source: readSource(reader) };
    }
    case 2:
      return readContractCall(reader);
    case 3:
      return readPoison(reader);
    case 4:
      return { kind: 'coinbase', payload: reader.take(32) };
    case 5: {
      const payload = reader.take(32);
      return { kind: 'coinbase-to-alt', payload, recipient: readPrincipal(reader) };
    }
    case 6:
      return readVersionedContract(reader);
    case 7:
      return readTenureChange(reader);
    case 8:
      return readNakamotoCoinbase(reader);
    case 9:
      return readInferPayload(reader);
    default:
      return reader.fail('wire/payload-id', `unknown payload id ${id}`);
  }
}

/** The payload's bytes alone, id first: how a fee estimate and the documentation show it. */
export function encodePayload(payload: TransactionPayload): Uint8Array {
  const writer = new ByteWriter(256);
  writePayload(writer, payload);
  return writer.finish();
}

/** Exactly one payload, id first: what a fee estimate is asked for. */
export function decodePayload(bytes: Uint8Array): Result<TransactionPayload, WireError> {
  return decodeWhole(bytes, LIMITS.transactionBytesMax, readPayload);
}
