/**
 * Which byte strings are names of contracts, functions and tuple keys.
 * Source: SIP-002, SIP-005 "Clarity Name"; clarity-types/src/representations.rs.
 */
import type { ByteReader, ByteWriter } from '@assay/bytes';
import { CONTRACT_NAME_BYTES_MAX, NAME_BYTES_MAX } from './limits.ts';

const CLARITY_NAME = /^(?:[a-zA-Z][a-zA-Z0-9\-_!?+<>=/*]*|[-+=/*]|[<>]=?)$/;
const CONTRACT_NAME = /^(?:[a-zA-Z][a-zA-Z0-9\-_]*|__transient)$/;

/** True for a name of a function, variable, trait or tuple key: 1 to 128 ASCII characters. */
export function isClarityName(text: string): boolean {
  return text.length <= NAME_BYTES_MAX && CLARITY_NAME.test(text);
}

/** True for a contract name as contracts are deployed today: 1 to 40 ASCII characters. */
export function isContractName(text: string): boolean {
  return text.length <= CONTRACT_NAME_BYTES_MAX && CONTRACT_NAME.test(text);
}

/** Quirk: a principal *value* may name a contract of up to 128 characters. */
export function isContractNameInValue(text: string): boolean {
  return text.length <= NAME_BYTES_MAX && CONTRACT_NAME.test(text);
}

/** Bytes above 0x7f cannot be part of any name, so one pass both decodes and filters. */
function readShortText(reader: ByteReader): string {
  const bytes = reader.take(reader.u8());
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** u8 length, then ASCII. @throws DecodeError value/clarity-name */
export function readClarityName(reader: ByteReader): string {
  const text = readShortText(reader);
  if (!isClarityName(text)) reader.fail('value/clarity-name', 'not a Clarity name');
  return text;
}

/** u8 length 1 to 40, then ASCII. @throws DecodeError value/contract-name */
export function readContractName(reader: ByteReader): string {
  const text = readShortText(reader);
  if (!isContractName(text)) reader.fail('value/contract-name', 'not a contract name');
  return text;
}

/** As `readContractName` with up to 128 characters, for principals inside values. */
export function readContractNameInValue(reader: ByteReader): string {
  const text = readShortText(reader);
  if (!isContractNameInValue(text)) reader.fail('value/contract-name', 'not a contract name');
  return text;
}

/** Writes what `isClarityName` or `isContractName` accepted. */
export function writeName(writer: ByteWriter, name: string): void {
  writer.u8(name.length);
  for (let i = 0; i < name.length; i++) writer.u8(name.charCodeAt(i));
}
