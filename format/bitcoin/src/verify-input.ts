/**
 * Checks that an input may spend the output it names. There is no script machine here: exactly the
 * standard forms are checked, with real signatures (p2pk, p2pkh, multisig; p2sh and p2wsh of these;
 * p2wpkh, also inside p2sh; p2tr by key path). Every other script is refused by name.
 * Differs: where Bitcoin only has a policy (strict DER, low S, compressed keys in witnesses, null
 * dummy) this check is the policy, since all blocks of an embedded chain are our own.
 * Source: Bitcoin Core script/interpreter.cpp; BIP16, BIP66, BIP141, BIP143, BIP146, BIP147, BIP341.
 */
import { bytesEqual, err, ok, type Result } from '@assay/bytes';
import { hash160, sha256, verifySignature } from '@assay/crypto';
import { schnorr } from '@noble/curves/secp256k1.js';
import { decodeDerSignature } from './der.ts';
import { type OutputKind, p2pkhScript, parseScript, recognizeOutput } from './script.ts';
import { legacySighash, SIGHASH, taprootSighash, witnessV0Sighash } from './sighash.ts';
import type { BitcoinOutput, BitcoinTransaction } from './transaction.ts';

export interface InputError {
  readonly code: 'bitcoin/script-failed' | 'bitcoin/script-unsupported';
  /** Bitcoin Core's own words where it has them. */
  readonly message: string;
}

type Verdict = Result<null, InputError>;

const PASSED: Verdict = ok(null);

function failed(message: string): Verdict {
  return err({ code: 'bitcoin/script-failed', message });
}

function unsupported(message: string): Verdict {
  return err({ code: 'bitcoin/script-unsupported', message });
}

const UNCLEAN = failed('Stack size must be exactly one after execution');
const EMPTY = failed('Operation not valid with the current stack size');
const MISMATCH = failed('Script failed an OP_EQUALVERIFY operation');
const BAD_SIGNATURE = failed('Signature must be zero for failed CHECK(MULTI)SIG operation');

/** The digest of one input for a hash type, under the rules of its script version. */
type Digest = (scriptCode: Uint8Array, hashType: number) => Uint8Array;

/**
 * @param spent  outputs named by all inputs, in input order (taproot signs all of them)
 */
export function verifyInput(
  tx: BitcoinTransaction,
  index: number,
  spent: readonly BitcoinOutput[],
): Verdict {
  const input = tx.inputs[index]!;
  const { script, valueSats } = spent[index]!;
  const output = recognizeOutput(script);
  const legacy: Digest = (code, type) => legacySighash(tx, index, code, type);
  const v0: Digest = (code, type) => witnessV0Sighash(tx, index, code, valueSats, type);
  switch (output.kind) {
    case 'p2wpkh':
    case 'p2wsh':
      if (input.scriptSig.length > 0) return failed('Witness requires empty scriptSig');
      return verifyWitness(output, input.witness, v0);
    case 'p2tr':
      if (input.scriptSig.length > 0) return failed('Witness requires empty scriptSig');
      return verifyTaproot(tx, index, spent, output.outputKey);
    case 'p2sh':
      return verifyScriptHash(input.scriptSig, output.hash, input.witness, legacy, v0);
    case 'op-return':
      return failed('OP_RETURN was encountered');
    default: {
      if (input.witness.length > 0) return failed('Witness provided for non-witness script');
      const stack = pushes(input.scriptSig);
      if (stack === null) return unsupported('scriptSig does more than push');
      return verifyKeys(output, script, stack, legacy, false);
    }
  }
}

/** The pushed items of a scriptSig; null when it does anything else. */
function pushes(script: Uint8Array): Uint8Array[] | null {
  const out: Uint8Array[] = [];
  for (const { opcode, data } of parseScript(script) ?? [{ opcode: 0xff, data: null }]) {
    if (data !== null) out.push(data);
    else if (opcode >= 0x51 && opcode <= 0x60) out.push(Uint8Array.of(opcode - 0x50));
    else if (opcode === 0x4f) out.push(Uint8Array.of(0x81));
    else return null;
  }
  return out;
}

function verifyScriptHash(
  scriptSig: Uint8Array,
  hash: Uint8Array,
  witness: readonly Uint8Array[],
  legacy: Digest,
  v0: Digest,
): Verdict {
  const stack = pushes(scriptSig);
  if (stack === null) return failed('Only push operators allowed in signatures');
  const redeem = stack.pop();
  if (redeem === undefined) return EMPTY;
  if (!bytesEqual(hash160(redeem), hash)) {
    return failed(
      'Script evaluated without error but finished with a false/empty top stack element',
    );
  }
  const inner = recognizeOutput(redeem);
  if (inner.kind === 'p2wpkh' || inner.kind === 'p2wsh') {
    if (stack.length > 0) return failed('Witness requires only-redeemscript scriptSig');
    return verifyWitness(inner, witness, v0);
  }
  if (witness.length > 0) return failed('Witness provided for non-witness script');
  return verifyKeys(inner, redeem, stack, legacy, false);
}

