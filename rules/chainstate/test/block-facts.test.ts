/**
 * SIP-021, SIP-015: contracts on the chain read the facts of blocks, tenures and Bitcoin blocks that the
 * chain itself knows, as of their own block and on their own branch.
 */
import { type ClarityValue, Cv, clarityValueToString } from '@assay/clarity-value';
import { describe, expect, it } from 'vitest';
import { ALICE, BOB, call, deploy, MINER, TestChain, transfer } from './network.ts';

const FACTS = `
(define-read-only (heights)
  {stacks: stacks-block-height, tenure: tenure-height, burn: burn-block-height,
   time: stacks-block-time, chain: chain-id, main: is-in-mainnet})
(define-read-only (block (h uint))
  {id: (get-stacks-block-info? id-header-hash h), hash: (get-stacks-block-info? header-hash h),
   time: (get-stacks-block-info? time h)})
(define-read-only (tenure (h uint))
  {burn: (get-tenure-info? burnchain-header-hash h), miner: (get-tenure-info? miner-address h),
   time: (get-tenure-info? time h), seed: (get-tenure-info? vrf-seed h),
   reward: (get-tenure-info? block-reward h), spent: (get-tenure-info? miner-spend-total h),
   won: (get-tenure-info? miner-spend-winner h)})
(define-read-only (burn (h uint))
  {hash: (get-burn-block-info? header-hash h), paid: (get-burn-block-info? pox-addrs h)})
(define-public (note (h uint)) (ok (burn h)))
(define-data-var seen (optional uint) none)
(define-public (see (h uint)) (ok (var-set seen (get-tenure-info? block-reward h))))`;
/** The same of Clarity 2. */
const OLD = '(define-read-only (id (h uint)) (get-block-info? id-header-hash h))';

/** Tenures of 2, 1 and 2 blocks; the contracts are in the first block. */
function started(network: { chainId?: number } = {}): TestChain {
  const chain = new TestChain({ network });
  const contracts = [
    chain.sign(ALICE, deploy('facts', FACTS, 4), { nonce: 0n }),
    chain.sign(ALICE, deploy('old', OLD, 2), { nonce: 1n }),
  ];
  chain.tenure(contracts);
  chain.mine(chain.sign(ALICE, transfer(BOB.address, 1n)));
  chain.tenure([], 3);
  chain.tenure();
  chain.mine(chain.sign(ALICE, transfer(BOB.address, 1n)));
  return chain;
}

function ask(chain: TestChain, contract: string, fn: string, ...args: ClarityValue[]): string {
  const out = chain.chain.view(chain.tip.blockId).callReadOnly({
    contractId: `${ALICE.address}.${contract}`,
    functionName: fn,
    args,
    sender: ALICE.address,
  });
  if (!out.ok) throw new Error(out.error.message);
  return clarityValueToString(out.value);
}

/** Headers of the branch, by height. */
function headers(chain: TestChain) {
  const list = [chain.tip];
  while (list[0]!.height > 0) list.unshift(chain.chain.header(list[0]!.parentBlockId)!);
  return list;
}

const hex = (bytes: Uint8Array) => clarityValueToString(Cv.buffer(bytes));

