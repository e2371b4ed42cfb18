/**
 * Who can own things: an account (version and hash of keys) or a contract an account deployed.
 * Source: SIP-005 "Addresses", SIP-002 principals; clarity-types PrincipalData.
 */
import {
  type ByteReader,
  type ByteWriter,
  bytesEqual,
  compareBytes,
  err,
  ok,
  type Result,
} from '@assay/bytes';
import { formatC32Address, parseC32Address } from './c32.ts';
import { isContractName, readContractNameInValue, writeName } from './names.ts';

/** Address versions of the two networks, for single keys and for multisig scripts. */
export const ADDRESS_VERSIONS = {
  mainnet: { singleSig: 22, multiSig: 20 },
  testnet: { singleSig: 26, multiSig: 21 },
} as const;

/** An account alone. */
export interface Address {
  /** 0 to 31. */
  readonly version: number;
  /** 20 bytes, HASH160 of a key or a script. */
  readonly hash: Uint8Array;
}

export interface Principal extends Address {
  /** Null for the account itself. */
  readonly contractName: string | null;
}

export interface ParseError {
  readonly code: 'value/address' | 'value/contract-name';
  readonly message: string;
}

/** `SP…` or `SP….name`. */
export function parsePrincipal(text: string): Result<Principal, ParseError> {
  const dot = text.indexOf('.');
  const address = parseC32Address(dot < 0 ? text : text.slice(0, dot));
  if (address?.data.length !== 20) {
    return err({ code: 'value/address', message: 'not a Stacks address' });
  }
  const contractName = dot < 0 ? null : text.slice(dot + 1);
  if (contractName !== null && !isContractName(contractName)) {
    return err({ code: 'value/contract-name', message: 'not a contract name' });
  }
  return ok({ version: address.version, hash: address.data, contractName });
}

/** The text form of an account: `SP…`, `ST…`. */
export function formatAddress(address: Address): string {
  return formatC32Address(address.version, address.hash);
}

/** `SP…` or `SP….name`. */
export function formatPrincipal(principal: Principal): string {
  const address = formatC32Address(principal.version, principal.hash);
  return principal.contractName === null ? address : `${address}.${principal.contractName}`;
}

export function principalsEqual(a: Principal, b: Principal): boolean {
  return a.version === b.version && a.contractName === b.contractName && bytesEqual(a.hash, b.hash);
}

/** A total order: version, hash, accounts before contracts, contract name. */
export function comparePrincipals(a: Principal, b: Principal): number {
  if (a.version !== b.version) return a.version - b.version;
  const byHash = compareBytes(a.hash, b.hash);
  if (byHash !== 0) return byHash;
  const [left, right] = [a.contractName ?? '', b.contractName ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Version byte and 20 bytes. @throws DecodeError value/address-version */
export function readAddress(reader: ByteReader): Address {
  const version = reader.u8();
  if (version > 31) reader.fail('value/address-version', `address version ${version} above 31`);
  return { version, hash: reader.take(20) };
}

export function writeAddress(writer: ByteWriter, address: Address): void {
  writer.u8(address.version).raw(address.hash);
}

/** Tag 5 or 6, address, and for 6 the contract name, as in a Clarity value. */
export function readPrincipal(reader: ByteReader): Principal {
  const tag = reader.u8();
  if (tag !== 5 && tag !== 6) reader.fail('value/principal', `no principal starts with ${tag}`);
  const { version, hash } = readAddress(reader);
  return { version, hash, contractName: tag === 5 ? null : readContractNameInValue(reader) };
}

export function writePrincipal(writer: ByteWriter, principal: Principal): void {
  writer.u8(principal.contractName === null ? 5 : 6);
  writeAddress(writer, principal);
  if (principal.contractName !== null) writeName(writer, principal.contractName);
}
