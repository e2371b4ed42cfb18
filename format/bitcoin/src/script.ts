/**
 * Bitcoin scripts as lists of operations, and the standard output forms built and recognised.
 * Used by addresses, signing, input verification, the burnchain (who was paid) and the regtest.
 * Source: Bitcoin Core script/script.h, script/solver.cpp; BIP16, BIP141, BIP341.
 */
import { assert, concatBytes } from '@assay/bytes';
import { LIMITS } from './limits.ts';
import { OPCODES } from './opcode.table.ts';

/** One operation. `data` is present exactly for pushes of bytes (opcodes 0x00 to 0x4e). */
export interface ScriptOp {
  readonly opcode: number;
  readonly data: Uint8Array | null;
}

/** What an output pays to; `nonstandard` for everything else. */
export type OutputKind =
  | { readonly kind: 'p2pk'; readonly publicKey: Uint8Array }
  | { readonly kind: 'p2pkh'; readonly hash: Uint8Array }
  | { readonly kind: 'p2sh'; readonly hash: Uint8Array }
  | { readonly kind: 'p2wpkh'; readonly hash: Uint8Array }
  | { readonly kind: 'p2wsh'; readonly hash: Uint8Array }
  | { readonly kind: 'p2tr'; readonly outputKey: Uint8Array }
  | {
      readonly kind: 'multisig';
      readonly required: number;
      readonly publicKeys: readonly Uint8Array[];
    }
  /** OP_RETURN and pushes only; `data` joins the pushed bytes. */
  | { readonly kind: 'op-return'; readonly data: Uint8Array }
  | {
      readonly kind: 'witness-unknown';
      readonly version: number;
      readonly program: Uint8Array;
    }
  | { readonly kind: 'nonstandard' };

/** Splits a script; null when a push runs past the end. */
export function parseScript(script: Uint8Array): ScriptOp[] | null {
  const ops: ScriptOp[] = [];
  let at = 0;
  while (at < script.length) {
    const size = scriptOpSize(script, at);
    if (size === null) return null;
    const opcode = script[at]!;
    const data =
      opcode > OPCODES.OP_PUSHDATA4
        ? null
        : script.subarray(at + 1 + lengthBytes(opcode), at + size);
    ops.push({ opcode, data });
    at += size;
  }
  return ops;
}

/** Bytes behind the opcode that say how much is pushed. */
function lengthBytes(opcode: number): number {
  const isCounted = opcode >= OPCODES.OP_PUSHDATA1 && opcode <= OPCODES.OP_PUSHDATA4;
  return isCounted ? 1 << (opcode - OPCODES.OP_PUSHDATA1) : 0;
}

/** Bytes of the operation at `at`, its push included; null when that runs past the end. */
export function scriptOpSize(script: Uint8Array, at: number): number | null {
  const opcode = script[at]!;
  if (opcode > OPCODES.OP_PUSHDATA4) return 1;
  const width = lengthBytes(opcode);
  const left = script.length - at - 1 - width;
  if (left < 0) return null;
  let size = width === 0 ? opcode : 0;
  for (let i = width; i > 0; i--) size = size * 256 + script[at + i]!;
  return size > left ? null : 1 + width + size;
}

/** The shortest push of `data` that puts exactly these bytes on the stack (BIP62 rule 3). */
export function pushScript(data: Uint8Array): Uint8Array {
  const [first] = data;
  if (data.length === 0) return Uint8Array.of(OPCODES.OP_0);
  if (data.length === 1 && first! >= 1 && first! <= 16) return Uint8Array.of(0x50 + first!);
  if (data.length === 1 && first === 0x81) return Uint8Array.of(OPCODES.OP_1NEGATE);
  const size = data.length;
  if (size < OPCODES.OP_PUSHDATA1) return concatBytes(Uint8Array.of(size), data);
  if (size <= 0xff) return concatBytes(Uint8Array.of(OPCODES.OP_PUSHDATA1, size), data);
  assert(size <= 0xffff, 'a push above 64 KiB can never be executed');
  return concatBytes(Uint8Array.of(OPCODES.OP_PUSHDATA2, size & 0xff, size >> 8), data);
}

/** A script number: little-endian, sign in the top bit, no needless byte. */
export function encodeScriptNumber(value: number): Uint8Array {
  const out: number[] = [];
  for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) out.push(rest % 256);
  if (out.length > 0 && out[out.length - 1]! >= 0x80) out.push(0);
  if (value < 0) out[out.length - 1]! |= 0x80;
  return Uint8Array.from(out);
}

/** Push of a number as scripts write it: OP_0, OP_1 to OP_16, or bytes (BIP34 heights). */
export function pushNumberScript(value: number): Uint8Array {
  return pushScript(encodeScriptNumber(value));
}

/** True when the script only pushes; such a scriptSig cannot be changed into another one. */
export function isPushOnly(script: Uint8Array): boolean {
  const ops = parseScript(script);
  return ops?.every((op) => op.opcode <= OPCODES.OP_16) ?? false;
}

/** Witness program of a script, or null (BIP141: one version opcode, one push of 2 to 40 bytes). */
export function witnessProgram(
  script: Uint8Array,
): { readonly version: number; readonly program: Uint8Array } | null {
  const [opcode, size] = script;
  if (script.length < 4 || script.length > 42 || size !== script.length - 2) return null;
  if (opcode === OPCODES.OP_0) return { version: 0, program: script.subarray(2) };
  if (opcode! < OPCODES.OP_1 || opcode! > OPCODES.OP_16) return null;
  return { version: opcode! - 0x50, program: script.subarray(2) };
}

