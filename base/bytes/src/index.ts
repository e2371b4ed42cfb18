export { assert, unreachable } from './assert.ts';
export {
  bytesEqual,
  bytesFromHex,
  bytesFromUtf8,
  bytesToHex,
  compareBytes,
  concatBytes,
  isHex,
  utf8FromBytes,
} from './bytes.ts';
export { ByteReader, DecodeError } from './reader.ts';
export { err, ok, type Result } from './result.ts';
export { ByteWriter } from './writer.ts';
