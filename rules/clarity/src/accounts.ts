/**
 * STX accounts in Clarity state: balances with their lock, nonces, supply. Natives and chainstate
 * (fees, rewards, token transfers, stacking) both go through here.
 *
 * Source: stacks-core clarity/src/vm/database/structures.rs (STXBalance), clarity_db.rs.
 */

import type { ClarityDb } from './db.ts';
import { LIQUID_SUPPLY_KEY, nonceKey, stxBalanceKey } from './state/keys.ts';
import { encodeValueHex } from './stored.ts';
import { UINT_MAX } from './value.ts';

/** An account as of a Bitcoin height; a lock that has run out counts as unlocked. */
export interface StxAccount {
  readonly unlockedMicro: bigint;
  readonly lockedMicro: bigint;
  /** Bitcoin height at which the lock ends; 0 without lock. */
  readonly unlockHeight: number;
}

const EMPTY: StxAccount = { unlockedMicro: 0n, lockedMicro: 0n, unlockHeight: 0 };

const hex = (value: bigint, digits: number) => value.toString(16).padStart(digits, '0');

/** 40 bytes; with a lock 41, led by the PoX version that set it. */
function encodeAccount(account: StxAccount): string {
  const body =
    hex(account.unlockedMicro, 32) +
    hex(account.lockedMicro, 32) +
    hex(BigInt(account.unlockHeight), 16);
  return account.lockedMicro === 0n ? body : `04${body}`;
}

function decodeAccount(text: string): StxAccount {
  const at = text.length === 82 ? 2 : 0;
  const unlockedMicro = BigInt(`0x${text.slice(at, at + 32)}`);
  const lockedMicro = BigInt(`0x${text.slice(at + 32, at + 64)}`);
  if (lockedMicro === 0n) return { unlockedMicro, lockedMicro, unlockHeight: 0 };
  const unlockHeight = Number(BigInt(`0x${text.slice(at + 64, at + 80)}`));
  return { unlockedMicro, lockedMicro, unlockHeight };
}

function readStored(db: ClarityDb, principal: string): StxAccount {
  const text = db.get(stxBalanceKey(principal));
  return text === null ? EMPTY : decodeAccount(text);
}

function write(db: ClarityDb, principal: string, account: StxAccount): void {
  db.put(stxBalanceKey(principal), encodeAccount(account));
}

/** @param principal `ST...` or `ST....name` */
export function readStxAccount(db: ClarityDb, principal: string, burnHeight: number): StxAccount {
  const account = readStored(db, principal);
  if (account.lockedMicro === 0n || account.unlockHeight > burnHeight) return account;
  return {
    unlockedMicro: account.unlockedMicro + account.lockedMicro,
    lockedMicro: 0n,
    unlockHeight: 0,
  };
}

export function readNonce(db: ClarityDb, principal: string): bigint {
  const text = db.get(nonceKey(principal));
  return text === null ? 0n : BigInt(text);
}

export function writeNonce(db: ClarityDb, principal: string, nonce: bigint): void {
  db.put(nonceKey(principal), nonce.toString());
}

/** Adds to the balance only; use `mintStx` when supply grows too. */
export function creditStx(
  db: ClarityDb,
  principal: string,
  amount: bigint,
  burnHeight: number,
): void {
  const account = readStxAccount(db, principal, burnHeight);
  const unlockedMicro = account.unlockedMicro + amount;
  if (unlockedMicro > UINT_MAX) throw new RangeError('STX balance above 2^128 - 1');
  write(db, principal, { ...account, unlockedMicro });
}

/** False when the unlocked balance is short; nothing is written then. */
export function debitStx(
  db: ClarityDb,
  principal: string,
  amount: bigint,
  burnHeight: number,
): boolean {
  const account = readStxAccount(db, principal, burnHeight);
  if (account.unlockedMicro < amount) return false;
  write(db, principal, { ...account, unlockedMicro: account.unlockedMicro - amount });
  return true;
}

/**
 * False when the unlocked balance is short; nothing is written then. The recipient is written
 * first, as upstream; a lock of theirs that has run out stays as stored.
 */
export function transferStx(
  db: ClarityDb,
  transfer: { readonly from: string; readonly to: string; readonly amount: bigint },
  burnHeight: number,
): boolean {
  const { from, to, amount } = transfer;
  const sender = readStxAccount(db, from, burnHeight);
  if (sender.unlockedMicro < amount) return false;
  if (from === to) return true;
  const recipient = readStored(db, to);
  const unlockedMicro = recipient.unlockedMicro + amount;
  if (unlockedMicro > UINT_MAX) throw new RangeError('STX balance above 2^128 - 1');
  write(db, to, { ...recipient, unlockedMicro });
  write(db, from, { ...sender, unlockedMicro: sender.unlockedMicro - amount });
  return true;
}

export function mintStx(
  db: ClarityDb,
  principal: string,
  amount: bigint,
  burnHeight: number,
): void {
  creditStx(db, principal, amount, burnHeight);
  writeLiquidSupply(db, readLiquidSupply(db) + amount);
}

/** False when the unlocked balance is short. */
export function burnStx(
  db: ClarityDb,
  principal: string,
  amount: bigint,
  burnHeight: number,
): boolean {
  if (!debitStx(db, principal, amount, burnHeight)) return false;
  writeLiquidSupply(db, readLiquidSupply(db) - amount);
  return true;
}

/** Locks `amount` of the unlocked balance until `unlockHeight` (PoX-4). False when short. */
export function lockStx(
  db: ClarityDb,
  lock: { readonly principal: string; readonly amount: bigint; readonly unlockHeight: number },
  burnHeight: number,
): boolean {
  const account = readStxAccount(db, lock.principal, burnHeight);
  if (account.lockedMicro !== 0n || lock.amount === 0n) return false;
  if (account.unlockedMicro < lock.amount || lock.unlockHeight <= burnHeight) return false;
  write(db, lock.principal, {
    unlockedMicro: account.unlockedMicro - lock.amount,
    lockedMicro: lock.amount,
    unlockHeight: lock.unlockHeight,
  });
  return true;
}

/** Moves the end of a lock, and more coins into it. False when there is no lock or too little. */
export function changeLock(
  db: ClarityDb,
  change: {
    readonly principal: string;
    readonly lockedMicro?: bigint;
    readonly unlockHeight?: number;
  },
  burnHeight: number,
): boolean {
  const account = readStxAccount(db, change.principal, burnHeight);
  if (account.lockedMicro === 0n) return false;
  const lockedMicro = change.lockedMicro ?? account.lockedMicro;
  const unlockHeight = change.unlockHeight ?? account.unlockHeight;
  const total = account.unlockedMicro + account.lockedMicro;
  if (lockedMicro < account.lockedMicro || lockedMicro > total) return false;
  if (unlockHeight <= burnHeight) return false;
  write(db, change.principal, { unlockedMicro: total - lockedMicro, lockedMicro, unlockHeight });
  return true;
}

/** `stx-liquid-supply`, micro-STX. */
export function readLiquidSupply(db: ClarityDb): bigint {
  const text = db.get(LIQUID_SUPPLY_KEY);
  return text === null ? 0n : BigInt(`0x${text.slice(2)}`);
}

export function writeLiquidSupply(db: ClarityDb, amount: bigint): void {
  db.put(LIQUID_SUPPLY_KEY, encodeValueHex({ type: 'uint', value: amount }));
}
