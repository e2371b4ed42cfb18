/**
 * Clarity values to bytes: one type byte, then the content; containers nest.
 * Source: SIP-005 "Clarity Value Representation"; clarity-types/src/types/serialization.rs.
 */
import { ByteWriter, unreachable } from '@assay/bytes';
import { writeName } from './names.ts';
import { writePrincipal } from './principal.ts';
import type { ClarityValue } from './value.ts';

/** The type bytes of the wire. */
export const TYPE_TAG = {
  int: 0,
  uint: 1,
  buffer: 2,
  true: 3,
  false: 4,
  principalStandard: 5,
  principalContract: 6,
  ok: 7,
  err: 8,
  none: 9,
  some: 10,
  list: 11,
  tuple: 12,
  stringAscii: 13,
  stringUtf8: 14,
} as const;

const utf8Encoder = new TextEncoder();

function writeAscii(writer: ByteWriter, text: string): void {
  writer.u32(text.length);
  if (text.length > 64) {
    writer.raw(utf8Encoder.encode(text));
    return;
  }
  for (let i = 0; i < text.length; i++) writer.u8(text.charCodeAt(i));
}

/** Appends one value. The value is trusted to be within bounds: `Cv` and the VM made it. */
export function writeClarityValue(writer: ByteWriter, value: ClarityValue): void {
  switch (value.type) {
    case 'int':
      writer.u8(TYPE_TAG.int).i128(value.value);
      return;
    case 'uint':
      writer.u8(TYPE_TAG.uint).u128(value.value);
      return;
    case 'bool':
      writer.u8(value.value ? TYPE_TAG.true : TYPE_TAG.false);
      return;
    case 'buffer':
      writer.u8(TYPE_TAG.buffer).u32(value.value.length).raw(value.value);
      return;
    case 'none':
      writer.u8(TYPE_TAG.none);
      return;
    case 'some':
    case 'ok':
    case 'err':
      writer.u8(TYPE_TAG[value.type]);
      writeClarityValue(writer, value.value);
      return;
    case 'principal':
      writePrincipal(writer, value);
      return;
    case 'list':
      writer.u8(TYPE_TAG.list).u32(value.items.length);
      for (const item of value.items) writeClarityValue(writer, item);
      return;
    case 'tuple':
      writer.u8(TYPE_TAG.tuple).u32(value.entries.size);
      for (const [name, field] of value.entries) {
        writeName(writer, name);
        writeClarityValue(writer, field);
      }
      return;
    case 'string-ascii':
      writer.u8(TYPE_TAG.stringAscii);
      writeAscii(writer, value.value);
      return;
    case 'string-utf8': {
      const bytes = utf8Encoder.encode(value.value);
      writer.u8(TYPE_TAG.stringUtf8).u32(bytes.length).raw(bytes);
      return;
    }
    default:
      unreachable(value);
  }
}

/** The consensus bytes of a value: what `to-consensus-buff?` gives and hashes are taken of. */
export function encodeClarityValue(value: ClarityValue): Uint8Array {
  const writer = new ByteWriter(64);
  writeClarityValue(writer, value);
  return writer.finish();
}
