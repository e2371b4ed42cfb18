/** SIP-021 and SIP-034: which tenure changes fit where, what a tenure earns, when it is paid. */

import { Cv } from '@assay/clarity-value';
import { hash160 } from '@assay/crypto';
import type { TenureChangePayload, Transaction } from '@assay/wire';
import { describe, expect, it } from 'vitest';
import { ALICE, BOB, BOOT, MINER, START, TestChain, transfer } from './network.ts';

function extend(chain: TestChain, changes: Partial<TenureChangePayload> = {}): Transaction {
  const { tip } = chain;
  return chain.sign(
    MINER,
    {
      kind: 'tenure-change',
      tenureConsensusHash: tip.header.consensusHash,
      prevTenureConsensusHash: tip.header.consensusHash,
      burnViewConsensusHash: tip.burnView.consensusHash,
      previousTenureEnd: tip.blockId,
      previousTenureBlocks: tip.tenureBlocks,
      cause: 'extended',
      pubkeyHash: hash160(MINER.publicKey),
      ...changes,
    },
    { fee: 0n },
  );
}

function codeOf(chain: TestChain, transactions: readonly Transaction[], view = chain.tip.burnView) {
  const builder = chain.chain.build(chain.tip.blockId, chain.context(view));
  const outcomes = transactions.map((tx) => builder.tryTransaction(chain.check(tx)));
  builder.abort();
  return outcomes.map((o) => (o.kind === 'included' ? 'included' : o.message));
}

