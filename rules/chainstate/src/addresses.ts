/**
 * Texts of accounts, remembered: the checksum inside an address costs two hashes, and a chain sees
 * the same accounts again and again. Bounded; when full it starts over.
 */
import { bytesToHex } from '@assay/bytes';
import { formatC32Address, type Principal } from '@assay/clarity-value';
import { LIMITS } from './limits.ts';

const texts = new Map<string, string>();

/** `ST...` */
export function addressText(version: number, hash: Uint8Array): string {
  const key = `${version}${bytesToHex(hash)}`;
  let text = texts.get(key);
  if (text === undefined) {
    text = formatC32Address(version, hash);
    if (texts.size >= LIMITS.addressCacheEntries) texts.clear();
    texts.set(key, text);
  }
  return text;
}

/** `ST...` or `ST....name` */
export function principalText(principal: Principal): string {
  const address = addressText(principal.version, principal.hash);
  return principal.contractName === null ? address : `${address}.${principal.contractName}`;
}
