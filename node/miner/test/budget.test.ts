/** SIP-034: when a miner renews the budget of its tenure, and from when signers let it. */
import type { Cost } from '@assay/clarity';
import { TENURE_COST_LIMIT } from '@assay/params';
import { type BlockResponse, blockResponseData } from '@assay/wire';
import { describe, expect, it } from 'vitest';
import { budgetExtension, RenewalWishes } from '../src/budget.ts';

const NEVER = 0xffff_ffff_ffff_ffffn;
const LIMIT = TENURE_COST_LIMIT;
const FREE: Cost = { writeLength: 0, writeCount: 0, readLength: 0, readCount: 0, runtime: 0 };
const THRESHOLDS = { fullPercent: 50, readCountPercent: 25 };

/** A cost in per cent of the budget. */
function spent(percent: Partial<Record<keyof Cost, number>>): { readonly tenureCost: Cost } {
  const tenureCost: Record<keyof Cost, number> = { ...FREE };
  for (const [name, share] of Object.entries(percent)) {
    const dimension = name as keyof Cost;
    tenureCost[dimension] = (Number(LIMIT[dimension]) * share) / 100;
  }
  return { tenureCost };
}

describe('the budget of a tenure', () => {
  it.each([
    [{ runtime: 49, readCount: 24 }, null],
    [{ runtime: 50 }, 'extended'],
    [{ writeLength: 50 }, 'extended'],
    [{ writeCount: 99 }, 'extended'],
    [{ readLength: 50 }, 'extended'],
    [{ readCount: 25 }, 'extended-read-count'],
    [{ readCount: 50 }, 'extended'],
  ] as const)('spent by %o %% is renewed by %s', (percent, cause) => {
    const agreed = { full: 99n, readCount: 99n };
    expect(budgetExtension(spent(percent), THRESHOLDS, agreed, 100n)).toBe(cause);
  });

  it.each([
    [{ full: 100n, readCount: 99n }, 'extended-read-count'],
    [{ full: 100n, readCount: 100n }, null],
    [{ full: NEVER, readCount: NEVER }, null],
    [null, null],
  ] as const)('is renewed only after signers agree: %o, %s', (agreed, cause) => {
    expect(budgetExtension(spent({ readCount: 80 }), THRESHOLDS, agreed, 100n)).toBe(cause);
  });
});

describe('when signers agree to a renewal', () => {
  const set = {
    cycle: 1,
    signers: [3n, 3n, 2n, 2n].map((weight, i) => ({
      publicKey: new Uint8Array(33).fill(i),
      weight,
    })),
  };

  function answer(fullSecs: bigint, readCountSecs: bigint): BlockResponse {
    return {
      kind: 'accepted',
      signerSignatureHash: new Uint8Array(32),
      signature: new Uint8Array(65),
      serverVersion: '',
      data: blockResponseData({ kind: 'not-rejected' }, { fullSecs, readCountSecs }),
    };
  }

  it('it is when the last of the first 70 % of weight does', () => {
    const wishes = new RenewalWishes();
    wishes.hear('a', 3, answer(10n, 40n));
    wishes.hear('a', 0, answer(20n, 30n));
    expect(wishes.agreed('a', set)).toBeNull();
    wishes.hear('a', 1, answer(40n, 20n));
    expect(wishes.agreed('a', set)).toEqual({ full: 40n, readCount: 40n });
    wishes.hear('a', 2, answer(30n, 10n));
    expect(wishes.agreed('a', set)).toEqual({ full: 30n, readCount: 30n });
  });

  it("a signer's last word counts, and nothing said in another tenure", () => {
    const wishes = new RenewalWishes();
    for (const slot of [0, 1, 2, 3]) wishes.hear('a', slot, answer(10n, 10n));
    for (const slot of [0, 1]) wishes.hear('a', slot, answer(NEVER, 50n));
    expect(wishes.agreed('a', set)).toEqual({ full: NEVER, readCount: 50n });
    expect(wishes.agreed('b', set)).toBeNull();
    wishes.hear('b', 0, answer(10n, 10n));
    expect(wishes.agreed('b', set)).toBeNull();
    expect(wishes.agreed('a', set)).toBeNull();
  });
});
