/**
 * Crockford base 32 and c32check, the text form of Stacks addresses: `S`, a version character,
 * then hash and four checksum bytes as one big number, leading zero bytes kept as zeros.
 * Called by principals and wallets. Source: SIP-005 "Addresses"; stacks-common/src/address/c32.rs.
 */
import { bytesEqual } from '@assay/bytes';
import { doubleSha256 } from '@assay/crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Value of an ASCII code, -1 for none; lower case and the look-alikes O, I, L are accepted. */
const DIGITS = new Int8Array(128).fill(-1);
for (let i = 0; i < 32; i++) {
  DIGITS[ALPHABET.charCodeAt(i)] = i;
  DIGITS[ALPHABET.toLowerCase().charCodeAt(i)] = i;
}
for (const [alias, digit] of [
  ['O', 0],
  ['L', 1],
  ['I', 1],
] as const) {
  DIGITS[alias.charCodeAt(0)] = digit;
  DIGITS[alias.toLowerCase().charCodeAt(0)] = digit;
}

/** The bytes as one big-endian number in base 32, plus one `0` per leading zero byte. */
export function c32Encode(bytes: Uint8Array): string {
  let text = '';
  let carry = 0;
  let carryBits = 0;
  for (let i = bytes.length - 1; i >= 0; i--) {
    carry |= bytes[i]! << carryBits;
    carryBits += 8;
    while (carryBits >= 5) {
      text = ALPHABET[carry & 31]! + text;
      carry >>= 5;
      carryBits -= 5;
    }
  }
  if (carryBits > 0) text = ALPHABET[carry]! + text;
  let zeros = 0;
  while (zeros < text.length && text[zeros] === '0') zeros++;
  let zeroBytes = 0;
  while (zeroBytes < bytes.length && bytes[zeroBytes] === 0) zeroBytes++;
  return '0'.repeat(zeroBytes) + text.slice(zeros);
}

/** The inverse of `c32Encode`; null when a character is not a digit. */
export function c32Decode(text: string): Uint8Array | null {
  const reversed: number[] = [];
  let carry = 0;
  let carryBits = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    const code = text.charCodeAt(i);
    const digit = code < 128 ? DIGITS[code]! : -1;
    if (digit < 0) return null;
    carry |= digit << carryBits;
    carryBits += 5;
    if (carryBits >= 8) {
      reversed.push(carry & 255);
      carry >>= 8;
      carryBits -= 8;
    }
  }
  if (carryBits > 0) reversed.push(carry);
  while (reversed.length > 0 && reversed.at(-1) === 0) reversed.pop();
  for (let i = 0; i < text.length && DIGITS[text.charCodeAt(i)] === 0; i++) reversed.push(0);
  return Uint8Array.from(reversed.reverse());
}

function checksum(version: number, data: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + data.length);
  input[0] = version;
  input.set(data, 1);
  return doubleSha256(input).subarray(0, 4);
}

/** `S…` for a version of 0 to 31 and any data; addresses have 20 bytes. */
export function formatC32Address(version: number, data: Uint8Array): string {
  const summed = new Uint8Array(data.length + 4);
  summed.set(data);
  summed.set(checksum(version, data), data.length);
  return `S${ALPHABET[version]}${c32Encode(summed)}`;
}

/** Null for anything that is not an address with a right checksum. */
export function parseC32Address(text: string): { version: number; data: Uint8Array } | null {
  if (text.length < 6 || (text[0] !== 'S' && text[0] !== 's')) return null;
  const code = text.charCodeAt(1);
  const version = code < 128 ? DIGITS[code]! : -1;
  const summed = c32Decode(text.slice(2));
  if (version < 0 || !summed || summed.length < 4) return null;
  const data = summed.slice(0, -4);
  return bytesEqual(summed.subarray(-4), checksum(version, data)) ? { version, data } : null;
}
