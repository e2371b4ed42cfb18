import { bytesToHex } from '@assay/bytes';
import { ripemd160, sha256 } from '@assay/crypto';
import { DEVNET } from '@assay/params';
import { describe, expect, it } from 'vitest';
import {
  BURN_ADDRESS,
  type BurnAddress,
  consensusAncestorHeights,
  mixSortitionHash,
  poxIdAt,
  sortitionIndex,
} from '../src/index.ts';
import { BurnChain, digest, FIRST } from './burn-chain.ts';

describe('SIP-001 consensus hash', () => {
  it('commits to ancestors at distances 2^i - 1', () => {
    expect(consensusAncestorHeights(0, 0)).toEqual([0]);
    expect(consensusAncestorHeights(1, 0)).toEqual([1, 0]);
    expect(consensusAncestorHeights(2, 0)).toEqual([2, 1]);
    expect(consensusAncestorHeights(255, 0)).toEqual([255, 254, 252, 248, 240, 224, 192, 128, 0]);
    expect(consensusAncestorHeights(102, 100)).toEqual([102, 101]);
  });

  it('is RIPEMD160(SHA256(version, block, ops, burn, pox id, ancestors))', () => {
    const chain = new BurnChain();
    const { snapshot } = chain.push([]);
    const text = [
      '17000000',
      bytesToHex(snapshot.burnHeaderHash),
      bytesToHex(sha256(new Uint8Array(0))),
      '0000000000000000',
      bytesToHex(new TextEncoder().encode('11')),
      '00'.repeat(20),
    ].join('');
    const bytes = Uint8Array.from(text.match(/../g)!.map((byte) => Number.parseInt(byte, 16)));
    expect(bytesToHex(snapshot.consensusHash)).toBe(bytesToHex(ripemd160(sha256(bytes))));
  });

  it('grows the pox id at the first paying block of each cycle', () => {
    const { pox } = DEVNET;
    expect([100, 101, 120, 121].map((h) => poxIdAt(pox, h))).toEqual(['1', '11', '11', '111']);
  });
});

describe('SIP-001 sortition', () => {
  it('reads the index little-endian', () => {
    expect(sortitionIndex(Uint8Array.of(1, 2, ...new Uint8Array(30)))).toBe(0x0201n);
  });

  it('lets a miner win from its third chained commit on', () => {
    const chain = new BurnChain();
    const miner = chain.miner('a');
    chain.push([chain.keyOp(miner, 101, 1)]);
    const outcomes = [];
    for (let height = 102; height <= 106; height++) {
      outcomes.push(chain.push([chain.commitOp(miner, height, 1, 20_000n)]));
    }
    expect(outcomes.map((o) => o.noWinner)).toEqual(['not-active', 'not-active', null, null, null]);
    const { snapshot } = outcomes[2]!;
    expect(snapshot.totalBurnSats).toBe(20_000n);
    expect(bytesToHex(snapshot.winner!.minerPubkeyHash!)).toBe(
      bytesToHex(digest('signing', 'a').slice(0, 20)),
    );
    const rolled = mixSortitionHash(outcomes[1]!.snapshot.sortitionHash, snapshot.burnHeaderHash);
    expect(bytesToHex(snapshot.sortitionHash)).toBe(
      bytesToHex(mixSortitionHash(rolled, snapshot.winner!.vrfSeed)),
    );
    // Coinbases of blocks without winner accumulate only after the first sortition.
    expect(snapshot.accumulatedCoinbaseMicro).toBe(0n);
    const empty = chain.push([]);
    const next = chain.push([chain.commitOp(miner, 108, 1, 20_000n)]);
    expect(empty.noWinner).toBe('no-commits');
    expect(next.snapshot.accumulatedCoinbaseMicro).toBe(1_000_000_000n);
  });

  it('remembers whom the bids were to pay, and what each payee got (SIP-007)', () => {
    const chain = new BurnChain();
    const [a, b] = [chain.miner('a'), chain.miner('b')];
    chain.push([chain.keyOp(a, 101, 1), chain.keyOp(b, 101, 2)]);
    // Each bid is halved by itself, rounding down.
    const bids = [chain.commitOp(a, 102, 1, 20_001n), chain.commitOp(b, 102, 2, 11n)];
    const two = { payees: [BURN_ADDRESS, BURN_ADDRESS] };
    expect(chain.decide(chain.db.tip, bids).snapshot.payouts).toEqual({
      ...two,
      perPayeeSats: 10_005n,
    });
    expect(chain.push([]).snapshot.payouts).toEqual({ ...two, perPayeeSats: 0n });
    while (chain.db.tip.burnHeight < 115) chain.push([]);
    expect(chain.push([chain.commitOp(a, 116, 1, 7n)]).snapshot.payouts).toEqual({
      payees: [BURN_ADDRESS],
      perPayeeSats: 7n,
    });
    const payee: BurnAddress = { kind: 'p2wpkh', program: digest('payee').slice(0, 20) };
    const drawn = { payees: [payee], descendsFromAnchor: () => true };
    expect(chain.decide(chain.db.tip, [], '', drawn).snapshot.payouts.payees).toEqual([
      BURN_ADDRESS,
    ]);
    while (chain.db.tip.burnHeight < 121) chain.push([]);
    expect(chain.decide(chain.db.tip, [], '', drawn).snapshot.payouts.payees).toEqual([
      payee,
      BURN_ADDRESS,
    ]);
  });

  it('needs one commit only in a prepare phase', () => {
    const chain = new BurnChain();
    const miner = chain.miner('a');
    chain.push([chain.keyOp(miner, 101, 1)]);
    while (chain.db.tip.burnHeight < 115) chain.push([]);
    expect(chain.push([chain.commitOp(miner, 116, 1, 1n)]).noWinner).toBeNull();
  });

  it('draws in proportion to the bids', () => {
    const chain = new BurnChain();
    const rich = chain.miner('rich');
    const poor = chain.miner('poor');
    chain.push([chain.keyOp(rich, 101, 1), chain.keyOp(poor, 101, 2)]);
    let wins = 0;
    for (let height = 102; height < 502; height++) {
      const ops = [
        chain.commitOp(rich, height, 1, 30_000n),
        chain.commitOp(poor, height, 2, 10_000n),
      ];
      const { snapshot } = chain.push(ops);
      if (snapshot.winner?.vtxindex === 1) wins++;
    }
    expect(wins).toBeGreaterThan(265);
    expect(wins).toBeLessThan(330);
  });

  it('lets the null miner in when the bids fall', () => {
    const chain = new BurnChain();
    const miner = chain.miner('a');
    chain.push([chain.keyOp(miner, 101, 1)]);
    for (let height = 102; height <= 110; height++) {
      chain.push([chain.commitOp(miner, height, 1, 1_000_000n)]);
    }
    const { noWinner } = chain.push([chain.commitOp(miner, 111, 1, 2n)]);
    expect(noWinner).toBe('null-miner');
  });
});

