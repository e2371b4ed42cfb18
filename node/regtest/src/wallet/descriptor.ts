/**
 * Output descriptors: the text form in which bitcoind's wallet and UTXO scan name scripts.
 * Single keys (hex or WIF), fixed multisig, addresses and raw scripts; extended keys are refused
 * by name.
 * Source: BIP380 to BIP386; Bitcoin Core script/descriptor.cpp.
 */
import {
  formatAddress,
  multisigScript,
  p2pkhScript,
  p2pkScript,
  p2shScript,
  p2trScript,
  p2wpkhScript,
  p2wshScript,
  parseAddress,
  parseWif,
  recognizeOutput,
} from '@assay/bitcoin';
import { bytesFromHex, bytesToHex, compareBytes, err, isHex, ok, type Result } from '@assay/bytes';
import { hash160, isValidPublicKey, publicKeyFromPrivate, sha256 } from '@assay/crypto';

export interface DescriptorKey {
  readonly publicKey: Uint8Array;
  /** Null for a public key. Secret. */
  readonly privateKey: Uint8Array | null;
}

export interface Descriptor {
  /** Output scripts it stands for; several for `combo`. */
  readonly scripts: readonly Uint8Array[];
  readonly keys: readonly DescriptorKey[];
  /** Public form with checksum. */
  readonly text: string;
  /** Whether one knows how to spend, keys aside. */
  readonly isSolvable: boolean;
}

const INPUT_CHARS =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const CHECKSUM_CHARS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn];

function polymod(state: bigint, value: number): bigint {
  const top = Number(state >> 35n);
  let next = ((state & 0x7ffffffffn) << 5n) ^ BigInt(value);
  for (const [i, word] of GENERATOR.entries()) if (((top >> i) & 1) === 1) next ^= word;
  return next;
}

/** Eight characters; null when the text has a character no descriptor contains. */
export function descriptorChecksum(text: string): string | null {
  let state = 1n;
  let group = 0;
  let count = 0;
  for (const char of text) {
    const position = INPUT_CHARS.indexOf(char);
    if (position < 0) return null;
    state = polymod(state, position & 31);
    group = group * 3 + (position >> 5);
    if (++count === 3) {
      state = polymod(state, group);
      group = 0;
      count = 0;
    }
  }
  if (count > 0) state = polymod(state, group);
  for (let i = 0; i < 8; i++) state = polymod(state, 0);
  state ^= 1n;
  let out = '';
  for (let i = 7; i >= 0; i--) out += CHECKSUM_CHARS[Number((state >> BigInt(5 * i)) & 31n)];
  return out;
}

function withChecksum(text: string): string {
  return `${text}#${descriptorChecksum(text)}`;
}

/** What can be said about a script alone; as `desc` of bitcoind's outputs. */
export function inferDescriptor(script: Uint8Array): string {
  const output = recognizeOutput(script);
  const address = formatAddress(script, 'regtest');
  if (output.kind === 'p2pk') return withChecksum(`pk(${bytesToHex(output.publicKey)})`);
  if (output.kind === 'p2tr') return withChecksum(`rawtr(${bytesToHex(output.outputKey)})`);
  if (output.kind === 'multisig') {
    const keys = output.publicKeys.map(bytesToHex).join(',');
    return withChecksum(`multi(${output.required},${keys})`);
  }
  return withChecksum(address === null ? `raw(${bytesToHex(script)})` : `addr(${address})`);
}

/**
 * Reads a descriptor; a checksum is verified when present.
 * @param needsChecksum  as `importdescriptors` does
 */
export function parseDescriptor(text: string, needsChecksum = false): Result<Descriptor, string> {
  const [body, checksum, ...more] = text.split('#');
  if (body === undefined || more.length > 0) return err("Multiple '#' symbols");
  const wanted = descriptorChecksum(body);
  if (wanted === null) return err('Invalid characters in payload');
  if (checksum === undefined && needsChecksum) return err('Missing checksum');
  if (checksum !== undefined && checksum.length !== 8) {
    return err(`Expected 8 character checksum, not ${checksum.length} characters`);
  }
  if (checksum !== undefined && checksum !== wanted) {
    return err(`Provided checksum '${checksum}' does not match computed checksum '${wanted}'`);
  }
  const parsed = parseExpression(body, 'top');
  if (!parsed.ok) return parsed;
  return ok({ ...parsed.value, text: withChecksum(parsed.value.text) });
}

type Parsed = Result<Descriptor, string>;

/** Where an expression stands, which decides what it may be. */
type Place = 'top' | 'sh' | 'wsh';

const PLACES: Readonly<Record<string, readonly Place[]>> = {
  addr: ['top'],
  raw: ['top'],
  rawtr: ['top'],
  combo: ['top'],
  sh: ['top'],
  wsh: ['top', 'sh'],
  wpkh: ['top', 'sh'],
  pk: ['top', 'sh', 'wsh'],
  pkh: ['top', 'sh', 'wsh'],
  multi: ['top', 'sh', 'wsh'],
  sortedmulti: ['top', 'sh', 'wsh'],
};

