/** Reads the published vectors beside this file. */
import { readFileSync } from 'node:fs';
import { bytesFromHex, concatBytes } from '@assay/bytes';
import { encodeScriptNumber, OPCODES, pushScript } from '../src/index.ts';

export function readVectors<T>(name: string): readonly T[] {
  const path = new URL(`./vectors/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: T[] }).cases;
}

/** The script notation of Bitcoin Core's test files: numbers, names, 'text', and raw 0x bytes. */
export function assembleScript(text: string): Uint8Array {
  const parts = text.split(/\s+/).filter((word) => word.length > 0);
  return concatBytes(
    ...parts.map((word) => {
      if (/^-?\d+$/.test(word)) return pushScript(encodeScriptNumber(Number(word)));
      if (word.startsWith('0x')) return bytesFromHex(word);
      if (word.startsWith("'")) return pushScript(new TextEncoder().encode(word.slice(1, -1)));
      const name = word.startsWith('OP_') ? word : `OP_${word}`;
      const opcode = ALIASES[name] ?? (OPCODES as Record<string, number>)[name];
      if (opcode === undefined) throw new Error(`unknown opcode ${word}`);
      return Uint8Array.of(opcode);
    }),
  );
}

const ALIASES: Record<string, number> = { OP_NOP2: 0xb1, OP_NOP3: 0xb2 };
