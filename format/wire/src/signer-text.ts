/** UTF-8 strings and length-prefixed tails inside signer messages. */
import { type ByteReader, type ByteWriter, bytesFromUtf8, utf8FromBytes } from '@assay/bytes';
import { LIMITS } from './limits.ts';

/** u32 bytes, then UTF-8. */
export function writeText(writer: ByteWriter, text: string): void {
  const bytes = bytesFromUtf8(text);
  writer.u32(bytes.length).raw(bytes);
}

/** @throws DecodeError wire/signer-text */
export function readText(reader: ByteReader): string {
  const size = reader.u32();
  if (size > LIMITS.signerTextBytesMax) reader.fail('wire/signer-text', `text of ${size} bytes`);
  const text = utf8FromBytes(reader.take(size));
  return text ?? reader.fail('wire/signer-text', 'text is not UTF-8');
}

/** u32 bytes, then that many: what a newer version appends, an older one skips. */
export function readTail(reader: ByteReader): Uint8Array {
  const size = reader.u32();
  if (size > LIMITS.signerDataBytesMax) reader.fail('wire/signer-data', `data of ${size} bytes`);
  return reader.take(size);
}