describe('tenures', () => {
  it('counts tenures and blocks, and moves the burn view', () => {
    const chain = new TestChain();
    chain.tenure();
    expect([chain.tip.tenureHeight, chain.tip.tenureBlocks, chain.tip.height]).toEqual([1, 1, 1]);
    chain.mine(chain.sign(ALICE, transfer(BOB.address, 1n)));
    expect([chain.tip.tenureHeight, chain.tip.tenureBlocks, chain.tip.height]).toEqual([1, 2, 2]);
    chain.tenure();
    expect([chain.tip.tenureHeight, chain.tip.tenureBlocks, chain.tip.height]).toEqual([2, 1, 3]);
    expect(chain.chain.tenureStarts(chain.tip.header.consensusHash)).toEqual([chain.tip.blockId]);
  });

  it('demands tenure change and coinbase first, and only there', () => {
    const chain = new TestChain();
    const pay = chain.sign(ALICE, transfer(BOB.address, 1n));
    const view = chain.burnView(101);
    const [change, coinbase] = chain.tenureTransactions(view, chain.tip) as [
      Transaction,
      Transaction,
    ];
    expect(codeOf(chain, [pay], view)).toEqual(['the first block starts a tenure']);
    expect(codeOf(chain, [change, pay, coinbase, coinbase, change], view)).toEqual([
      'included',
      'the second transaction of a tenure is its coinbase',
      'included',
      'a coinbase follows the start of a tenure',
      'a tenure change is the first transaction of a block',
    ]);
  });

  it('refuses a tenure change that does not fit the parent or the sortition', () => {
    const chain = new TestChain();
    chain.tenure();
    const other = new Uint8Array(20);
    const bad = (changes: Partial<TenureChangePayload>) =>
      codeOf(chain, [extend(chain, changes)])[0];
    expect(bad({})).toBe('included');
    expect(bad({ previousTenureBlocks: 7 })).toContain('1 blocks, not 7');
    expect(bad({ previousTenureEnd: new Uint8Array(32) })).toContain('parent block');
    expect(bad({ prevTenureConsensusHash: other })).toContain('another previous tenure');
    expect(bad({ burnViewConsensusHash: other })).toContain('another burn view');
    expect(bad({ tenureConsensusHash: other })).toContain('only the ongoing tenure');
    expect(bad({ pubkeyHash: other })).toContain('won by another key');
    expect(bad({ cause: 'block-found' })).toContain('has its tenure already');
  });

  it('extends a tenure onto a newer burn view and resets the budget', () => {
    const chain = new TestChain();
    chain.tenure();
    chain.mine(
      chain.sign(ALICE, {
        kind: 'versioned-smart-contract',
        clarityVersion: 3,
        contractName: 'small',
        source: '(define-read-only (one) u1)',
      }),
    );
    expect(chain.tip.tenureCost.runtime).toBeGreaterThan(0);
    const view = chain.burnView(102);
    const change = extend(chain, { burnViewConsensusHash: view.consensusHash });
    const context = chain.context(view);
    chain.apply(chain.assemble([change], context).block, context);
    expect(chain.tip.tenureCost.runtime).toBe(0);
    expect(chain.tip.tenureHeight).toBe(1);
    expect(chain.tip.burnView.burnHeight).toBe(102);
    expect(chain.tip.tenureView.burnHeight).toBe(101);
    expect(chain.tip.header.burnSpent).toBe(view.totalBurn);
  });

  it.each([
    ['extended-runtime', 'runtime'],
    ['extended-read-count', 'readCount'],
    ['extended-read-length', 'readLength'],
    ['extended-write-count', 'writeCount'],
    ['extended-write-length', 'writeLength'],
  ] as const)('SIP-034: %s renews %s alone, on the same burn view', (cause, dimension) => {
    const chain = new TestChain();
    chain.tenure();
    chain.mine(
      chain.sign(ALICE, {
        kind: 'versioned-smart-contract',
        clarityVersion: 3,
        contractName: 'small',
        source: '(define-data-var n uint u0) (var-set n (+ (var-get n) u1))',
      }),
    );
    const spent = chain.tip.tenureCost;
    expect(Math.min(...Object.values(spent))).toBeGreaterThan(0);
    const context = chain.context(chain.burnView(101));
    chain.apply(chain.assemble([extend(chain, { cause })], context).block, context);
    expect(chain.tip.tenureCost).toEqual({ ...spent, [dimension]: 0 });
    expect(chain.tip.tenureHeight).toBe(1);
  });

  it('gives .beacon the lots and .signers the set of a new cycle', () => {
    const chain = new TestChain();
    chain.tenure();
    chain.tenure([], 20);
    const state = chain.chain.view(chain.tip.blockId);
    for (const [number, height] of [
      [1n, 101],
      [2n, 121],
    ] as const) {
      const view = chain.burnView(height);
      const beacon = Cv.tuple({
        'sortition-hash': Cv.buffer(view.sortitionHash),
        'burn-hash': Cv.buffer(view.burnHeaderHash),
        'burn-height': Cv.uint(height),
      });
      const kept = state.mapEntry(`${BOOT}.beacon`, 'history', Cv.uint(number));
      expect(kept).toEqual(Cv.some(beacon));
    }
    expect(state.dataVar(`${BOOT}.beacon`, 'sequence')).toEqual(Cv.uint(2));
    expect(chain.tip.rewardCycle).toBe(1);
    const last = chain.chain.view(chain.tip.blockId).dataVar(`${BOOT}.signers`, 'last-set-cycle');
    expect(last).toEqual(Cv.uint(1));
  });

  it('pays coinbase and fees of a tenure once they are mature, and only then', () => {
    const chain = new TestChain({ network: { minerRewardMaturity: 3 } });
    chain.tenure([], 2);
    chain.mine(chain.sign(ALICE, transfer(BOB.address, 1n), { fee: 700n }));
    chain.tenure();
    chain.tenure();
    expect(chain.balanceOf(MINER.address)).toBe(0n);
    const applied = chain.tenure();
    expect(applied.maturedRewards).toHaveLength(1);
    expect(applied.maturedRewards[0]).toMatchObject({
      recipient: MINER.address,
      coinbaseMicro: 1_000_000_000n,
      feesMicro: 700n,
      fromHeight: 1,
    });
    expect(chain.balanceOf(MINER.address)).toBe(1_000_000_700n);
    expect(chain.balanceOf(ALICE.address)).toBe(START - 701n);
  });

  it('adds the coinbases of sortitions that nobody won', () => {
    const chain = new TestChain();
    const view = { ...chain.burnView(104), accumulatedCoinbaseMicro: 3_000_000_000n };
    const context = chain.context(view);
    chain.apply(chain.assemble(chain.tenureTransactions(view, chain.tip), context).block, context);
    expect(chain.tip.coinbaseMicro).toBe(4_000_000_000n);
  });
});