function parseExpression(body: string, place: Place): Parsed {
  const match = /^([a-z]+)\((.*)\)$/.exec(body);
  if (match === null) return err(`'${body}' is not a valid descriptor function`);
  const name = match[1]!;
  const inner = match[2]!;
  const places = PLACES[name];
  if (places === undefined) return err(`'${name}' descriptors are not supported here`);
  if (!places.includes(place)) return err(`Cannot have ${name}() inside ${place}()`);
  switch (name) {
    case 'addr':
      return parseAddr(inner);
    case 'raw':
      if (!isHex(inner)) return err('Raw script is not hex');
      return plain([bytesFromHex(inner)], `raw(${inner})`, false);
    case 'rawtr':
      if (!/^[0-9a-fA-F]{64}$/.test(inner)) return err('rawtr() needs an x-only key');
      return plain([p2trScript(bytesFromHex(inner))], `rawtr(${inner})`, true);
    case 'multi':
    case 'sortedmulti':
      return parseMulti(name, inner);
    case 'sh':
    case 'wsh':
      return wrap(name, inner);
    default:
      return parseSingleKey(name as 'pk' | 'pkh' | 'wpkh' | 'combo', inner);
  }
}

function plain(scripts: readonly Uint8Array[], text: string, isSolvable: boolean): Parsed {
  return ok({ scripts, keys: [], text, isSolvable });
}

function parseAddr(inner: string): Parsed {
  const script = parseAddress(inner, 'regtest');
  return script.ok ? plain([script.value], `addr(${inner})`, false) : err('Address is not valid');
}

function parseSingleKey(name: 'pk' | 'pkh' | 'wpkh' | 'combo', inner: string): Parsed {
  const key = parseKey(inner);
  if (!key.ok) return err(`${name}(): ${key.error}`);
  const { publicKey } = key.value;
  const isCompressed = publicKey.length === 33;
  if (name === 'wpkh' && !isCompressed) return err('wpkh(): Uncompressed keys are not allowed');
  const hash = hash160(publicKey);
  const forms = {
    pk: [p2pkScript(publicKey)],
    pkh: [p2pkhScript(hash)],
    wpkh: [p2wpkhScript(hash)],
    combo: [p2pkScript(publicKey), p2pkhScript(hash)],
  };
  const scripts = [...forms[name]];
  if (name === 'combo' && isCompressed) {
    scripts.push(p2wpkhScript(hash), p2shScript(hash160(p2wpkhScript(hash))));
  }
  const text = `${name}(${bytesToHex(publicKey)})`;
  return ok({ scripts, keys: [key.value], text, isSolvable: true });
}

function parseKey(text: string): Result<DescriptorKey, string> {
  const bare = text.replace(/^\[[^\]]*\]/, '');
  if (/^[xt](pub|prv)/.test(bare)) return err('extended keys are not supported here');
  if (isHex(bare)) {
    const publicKey = bytesFromHex(bare);
    if (isValidPublicKey(publicKey)) return ok({ publicKey, privateKey: null });
    return err(`Pubkey '${bare}' is invalid`);
  }
  const key = parseWif(bare, 'regtest');
  if (key === null) return err(`key '${bare}' is not valid`);
  const publicKey = publicKeyFromPrivate(key.privateKey, key.compressed);
  return ok({ publicKey, privateKey: key.privateKey });
}

function parseMulti(name: 'multi' | 'sortedmulti', inner: string): Parsed {
  const [first, ...rest] = inner.split(',');
  const required = Number(first);
  const keys: DescriptorKey[] = [];
  for (const text of rest) {
    const key = parseKey(text);
    if (!key.ok) return err(`Multi: ${key.error}`);
    keys.push(key.value);
  }
  if (!/^\d+$/.test(first!) || required < 1 || required > keys.length || keys.length > 16) {
    return err(`Multi threshold '${first}' is not valid`);
  }
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const ordered = name === 'multi' ? publicKeys : [...publicKeys].sort(compareBytes);
  const text = `${name}(${[required, ...publicKeys.map(bytesToHex)].join(',')})`;
  return ok({ scripts: [multisigScript(required, ordered)], keys, text, isSolvable: true });
}

function wrap(name: 'sh' | 'wsh', inner: string): Parsed {
  const parsed = parseExpression(inner, name);
  if (!parsed.ok) return parsed;
  const { scripts, keys, text } = parsed.value;
  const script = scripts[0]!;
  const wrapped = name === 'sh' ? p2shScript(hash160(script)) : p2wshScript(sha256(script));
  return ok({ scripts: [wrapped], keys, text: `${name}(${text})`, isSolvable: true });
}
