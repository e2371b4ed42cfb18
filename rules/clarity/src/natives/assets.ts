/**
 * Tokens of the contract itself: fungible balances and supply, owners of non-fungible ones.
 *
 * Source: stacks-core clarity/src/vm/functions/assets.rs, database/clarity_db.rs.
 */

import { Ty } from '@assay/clarity-value';
import { encodedSize } from '../codec.ts';
import type { FungibleToken, NonFungibleToken } from '../compile/contract.ts';
import { charge } from '../costs/charge.ts';
import type { CostName } from '../costs/costs.table.ts';
import { RuntimeFailure } from '../errors.ts';
import type { Code, Exec, Frame } from '../exec/exec.ts';
import { admitsValue, typeMismatch } from '../exec/sanitize.ts';
import { principalJson } from '../state/keys.ts';
import { encodeValueHex, storedReader } from '../stored.ts';
import {
  errUint,
  exportValue,
  NONE,
  OK_TRUE,
  type PrincipalV,
  UINT_MAX,
  uintValue,
  type Value,
  valueSize,
} from '../value.ts';
import { isBorrowed } from './sequences.ts';
import { atomName, expectPrincipal, special, unreachableType, wrongArity } from './special.ts';
import { storageSpecial } from './stx.ts';
import type { SpecialCall, SpecialNative } from './table.ts';

const NONE_HEX = '09';
const readOwner = storedReader(Ty.optional(Ty.principal));
const PRINCIPAL_BYTES = 148;
const UINT_BYTES = 16;

const balanceKey = (token: FungibleToken, holder: PrincipalV): string =>
  token.balancePrefix + principalJson(holder);

const readAmount = (x: Exec, key: string): bigint => {
  const text = x.db.get(key);
  return text === null ? 0n : BigInt(text);
};

const writeAmount = (x: Exec, key: string, amount: bigint): void =>
  x.db.put(key, amount.toString());

function tokenOf(call: SpecialCall): FungibleToken | null {
  const name = atomName(call, 0);
  return name === null ? null : (call.c.contract.fts.get(name) ?? null);
}

function ftSpecial(
  call: SpecialCall,
  arity: number,
  cost: CostName,
  body: (f: Frame, token: FungibleToken, codes: readonly Code[]) => Value,
): Code {
  const { c, args, scope, k } = call;
  const token = tokenOf(call);
  if (args.length !== arity) return wrongArity(call);
  const codes = args.slice(1).map((arg) => c.code(arg, scope, k + 1));
  return storageSpecial(call, cost, (f) => {
    if (token === null) throw unreachableType(`No such FT: ${atomName(call, 0)}`);
    return body(f, token, codes);
  });
}

const ftGetBalance: SpecialNative = (call) =>
  ftSpecial(call, 2, 'ftBalance', (f, token, codes) => {
    const owner = expectPrincipal(codes[0]!(f));
    return uintValue(readAmount(f.x, balanceKey(token, owner)));
  });

const ftGetSupply: SpecialNative = (call) =>
  ftSpecial(call, 1, 'ftSupply', (f, token) => uintValue(readAmount(f.x, token.supplyKey)));

const ftMint: SpecialNative = (call) =>
  ftSpecial(call, 3, 'ftMint', (f, token, codes) => {
    const amount = codes[0]!(f);
    const to = codes[1]!(f);
    if (amount.type !== 'uint' || to.type !== 'principal')
      throw unreachableType('Bad mint FT args');
    if (amount.value === 0n) return errUint(1);
    const { x } = f;
    const supply = readAmount(x, token.supplyKey) + amount.value;
    if (supply > UINT_MAX) throw new RuntimeFailure('ArithmeticOverflow');
    if (token.supplyMax !== null && supply > token.supplyMax) {
      throw new RuntimeFailure('SupplyOverflow', `supply of ${token.name} above its maximum`);
    }
    writeAmount(x, token.supplyKey, supply);
    const key = balanceKey(token, to);
    const balance = readAmount(x, key) + amount.value;
    x.m.keep(PRINCIPAL_BYTES + UINT_BYTES);
    writeAmount(x, key, balance);
    x.addEvent({
      type: 'ft_mint_event',
      asset: token.assetId,
      recipient: to.text,
      amount: amount.value,
    });
    return OK_TRUE;
  });