describe('SIP-021 checks of commits', () => {
  function ready() {
    const chain = new BurnChain();
    const miner = chain.miner('a');
    chain.push([chain.keyOp(miner, 101, 1)]);
    chain.push([chain.commitOp(miner, 102, 1, 100n)]);
    return { chain, miner };
  }
  const reason = (chain: BurnChain, ...ops: Parameters<BurnChain['push']>[0]) =>
    chain.decide(chain.db.tip, ops).rejected.map((r) => r.error.code);

  it('rejects each broken rule with its code', () => {
    const { chain, miner } = ready();
    const commit = (change: Parameters<BurnChain['commitOp']>[4]) =>
      reason(chain, chain.commitOp({ ...miner }, 103, 1, 100n, change));
    expect(commit({})).toEqual([]);
    expect(commit({ keyVtxindex: 2 })).toEqual(['sortition/no-leader-key']);
    expect(commit({ parentBlockHeight: 102, parentVtxindex: 1 })).toEqual([]);
    expect(commit({ parentBlockHeight: 102, parentVtxindex: 2 })).toEqual(['sortition/no-parent']);
    expect(commit({ epochMarker: 15 })).toEqual(['sortition/old-epoch-marker']);
    expect(commit({ epochMarker: 31 })).toEqual([]);
    expect(commit({ burnFeeSats: 0n })).toEqual(['sortition/no-burn']);
    expect(commit({ burnParentModulus: 0 })).toEqual(['sortition/wrong-block']);
    const elsewhere = { kind: 'p2pkh', program: digest('x').slice(0, 20) } as const;
    expect(commit({ commitOutputs: [elsewhere, elsewhere] })).toEqual(['sortition/bad-outputs']);
  });

  it('keeps the chain alive over a commit that is one block late', () => {
    const { chain, miner } = ready();
    const late = chain.commitOp(miner, 103, 1, 100n, { burnParentModulus: 101 % 5 });
    const decision = chain.push([late]);
    expect(decision.noWinner).toBe('no-commits');
    expect(decision.ops.missed.map((m) => m.intendedHeight)).toEqual([102]);
    chain.push([chain.commitOp(miner, 104, 1, 100n)]);
    const { samples } = chain.push([chain.commitOp(miner, 105, 1, 100n)]);
    // 105, 104, the late one counted at 102. The commit really made at 102 is behind it.
    expect(samples[0]!.frequency).toBe(3);
  });

  it('takes a VRF key once per fork and once per block', () => {
    const { chain, miner } = ready();
    const again = chain.keyOp({ ...miner }, 103, 4);
    expect(reason(chain, again)).toEqual(['sortition/key-already-registered']);
    const fresh = chain.keyOp(chain.miner('b'), 103, 5);
    expect(reason(chain, fresh, { ...fresh, vtxindex: 6 })).toEqual([
      'sortition/duplicate-key-in-block',
    ]);
    const other = chain.decide(FIRST, [{ ...again, burnHeight: 101 }], 'fork');
    expect(other.rejected).toEqual([]);
  });
});
