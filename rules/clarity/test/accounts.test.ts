import { describe, expect, it } from 'vitest';
import {
  burnStx,
  changeLock,
  debitStx,
  lockStx,
  MemoryClarityDb,
  mintStx,
  readLiquidSupply,
  readNonce,
  readStxAccount,
  transferStx,
  writeNonce,
} from '../src/index.ts';

const A = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const B = 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5.vault';

function funded() {
  const db = new MemoryClarityDb();
  mintStx(db, A, 1000n, 1);
  return db;
}

describe('STX accounts', () => {
  it('keep balance, nonce and supply in the words of Stacks state', () => {
    const db = funded();
    writeNonce(db, A, 7n);
    expect(readNonce(db, A)).toBe(7n);
    expect(readNonce(db, B)).toBe(0n);
    expect(db.get(`vm-account::${A}::19`)).toBe(`${'0'.repeat(29)}3e8${'0'.repeat(48)}`);
    expect(db.get(`vm-account::${A}::18`)).toBe('7');
    expect(readLiquidSupply(db)).toBe(1000n);
  });

  it('move and burn no more than is unlocked', () => {
    const db = funded();
    expect(transferStx(db, { from: A, to: B, amount: 1001n }, 1)).toBe(false);
    expect(transferStx(db, { from: A, to: B, amount: 400n }, 1)).toBe(true);
    expect(transferStx(db, { from: A, to: A, amount: 600n }, 1)).toBe(true);
    expect(debitStx(db, A, 601n, 1)).toBe(false);
    expect(burnStx(db, B, 100n, 1)).toBe(true);
    expect(readStxAccount(db, A, 1).unlockedMicro).toBe(600n);
    expect(readStxAccount(db, B, 1).unlockedMicro).toBe(300n);
    expect(readLiquidSupply(db)).toBe(900n);
  });

  it('lock until a Bitcoin height and unlock by themselves', () => {
    const db = funded();
    const lock = { principal: A, amount: 700n, unlockHeight: 50 };
    expect(lockStx(db, { ...lock, unlockHeight: 10 }, 10)).toBe(false);
    expect(lockStx(db, { ...lock, amount: 1001n }, 10)).toBe(false);
    expect(lockStx(db, lock, 10)).toBe(true);
    expect(lockStx(db, lock, 10)).toBe(false);
    expect(db.get(`vm-account::${A}::19`)).toMatch(/^04/);
    expect(readStxAccount(db, A, 49)).toEqual({
      unlockedMicro: 300n,
      lockedMicro: 700n,
      unlockHeight: 50,
    });
    expect(transferStx(db, { from: A, to: B, amount: 301n }, 49)).toBe(false);
    expect(readStxAccount(db, A, 50)).toEqual({
      unlockedMicro: 1000n,
      lockedMicro: 0n,
      unlockHeight: 0,
    });
    expect(transferStx(db, { from: A, to: B, amount: 301n }, 50)).toBe(true);
    expect(readStxAccount(db, A, 50).unlockedMicro).toBe(699n);
  });

  it('let a lock only grow', () => {
    const db = funded();
    expect(changeLock(db, { principal: A, unlockHeight: 60 }, 10)).toBe(false);
    lockStx(db, { principal: A, amount: 700n, unlockHeight: 50 }, 10);
    expect(changeLock(db, { principal: A, lockedMicro: 699n }, 10)).toBe(false);
    expect(changeLock(db, { principal: A, lockedMicro: 1001n }, 10)).toBe(false);
    expect(changeLock(db, { principal: A, lockedMicro: 900n, unlockHeight: 60 }, 10)).toBe(true);
    expect(readStxAccount(db, A, 59)).toEqual({
      unlockedMicro: 100n,
      lockedMicro: 900n,
      unlockHeight: 60,
    });
  });
});
