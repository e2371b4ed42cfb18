/**
 * What a Bitcoin signature signs: the legacy digest, the version 0 witness digest and the taproot
 * key path digest. Pure; used for signing and for verifying inputs.
 * Source: Bitcoin Core script/interpreter.cpp (SignatureHash); BIP143; BIP341.
 */
import { assert, bytesFromUtf8, concatBytes } from '@assay/bytes';
import { doubleSha256, sha256 } from '@assay/crypto';
import { LittleEndianWriter } from './little-endian.ts';
import { OPCODES } from './opcode.table.ts';
import { scriptOpSize } from './script.ts';
import {
  type BitcoinOutput,
  type BitcoinTransaction,
  writeBitcoinOutput,
  writeBitcoinTransaction,
} from './transaction.ts';

export const SIGHASH = { default: 0, all: 1, none: 2, single: 3, anyoneCanPay: 0x80 } as const;

/** Digest of a legacy input (p2pk, p2pkh, bare and p2sh multisig). */
export function legacySighash(
  tx: BitcoinTransaction,
  index: number,
  scriptCode: Uint8Array,
  hashType: number,
): Uint8Array {
  assert(index < tx.inputs.length, 'input index out of range');
  const base = hashType & 0x1f;
  if (base === SIGHASH.single && index >= tx.outputs.length) {
    // Quirk: the digest of a missing single output is the number one (little-endian).
    const one = new Uint8Array(32);
    one[0] = 1;
    return one;
  }
  const free = base === SIGHASH.none || base === SIGHASH.single;
  const code = withoutCodeSeparators(scriptCode);
  let inputs = tx.inputs.map((input, i) => ({
    ...input,
    scriptSig: i === index ? code : new Uint8Array(0),
    sequence: free && i !== index ? 0 : input.sequence,
  }));
  if ((hashType & SIGHASH.anyoneCanPay) !== 0) inputs = [inputs[index]!];
  const writer = new LittleEndianWriter();
  const outputs = legacyOutputs(tx, index, base);
  writeBitcoinTransaction(writer, { ...tx, inputs, outputs }, false);
  return doubleSha256(writer.u32(hashType >>> 0).finish());
}

/** Legacy digests skip OP_CODESEPARATOR; what follows a broken push is kept as it is. */
function withoutCodeSeparators(script: Uint8Array): Uint8Array {
  if (!script.includes(OPCODES.OP_CODESEPARATOR)) return script;
  const kept: Uint8Array[] = [];
  let at = 0;
  while (at < script.length) {
    const size = scriptOpSize(script, at);
    if (size === null) break;
    if (script[at] !== OPCODES.OP_CODESEPARATOR) kept.push(script.subarray(at, at + size));
    at += size;
  }
  return concatBytes(...kept, script.subarray(at));
}

const NO_OUTPUT: BitcoinOutput = {
  valueSats: 0xffffffffffffffffn,
  script: new Uint8Array(0),
};

function legacyOutputs(
  tx: BitcoinTransaction,
  index: number,
  base: number,
): readonly BitcoinOutput[] {
  if (base === SIGHASH.none) return [];
  if (base !== SIGHASH.single) return tx.outputs;
  return tx.outputs.slice(0, index + 1).map((output, i) => (i === index ? output : NO_OUTPUT));
}