/** Classifies an output script. Never fails: unknown forms are `nonstandard`. */
export function recognizeOutput(script: Uint8Array): OutputKind {
  const witness = witnessProgram(script);
  if (witness !== null) return recognizeWitness(witness.version, witness.program);
  const size = script.length;
  if (size === 23 && script[0] === OPCODES.OP_HASH160 && script[1] === 20 && script[22] === 0x87) {
    return { kind: 'p2sh', hash: script.subarray(2, 22) };
  }
  if (
    size === 25 &&
    script[0] === OPCODES.OP_DUP &&
    script[1] === OPCODES.OP_HASH160 &&
    script[2] === 20 &&
    script[23] === OPCODES.OP_EQUALVERIFY &&
    script[24] === OPCODES.OP_CHECKSIG
  ) {
    return { kind: 'p2pkh', hash: script.subarray(3, 23) };
  }
  if (script[0] === OPCODES.OP_RETURN && isPushOnly(script.subarray(1))) {
    const pushes = parseScript(script.subarray(1))!;
    const data = concatBytes(...pushes.map(({ data }) => data ?? new Uint8Array(0)));
    return { kind: 'op-return', data };
  }
  if ((size === 35 || size === 67) && script[size - 1] === OPCODES.OP_CHECKSIG) {
    const publicKey = script.subarray(1, size - 1);
    if (script[0] === size - 2 && isPublicKeyShaped(publicKey)) return { kind: 'p2pk', publicKey };
  }
  return recognizeMultisig(script) ?? { kind: 'nonstandard' };
}

function recognizeWitness(version: number, program: Uint8Array): OutputKind {
  if (version === 0 && program.length === 20) return { kind: 'p2wpkh', hash: program };
  if (version === 0 && program.length === 32) return { kind: 'p2wsh', hash: program };
  if (version === 0) return { kind: 'nonstandard' };
  if (version === 1 && program.length === 32) return { kind: 'p2tr', outputKey: program };
  return { kind: 'witness-unknown', version, program };
}

function recognizeMultisig(script: Uint8Array): OutputKind | null {
  if (script[script.length - 1] !== OPCODES.OP_CHECKMULTISIG) return null;
  const ops = parseScript(script);
  if (ops === null || ops.length < 4) return null;
  const required = ops[0]!.opcode - 0x50;
  const count = ops[ops.length - 2]!.opcode - 0x50;
  const keys = ops.slice(1, -2).map(({ data }) => data ?? new Uint8Array(0));
  if (count !== keys.length || required < 1 || required > count || count > 16) return null;
  if (!keys.every(isPublicKeyShaped)) return null;
  return { kind: 'multisig', required, publicKeys: keys };
}

/** Right size and first byte for a SEC 1 key; says nothing about the curve. */
export function isPublicKeyShaped(bytes: Uint8Array): boolean {
  const [first] = bytes;
  if (bytes.length === 33) return first === 2 || first === 3;
  return bytes.length === 65 && (first === 4 || first === 6 || first === 7);
}

export function p2pkScript(publicKey: Uint8Array): Uint8Array {
  return concatBytes(pushScript(publicKey), Uint8Array.of(OPCODES.OP_CHECKSIG));
}

/** @param hash hash160 of the public key */
export function p2pkhScript(hash: Uint8Array): Uint8Array {
  assert(hash.length === 20, 'p2pkh needs 20 bytes');
  return concatBytes(Uint8Array.of(0x76, 0xa9, 20), hash, Uint8Array.of(0x88, 0xac));
}

/** @param hash hash160 of the redeem script */
export function p2shScript(hash: Uint8Array): Uint8Array {
  assert(hash.length === 20, 'p2sh needs 20 bytes');
  return concatBytes(Uint8Array.of(0xa9, 20), hash, Uint8Array.of(0x87));
}

/** @param hash hash160 of the compressed public key */
export function p2wpkhScript(hash: Uint8Array): Uint8Array {
  assert(hash.length === 20, 'p2wpkh needs 20 bytes');
  return concatBytes(Uint8Array.of(0, 20), hash);
}

/** @param hash sha256 of the witness script */
export function p2wshScript(hash: Uint8Array): Uint8Array {
  assert(hash.length === 32, 'p2wsh needs 32 bytes');
  return concatBytes(Uint8Array.of(0, 32), hash);
}

/** @param outputKey tweaked x-only key */
export function p2trScript(outputKey: Uint8Array): Uint8Array {
  assert(outputKey.length === 32, 'p2tr needs 32 bytes');
  return concatBytes(Uint8Array.of(0x51, 32), outputKey);
}

/** m of n; keys in the order given. */
export function multisigScript(required: number, publicKeys: readonly Uint8Array[]): Uint8Array {
  assert(required >= 1 && required <= publicKeys.length && publicKeys.length <= 16, 'm of n');
  return concatBytes(
    pushNumberScript(required),
    ...publicKeys.map(pushScript),
    pushNumberScript(publicKeys.length),
    Uint8Array.of(OPCODES.OP_CHECKMULTISIG),
  );
}

/** An output nobody can spend, carrying data in one push of at most 80 standard bytes. */
export function opReturnScript(data: Uint8Array): Uint8Array {
  assert(data.length <= LIMITS.scriptPushBytesMax, 'OP_RETURN data too long');
  // One push of raw bytes even where a number opcode would be shorter, as bitcoind's wallet does.
  const push = data.length === 1 ? concatBytes(Uint8Array.of(1), data) : pushScript(data);
  return concatBytes(Uint8Array.of(OPCODES.OP_RETURN), push);
}

/** Can never be spent: not part of the UTXO set. */
export function isUnspendable(script: Uint8Array): boolean {
  return script[0] === OPCODES.OP_RETURN || script.length > LIMITS.scriptBytesMax;
}
