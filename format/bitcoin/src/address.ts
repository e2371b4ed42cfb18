/**
 * Addresses (base58check, bech32, bech32m) and private keys in wallet import format.
 * Parsing tells which chain an address belongs to; testnet and regtest share base58 prefixes, so a
 * base58 address of theirs fits both.
 * Source: BIP173, BIP350, Bitcoin Core kernel/chainparams.cpp (prefixes), key_io.cpp.
 */
import { bytesEqual, concatBytes, err, ok, type Result } from '@assay/bytes';
import { doubleSha256, isValidPrivateKey } from '@assay/crypto';
import { base58, bech32, bech32m } from '@scure/base';
import { LIMITS } from './limits.ts';
import { p2pkhScript, p2shScript, recognizeOutput, witnessProgram } from './script.ts';

export type BitcoinNetwork = 'mainnet' | 'testnet' | 'regtest';

interface Prefixes {
  readonly p2pkh: number;
  readonly p2sh: number;
  readonly privateKey: number;
  readonly bech32: string;
}

const PREFIXES: Readonly<Record<BitcoinNetwork, Prefixes>> = {
  mainnet: { p2pkh: 0x00, p2sh: 0x05, privateKey: 0x80, bech32: 'bc' },
  testnet: { p2pkh: 0x6f, p2sh: 0xc4, privateKey: 0xef, bech32: 'tb' },
  regtest: { p2pkh: 0x6f, p2sh: 0xc4, privateKey: 0xef, bech32: 'bcrt' },
};

export interface AddressError {
  readonly code:
    | 'bitcoin/address-format'
    | 'bitcoin/address-checksum'
    | 'bitcoin/address-network'
    | 'bitcoin/address-program';
  readonly message: string;
}

/** Text of the address an output script pays; null for scripts without one. */
export function formatAddress(script: Uint8Array, network: BitcoinNetwork): string | null {
  const prefixes = PREFIXES[network];
  const output = recognizeOutput(script);
  if (output.kind === 'p2pkh') return formatBase58(prefixes.p2pkh, output.hash);
  if (output.kind === 'p2sh') return formatBase58(prefixes.p2sh, output.hash);
  const witness = witnessProgram(script);
  if (witness === null || output.kind === 'nonstandard') return null;
  const code = witness.version === 0 ? bech32 : bech32m;
  const words = code.toWords(witness.program);
  return code.encode(prefixes.bech32, [witness.version, ...words], LIMITS.addressCharsMax);
}

/** The output script that pays an address of `network`. */
export function parseAddress(
  text: string,
  network: BitcoinNetwork,
): Result<Uint8Array, AddressError> {
  if (text.length > LIMITS.addressCharsMax) {
    return fail('bitcoin/address-format', 'an address has at most 90 characters');
  }
  const hrp = /^(bc|tb|bcrt)1/i.exec(text)?.[1]?.toLowerCase();
  if (hrp === undefined) return parseBase58(text, PREFIXES[network]);
  if (hrp !== PREFIXES[network].bech32) {
    return fail('bitcoin/address-network', `a ${hrp}1 address is not of ${network}`);
  }
  return parseBech32(text);
}

function parseBech32(text: string): Result<Uint8Array, AddressError> {
  const limit = LIMITS.addressCharsMax;
  const v0 = bech32.decodeUnsafe(text, limit);
  const v1 = v0 === undefined ? bech32m.decodeUnsafe(text, limit) : undefined;
  const decoded = v0 ?? v1;
  if (decoded === undefined) return fail('bitcoin/address-checksum', 'bech32 checksum is wrong');
  const [version, ...words] = decoded.words;
  const program = bech32.fromWordsUnsafe(words);
  if (version === undefined || !program) {
    return fail('bitcoin/address-program', 'bech32 padding is wrong');
  }
  if (version > 16 || program.length < 2 || program.length > 40) {
    return fail('bitcoin/address-program', 'no such witness program');
  }
  if ((version === 0) !== (v0 !== undefined)) {
    return fail('bitcoin/address-checksum', 'version 0 is bech32, later versions are bech32m');
  }
  if (version === 0 && program.length !== 20 && program.length !== 32) {
    return fail('bitcoin/address-program', 'a version 0 program has 20 or 32 bytes');
  }
  const opcode = version === 0 ? 0 : 0x50 + version;
  return ok(concatBytes(Uint8Array.of(opcode, program.length), program));
}

function parseBase58(text: string, prefixes: Prefixes): Result<Uint8Array, AddressError> {
  const payload = decodeBase58Check(text);
  if (payload === null) return fail('bitcoin/address-checksum', 'neither base58check nor bech32');
  const [version, ...rest] = payload;
  if (rest.length !== 20) return fail('bitcoin/address-program', 'a base58 address has 20 bytes');
  const hash = Uint8Array.from(rest);
  if (version === prefixes.p2pkh) return ok(p2pkhScript(hash));
  if (version === prefixes.p2sh) return ok(p2shScript(hash));
  return fail('bitcoin/address-network', 'address version of another network');
}

function fail(code: AddressError['code'], message: string) {
  return err({ code, message });
}

function formatBase58(version: number, hash: Uint8Array): string {
  return encodeBase58Check(concatBytes(Uint8Array.of(version), hash));
}

/** Base58 with four bytes of double SHA-256 behind the payload. */
export function encodeBase58Check(payload: Uint8Array): string {
  return base58.encode(concatBytes(payload, doubleSha256(payload).subarray(0, 4)));
}

/** Null when the text is no base58 or its checksum is wrong. */
export function decodeBase58Check(text: string): Uint8Array | null {
  let bytes: Uint8Array;
  try {
    bytes = base58.decode(text);
  } catch {
    return null;
  }
  if (bytes.length < 5) return null;
  const payload = bytes.subarray(0, -4);
  return bytesEqual(doubleSha256(payload).subarray(0, 4), bytes.subarray(-4)) ? payload : null;
}

export interface ImportedKey {
  /** 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
  /** Whether its addresses use the compressed public key. */
  readonly compressed: boolean;
}

export function formatWif(key: ImportedKey, network: BitcoinNetwork): string {
  const tail = key.compressed ? Uint8Array.of(1) : new Uint8Array(0);
  const version = Uint8Array.of(PREFIXES[network].privateKey);
  return encodeBase58Check(concatBytes(version, key.privateKey, tail));
}

/** Null when the text is not a private key of `network`. */
export function parseWif(text: string, network: BitcoinNetwork): ImportedKey | null {
  if (text.length > LIMITS.addressCharsMax) return null;
  const payload = decodeBase58Check(text);
  if (payload === null || payload[0] !== PREFIXES[network].privateKey) return null;
  const compressed = payload.length === 34 && payload[33] === 1;
  if (!compressed && payload.length !== 33) return null;
  const privateKey = payload.slice(1, 33);
  return isValidPrivateKey(privateKey) ? { privateKey, compressed } : null;
}