/** Digest of a version 0 witness input. `scriptCode` of p2wpkh is the p2pkh script of its hash. */
export function witnessV0Sighash(
  tx: BitcoinTransaction,
  index: number,
  scriptCode: Uint8Array,
  valueSats: bigint,
  hashType: number,
): Uint8Array {
  const input = tx.inputs[index];
  assert(input !== undefined, 'input index out of range');
  const base = hashType & 0x1f;
  const anyone = (hashType & SIGHASH.anyoneCanPay) !== 0;
  const free = base === SIGHASH.none || base === SIGHASH.single;
  const zeros = new Uint8Array(32);
  let hashOutputs: Uint8Array = zeros;
  if (!free) hashOutputs = doubleSha256(encodeOutputs(tx.outputs));
  else if (base === SIGHASH.single && index < tx.outputs.length) {
    hashOutputs = doubleSha256(encodeOutputs([tx.outputs[index]!]));
  }
  const writer = new LittleEndianWriter();
  writer.u32(tx.version);
  writer.raw(anyone ? zeros : doubleSha256(encodeOutpoints(tx)));
  writer.raw(anyone || free ? zeros : doubleSha256(encodeSequences(tx)));
  writer.raw(input.prevTxid).u32(input.prevIndex).varBytes(scriptCode);
  writer.u64(valueSats).u32(input.sequence).raw(hashOutputs);
  return doubleSha256(
    writer
      .u32(tx.lockTime)
      .u32(hashType >>> 0)
      .finish(),
  );
}

/**
 * Digest of a taproot key path spend without annex. `spent` are the outputs of all inputs, in
 * input order. Null when the hash type is not allowed.
 */
export function taprootSighash(
  tx: BitcoinTransaction,
  index: number,
  spent: readonly BitcoinOutput[],
  hashType: number,
): Uint8Array | null {
  assert(spent.length === tx.inputs.length, 'one spent output per input');
  if (![0, 1, 2, 3, 0x81, 0x82, 0x83].includes(hashType)) return null;
  const input = tx.inputs[index]!;
  const base = hashType & 3;
  const anyone = (hashType & SIGHASH.anyoneCanPay) !== 0;
  if (base === SIGHASH.single && index >= tx.outputs.length) return null;
  const writer = new LittleEndianWriter();
  writer.u8(0).u8(hashType).u32(tx.version).u32(tx.lockTime);
  if (!anyone) {
    writer.raw(sha256(encodeOutpoints(tx))).raw(sha256(encodeAmounts(spent)));
    writer.raw(sha256(encodeScripts(spent))).raw(sha256(encodeSequences(tx)));
  }
  if (base === SIGHASH.default || base === SIGHASH.all) {
    writer.raw(sha256(encodeOutputs(tx.outputs)));
  }
  writer.u8(0);
  if (anyone) {
    writer.raw(input.prevTxid).u32(input.prevIndex);
    writeBitcoinOutput(writer, spent[index]!);
    writer.u32(input.sequence);
  } else {
    writer.u32(index);
  }
  if (base === SIGHASH.single) writer.raw(sha256(encodeOutputs([tx.outputs[index]!])));
  return taggedHash('TapSighash', writer.finish());
}

/** BIP340: sha256(sha256(tag) || sha256(tag) || message). */
export function taggedHash(tag: string, message: Uint8Array): Uint8Array {
  const hash = sha256(bytesFromUtf8(tag));
  return sha256(concatBytes(hash, hash, message));
}

function encodeOutputs(outputs: readonly BitcoinOutput[]): Uint8Array {
  const writer = new LittleEndianWriter();
  for (const output of outputs) writeBitcoinOutput(writer, output);
  return writer.finish();
}

function encodeOutpoints(tx: BitcoinTransaction): Uint8Array {
  const writer = new LittleEndianWriter(36 * tx.inputs.length);
  for (const input of tx.inputs) writer.raw(input.prevTxid).u32(input.prevIndex);
  return writer.finish();
}

function encodeSequences(tx: BitcoinTransaction): Uint8Array {
  const writer = new LittleEndianWriter(4 * tx.inputs.length);
  for (const input of tx.inputs) writer.u32(input.sequence);
  return writer.finish();
}

function encodeAmounts(outputs: readonly BitcoinOutput[]): Uint8Array {
  const writer = new LittleEndianWriter(8 * outputs.length);
  for (const output of outputs) writer.u64(output.valueSats);
  return writer.finish();
}

function encodeScripts(outputs: readonly BitcoinOutput[]): Uint8Array {
  const writer = new LittleEndianWriter();
  for (const output of outputs) writer.varBytes(output.script);
  return writer.finish();
}
