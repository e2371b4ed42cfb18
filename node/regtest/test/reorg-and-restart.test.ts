/** Reorganizations restore exactly; restarts lose nothing; the same run gives the same bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '@assay/bytes';
import { MemoryStore, type Store } from '@assay/store';
import { openLmdbStore } from '@assay/store/lmdb';
import { SimNetwork } from '@assay/world/sim';
import { describe, expect, it } from 'vitest';
import { RegtestService } from '../src/index.ts';
import { type Bitcoin, openOurs } from './harness.ts';
import { matureCoins, spend, testKey } from './spender.ts';

const alice = testKey(1);
const bob = testKey(2);

/** Every unspent output, by outpoint and by script, byte for byte. */
function utxoDump(store: Store): string[] {
  const prefix = (letter: string) => new TextEncoder().encode(`regtest/${letter}`);
  return ['u', 's'].flatMap((letter) =>
    [...store.range({ prefix: prefix(letter) })].map(
      ({ key, value }) => `${bytesToHex(key)}=${bytesToHex(value)}`,
    ),
  );
}

async function busyBlocks(
  bitcoin: Bitcoin,
  count: number,
  coins: Awaited<ReturnType<typeof matureCoins>>,
) {
  for (let i = 0; i < count; i++) {
    const coin = coins.shift()!;
    const tx = spend(
      alice,
      [coin],
      [
        { script: bob.p2wpkh, sats: coin.sats / 3n },
        { script: alice.p2wpkh, sats: coin.sats / 3n },
        { script: alice.p2pkh, sats: coin.sats / 3n - 9_000n },
      ],
    );
    await bitcoin.call('sendrawtransaction', [tx.hex]);
    await bitcoin.call('generatetoaddress', [1, bob.address]);
  }
}

describe('a reorganization six deep', () => {
  it('restores the UTXO set byte for byte, both ways', async () => {
    const store = new MemoryStore();
    const bitcoin = openOurs(store);
    const coins = await matureCoins(bitcoin, alice.address, 8);
    const fork = utxoDump(store);
    const forkHeight: number = await bitcoin.call('getblockcount');
    await busyBlocks(bitcoin, 6, coins);
    const first = await bitcoin.call('getblockhash', [forkHeight + 1]);
    const tip = await bitcoin.call('getbestblockhash');
    const there = utxoDump(store);
    expect(there).not.toEqual(fork);
    await bitcoin.call('invalidateblock', [first]);
    expect(await bitcoin.call('getblockcount')).toBe(forkHeight);
    expect(utxoDump(store)).toEqual(fork);
    expect(await bitcoin.call('getrawmempool')).toHaveLength(6);
    await bitcoin.call('reconsiderblock', [first]);
    expect(await bitcoin.call('getbestblockhash')).toBe(tip);
    expect(utxoDump(store)).toEqual(there);
    expect(await bitcoin.call('getrawmempool')).toEqual([]);
  });

  it('happens by itself when a longer branch arrives, and returns transactions to the pool', async () => {
    const ours = openOurs();
    const theirs = openOurs();
    const coins = await matureCoins(ours, alice.address, 6);
    const height: number = await ours.call('getblockcount');
    for (let at = 1; at <= height; at++) {
      const hex = await ours.call('getblock', [await ours.call('getblockhash', [at]), 0]);
      expect(await theirs.call('submitblock', [hex])).toBeNull();
    }
    await busyBlocks(ours, 6, coins);
    const lost = await ours.call('getbestblockhash');
    await theirs.call('generatetoaddress', [7, bob.address]);
    const moves: number[] = [];
    ours.service.node.chain.onMove(({ disconnected, connected }) =>
      moves.push(disconnected.length, connected.length),
    );
    for (let at = height + 1; at <= height + 7; at++) {
      const hex = await theirs.call('getblock', [await theirs.call('getblockhash', [at]), 0]);
      const verdict = await ours.call('submitblock', [hex]);
      expect(verdict).toBe(at < height + 7 ? 'inconclusive' : null);
    }
    expect(await ours.call('getbestblockhash')).toBe(await theirs.call('getbestblockhash'));
    expect(moves).toEqual([6, 7]);
    expect(await ours.call('getrawmempool')).toHaveLength(6);
    expect((await ours.call('getblockheader', [lost])).confirmations).toBe(-1);
  });
});

