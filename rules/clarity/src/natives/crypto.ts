/**
 * Hashes and signatures. Source: stacks-core clarity/src/vm/functions/crypto.rs.
 */

import { ADDRESS_VERSIONS } from '@assay/clarity-value';
import {
  hash160,
  isValidPublicKey,
  keccak256,
  recoverPublicKey,
  rsvToVrs,
  sha256,
  sha512,
  sha512_256,
  verifySecp256r1,
  verifySignature,
} from '@assay/crypto';
import type { PlainNative } from '../compile/plain.ts';
import { costRuntime } from '../costs/charge.ts';
import type { CostName } from '../costs/costs.table.ts';
import {
  bufferValue,
  errUint,
  FALSE,
  okValue,
  principalFromParts,
  TRUE,
  type Value,
} from '../value.ts';
import { badType, special, wrongArity } from './special.ts';
import type { SpecialNative } from './table.ts';

/** What is hashed: buffers as they are, integers as 16 bytes little-endian. */
function hashInput(value: Value): Uint8Array {
  if (value.type === 'buffer') return value.value;
  if (value.type !== 'int' && value.type !== 'uint') throw badType('buffer or integer', value);
  const out = new Uint8Array(16);
  let rest = BigInt.asUintN(128, value.value);
  for (let i = 0; i < 16; i++) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

function hashNative(
  name: string,
  cost: CostName,
  hash: (b: Uint8Array) => Uint8Array,
): PlainNative {
  return {
    name,
    cost,
    input: 'serialized',
    arity: 1,
    one: (value) => bufferValue(hash(hashInput(value))),
  };
}

export const HASHES: readonly PlainNative[] = [
  hashNative('hash160', 'hash160', hash160),
  hashNative('sha256', 'sha256', sha256),
  hashNative('sha512', 'sha512', sha512),
  hashNative('sha512/256', 'sha512t256', sha512_256),
  hashNative('keccak256', 'keccak256', keccak256),
];

function bufferOf(value: Value, length: number): Uint8Array {
  if (value.type !== 'buffer' || value.value.length !== length)
    throw badType(`(buff ${length})`, value);
  return value.value;
}

function bufferUpTo(value: Value, length: number): Uint8Array {
  if (value.type !== 'buffer' || value.value.length > length)
    throw badType(`(buff ${length})`, value);
  return value.value;
}

const principalOf: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 1) return wrongArity(call);
  const input = c.code(args[0]!, scope, k + 1);
  const { version } = c;
  return special(call, costRuntime('principalOf', 0), (f) => {
    const key = bufferOf(input(f), 33);
    if (!isValidPublicKey(key)) return errUint(1);
    // Quirk: Clarity 1 always answers with a testnet address.
    const mainnet = version > 1 && f.x.info.isMainnet;
    const addressVersion = ADDRESS_VERSIONS[mainnet ? 'mainnet' : 'testnet'].singleSig;
    return okValue(principalFromParts(addressVersion, hash160(key), null));
  });
};

const secp256k1Recover: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 2) return wrongArity(call);
  const hash = c.code(args[0]!, scope, k + 1);
  const signature = c.code(args[1]!, scope, k + 1);
  return special(call, costRuntime('secp256k1recover', 0), (f) => {
    const message = bufferOf(hash(f), 32);
    const rsv = bufferUpTo(signature(f), 65);
    if (rsv.length < 65 || rsv[64]! > 3) return errUint(2);
    const key = recoverPublicKey(message, rsvToVrs(rsv), true);
    return key === null ? errUint(1) : okValue(bufferValue(key));
  });
};

const secp256k1Verify: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 3) return wrongArity(call);
  const codes = args.map((arg) => c.code(arg, scope, k + 1));
  return special(call, costRuntime('secp256k1verify', 0), (f) => {
    const message = bufferOf(codes[0]!(f), 32);
    const signature = bufferUpTo(codes[1]!(f), 65);
    // A malformed signature answers before the key is looked at.
    if (signature.length < 64 || (signature.length === 65 && signature[64]! > 3)) return FALSE;
    const key = bufferOf(codes[2]!(f), 33);
    return verifySignature(message, signature.subarray(0, 64), key) ? TRUE : FALSE;
  });
};

const secp256r1Verify: SpecialNative = (call) => {
  const { c, args, scope, k } = call;
  if (args.length !== 3) return wrongArity(call);
  const codes = args.map((arg) => c.code(arg, scope, k + 1));
  // Quirk: Clarity 4 hashes the given hash once more.
  const hashedTwice = c.version <= 4;
  return special(call, costRuntime('secp256r1verify', 0), (f) => {
    const message = bufferOf(codes[0]!(f), 32);
    const signature = bufferUpTo(codes[1]!(f), 64);
    if (signature.length !== 64) return FALSE;
    const key = bufferOf(codes[2]!(f), 33);
    const digest = hashedTwice ? sha256(message) : message;
    return verifySecp256r1(digest, signature, key) ? TRUE : FALSE;
  });
};

export const CRYPTO_SPECIALS: readonly [string, SpecialNative][] = [
  ['principal-of?', principalOf],
  ['secp256k1-recover?', secp256k1Recover],
  ['secp256k1-verify', secp256k1Verify],
  ['secp256r1-verify', secp256r1Verify],
];
