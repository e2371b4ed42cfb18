import { bytesToHex } from '@assay/bytes';
import { MemoryStore } from '@assay/store';
import { encodeTransaction, type Transaction, transactionId } from '@assay/wire';
import { SimNetwork, type SimWorld } from '@assay/world/sim';
import { describe, expect, it } from 'vitest';
import type { DropEvent, Mempool, MempoolLimits } from '../src/index.ts';
import { accounts, NonceChain, openMempool, transfer } from './fixture.ts';

const [a, b, c, d] = accounts as [
  (typeof accounts)[0],
  (typeof accounts)[0],
  (typeof accounts)[0],
  (typeof accounts)[0],
];

class Bench {
  readonly network = new SimNetwork({ seed: 1 });
  readonly world: SimWorld = this.network.world('node');
  readonly chain = new NonceChain();
  readonly store = new MemoryStore();
  readonly drops: DropEvent[] = [];
  mempool: Mempool;
  readonly #limits: Partial<MempoolLimits>;

  constructor(limits: Partial<MempoolLimits> = {}) {
    this.#limits = limits;
    this.mempool = this.open();
  }

  open(): Mempool {
    this.mempool = openMempool(this.world, this.chain, this.store, this.#limits);
    this.mempool.onDropped((event) => this.drops.push(event));
    return this.mempool;
  }

  async submit(tx: Transaction): Promise<string> {
    let outcome = 'pending';
    this.mempool.submit(encodeTransaction(tx)).then((result) => {
      if (!result.ok) outcome = result.error.reason;
      else outcome = result.value.isNew ? 'new' : 'known';
    });
    await this.network.runUntil(() => outcome !== 'pending');
    return outcome;
  }

  walkAll(): string[] {
    const walk = this.mempool.walk(this.chain.view());
    const seen: string[] = [];
    for (let next = walk.next(); next !== null; next = walk.next()) {
      seen.push(bytesToHex(next.txid));
      walk.included(next);
    }
    return seen;
  }
}

const id = (tx: Transaction) => bytesToHex(transactionId(tx));

describe('admission', () => {
  it('acknowledges the same bytes twice and tells who listens once', async () => {
    const bench = new Bench();
    const seen: string[] = [];
    bench.mempool.onAdmitted((checked) => seen.push(bytesToHex(checked.txid)));
    const tx = transfer({ from: a, nonce: 0n, feeMicro: 200n });
    expect(await bench.submit(tx)).toBe('new');
    expect(await bench.submit(tx)).toBe('known');
    expect(seen).toEqual([id(tx)]);
    expect(bench.mempool.size).toBe(1);
  });

  it('passes on what the check rejects', async () => {
    const bench = new Bench();
    bench.chain.nonces.set(a.address, 5n);
    expect(await bench.submit(transfer({ from: a, nonce: 4n, feeMicro: 200n }))).toBe('BadNonce');
    const garbage = await bench.mempool.submit(new Uint8Array([1, 2, 3]));
    expect(!garbage.ok && garbage.error.reason).toBe('Deserialization');
  });

  it('replaces by fee: higher fee wins, the same or lower conflicts (SIP-005)', async () => {
    const bench = new Bench();
    const first = transfer({ from: a, nonce: 0n, feeMicro: 200n });
    const same = transfer({ from: a, nonce: 0n, feeMicro: 200n, amountMicro: 9n });
    const higher = transfer({ from: a, nonce: 0n, feeMicro: 201n });
    await bench.submit(first);
    expect(await bench.submit(same)).toBe('ConflictingNonceInMempool');
    expect(await bench.submit(higher)).toBe('new');
    expect(bench.walkAll()).toEqual([id(higher)]);
    expect(bench.drops).toEqual([
      { txids: [transactionId(first)], reason: 'ReplaceByFee', replacedBy: transactionId(higher) },
    ]);
    expect(bench.mempool.departure(transactionId(first))).toMatchObject({ kind: 'dropped' });
  });

  it('chains at most 26 nonces ahead of the account (stacks-core: nonce + 1 + 25), with the data clients read', async () => {
    const bench = new Bench();
    expect(await bench.submit(transfer({ from: a, nonce: 26n, feeMicro: 200n }))).toBe('new');
    const tx = encodeTransaction(transfer({ from: a, nonce: 27n, feeMicro: 200n }));
    const outcome = await bench.mempool.submit(tx);
    expect(!outcome.ok && outcome.error).toMatchObject({
      reason: 'TooMuchChaining',
      reasonData: {
        message: 'Nonce would exceed chaining limit in mempool',
        expected: 26,
        actual: 27,
        principal: a.address,
        is_origin: true,
      },
    });
  });

  it('a sponsor spends its own nonces and conflicts there too', async () => {
    const bench = new Bench();
    const sponsored = transfer({
      from: a,
      nonce: 0n,
      feeMicro: 300n,
      sponsor: { account: b, nonce: 0n },
    });
    await bench.submit(sponsored);
    const own = transfer({ from: b, nonce: 0n, feeMicro: 250n });
    expect(await bench.submit(own)).toBe('ConflictingNonceInMempool');
    const better = transfer({ from: b, nonce: 0n, feeMicro: 400n });
    expect(await bench.submit(better)).toBe('new');
    expect(bench.mempool.pendingNonces(a.address)).toEqual([]);
    expect(bench.mempool.pendingNonces(b.address)).toEqual([0n]);
  });
});

describe('the walk', () => {
  it('goes by fee rate but never ahead of a nonce', async () => {
    const bench = new Bench();
    const a0 = transfer({ from: a, nonce: 0n, feeMicro: 200n });
    const a1 = transfer({ from: a, nonce: 1n, feeMicro: 900n });
    const b0 = transfer({ from: b, nonce: 0n, feeMicro: 500n });
    const b2 = transfer({ from: b, nonce: 2n, feeMicro: 9_000n });
    for (const tx of [a1, a0, b0, b2]) await bench.submit(tx);
    expect(bench.walkAll()).toEqual([b0, a0, a1].map(id));
  });

  it('a skipped transaction holds back the later nonces of its account', async () => {
    const bench = new Bench();
    const a0 = transfer({ from: a, nonce: 0n, feeMicro: 500n });
    const a1 = transfer({ from: a, nonce: 1n, feeMicro: 900n });
    const b0 = transfer({ from: b, nonce: 0n, feeMicro: 200n });
    for (const tx of [a0, a1, b0]) await bench.submit(tx);
    const walk = bench.mempool.walk(bench.chain.view());
    const first = walk.next()!;
    walk.skipped(first);
    expect(bytesToHex(walk.next()!.txid)).toBe(id(b0));
    expect(walk.next()).toBeNull();
  });

  it('waits for the sponsor`s nonce', async () => {
    const bench = new Bench();
    const sponsored = transfer({
      from: a,
      nonce: 0n,
      feeMicro: 900n,
      sponsor: { account: b, nonce: 1n },
    });
    const b0 = transfer({ from: b, nonce: 0n, feeMicro: 200n });
    await bench.submit(sponsored);
    expect(bench.walkAll()).toEqual([]);
    await bench.submit(b0);
    expect(bench.walkAll()).toEqual([id(b0), id(sponsored)]);
  });

  it('judges by the state it is given, not by the tip', async () => {
    const bench = new Bench();
    const a1 = transfer({ from: a, nonce: 1n, feeMicro: 200n });
    await bench.submit(a1);
    expect(bench.walkAll()).toEqual([]);
    const ahead = {
      header: { blockId: new Uint8Array(32).fill(99) },
      account: () => ({ nonce: 1n }),
    };
    expect(bytesToHex(bench.mempool.walk(ahead).next()!.txid)).toBe(id(a1));
  });
});

describe('departure', () => {
  it('mined leave, overtaken nonces are dropped, a reorganisation brings back', async () => {
    const bench = new Bench();
    const a0 = transfer({ from: a, nonce: 0n, feeMicro: 200n });
    const a1 = transfer({ from: a, nonce: 1n, feeMicro: 200n });
    const rival = transfer({ from: b, nonce: 0n, feeMicro: 999n });
    const b0 = transfer({ from: b, nonce: 0n, feeMicro: 200n });
    for (const tx of [a0, a1, b0]) await bench.submit(tx);
    const change = bench.chain.mine([a0, rival]);
    bench.mempool.advance(bench.chain.view(), change);
    expect(bench.mempool.departure(transactionId(a0))).toEqual({ kind: 'mined' });
    expect(bench.drops.map((drop) => drop.reason)).toEqual(['StaleGarbageCollect']);
    expect(bench.walkAll()).toEqual([id(a1)]);

    bench.chain.nonces.clear();
    bench.chain.height = 50;
    bench.mempool.advance(bench.chain.view(), {
      parentBlockId: new Uint8Array(32).fill(49),
      mined: [],
      returned: [encodeTransaction(a0), encodeTransaction(rival)],
    });
    await bench.network.run(50);
    expect(bench.walkAll().sort()).toEqual([id(a0), id(a1), id(rival)].sort());
  });

  it('the miner`s verdict names the reason of the event', async () => {
    const bench = new Bench();
    const a0 = transfer({ from: a, nonce: 0n, feeMicro: 200n });
    const b0 = transfer({ from: b, nonce: 0n, feeMicro: 200n });
    await bench.submit(a0);
    await bench.submit(b0);
    bench.mempool.drop(transactionId(a0), 'chainstate/cost-exceeded');
    bench.mempool.drop(transactionId(b0), 'chainstate/whatever');
    expect(bench.drops.map((drop) => drop.reason)).toEqual(['TooExpensive', 'Problematic']);
  });

  it('old ones expire', async () => {
    const bench = new Bench({ ageMsMax: 60_000 });
    await bench.submit(transfer({ from: a, nonce: 0n, feeMicro: 200n }));
    await bench.network.run(50_000);
    await bench.submit(transfer({ from: b, nonce: 0n, feeMicro: 200n }));
    await bench.network.run(20_000);
    bench.mempool.expire();
    expect(bench.mempool.size).toBe(1);
  });

  it('a full pool gives up the last nonce of the cheapest account, or refuses the newcomer', async () => {
    const bench = new Bench({ transactionsMax: 3 });
    const a0 = transfer({ from: a, nonce: 0n, feeMicro: 200n });
    const a1 = transfer({ from: a, nonce: 1n, feeMicro: 800n });
    const b0 = transfer({ from: b, nonce: 0n, feeMicro: 500n });
    for (const tx of [a0, a1, b0]) await bench.submit(tx);
    const cheap = transfer({ from: c, nonce: 0n, feeMicro: 190n });
    expect(await bench.submit(cheap)).toBe('ServerFailureOther');
    expect(bench.mempool.size).toBe(3);
    const rich = transfer({ from: d, nonce: 0n, feeMicro: 700n });
    expect(await bench.submit(rich)).toBe('new');
    expect(bench.mempool.size).toBe(3);
    expect(bench.walkAll()).toEqual([id(rich), id(b0), id(a0)]);
  });
});

describe('durability', () => {
  it('what was acknowledged is there after kill -9, what was replaced is not', async () => {
    const bench = new Bench();
    const a0 = transfer({ from: a, nonce: 0n, feeMicro: 200n });
    const a0b = transfer({ from: a, nonce: 0n, feeMicro: 300n });
    const b0 = transfer({ from: b, nonce: 0n, feeMicro: 200n });
    const c0 = transfer({ from: c, nonce: 0n, feeMicro: 200n });
    for (const tx of [a0, a0b, b0, c0]) expect(await bench.submit(tx)).toBe('new');
    bench.chain.nonces.set(c.address, 1n); // mined elsewhere while we were down
    const again = bench.open();
    expect(again.size).toBe(2);
    expect(bench.walkAll()).toEqual([id(a0b), id(b0)]);
  });

  it('a store that fails is not an acknowledgement', async () => {
    const bench = new Bench();
    bench.store.batch = () => {
      throw new Error('disk full');
    };
    const tx = encodeTransaction(transfer({ from: a, nonce: 0n, feeMicro: 200n }));
    let failure = '';
    bench.mempool.submit(tx).catch((error) => {
      failure = String(error);
    });
    await bench.network.run(10);
    expect(failure).toMatch(/disk full/);
    expect(bench.mempool.size).toBe(0);
  });
});