describe('a restart without a goodbye', () => {
  it('keeps chain, mempool, wallets and invalidations', async () => {
    const store = new MemoryStore();
    const before = openOurs(store);
    const [coin] = await matureCoins(before, alice.address, 1);
    await before.call('createwallet', ['purse']);
    const address = await before.call('getnewaddress', ['rent'], 'purse');
    const [bad] = await before.call('generatetoaddress', [1, address]);
    await before.call('invalidateblock', [bad]);
    const tx = spend(alice, [coin!], [{ script: bob.p2wpkh, sats: coin!.sats - 1_000n }]);
    await before.call('sendrawtransaction', [tx.hex]);
    const after = openOurs(store);
    expect(await after.call('getbestblockhash')).toBe(await before.call('getbestblockhash'));
    expect(await after.call('getrawmempool')).toEqual([tx.txid]);
    expect(await after.call('getmempoolentry', [tx.txid])).toEqual(
      await before.call('getmempoolentry', [tx.txid]),
    );
    expect(await after.call('listwallets')).toEqual(['purse']);
    expect(await after.call('getaddressinfo', [address], 'purse')).toMatchObject({
      ismine: true,
      labels: ['rent'],
    });
    expect(await after.call('getnewaddress', [], 'purse')).not.toBe(address);
    expect(await after.call('getchaintips')).toContainEqual(
      expect.objectContaining({ hash: bad, status: 'invalid' }),
    );
    await after.call('generatetoaddress', [1, bob.address]);
    expect((await after.call('getrawtransaction', [tx.txid, 1])).confirmations).toBe(1);
  });

  it('works over LMDB', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'regtest-'));
    const open = () => openLmdbStore({ path: join(folder, 'bitcoin.mdb'), durable: false });
    try {
      const first = open();
      const before = openOurs(first);
      const [coin] = await matureCoins(before, alice.address, 1);
      const tx = spend(alice, [coin!], [{ script: bob.p2wpkh, sats: coin!.sats - 1_000n }]);
      await before.call('sendrawtransaction', [tx.hex]);
      const tip = await before.call('getbestblockhash');
      await first.close();
      const second = open();
      const after = openOurs(second);
      expect(await after.call('getbestblockhash')).toBe(tip);
      const [hash] = await after.call('generatetoaddress', [1, bob.address]);
      expect((await after.call('getblock', [hash])).tx).toContain(tx.txid);
      await second.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a simulated network', () => {
  async function run(seed: string): Promise<string[]> {
    const network = new SimNetwork({ seed });
    const trace: string[] = [];
    network.start('bitcoin', async (world) => {
      const service = new RegtestService(
        { world, store: new MemoryStore() },
        {
          host: 'bitcoin',
          port: 18443,
          mineToScript: alice.p2wpkh,
          initialBlocks: 102,
          intervalMs: 4_000,
          credentials: { username: 'devnet', password: 'devnet' },
        },
      );
      await service.start();
    });
    network.start('client', async (world) => {
      const call = async (method: string, params: unknown[] = []) => {
        const response = await world.net.fetch('http://bitcoin:18443/wallet/miner', {
          method: 'POST',
          headers: { authorization: `Basic ${btoa('devnet:devnet')}` },
          body: new TextEncoder().encode(JSON.stringify({ id: 1, method, params })),
        });
        return JSON.parse(new TextDecoder().decode(response.body)).result;
      };
      await world.timers.sleep(10);
      await call('createwallet', ['miner']);
      const address = await call('getnewaddress');
      for (let i = 0; i < 5; i++) {
        const { hash } = await call('waitfornewblock', [10_000]);
        trace.push(hash);
        await call('generatetoaddress', [1, address]);
      }
      trace.push(address, JSON.stringify(await call('getblockchaininfo')));
    });
    await network.run(60_000);
    expect(network.failures).toEqual([]);
    return trace;
  }

  it('gives the same blocks and addresses for the same seed', async () => {
    const first = await run('a');
    expect(first).toHaveLength(7);
    expect(await run('a')).toEqual(first);
    expect((await run('b')).at(-2)).not.toEqual(first.at(-2));
  });
});
