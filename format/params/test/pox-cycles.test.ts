import { describe, expect, it } from 'vitest';
import {
  coinbaseMicroAt,
  DEVNET,
  isPreparePhase,
  isSigningPreparePhase,
  MAINNET,
  preparedCycleAt,
  preparePhaseStart,
  rewardCycleAt,
  rewardCycleStart,
  rewardSlots,
  signerThreshold,
  signingCycleStart,
} from '../src/index.ts';

describe('SIP-007 reward cycles', () => {
  const pox = {
    firstBurnHeight: 100,
    rewardCycleLength: 20,
    prepareLength: 5,
    outputsPerCommit: 2,
  };

  it('puts index 0 into the old payout cycle and the new signing cycle', () => {
    expect(isPreparePhase(pox, 120)).toBe(true);
    expect(isSigningPreparePhase(pox, 120)).toBe(false);
    expect(rewardCycleAt(pox, 119)).toBe(0);
    expect(rewardCycleAt(pox, 120)).toBe(1);
    expect(signingCycleStart(pox, 1)).toBe(120);
    expect(rewardCycleStart(pox, 1)).toBe(121);
  });

  it('has 15 paying and 5 burning heights per cycle of 20', () => {
    const burning = [];
    for (let height = 101; height <= 120; height++) {
      if (isPreparePhase(pox, height)) burning.push(height);
    }
    expect(burning).toEqual([116, 117, 118, 119, 120]);
    expect(preparePhaseStart(pox, 0)).toBe(116);
    expect(preparedCycleAt(pox, 116)).toBe(1);
    expect(preparedCycleAt(pox, 120)).toBe(1);
    expect(preparedCycleAt(pox, 121)).toBeNull();
    expect(rewardSlots(pox)).toBe(30);
  });

  it('treats the first burn height as no prepare phase', () => {
    expect(isPreparePhase(pox, 100)).toBe(false);
    expect(rewardCycleAt(pox, 99)).toBeNull();
  });

  it('gives mainnet 4,000 slots', () => {
    expect(rewardSlots(MAINNET.pox)).toBe(4_000);
  });
});

describe('SIP-029 emission', () => {
  it('steps down at the offset, not one block earlier', () => {
    const first = MAINNET.pox.firstBurnHeight;
    expect(coinbaseMicroAt(MAINNET.emission, first, first + 278_949)).toBe(1_000_000_000n);
    expect(coinbaseMicroAt(MAINNET.emission, first, first + 278_950)).toBe(500_000_000n);
    expect(coinbaseMicroAt(DEVNET.emission, 100, 5)).toBe(1_000_000_000n);
  });
});

describe('SIP-021 signer threshold', () => {
  it('rounds 70 % up', () => {
    expect(signerThreshold(3n)).toBe(3n);
    expect(signerThreshold(10n)).toBe(7n);
    expect(signerThreshold(11n)).toBe(8n);
  });
});
