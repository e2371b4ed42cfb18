/**
 * VM values to and from consensus bytes; for the hex of the state see `stored.ts`. Decoding is guided by an expected
 * type, which the result then carries.
 *
 * Used by `to-consensus-buff?`, `from-consensus-buff?` and what state access leaves over.
 * Source: SIP-005 "Clarity values"; stacks-core clarity-types/src/types/serialization.rs.
 */
import { ByteReader, ByteWriter, bytesFromHex, DecodeError, utf8FromBytes } from '@assay/bytes';
import {
  ClarityTypeError,
  isAsciiCode,
  type ListType,
  readClarityName,
  type TypeSignature,
  writeClarityValue,
} from '@assay/clarity-value';
import {
  countCodePoints,
  FALSE,
  listOfValues,
  NONE,
  principalFromParts,
  TRUE,
  tupleOfEntries,
  type Value,
} from './value.ts';

const CONTRACT_NAME = /^(?:[a-zA-Z][a-zA-Z0-9\-_]*|__transient)$/;

export function encodeValue(value: Value): Uint8Array {
  const writer = new ByteWriter(64);
  // VM values have the shapes of ClarityValue and more.
  writeClarityValue(writer, value);
  return writer.finish();
}

/** Length of the consensus bytes. */
export function encodedSize(value: Value): number {
  switch (value.type) {
    case 'int':
    case 'uint':
      return 17;
    case 'bool':
    case 'none':
      return 1;
    case 'some':
    case 'ok':
    case 'err':
      return 1 + encodedSize(value.value);
    case 'buffer':
    case 'string-ascii':
      return 5 + value.value.length;
    case 'string-utf8':
      return 5 + utf8Length(value.value);
    case 'principal':
      return value.contractName === null ? 22 : 23 + value.contractName.length;
    case 'list': {
      let size = 5;
      for (const item of value.items) size += encodedSize(item);
      return size;
    }
    case 'tuple': {
      let size = 5;
      for (const [name, field] of value.entries) size += 1 + name.length + encodedSize(field);
      return size;
    }
  }
}

export function utf8Length(text: string): number {
  let size = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) size += 1;
    else if (unit < 0x800) size += 2;
    else if (unit >= 0xd800 && unit <= 0xdbff) {
      size += 4;
      i++;
    } else size += 3;
  }
  return size;
}