const ftTransfer: SpecialNative = (call) =>
  ftSpecial(call, 4, 'ftTransfer', (f, token, codes) => {
    const amount = codes[0]!(f);
    const from = codes[1]!(f);
    const to = codes[2]!(f);
    if (amount.type !== 'uint' || from.type !== 'principal' || to.type !== 'principal') {
      throw unreachableType('Bad transfer FT args');
    }
    if (amount.value === 0n) return errUint(3);
    if (from.text === to.text) return errUint(2);
    const { x } = f;
    const fromKey = balanceKey(token, from);
    const toKey = balanceKey(token, to);
    const fromBalance = readAmount(x, fromKey);
    if (fromBalance < amount.value) return errUint(1);
    const toBalance = readAmount(x, toKey) + amount.value;
    if (toBalance > UINT_MAX) throw new RuntimeFailure('ArithmeticOverflow');
    x.m.keep(2 * PRINCIPAL_BYTES + 2 * UINT_BYTES);
    writeAmount(x, fromKey, fromBalance - amount.value);
    writeAmount(x, toKey, toBalance);
    x.assets.addFt(from.text, token.assetId, amount.value);
    x.addEvent({
      type: 'ft_transfer_event',
      asset: token.assetId,
      sender: from.text,
      recipient: to.text,
      amount: amount.value,
    });
    return OK_TRUE;
  });

const ftBurn: SpecialNative = (call) =>
  ftSpecial(call, 3, 'ftBurn', (f, token, codes) => {
    const amount = codes[0]!(f);
    const from = codes[1]!(f);
    if (amount.type !== 'uint' || from.type !== 'principal')
      throw unreachableType('Bad burn FT args');
    if (amount.value === 0n) return errUint(1);
    const { x } = f;
    const key = balanceKey(token, from);
    const balance = readAmount(x, key);
    if (amount.value > balance) return errUint(1);
    const supply = readAmount(x, token.supplyKey);
    if (amount.value > supply) throw new RuntimeFailure('SupplyUnderflow');
    writeAmount(x, token.supplyKey, supply - amount.value);
    writeAmount(x, key, balance - amount.value);
    x.addEvent({
      type: 'ft_burn_event',
      asset: token.assetId,
      sender: from.text,
      amount: amount.value,
    });
    x.m.keep(PRINCIPAL_BYTES + UINT_BYTES);
    x.assets.addFt(from.text, token.assetId, amount.value);
    return OK_TRUE;
  });

interface NftCall {
  readonly nft: NonFungibleToken;
  readonly asset: Code;
  readonly rest: readonly Code[];
  /** The id is a variable: keeping a copy of it costs. */
  readonly copies: boolean;
}

function nftCall(call: SpecialCall, arity: number): NftCall | null {
  const { c, args, scope, k } = call;
  const name = atomName(call, 0);
  const nft = name === null ? undefined : c.contract.nfts.get(name);
  if (args.length !== arity || nft === undefined) return null;
  const [asset, ...rest] = args.slice(1).map((arg) => c.code(arg, scope, k + 1));
  return { nft, asset: asset!, rest, copies: isBorrowed(call, 1) };
}

/** Null when nobody owns it. */
function ownerOf(x: Exec, key: string): PrincipalV | null {
  const hex = x.db.get(key);
  if (hex === null || hex === NONE_HEX) return null;
  const owner = readOwner(hex);
  if (owner.type !== 'some' || owner.value.type !== 'principal') return null;
  return owner.value;
}

function setOwner(x: Exec, key: string, owner: PrincipalV): void {
  x.db.put(key, encodeValueHex({ type: 'some', value: owner }));
}

function chargeAsset(f: Frame, cost: CostName, nft: NonFungibleToken, asset: Value): number {
  const size = encodedSize(asset);
  charge(f.x.m, cost, size);
  if (!admitsValue(nft.type, asset)) typeMismatch(nft.type, asset);
  return size;
}

function chargeCopy(f: Frame, asset: Value): void {
  f.x.m.addRuntime(1 + 2 * valueSize(asset));
}