function verifyWitness(
  output: Extract<OutputKind, { kind: 'p2wpkh' | 'p2wsh' }>,
  witness: readonly Uint8Array[],
  digest: Digest,
): Verdict {
  if (output.kind === 'p2wpkh') {
    if (witness.length !== 2) return failed('Witness program hash mismatch');
    const keyHash: OutputKind = { kind: 'p2pkh', hash: output.hash };
    return verifyKeys(keyHash, p2pkhScript(output.hash), witness, digest, true);
  }
  const script = witness.at(-1);
  if (script === undefined) return failed('Witness program was passed an empty witness');
  if (!bytesEqual(sha256(script), output.hash)) return failed('Witness program hash mismatch');
  return verifyKeys(recognizeOutput(script), script, witness.slice(0, -1), digest, true);
}

/** p2pk, p2pkh and multisig against a stack of pushed items (first item at the bottom). */
function verifyKeys(
  output: OutputKind,
  scriptCode: Uint8Array,
  stack: readonly Uint8Array[],
  digest: Digest,
  isWitness: boolean,
): Verdict {
  switch (output.kind) {
    case 'p2pk': {
      const [signature] = stack;
      if (signature === undefined) return EMPTY;
      if (stack.length > 1) return UNCLEAN;
      return checkSignature(signature, output.publicKey, scriptCode, digest, isWitness);
    }
    case 'p2pkh': {
      const [signature, publicKey] = stack.slice(-2);
      if (signature === undefined || publicKey === undefined) return EMPTY;
      if (!bytesEqual(hash160(publicKey), output.hash)) return MISMATCH;
      if (stack.length > 2) return UNCLEAN;
      return checkSignature(signature, publicKey, scriptCode, digest, isWitness);
    }
    case 'multisig':
      return verifyMultisig(output, scriptCode, stack, digest, isWitness);
    default:
      return unsupported('only standard key scripts can be spent here');
  }
}

/** Each signature must match a key, in order: both lists are walked once from the front. */
function verifyMultisig(
  output: Extract<OutputKind, { kind: 'multisig' }>,
  scriptCode: Uint8Array,
  stack: readonly Uint8Array[],
  digest: Digest,
  isWitness: boolean,
): Verdict {
  if (stack.length < output.required + 1) return EMPTY;
  if (stack.length > output.required + 1) return UNCLEAN;
  if (stack[0]!.length > 0) return failed('Dummy CHECKMULTISIG argument must be zero');
  const keys = [...output.publicKeys];
  for (const signature of stack.slice(1)) {
    let verdict: Verdict = BAD_SIGNATURE;
    while (keys.length > 0 && !verdict.ok) {
      verdict = checkSignature(signature, keys.shift()!, scriptCode, digest, isWitness);
      if (!verdict.ok && verdict !== BAD_SIGNATURE) return verdict;
    }
    if (!verdict.ok) return BAD_SIGNATURE;
  }
  return PASSED;
}

function checkSignature(
  signature: Uint8Array,
  publicKey: Uint8Array,
  scriptCode: Uint8Array,
  digest: Digest,
  isWitness: boolean,
): Verdict {
  const hashType = signature.at(-1);
  if (hashType === undefined) {
    return failed(
      'Script evaluated without error but finished with a false/empty top stack element',
    );
  }
  const rs = decodeDerSignature(signature.subarray(0, -1));
  if (rs === null) return failed('Non-canonical DER signature');
  if (!isLowS(rs)) return failed('Non-canonical signature: S value is unnecessarily high');
  const base = hashType & ~SIGHASH.anyoneCanPay;
  if (base < SIGHASH.all || base > SIGHASH.single) {
    return failed('Signature hash type missing or not understood');
  }
  if (isWitness && publicKey.length !== 33) return failed('Using non-compressed keys in segwit');
  const valid = verifySignature(digest(scriptCode, hashType), rs, publicKey);
  return valid ? PASSED : BAD_SIGNATURE;
}

/** Half the group order, big-endian. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

function isLowS(rs: Uint8Array): boolean {
  let s = 0n;
  for (let i = 32; i < 64; i++) s = (s << 8n) | BigInt(rs[i]!);
  return s <= HALF_ORDER;
}

function verifyTaproot(
  tx: BitcoinTransaction,
  index: number,
  spent: readonly BitcoinOutput[],
  outputKey: Uint8Array,
): Verdict {
  const { witness } = tx.inputs[index]!;
  const [signature] = witness;
  if (signature === undefined) return failed('Witness program was passed an empty witness');
  if (witness.length > 1) return unsupported('taproot script path');
  const hashType = signature.length === 65 ? signature[64]! : SIGHASH.default;
  if (signature.length !== 64 && (signature.length !== 65 || hashType === SIGHASH.default)) {
    return failed('Invalid Schnorr signature size');
  }
  const digest = taprootSighash(tx, index, spent, hashType);
  if (digest === null) return failed('Invalid Schnorr signature hash type');
  const valid = schnorr.verify(signature.subarray(0, 64), digest, outputKey);
  return valid ? PASSED : failed('Invalid Schnorr signature');
}