/** Foreign bytes; null unless they are exactly one value of the type. */
export function decodeTyped(bytes: Uint8Array, type: TypeSignature): Value | null {
  try {
    const reader = new ByteReader(bytes);
    const value = readValue(reader, type, 0);
    return reader.remaining === 0 ? value : null;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** Our own state without a type: lists and tuples get the types of their contents. */
export function decodeUntyped(hex: string): Value {
  return readValue(new ByteReader(bytesFromHex(hex)), null, 0);
}

/** @param type what must come; null for whatever comes */
export function readValue(reader: ByteReader, type: TypeSignature | null, depth: number): Value {
  if (depth >= 32) return reader.fail('clarity/depth', 'value nested too deep');
  const tag = reader.u8();
  switch (tag) {
    case 0:
      expect(reader, type, 'int');
      return { type: 'int', value: reader.i128() };
    case 1:
      expect(reader, type, 'uint');
      return { type: 'uint', value: reader.u128() };
    case 2: {
      const size = readLength(reader, type, 'buffer');
      return { type: 'buffer', value: reader.take(size).slice() };
    }
    case 3:
      expect(reader, type, 'bool');
      return TRUE;
    case 4:
      expect(reader, type, 'bool');
      return FALSE;
    case 5:
    case 6:
      return readPrincipalValue(reader, type, tag);
    case 7:
    case 8: {
      if (type !== null && type.kind !== 'response') return wrong(reader);
      const inner = type === null ? null : tag === 7 ? type.ok : type.err;
      return { type: tag === 7 ? 'ok' : 'err', value: readValue(reader, inner, depth + 1) };
    }
    case 9:
      expect(reader, type, 'optional');
      return NONE;
    case 10:
      if (type !== null && type.kind !== 'optional') return wrong(reader);
      return { type: 'some', value: readValue(reader, type?.inner ?? null, depth + 1) };
    case 11:
      return readList(reader, type, depth);
    case 12:
      return readTuple(reader, type, depth);
    case 13:
      return readAscii(reader, type);
    case 14:
      return readUtf8(reader, type);
    default:
      return reader.fail('clarity/type-prefix', `no value starts with ${tag}`);
  }
}

function wrong(reader: ByteReader): never {
  return reader.fail('clarity/unexpected-type', 'value of another type');
}

function expect(reader: ByteReader, type: TypeSignature | null, kind: TypeSignature['kind']): void {
  if (type !== null && type.kind !== kind) wrong(reader);
}

function readLength(
  reader: ByteReader,
  type: TypeSignature | null,
  kind: 'buffer' | 'string-ascii',
): number {
  const size = reader.u32();
  if (size > 1048576) return reader.fail('clarity/too-large', 'value too large');
  if (type !== null && (type.kind !== kind || size > type.length)) return wrong(reader);
  return size;
}

function readAscii(reader: ByteReader, type: TypeSignature | null): Value {
  const bytes = reader.take(readLength(reader, type, 'string-ascii'));
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes[i]!;
    if (!isAsciiCode(code)) return reader.fail('clarity/ascii', 'not an ASCII string');
    text += String.fromCharCode(code);
  }
  return { type: 'string-ascii', value: text };
}

function readUtf8(reader: ByteReader, type: TypeSignature | null): Value {
  const size = reader.u32();
  if (size > 1048576) return reader.fail('clarity/too-large', 'value too large');
  const text = utf8FromBytes(reader.take(size));
  if (text === null) return reader.fail('clarity/utf8', 'not UTF-8');
  const length = countCodePoints(text);
  if (length > 262144) return reader.fail('clarity/too-large', 'value too large');
  if (type !== null && (type.kind !== 'string-utf8' || length > type.length)) return wrong(reader);
  return { type: 'string-utf8', value: text, length };
}

function readPrincipalValue(reader: ByteReader, type: TypeSignature | null, tag: 5 | 6): Value {
  if (type !== null && type.kind !== 'principal') {
    // Trait-typed storage holds contracts as plain principals.
    if (type.kind !== 'trait' && type.kind !== 'callable-principal') return wrong(reader);
  }
  const version = reader.u8();
  if (version > 31) return reader.fail('clarity/version', 'address version above 31');
  const hash = reader.take(20);
  if (tag === 5) return principalFromParts(version, hash, null);
  const bytes = reader.take(reader.u8());
  let name = '';
  for (let i = 0; i < bytes.length; i++) name += String.fromCharCode(bytes[i]!);
  if (name.length > 128 || !CONTRACT_NAME.test(name)) {
    return reader.fail('clarity/contract-name', 'not a contract name');
  }
  return principalFromParts(version, hash, name);
}

function readList(reader: ByteReader, type: TypeSignature | null, depth: number): Value {
  const count = reader.u32();
  if (count > 1048576) return reader.fail('clarity/too-large', 'list too long');
  if (type !== null && (type.kind !== 'list' || count > type.length)) return wrong(reader);
  const items: Value[] = [];
  const entry = type === null ? null : (type as ListType).entry;
  for (let i = 0; i < count; i++) items.push(readValue(reader, entry, depth + 1));
  if (type === null) return listOfAny(reader, items);
  return { type: 'list', items, listType: type as ListType };
}

/** A list nobody knows the type of, as in a field that will be dropped: its items must agree on one. */
function listOfAny(reader: ByteReader, items: readonly Value[]): Value {
  try {
    return listOfValues(items);
  } catch (error) {
    if (!(error instanceof ClarityTypeError)) throw error;
    return reader.fail('clarity/list', 'items without a common type');
  }
}

function readTuple(reader: ByteReader, type: TypeSignature | null, depth: number): Value {
  const count = reader.u32();
  if (count > 1048576) return reader.fail('clarity/too-large', 'tuple too long');
  if (type !== null && (type.kind !== 'tuple' || count < type.fields.size)) return wrong(reader);
  if (count === 0) return reader.fail('clarity/empty-tuple', 'tuple without fields');
  const fields = new Map<string, Value>();
  for (let i = 0; i < count; i++) {
    const name = readClarityName(reader);
    const expected = type === null ? null : (type.fields.get(name) ?? null);
    const value = readValue(reader, expected, depth + 1);
    // Fields the type does not know are dropped (value sanitizing, since epoch 2.4).
    if (type !== null && expected === null) continue;
    if (type === null && fields.has(name)) return reader.fail('clarity/tuple', 'duplicate field');
    fields.set(name, value);
  }
  if (type !== null && fields.size !== type.fields.size) return wrong(reader);
  const tuple = tupleOfEntries([...fields]);
  tuple.tupleType = type;
  return tuple;
}
