/**
 * Bytes to Clarity values, for foreign bytes: sizes and depth are checked before work is done, and
 * only one byte form of each value is accepted.
 * Source: SIP-005 "Clarity Value Representation"; clarity-types/src/types/serialization.rs.
 */
import { ByteReader, DecodeError, err, ok, type Result, utf8FromBytes } from '@assay/bytes';
import { TYPE_TAG } from './encode.ts';
import {
  UNTYPED_DEPTH_MAX,
  UTF8_CHARS_MAX,
  VALUE_DEPTH_MAX,
  VALUE_SIZE_MAX,
  VALUE_WIRE_BYTES_MAX,
} from './limits.ts';
import { readClarityName, readContractNameInValue } from './names.ts';
import { readAddress } from './principal.ts';
import { type ClarityValue, Cv, isAsciiCode } from './value.ts';

export interface ValueDecodeError {
  /** `value/…` for content, `bytes/…` for missing or surplus bytes. */
  readonly code: string;
  readonly message: string;
  /** Byte position. */
  readonly offset: number;
}

export interface DecodeOptions {
  /** Containers around the innermost value; see `limits.ts`. Default: what the VM can hold. */
  readonly depthMax?: number;
}

function readU128(reader: ByteReader): bigint {
  const high = reader.u64();
  const low = reader.u64();
  return high === 0n ? low : (high << 64n) | low;
}

function readI128(reader: ByteReader): bigint {
  return BigInt.asIntN(128, readU128(reader));
}

function readSize(reader: ByteReader, what: string): number {
  const size = reader.u32();
  if (size > VALUE_SIZE_MAX) {
    reader.fail('value/too-large', `${what} of ${size}, at most ${VALUE_SIZE_MAX}`);
  }
  return size;
}

const asciiDecoder = new TextDecoder('latin1');

function readAscii(reader: ByteReader): string {
  const bytes = reader.take(readSize(reader, 'string-ascii'));
  for (let i = 0; i < bytes.length; i++) {
    if (!isAsciiCode(bytes[i]!)) reader.fail('value/ascii', `byte ${bytes[i]} in a string-ascii`);
  }
  if (bytes.length > 64) return asciiDecoder.decode(bytes);
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

function readUtf8(reader: ByteReader): string {
  const text = utf8FromBytes(reader.take(readSize(reader, 'string-utf8')));
  if (text === null) reader.fail('value/utf8', 'a string-utf8 is not valid UTF-8');
  let chars = 0;
  for (let i = 0; i < text.length; i++) {
    chars++;
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdbff) i++; // A surrogate pair is one code point.
  }
  if (chars > UTF8_CHARS_MAX) reader.fail('value/too-large', 'string-utf8 too long');
  return text;
}

/**
 * Differs: stacks-core sorts the keys it reads and hashes its own encoding, so a signature over
 * unsorted bytes never verifies there; here such bytes are refused at once, and a transaction's
 * bytes have one form.
 */
function readTuple(reader: ByteReader, depthLeft: number): ClarityValue {
  const count = readSize(reader, 'tuple');
  const entries = new Map<string, ClarityValue>();
  let last = '';
  for (let i = 0; i < count; i++) {
    const name = readClarityName(reader);
    if (i > 0 && name <= last) reader.fail('value/tuple-order', 'tuple keys not ascending');
    last = name;
    entries.set(name, readInner(reader, depthLeft));
  }
  return { type: 'tuple', entries };
}

function readList(reader: ByteReader, depthLeft: number): ClarityValue {
  const count = readSize(reader, 'list');
  const items: ClarityValue[] = [];
  for (let i = 0; i < count; i++) items.push(readInner(reader, depthLeft));
  return { type: 'list', items };
}

/** @param depthLeft containers that may still open; reading inside one passes one less. */
function readInner(reader: ByteReader, depthLeft: number): ClarityValue {
  if (depthLeft < 0) reader.fail('value/too-deep', 'value nested too deeply');
  const tag = reader.u8();
  switch (tag) {
    case TYPE_TAG.int:
      return { type: 'int', value: readI128(reader) };
    case TYPE_TAG.uint:
      return { type: 'uint', value: readU128(reader) };
    case TYPE_TAG.buffer:
      return { type: 'buffer', value: reader.take(readSize(reader, 'buffer')) };
    case TYPE_TAG.true:
    case TYPE_TAG.false:
      return Cv.bool(tag === TYPE_TAG.true);
    case TYPE_TAG.principalStandard: {
      const { version, hash } = readAddress(reader);
      return { type: 'principal', version, hash, contractName: null };
    }
    case TYPE_TAG.principalContract: {
      const { version, hash } = readAddress(reader);
      return { type: 'principal', version, hash, contractName: readContractNameInValue(reader) };
    }
    case TYPE_TAG.ok:
      return { type: 'ok', value: readInner(reader, depthLeft - 1) };
    case TYPE_TAG.err:
      return { type: 'err', value: readInner(reader, depthLeft - 1) };
    case TYPE_TAG.none:
      return Cv.none();
    case TYPE_TAG.some:
      return { type: 'some', value: readInner(reader, depthLeft - 1) };
    case TYPE_TAG.list:
      return readList(reader, depthLeft - 1);
    case TYPE_TAG.tuple:
      return readTuple(reader, depthLeft - 1);
    case TYPE_TAG.stringAscii:
      return { type: 'string-ascii', value: readAscii(reader) };
    case TYPE_TAG.stringUtf8:
      return { type: 'string-utf8', value: readUtf8(reader) };
    default:
      return reader.fail('value/type', `no value starts with ${tag}`);
  }
}

/**
 * Reads one value where it stands, as part of a larger format. Buffers and hashes inside it are
 * views into the reader's bytes.
 * @param depthMax containers around the innermost value; transactions use `UNTYPED_DEPTH_MAX`
 * @throws DecodeError value/… or bytes/short; the caller's door turns it into a Result
 */
export function readClarityValue(
  reader: ByteReader,
  depthMax: number = UNTYPED_DEPTH_MAX,
): ClarityValue {
  const start = reader.offset;
  const value = readInner(reader, depthMax);
  if (reader.offset - start > VALUE_WIRE_BYTES_MAX) {
    reader.fail('value/too-large', `value above ${VALUE_WIRE_BYTES_MAX} bytes`);
  }
  return value;
}

/** Decodes exactly one value; surplus bytes are an error. Never throws on foreign bytes. */
export function decodeClarityValue(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Result<ClarityValue, ValueDecodeError> {
  if (bytes.length > VALUE_WIRE_BYTES_MAX) {
    return err({ code: 'value/too-large', message: 'value too large', offset: 0 });
  }
  try {
    const reader = new ByteReader(bytes);
    const value = readClarityValue(reader, options.depthMax ?? VALUE_DEPTH_MAX);
    reader.end();
    return ok(value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return err({ code: error.code, message: error.message, offset: error.offset });
  }
}
