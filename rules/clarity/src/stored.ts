/**
 * Values as the hex the state holds, without going through bytes: writing joins text, reading is
 * prepared once per type. Whatever a prepared reader does not expect it leaves to `codec.ts`, which
 * knows every form and every error.
 *
 * Source: SIP-005 "Clarity values".
 */
import { ByteReader, bytesFromHex, bytesFromUtf8, bytesToHex, utf8FromBytes } from '@assay/bytes';
import type { TupleType, TypeSignature } from '@assay/clarity-value';
import { readValue } from './codec.ts';
import {
  countCodePoints,
  FALSE,
  NONE,
  principalFromHex,
  TRUE,
  type TupleV,
  type Value,
} from './value.ts';

const ZEROS = '0'.repeat(32);
const INT_DIGITS = 32;

const u32Hex = (n: number): string => {
  const hex = n.toString(16);
  return ZEROS.slice(0, 8 - hex.length) + hex;
};

const NAMES_MAX = 8192;
const nameHexes = new Map<string, string>();

/** A field's name with its length before it. Contracts choose names: few are kept. */
function nameHex(name: string): string {
  let hex = nameHexes.get(name);
  if (hex === undefined) {
    hex = name.length.toString(16).padStart(2, '0') + bytesToHex(bytesFromUtf8(name));
    if (nameHexes.size >= NAMES_MAX) nameHexes.clear();
    nameHexes.set(name, hex);
  }
  return hex;
}

/** Hex of the consensus bytes. */
export function encodeValueHex(value: Value): string {
  switch (value.type) {
    case 'uint': {
      const hex = value.value.toString(16);
      return `01${ZEROS.slice(hex.length)}${hex}`;
    }
    case 'int': {
      const hex = BigInt.asUintN(128, value.value).toString(16);
      return `00${ZEROS.slice(hex.length)}${hex}`;
    }
    case 'bool':
      return value.value ? '03' : '04';
    case 'none':
      return '09';
    case 'some':
      return `0a${encodeValueHex(value.value)}`;
    case 'ok':
      return `07${encodeValueHex(value.value)}`;
    case 'err':
      return `08${encodeValueHex(value.value)}`;
    case 'principal':
      return value.hex;
    case 'buffer':
      return `02${u32Hex(value.value.length)}${bytesToHex(value.value)}`;
    case 'string-ascii':
      return `0d${u32Hex(value.value.length)}${bytesToHex(bytesFromUtf8(value.value))}`;
    case 'string-utf8': {
      const bytes = bytesFromUtf8(value.value);
      return `0e${u32Hex(bytes.length)}${bytesToHex(bytes)}`;
    }
    case 'list': {
      let hex = `0b${u32Hex(value.items.length)}`;
      for (const item of value.items) hex += encodeValueHex(item);
      return hex;
    }
    case 'tuple': {
      let hex = `0c${u32Hex(value.entries.size)}`;
      for (const [name, field] of value.entries) hex += nameHex(name) + encodeValueHex(field);
      return hex;
    }
  }
}

/** Reads a value that `encodeValueHex` wrote. */
export type StoredReader = (hex: string) => Value;

interface Cursor {
  readonly hex: string;
  at: number;
}

type Part = (from: Cursor) => Value;

/** Thrown, and caught here, when the text is not as the type says: no stack, no message. */
const OTHERWISE = Symbol('another form');

/** @throws DecodeError the text holds no value of this type */
export function storedReader(type: TypeSignature): StoredReader {
  const part = partOf(type);
  return (hex) => {
    const from = { hex, at: 0 };
    try {
      return part(from);
    } catch (error) {
      if (error !== OTHERWISE) throw error;
      return readValue(new ByteReader(bytesFromHex(hex)), type, 0);
    }
  };
}

function otherwise(): never {
  throw OTHERWISE;
}

