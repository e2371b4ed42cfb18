/** Blocks: build and apply agree, lies in headers are found, forks keep apart, a store survives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { decodeMarfProof, verifyMarfProof } from '@assay/marf';
import { MemoryStore, type Store } from '@assay/store';
import { openLmdbStore } from '@assay/store/lmdb';
import {
  decodeBlock,
  type NakamotoBlock,
  type Transaction,
  transactionId,
  transactionsRoot,
} from '@assay/wire';
import { describe, expect, it } from 'vitest';
import { blamesBody, Chainstate, parseGenesis } from '../src/index.ts';
import {
  ALICE,
  BOB,
  call,
  deploy,
  genesisText,
  HOST,
  START,
  TestChain,
  transfer,
} from './network.ts';

/** A second node that receives the same blocks as bytes. */
function follow(leader: TestChain, store: Store = new MemoryStore()): TestChain {
  const follower = new TestChain({ store });
  for (let height = 1; height <= leader.tip.height; height++) {
    const id = leader.chain.ancestorAt(leader.tip.blockId, height)!;
    const block = decodeBlock(leader.chain.blockBytes(id)!);
    if (!block.ok) throw new Error(block.error.message);
    const { burnView, rewardCycle } = leader.chain.header(id)!;
    follower.apply(block.value, {
      burnView,
      timestampSecs: block.value.header.timestampSecs,
      signers: leader.signers(rewardCycle),
    });
  }
  return follower;
}

function busy(chain: TestChain): TestChain {
  chain.tenure([
    chain.sign(
      ALICE,
      deploy(
        'note',
        '(define-data-var v uint u0) (define-public (set (n uint)) (ok (var-set v n)))',
      ),
      { nonce: 0n },
    ),
  ]);
  for (let i = 0; i < 5; i++) {
    chain.mine(
      chain.sign(ALICE, call(`${ALICE.address}.note`, 'set', [Cv.uint(i)])),
      chain.sign(BOB, transfer(HOST.address, 3n)),
    );
    if (i === 2) chain.tenure();
  }
  return chain;
}

