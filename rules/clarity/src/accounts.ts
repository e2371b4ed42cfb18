/**
 * STX accounts in Clarity state: balances with their lock, nonces, supply. Natives and chainstate
 * (fees, rewards, token transfers, stacking) both go through here.
 *
 * Source: stacks-core clarity/src/vm/database/structures.rs (STXBalance), clarity_db.rs.
 */
import type { ClarityDb } from './db.ts';

/** An account as of a Bitcoin height; a lock that has run out counts as unlocked. */
export interface StxAccount {
  readonly unlockedMicro: bigint;
  readonly lockedMicro: bigint;
  /** Bitcoin height at which the lock ends; 0 without lock. */
  readonly unlockHeight: number;
}

/** @param principal `ST...` or `ST....name` */
export function readStxAccount(
  _db: ClarityDb,
  _principal: string,
  _burnHeight: number,
): StxAccount {
  throw new Error('not written yet');
}

export function readNonce(_db: ClarityDb, _principal: string): bigint {
  throw new Error('not written yet');
}

export function writeNonce(_db: ClarityDb, _principal: string, _nonce: bigint): void {
  throw new Error('not written yet');
}

/** Adds to the balance only; use `mintStx` when supply grows too. */
export function creditStx(
  _db: ClarityDb,
  _principal: string,
  _amount: bigint,
  _burnHeight: number,
): void {
  throw new Error('not written yet');
}

/** False when the unlocked balance is short; nothing is written then. */
export function debitStx(
  _db: ClarityDb,
  _principal: string,
  _amount: bigint,
  _burnHeight: number,
): boolean {
  throw new Error('not written yet');
}

/** False when the unlocked balance is short; nothing is written then. Sender is written first. */
export function transferStx(
  _db: ClarityDb,
  _transfer: { from: string; to: string; amount: bigint },
  _burnHeight: number,
): boolean {
  throw new Error('not written yet');
}

export function mintStx(
  _db: ClarityDb,
  _principal: string,
  _amount: bigint,
  _burnHeight: number,
): void {
  throw new Error('not written yet');
}

export function burnStx(
  _db: ClarityDb,
  _principal: string,
  _amount: bigint,
  _burnHeight: number,
): boolean {
  throw new Error('not written yet');
}

/** Locks `amount` of the unlocked balance until `unlockHeight` (PoX-4). False when short. */
export function lockStx(
  _db: ClarityDb,
  _lock: { principal: string; amount: bigint; unlockHeight: number },
  _burnHeight: number,
): boolean {
  throw new Error('not written yet');
}

/** `stx-liquid-supply`, micro-STX. */
export function readLiquidSupply(_db: ClarityDb): bigint {
  throw new Error('not written yet');
}

export function writeLiquidSupply(_db: ClarityDb, _amount: bigint): void {
  throw new Error('not written yet');
}

/** `tenure-height` as state (the executing block's value comes from BlockInfoDb). */
export function writeTenureHeight(_db: ClarityDb, _height: number): void {
  throw new Error('not written yet');
}