describe('facts of the chain for contracts', () => {
  it('knows heights, time and network of the block it runs in', () => {
    const chain = started();
    const { tip } = chain;
    expect([tip.height, tip.tenureHeight]).toEqual([5, 3]);
    expect(ask(chain, 'facts', 'heights')).toBe(
      clarityValueToString(
        Cv.tuple({
          stacks: Cv.uint(5),
          tenure: Cv.uint(3),
          burn: Cv.uint(tip.burnView.burnHeight),
          time: Cv.uint(tip.header.timestampSecs),
          chain: Cv.uint(chain.network.chainId),
          main: Cv.bool(false),
        }),
      ),
    );
  });

  it('knows blocks before it, and none at or above it', () => {
    const chain = started();
    for (const one of headers(chain).slice(1, -1)) {
      const answer = ask(chain, 'facts', 'block', Cv.uint(one.height));
      expect(answer).toContain(`(id (some ${hex(one.blockId)}))`);
      expect(answer).toContain(`(hash (some ${hex(one.blockHash)}))`);
      expect(answer).toContain(`(time (some u${one.header.timestampSecs}))`);
    }
    for (const height of [5, 6, 1_000_000]) {
      const answer = ask(chain, 'facts', 'block', Cv.uint(height));
      expect(answer).toBe('(tuple (hash none) (id none) (time none))');
    }
  });

  it('knows the tenure of each block: its Bitcoin block, miner, seed', () => {
    const chain = started();
    for (const one of headers(chain).slice(1, -1)) {
      const answer = ask(chain, 'facts', 'tenure', Cv.uint(one.height));
      const { tenureView } = one;
      expect(answer).toContain(`(burn (some ${hex(tenureView.burnHeaderHash)}))`);
      expect(answer).toContain(`(miner (some ${MINER.address}))`);
      expect(answer).toContain(`(seed (some ${hex(tenureView.vrfSeed)}))`);
      expect(answer).toContain(`(time (some u${tenureView.burnTimestampSecs}))`);
    }
  });

  it('knows Bitcoin blocks below its own, in a transaction and when somebody looks', () => {
    const chain = started();
    const { burnHeight } = chain.tip.burnView;
    const address = `(tuple (hashbytes 0x${'00'.repeat(20)}) (version 0x00))`;
    const paid = `(some (tuple (addrs (list ${address} ${address})) (payout u3)))`;
    const { burnHeaderHash } = chain.burnView(burnHeight - 1);
    const facts = `(tuple (hash (some ${hex(burnHeaderHash)})) (paid ${paid}))`;
    expect(ask(chain, 'facts', 'burn', Cv.uint(burnHeight - 1))).toBe(facts);
    for (const height of [burnHeight, burnHeight + 1]) {
      expect(ask(chain, 'facts', 'burn', Cv.uint(height))).toBe('(tuple (hash none) (paid none))');
    }
    const note = call(`${ALICE.address}.facts`, 'note', [Cv.uint(burnHeight - 1)]);
    const [receipt] = chain.mine(chain.sign(ALICE, note));
    expect(clarityValueToString(receipt!.result)).toBe(`(ok ${facts})`);
  });

  it('tells a reward once it has matured', () => {
    const chain = new TestChain({ network: { minerRewardMaturity: 2 } });
    chain.tenure([chain.sign(ALICE, deploy('facts', FACTS, 4), { nonce: 0n, fee: 5_000n })]);
    const first = chain.tip;
    const reward = () =>
      /\(reward ([^)]*\)?)\)/.exec(ask(chain, 'facts', 'tenure', Cv.uint(1)))![1];
    chain.tenure();
    expect(reward()).toBe('none');
    chain.tenure();
    expect(reward()).toBe(`(some u${first.coinbaseMicro + 5_000n})`);
    const [receipt] = chain.mine(
      chain.sign(ALICE, call(`${ALICE.address}.facts`, 'see', [Cv.uint(1)])),
    );
    expect(receipt!.status).toBe('success');
    expect(chain.chain.view(chain.tip.blockId).dataVar(`${ALICE.address}.facts`, 'seen')).toEqual(
      Cv.some(Cv.uint(first.coinbaseMicro + 5_000n)),
    );
  });

  it.each([
    ['tenures', 1, 4],
    ['blocks on the testnet chain', 0x80000000, 3],
  ])('counts heights in %s for Clarity 2', (_, chainId, height) => {
    const chain = started({ chainId });
    const list = headers(chain);
    expect(ask(chain, 'old', 'id', Cv.uint(1))).toBe(`(some ${hex(list[1]!.blockId)})`);
    // The third tenure begins with the fourth block.
    expect(ask(chain, 'old', 'id', Cv.uint(3))).toBe(`(some ${hex(list[height]!.blockId)})`);
    expect(ask(chain, 'old', 'id', Cv.uint(9))).toBe('none');
  });
});