const nftGetOwner: SpecialNative = (call) => {
  const found = nftCall(call, 2);
  if (found === null) return wrongArity(call);
  return special(call, 0, (f) => {
    const asset = found.asset(f);
    chargeAsset(f, 'nftOwner', found.nft, asset);
    const owner = ownerOf(f.x, found.nft.prefix + encodeValueHex(asset));
    return owner === null ? NONE : { type: 'some', value: owner };
  });
};

const nftMint: SpecialNative = (call) => {
  const found = nftCall(call, 3);
  if (found === null) return wrongArity(call);
  const { nft } = found;
  return special(call, 0, (f) => {
    const asset = found.asset(f);
    const to = found.rest[0]!(f);
    const size = chargeAsset(f, 'nftMint', nft, asset);
    const recipient = expectPrincipal(to);
    const key = nft.prefix + encodeValueHex(asset);
    if (ownerOf(f.x, key) !== null) return errUint(1);
    f.x.m.keep(PRINCIPAL_BYTES + size);
    setOwner(f.x, key, recipient);
    if (found.copies) chargeCopy(f, asset);
    f.x.addEvent({
      type: 'nft_mint_event',
      asset: nft.assetId,
      recipient: recipient.text,
      value: exportValue(asset),
    });
    return OK_TRUE;
  });
};

const nftTransfer: SpecialNative = (call) => {
  const found = nftCall(call, 4);
  if (found === null) return wrongArity(call);
  const { nft } = found;
  return special(call, 0, (f) => {
    const asset = found.asset(f);
    const from = found.rest[0]!(f);
    const to = found.rest[1]!(f);
    const size = chargeAsset(f, 'nftTransfer', nft, asset);
    if (from.type !== 'principal' || to.type !== 'principal') {
      throw unreachableType('Bad transfer NFT args');
    }
    if (from.text === to.text) return errUint(2);
    const key = nft.prefix + encodeValueHex(asset);
    const owner = ownerOf(f.x, key);
    if (owner === null) return errUint(3);
    if (owner.text !== from.text) return errUint(1);
    f.x.m.keep(PRINCIPAL_BYTES + size);
    setOwner(f.x, key, to);
    if (found.copies) chargeCopy(f, asset);
    f.x.assets.addNft(from.text, nft.assetId, [asset]);
    f.x.addEvent({
      type: 'nft_transfer_event',
      asset: nft.assetId,
      sender: from.text,
      recipient: to.text,
      value: exportValue(asset),
    });
    return OK_TRUE;
  });
};

const nftBurn: SpecialNative = (call) => {
  const found = nftCall(call, 3);
  if (found === null) return wrongArity(call);
  const { nft } = found;
  return special(call, 0, (f) => {
    // Charged twice: once flat, once by the size of the id.
    charge(f.x.m, 'nftBurn', 0);
    const asset = found.asset(f);
    const from = found.rest[0]!(f);
    const size = chargeAsset(f, 'nftBurn', nft, asset);
    const sender = expectPrincipal(from);
    const key = nft.prefix + encodeValueHex(asset);
    const owner = ownerOf(f.x, key);
    if (owner === null) return errUint(3);
    if (owner.text !== sender.text) return errUint(1);
    f.x.m.keep(PRINCIPAL_BYTES + size);
    f.x.db.put(key, NONE_HEX);
    if (found.copies) chargeCopy(f, asset);
    f.x.assets.addNft(sender.text, nft.assetId, [asset]);
    f.x.addEvent({
      type: 'nft_burn_event',
      asset: nft.assetId,
      sender: sender.text,
      value: exportValue(asset),
    });
    return OK_TRUE;
  });
};

export const ASSET_SPECIALS: readonly [string, SpecialNative][] = [
  ['ft-get-balance', ftGetBalance],
  ['ft-get-supply', ftGetSupply],
  ['ft-mint?', ftMint],
  ['ft-transfer?', ftTransfer],
  ['ft-burn?', ftBurn],
  ['nft-get-owner?', nftGetOwner],
  ['nft-mint?', nftMint],
  ['nft-transfer?', nftTransfer],
  ['nft-burn?', nftBurn],
];
