/**
 * Who authorizes a transaction and pays for it: the hash of the keys, the account's nonce, the fee
 * and the signatures. Six hash modes: one key (plain or wrapped segwit), several keys in order, or
 * several keys in any order of signing.
 * Source: SIP-005 "Transaction Authorization", SIP-027; stacks-codec/src/transaction.rs.
 */
import type { ByteReader, ByteWriter } from '@assay/bytes';

export type SingleSigMode = 'p2pkh' | 'p2wpkh';
/** Sequential: each signature covers those before it. */
export type SequentialMultiSigMode = 'p2sh' | 'p2wsh';
/** Order-independent (SIP-027): every signature covers the same hash. */
export type UnorderedMultiSigMode = 'p2sh-unordered' | 'p2wsh-unordered';
export type MultiSigMode = SequentialMultiSigMode | UnorderedMultiSigMode;
export type HashMode = SingleSigMode | MultiSigMode;

interface ConditionBase {
  /** 20 bytes: HASH160 of the key or script. */
  readonly signer: Uint8Array;
  /** u64. */
  readonly nonce: bigint;
  /** u64, micro-STX. Paid by the origin, or by the sponsor when there is one. */
  readonly feeMicro: bigint;
}

export interface SingleSigCondition extends ConditionBase {
  readonly hashMode: SingleSigMode;
  /** Whether the signer's hash is of the 33-byte or the 65-byte form of the key. */
  readonly compressed: boolean;
  /** 65 bytes V R S; zeros before signing. */
  readonly signature: Uint8Array;
}

export interface MultiSigCondition extends ConditionBase {
  readonly hashMode: MultiSigMode;
  /** One per key, in the order of the script: a signature, or the key of who did not sign. */
  readonly fields: readonly AuthField[];
  /** u16. */
  readonly signaturesRequired: number;
}

export type AuthField =
  | {
      readonly kind: 'public-key';
      readonly compressed: boolean;
      /** 33 bytes: the wire always carries the short form. */
      readonly publicKey: Uint8Array;
    }
  | {
      readonly kind: 'signature';
      readonly compressed: boolean;
      /** 65 bytes V R S. */
      readonly signature: Uint8Array;
    };

export type SpendingCondition = SingleSigCondition | MultiSigCondition;

export type TransactionAuth =
  | { readonly kind: 'standard'; readonly origin: SpendingCondition }
  | {
      readonly kind: 'sponsored';
      readonly origin: SpendingCondition;
      readonly sponsor: SpendingCondition;
    };

const MODE_BYTES: Readonly<Record<HashMode, number>> = {
  p2pkh: 0,
  p2sh: 1,
  p2wpkh: 2,
  p2wsh: 3,
  'p2sh-unordered': 5,
  'p2wsh-unordered': 7,
};

/** Fields are as many as fit the bytes; each takes at least 34. */
const AUTH_FIELD_BYTES_MIN = 34;

export function isSingleSig(condition: SpendingCondition): condition is SingleSigCondition {
  return condition.hashMode === 'p2pkh' || condition.hashMode === 'p2wpkh';
}

export function isUnordered(mode: HashMode): mode is UnorderedMultiSigMode {
  return mode === 'p2sh-unordered' || mode === 'p2wsh-unordered';
}

/** Segwit scripts know compressed keys only. */
export function requiresCompressedKeys(mode: HashMode): boolean {
  return mode === 'p2wpkh' || mode === 'p2wsh' || mode === 'p2wsh-unordered';
}

function writeField(writer: ByteWriter, field: AuthField): void {
  const uncompressed = field.compressed ? 0 : 1;
  if (field.kind === 'public-key') writer.u8(uncompressed).raw(field.publicKey);
  else writer.u8(2 + uncompressed).raw(field.signature);
}

