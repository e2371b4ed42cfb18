/**
 * Text of keys and values as UTF-8, without a fresh array per text: nearly all of it is short ASCII.
 * Called for every read and write of the trie.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { sha512_256 } from '@assay/crypto';

const scratch = new Uint8Array(1_024);

/** Writes `text` to `target` when it is ASCII and fits; returns whether it did. */
export function writeAscii(text: string, target: Uint8Array, at: number): boolean {
  const { length } = text;
  if (at + length > target.length) return false;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    target[at + i] = code;
  }
  return true;
}

/** SHA-512/256 of the UTF-8 bytes. */
export function hashText(text: string): Uint8Array {
  return sha512_256(
    writeAscii(text, scratch, 0) ? scratch.subarray(0, text.length) : bytesFromUtf8(text),
  );
}

/** A key's place in the trie. */
export function pathOf(key: string): Uint8Array {
  return hashText(key);
}