function partOf(type: TypeSignature): Part {
  switch (type.kind) {
    case 'uint':
      return (from) => {
        tag(from, '01');
        return { type: 'uint', value: BigInt(`0x${digits(from, INT_DIGITS)}`) };
      };
    case 'int':
      return (from) => {
        tag(from, '00');
        return { type: 'int', value: BigInt.asIntN(128, BigInt(`0x${digits(from, INT_DIGITS)}`)) };
      };
    case 'bool':
      return (from) => {
        const found = digits(from, 2);
        return found === '03' ? TRUE : found === '04' ? FALSE : otherwise();
      };
    case 'principal':
      return readPrincipal;
    case 'optional': {
      const inner = partOf(type.inner);
      return (from) => {
        const found = digits(from, 2);
        if (found === '09') return NONE;
        return found === '0a' ? { type: 'some', value: inner(from) } : otherwise();
      };
    }
    case 'response': {
      const [ok, err] = [partOf(type.ok), partOf(type.err)];
      return (from) => {
        const found = digits(from, 2);
        if (found === '07') return { type: 'ok', value: ok(from) };
        return found === '08' ? { type: 'err', value: err(from) } : otherwise();
      };
    }
    case 'buffer': {
      const { length } = type;
      return (from) => {
        tag(from, '02');
        return { type: 'buffer', value: sized(from, length) };
      };
    }
    case 'string-ascii': {
      const { length } = type;
      return (from) => {
        tag(from, '0d');
        return { type: 'string-ascii', value: utf8FromBytes(sized(from, length)) ?? otherwise() };
      };
    }
    case 'string-utf8': {
      const most = type.length;
      return (from) => {
        tag(from, '0e');
        const value = utf8FromBytes(sized(from, 4 * most)) ?? otherwise();
        const length = countCodePoints(value);
        return length <= most ? { type: 'string-utf8', value, length } : otherwise();
      };
    }
    case 'list': {
      const entry = partOf(type.entry);
      return (from) => {
        tag(from, '0b');
        const count = u32(from);
        if (count > type.length) otherwise();
        const items: Value[] = [];
        for (let i = 0; i < count; i++) items.push(entry(from));
        return { type: 'list', items, listType: type };
      };
    }
    case 'tuple':
      return tuplePart(type);
    default:
      return otherwise;
  }
}

function tuplePart(type: TupleType): Part {
  const fields = [...type.fields].map(([name, field]) => ({
    name,
    head: nameHex(name),
    read: partOf(field),
  }));
  const head = `0c${u32Hex(fields.length)}`;
  return (from) => {
    tag(from, head);
    const entries = new Map<string, Value>();
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      tag(from, field.head);
      entries.set(field.name, field.read(from));
    }
    const tuple: TupleV = { type: 'tuple', entries, tupleType: type };
    return tuple;
  };
}

/** Skips text that must stand here. */
function tag(from: Cursor, text: string): void {
  if (!from.hex.startsWith(text, from.at)) otherwise();
  from.at += text.length;
}

function digits(from: Cursor, count: number): string {
  const end = from.at + count;
  if (end > from.hex.length) otherwise();
  const text = from.hex.slice(from.at, end);
  from.at = end;
  return text;
}

const u32 = (from: Cursor) => Number.parseInt(digits(from, 8), 16);

function sized(from: Cursor, most: number): Uint8Array {
  const length = u32(from);
  return length <= most ? bytesFromHex(digits(from, 2 * length)) : otherwise();
}

/** Version and hash, or a contract's name with its length after them. */
const STANDARD_DIGITS = 44;

function readPrincipal(from: Cursor): Value {
  const { hex, at } = from;
  const isContract = hex.startsWith('06', at);
  if (!isContract && !hex.startsWith('05', at)) otherwise();
  let count = STANDARD_DIGITS;
  if (isContract) {
    count += 2 + 2 * Number.parseInt(hex.slice(at + STANDARD_DIGITS, at + STANDARD_DIGITS + 2), 16);
  }
  return principalFromHex(digits(from, count)) ?? otherwise();
}
