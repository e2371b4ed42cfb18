/**
 * Scripts as people read them, in bitcoind's own notation: small numbers in decimal, other pushes
 * in hex, opcodes by name, and signatures with their hash type in brackets.
 * Source: Bitcoin Core core_write.cpp (ScriptToAsmStr).
 */
import { bytesToHex } from '@assay/bytes';
import { decodeDerSignature } from './der.ts';
import { OPCODES } from './opcode.table.ts';
import { parseScript, recognizeOutput, scriptOpSize } from './script.ts';

const NAMES = new Map<number, string>(
  Object.entries(OPCODES).map(([name, opcode]) => [opcode, name]),
);

const HASH_TYPES = new Map([
  [0x01, 'ALL'],
  [0x02, 'NONE'],
  [0x03, 'SINGLE'],
  [0x81, 'ALL|ANYONECANPAY'],
  [0x82, 'NONE|ANYONECANPAY'],
  [0x83, 'SINGLE|ANYONECANPAY'],
]);

/** @param markSignatures  true for scriptSigs: shows a signature's hash type as `[ALL]` */
export function formatScript(script: Uint8Array, markSignatures = false): string {
  const words: string[] = [];
  const mark = markSignatures && recognizeOutput(script).kind !== 'op-return';
  let at = 0;
  while (at < script.length) {
    const size = scriptOpSize(script, at);
    if (size === null) {
      words.push('[error]');
      break;
    }
    const [op] = parseScript(script.subarray(at, at + size))!;
    words.push(op!.data === null ? opcodeName(op!.opcode) : formatPush(op!.data, mark));
    at += size;
  }
  return words.join(' ');
}

function opcodeName(opcode: number): string {
  if (opcode === OPCODES.OP_1NEGATE) return '-1';
  if (opcode >= OPCODES.OP_1 && opcode <= OPCODES.OP_16) return String(opcode - 0x50);
  return NAMES.get(opcode) ?? 'OP_UNKNOWN';
}

function formatPush(data: Uint8Array, mark: boolean): string {
  if (data.length <= 4) return String(scriptNumber(data));
  const hashType = HASH_TYPES.get(data.at(-1)!);
  if (mark && hashType !== undefined && decodeDerSignature(data.subarray(0, -1)) !== null) {
    return `${bytesToHex(data.subarray(0, -1))}[${hashType}]`;
  }
  return bytesToHex(data);
}

/** Little-endian with the sign in the top bit, at most 4 bytes. */
function scriptNumber(data: Uint8Array): number {
  if (data.length === 0) return 0;
  let value = 0;
  for (let i = data.length - 1; i >= 0; i--) {
    value = value * 256 + (i === data.length - 1 ? data[i]! & 0x7f : data[i]!);
  }
  return data.at(-1)! >= 0x80 && value !== 0 ? -value : value;
}