describe('blocks', () => {
  it('funai-8.3 a follower computes the ids, receipts and states of the leader', () => {
    const leader = busy(new TestChain());
    const follower = follow(leader);
    expect(bytesToHex(follower.tip.blockId)).toBe(bytesToHex(leader.tip.blockId));
    for (let height = 1; height <= leader.tip.height; height++) {
      const id = leader.chain.ancestorAt(leader.tip.blockId, height)!;
      expect(follower.chain.receipts(id)).toEqual(leader.chain.receipts(id));
      expect(follower.chain.header(id)).toEqual(leader.chain.header(id));
    }
  });

  it('is deterministic: the same genesis and transactions give the same ids', () => {
    expect(busy(new TestChain()).tip.blockId).toEqual(busy(new TestChain()).tip.blockId);
  });

  it('funai-8.2 finds every lie in a header and a changed body', () => {
    const chain = busy(new TestChain());
    const context = chain.context(chain.tip.burnView);
    const { block } = chain.assemble([chain.sign(BOB, transfer(HOST.address, 1n))], context);
    const other = chain.sign(BOB, transfer(HOST.address, 2n));
    const lie = (changes: Partial<NakamotoBlock['header']>): NakamotoBlock => ({
      ...block,
      header: { ...block.header, ...changes },
    });
    const verdicts = [
      lie({ stateIndexRoot: new Uint8Array(32) }),
      lie({ txMerkleRoot: new Uint8Array(32) }),
      lie({ chainLength: 99 }),
      lie({ parentBlockId: new Uint8Array(32) }),
      lie({ timestampSecs: 5 }),
      lie({ burnSpent: 5n }),
      lie({ consensusHash: new Uint8Array(20) }),
      lie({ version: 1 }),
      { ...block, transactions: [other] },
      { ...block, transactions: [] },
    ].map((bad) => {
      const verdict = chain.chain.applyBlock(bad, context);
      return verdict.ok ? 'applied' : verdict.error.code;
    });
    expect(verdicts).toEqual([
      'chainstate/state-root',
      'chainstate/body-root',
      'chainstate/height',
      'chainstate/unknown-parent',
      'chainstate/timestamp',
      'chainstate/burn-spent',
      'chainstate/consensus-hash',
      'chainstate/header-version',
      'chainstate/body-root',
      'chainstate/body-empty',
    ]);
    expect(chain.chain.children(chain.tip.blockId)).toEqual([]);
    chain.apply(block, context);
  });

  it('names the transaction that makes a block invalid', () => {
    const chain = busy(new TestChain());
    const context = chain.context(chain.tip.burnView);
    const { block } = chain.assemble([chain.sign(BOB, transfer(HOST.address, 1n))], context);
    const [tx] = block.transactions as [Transaction];
    const forgery = { ...tx, payload: transfer(ALICE.address, 9n) };
    const stale = chain.sign(ALICE, transfer(BOB.address, 1n), { nonce: 0n });
    const verdicts = [
      [tx, tx],
      [tx, stale],
      [tx, forgery],
    ].map((transactions) => {
      const header = { ...block.header, txMerkleRoot: transactionsRoot(transactions) };
      const verdict = chain.chain.applyBlock({ header, transactions }, context);
      return verdict.ok ? null : verdict.error;
    });
    expect(verdicts).toMatchObject([
      { code: 'chainstate/body-duplicate' },
      { code: 'chainstate/bad-nonce', txid: transactionId(stale) },
      { code: 'chainstate/bad-transaction', txid: transactionId(forgery) },
    ]);
  });

  it('funai-8.2 a mutated body says nothing about the block id: the right one applies afterwards', () => {
    const chain = busy(new TestChain());
    const context = chain.context(chain.tip.burnView);
    const { block } = chain.assemble([chain.sign(BOB, transfer(HOST.address, 1n))], context);
    const [tx] = block.transactions as [Transaction];
    for (const transactions of [[tx, tx], [], [chain.sign(HOST, transfer(BOB.address, 1n))]]) {
      const verdict = chain.chain.applyBlock({ ...block, transactions }, context);
      expect(!verdict.ok && blamesBody(verdict.error)).toBe(true);
    }
    chain.apply(block, context);
  });

  it('validates without keeping, then applies without running again', () => {
    const leader = busy(new TestChain());
    const follower = follow(leader);
    const context = leader.context(leader.tip.burnView);
    const { block } = leader.assemble([leader.sign(BOB, transfer(HOST.address, 1n))], context);
    const validated = follower.chain.validateBlock(block, context);
    expect(validated.ok).toBe(true);
    expect(follower.chain.children(follower.tip.blockId)).toEqual([]);
    const applied = follower.apply(block, context);
    expect(validated.ok && validated.value.receipts).toEqual(applied.receipts);
    expect(follower.chain.applyBlock(block, context).ok).toBe(true);
  });

  it('keeps forks apart: same contract name, other code; other balances', () => {
    const chain = new TestChain();
    chain.tenure();
    const parent = chain.tip;
    const context = chain.context(parent.burnView);
    const left = chain.assemble(
      [
        chain.sign(ALICE, deploy('c', '(define-read-only (f) u1)')),
        chain.sign(BOB, transfer(HOST.address, 10n)),
      ],
      context,
    ).block;
    const right = chain.assemble(
      [chain.sign(ALICE, deploy('c', '(define-read-only (f) u2)'))],
      context,
    ).block;
    const a = chain.apply(left, context).header;
    const b = chain.apply(right, context).header;
    const ask = (blockId: Uint8Array) =>
      chain.chain.view(blockId).callReadOnly({
        contractId: `${ALICE.address}.c`,
        functionName: 'f',
        args: [],
        sender: BOB.address,
      });
    expect(ask(a.blockId)).toMatchObject({ value: Cv.uint(1) });
    expect(ask(b.blockId)).toMatchObject({ value: Cv.uint(2) });
    expect(chain.balanceOf(HOST.address, a) - chain.balanceOf(HOST.address, b)).toBe(10n);
    expect(chain.chain.children(parent.blockId)).toHaveLength(2);
    expect(chain.chain.blocksAtHeight(2)).toHaveLength(2);
    chain.tip = a;
    chain.tenure();
    chain.tip = b;
    chain.mine(chain.sign(BOB, transfer(HOST.address, 1n)));
    expect(bytesEqual(chain.chain.ancestorAt(chain.tip.blockId, 2)!, b.blockId)).toBe(true);
  });

  it('indexes transactions and proves state against the root of the header', () => {
    const chain = busy(new TestChain());
    const tx = chain.check(chain.sign(BOB, transfer(HOST.address, 4n)));
    chain.mine(tx.tx);
    expect(chain.chain.transactionBlocks(tx.txid)).toEqual([
      { blockId: chain.tip.blockId, index: 0 },
    ]);
    const key = `vm-account::${HOST.address}::19`;
    const view = chain.chain.view(chain.tip.blockId);
    const proof = decodeMarfProof(view.prove(key)!);
    const value = view.value(key)!;
    const root = chain.tip.header.stateIndexRoot;
    expect(proof.ok && verifyMarfProof(proof.value, root, key, value)).toBe(true);
    expect(proof.ok && verifyMarfProof(proof.value, root, key, `${value}0`)).toBe(false);
    expect(view.prove('no such key')).toBe(null);
  });

  it('survives a kill between the two writes of a block (memory store, write torn off)', () => {
    const inner = new MemoryStore();
    const chain = busy(new TestChain({ store: inner }));
    const context = chain.context(chain.tip.burnView);
    const { block } = chain.assemble([chain.sign(BOB, transfer(HOST.address, 1n))], context);
    const fresh = follow(chain);
    const torn = tearing(fresh.store);
    const reopened = new TestChain({ store: torn.store });
    reopened.tip = fresh.tip;
    torn.tear();
    expect(() => reopened.chain.applyBlock(block, context)).toThrow('torn');
    const after = new TestChain({ store: fresh.store });
    expect(after.chain.children(fresh.tip.blockId)).toEqual([]);
    after.tip = fresh.tip;
    after.apply(block, context);
    expect(after.balanceOf(HOST.address)).toBe(reopened.balanceOf(HOST.address, fresh.tip) + 1n);
  });

  it('reopens on LMDB with the same tip, and refuses another genesis', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-chainstate-'));
    try {
      const open = () =>
        openLmdbStore({ path: join(folder, 'data'), durable: false, mapSizeBytes: 2 ** 30 });
      const first = open();
      const chain = busy(new TestChain({ store: first }));
      const { blockId } = chain.tip;
      const balance = chain.balanceOf(HOST.address);
      await first.close();
      const second = open();
      const again = new TestChain({ store: second });
      again.tip = again.chain.header(blockId)!;
      expect(again.balanceOf(HOST.address)).toBe(balance);
      again.tenure([], 3);
      const genesis = parseGenesis(genesisText({ timestampSecs: 5 }));
      if (!genesis.ok) throw new Error();
      expect(() =>
        Chainstate.open({
          store: second,
          network: again.network,
          genesis: genesis.value,
          burnState: { burnBlock: () => null },
        }),
      ).toThrow('another genesis');
      await second.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Lets the first batch after `tear()` through and throws at the second: a kill in between. */
function tearing(store: Store): { store: Store; tear(): void } {
  let left = Number.POSITIVE_INFINITY;
  const wrap = (inner: Store): Store => ({
    get: (key) => inner.get(key),
    has: (key) => inner.has(key),
    range: (range) => inner.range(range),
    batch: (write) => {
      if (left-- <= 0) throw new Error('torn');
      inner.batch(write);
    },
    prefixed: (prefix) => wrap(inner.prefixed(prefix)),
    close: () => inner.close(),
  });
  return {
    store: wrap(store),
    tear() {
      left = 1;
    },
  };
}

it('funai-8.10 starts with what the genesis says', () => {
  const chain = new TestChain();
  expect(chain.balanceOf(ALICE.address)).toBe(START);
  expect(chain.balanceOf(HOST.address)).toBe(START - 100_000_000n);
  expect(chain.tip.height).toBe(0);
});