function readField(reader: ByteReader): AuthField {
  const id = reader.u8();
  if (id > 3) reader.fail('wire/auth-field', `unknown auth field ${id}`);
  const compressed = (id & 1) === 0;
  if (id >= 2) return { kind: 'signature', compressed, signature: reader.take(65) };
  const publicKey = reader.take(33);
  if (publicKey[0] !== 2 && publicKey[0] !== 3) {
    reader.fail('wire/public-key', 'public key does not start with 2 or 3');
  }
  return { kind: 'public-key', compressed, publicKey };
}

export function writeCondition(writer: ByteWriter, condition: SpendingCondition): void {
  const { hashMode, signer, nonce, feeMicro } = condition;
  writer.u8(MODE_BYTES[hashMode]).raw(signer).u64(nonce).u64(feeMicro);
  if (isSingleSig(condition)) {
    writer.u8(condition.compressed ? 0 : 1).raw(condition.signature);
  } else {
    writer.vec(condition.fields, writeField).u16(condition.signaturesRequired);
  }
}

function readSingleSig(reader: ByteReader, hashMode: SingleSigMode): SingleSigCondition {
  const signer = reader.take(20);
  const nonce = reader.u64();
  const feeMicro = reader.u64();
  const encoding = reader.u8();
  if (encoding > 1) reader.fail('wire/key-encoding', `unknown key encoding ${encoding}`);
  if (encoding === 1 && hashMode === 'p2wpkh') {
    reader.fail('wire/key-encoding', 'segwit needs a compressed key');
  }
  const signature = reader.take(65);
  return { hashMode, signer, nonce, feeMicro, compressed: encoding === 0, signature };
}

function readMultiSig(reader: ByteReader, hashMode: MultiSigMode): MultiSigCondition {
  const signer = reader.take(20);
  const nonce = reader.u64();
  const feeMicro = reader.u64();
  const fields = reader.vec(Math.floor(reader.remaining / AUTH_FIELD_BYTES_MIN), readField);
  const signaturesRequired = reader.u16();
  const signatures = fields.filter((field) => field.kind === 'signature').length;
  const enough = isUnordered(hashMode)
    ? signatures >= signaturesRequired
    : signatures === signaturesRequired;
  if (!enough || signatures > 0xffff) {
    const found = `${signatures} signatures, ${signaturesRequired} required`;
    reader.fail('wire/signature-count', found);
  }
  if (requiresCompressedKeys(hashMode) && fields.some((field) => !field.compressed)) {
    reader.fail('wire/key-encoding', 'segwit needs compressed keys');
  }
  return { hashMode, signer, nonce, feeMicro, fields, signaturesRequired };
}

/** @throws DecodeError wire/hash-mode, wire/key-encoding, wire/auth-field, wire/signature-count */
export function readCondition(reader: ByteReader): SpendingCondition {
  const mode = reader.u8();
  switch (mode) {
    case 0:
      return readSingleSig(reader, 'p2pkh');
    case 1:
      return readMultiSig(reader, 'p2sh');
    case 2:
      return readSingleSig(reader, 'p2wpkh');
    case 3:
      return readMultiSig(reader, 'p2wsh');
    case 5:
      return readMultiSig(reader, 'p2sh-unordered');
    case 7:
      return readMultiSig(reader, 'p2wsh-unordered');
    default:
      return reader.fail('wire/hash-mode', `unknown hash mode ${mode}`);
  }
}

/** First byte of the authorization, also hashed into every signature. */
export const AUTH_FLAG = { standard: 4, sponsored: 5 } as const;

export function writeAuth(writer: ByteWriter, auth: TransactionAuth): void {
  writer.u8(AUTH_FLAG[auth.kind]);
  writeCondition(writer, auth.origin);
  if (auth.kind === 'sponsored') writeCondition(writer, auth.sponsor);
}

export function readAuth(reader: ByteReader): TransactionAuth {
  const flag = reader.u8();
  if (flag === AUTH_FLAG.standard) return { kind: 'standard', origin: readCondition(reader) };
  if (flag !== AUTH_FLAG.sponsored) reader.fail('wire/auth-flag', `unknown auth flag ${flag}`);
  const origin = readCondition(reader);
  return { kind: 'sponsored', origin, sponsor: readCondition(reader) };
}
