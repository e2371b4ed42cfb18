/**
 * GPT-2's alphabet, in which byte-level vocabularies are written: printable Latin-1 stands for itself, the
 * other bytes in ascending order for the characters from U+0100 on.
 */
import { bytesFromUtf8 } from '@assay/bytes';

/** Bytes that stand for themselves. */
const VISIBLE_COUNT = 188;

const BYTE_OF_LETTER: ReadonlyMap<string, number> = new Map(
  Array.from({ length: 256 }, (_, byte) => byte)
    .sort((a, b) => Number(isHidden(a)) - Number(isHidden(b)) || a - b)
    .map((byte, place) => {
      const code = isHidden(byte) ? 256 + place - VISIBLE_COUNT : byte;
      return [String.fromCodePoint(code), byte] as const;
    }),
);

function isHidden(byte: number): boolean {
  return byte < 33 || (byte > 126 && byte < 161) || byte === 173;
}

export function bytesOfLetters(token: string): Uint8Array {
  const bytes: number[] = [];
  for (const letter of token) {
    const byte = BYTE_OF_LETTER.get(letter);
    if (byte === undefined) bytes.push(...bytesFromUtf8(letter));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
