/**
 * Post-conditions: what the origin allows a transaction to move, checked after it ran. A violated
 * one aborts the transaction, whatever the contract did.
 * Source: SIP-005 "Transaction Post-Conditions", SIP-040 (maybe-sent, originator mode).
 */
import type { ByteReader, ByteWriter } from '@assay/bytes';
import {
  type ClarityValue,
  type Principal,
  readAddress,
  readClarityName,
  readClarityValue,
  readContractName,
  writeAddress,
  writeClarityValue,
  writeName,
} from '@assay/clarity-value';

/** Rule for assets that no post-condition names. */
export type PostConditionMode = 'allow' | 'deny' | 'originator';

/** Whose assets are meant; `origin` is whoever sent the transaction. */
export type PostConditionPrincipal = 'origin' | Principal;

export type FungibleCode = 'eq' | 'gt' | 'ge' | 'lt' | 'le';
export type NonFungibleCode = 'sent' | 'not-sent' | 'maybe-sent';

/** A contract by its deployer and name. */
export interface ContractId {
  readonly version: number;
  /** 20 bytes. */
  readonly hash: Uint8Array;
  readonly contractName: string;
}

/** A fungible or non-fungible token class. */
export interface AssetId {
  readonly contract: ContractId;
  readonly assetName: string;
}

export type PostCondition =
  | {
      readonly kind: 'stx';
      readonly principal: PostConditionPrincipal;
      readonly code: FungibleCode;
      /** u64. */
      readonly amount: bigint;
    }
  | {
      readonly kind: 'ft';
      readonly principal: PostConditionPrincipal;
      readonly asset: AssetId;
      readonly code: FungibleCode;
      /** u64. */
      readonly amount: bigint;
    }
  | {
      readonly kind: 'nft';
      readonly principal: PostConditionPrincipal;
      readonly asset: AssetId;
      /** Which token of the class. */
      readonly value: ClarityValue;
      readonly code: NonFungibleCode;
    };

const MODES: readonly (PostConditionMode | null)[] = [null, 'allow', 'deny', 'originator'];
const FUNGIBLE_CODES: readonly (FungibleCode | null)[] = [null, 'eq', 'gt', 'ge', 'lt', 'le'];
const NON_FUNGIBLE_BASE = 0x10;
const NON_FUNGIBLE_CODES: readonly NonFungibleCode[] = ['sent', 'not-sent', 'maybe-sent'];

export function writePostConditionMode(writer: ByteWriter, mode: PostConditionMode): void {
  writer.u8(MODES.indexOf(mode));
}

export function readPostConditionMode(reader: ByteReader): PostConditionMode {
  const id = reader.u8();
  return MODES[id] ?? reader.fail('wire/post-condition-mode', `unknown mode ${id}`);
}

export function writeContractId(writer: ByteWriter, contract: ContractId): void {
  writeAddress(writer, contract);
  writeName(writer, contract.contractName);
}

export function readContractId(reader: ByteReader): ContractId {
  const { version, hash } = readAddress(reader);
  return { version, hash, contractName: readContractName(reader) };
}

function writeWho(writer: ByteWriter, principal: PostConditionPrincipal): void {
  if (principal === 'origin') {
    writer.u8(1);
    return;
  }
  writer.u8(principal.contractName === null ? 2 : 3);
  writeAddress(writer, principal);
  if (principal.contractName !== null) writeName(writer, principal.contractName);
}

function readWho(reader: ByteReader): PostConditionPrincipal {
  const id = reader.u8();
  if (id === 1) return 'origin';
  if (id === 3) return readContractId(reader);
  if (id !== 2) reader.fail('wire/post-condition-principal', `unknown principal kind ${id}`);
  const { version, hash } = readAddress(reader);
  return { version, hash, contractName: null };
}

function writeAsset(writer: ByteWriter, asset: AssetId): void {
  writeContractId(writer, asset.contract);
  writeName(writer, asset.assetName);
}

function readAsset(reader: ByteReader): AssetId {
  return { contract: readContractId(reader), assetName: readClarityName(reader) };
}

function readFungibleCode(reader: ByteReader): FungibleCode {
  const id = reader.u8();
  return FUNGIBLE_CODES[id] ?? reader.fail('wire/post-condition-code', `unknown code ${id}`);
}

function readNonFungibleCode(reader: ByteReader): NonFungibleCode {
  const id = reader.u8();
  const code = NON_FUNGIBLE_CODES[id - NON_FUNGIBLE_BASE];
  return code ?? reader.fail('wire/post-condition-code', `unknown code ${id}`);
}

export function writePostCondition(writer: ByteWriter, condition: PostCondition): void {
  switch (condition.kind) {
    case 'stx':
      writer.u8(0);
      writeWho(writer, condition.principal);
      writer.u8(FUNGIBLE_CODES.indexOf(condition.code)).u64(condition.amount);
      return;
    case 'ft':
      writer.u8(1);
      writeWho(writer, condition.principal);
      writeAsset(writer, condition.asset);
      writer.u8(FUNGIBLE_CODES.indexOf(condition.code)).u64(condition.amount);
      return;
    case 'nft':
      writer.u8(2);
      writeWho(writer, condition.principal);
      writeAsset(writer, condition.asset);
      writeClarityValue(writer, condition.value);
      writer.u8(NON_FUNGIBLE_BASE + NON_FUNGIBLE_CODES.indexOf(condition.code));
      return;
  }
}

/** Differs: the staking forms 3 and 4 belong to epoch 4.0 and are refused here, not later. */
export function readPostCondition(reader: ByteReader): PostCondition {
  const id = reader.u8();
  if (id > 2) reader.fail('wire/post-condition-asset', `unknown asset kind ${id}`);
  const principal = readWho(reader);
  if (id === 0) {
    return { kind: 'stx', principal, code: readFungibleCode(reader), amount: reader.u64() };
  }
  const asset = readAsset(reader);
  if (id === 1) {
    return { kind: 'ft', principal, asset, code: readFungibleCode(reader), amount: reader.u64() };
  }
  const value = readClarityValue(reader);
  return { kind: 'nft', principal, asset, value, code: readNonFungibleCode(reader) };
}
