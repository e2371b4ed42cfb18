import { bytesToHex } from '@assay/bytes';
import { memoryLogger } from '@assay/observe';
import { DEVNET, withPox } from '@assay/params';
import type { BurnBlock } from '@assay/sortition';
import { SimNetwork } from '@assay/world/sim';
import { describe, expect, it } from 'vitest';
import { BitcoinRpc, BurnchainError, BurnchainFollower, type KnownBlock } from '../src/index.ts';
import { FakeBitcoin } from './fake-bitcoin.ts';

const network = withPox(DEVNET, { firstBurnHeight: 3 });

/** A sink that keeps the canonical chain and a log of what it was told. */
class ChainSink {
  readonly known = new Map<string, BurnBlock>();
  chain: BurnBlock[] = [];
  readonly log: string[] = [];
  burnTip = (): KnownBlock | null => this.chain.at(-1) ?? null;
  burnBlockAt = (height: number): KnownBlock | null =>
    this.chain.find((block) => block.burnHeight === height) ?? null;
  onFirstBurnBlock(block: BurnBlock): void {
    this.log.push(`first ${block.burnHeight}`);
    this.known.set(bytesToHex(block.burnHeaderHash), block);
    this.chain = [block];
  }
  onBurnBlock(block: BurnBlock): void {
    if (!this.known.has(bytesToHex(block.parentBurnHeaderHash))) throw new Error('orphan');
    this.known.set(bytesToHex(block.burnHeaderHash), block);
    this.log.push(`block ${block.burnHeight}`);
  }
  onBurnTip(hash: Uint8Array): void {
    const path: BurnBlock[] = [];
    let cursor = this.known.get(bytesToHex(hash));
    for (; cursor; cursor = this.known.get(bytesToHex(cursor.parentBurnHeaderHash))) {
      path.unshift(cursor);
    }
    this.chain = path;
    this.log.push(`tip ${path.at(-1)!.burnHeight}`);
  }
}

function setup(blocks: number) {
  const bitcoin = new FakeBitcoin();
  for (let i = 0; i < blocks; i++) bitcoin.mine();
  const sim = new SimNetwork({ seed: 1 });
  const { timers } = sim.world('node');
  const rpc = new BitcoinRpc({ net: bitcoin.net(), timers }, { url: 'http://127.0.0.1:18443' });
  const sink = new ChainSink();
  const log = memoryLogger();
  const deps = { world: { timers }, rpc, sink, log };
  const follower = new BurnchainFollower(deps, { network, pollMs: 100 });
  return { bitcoin, sim, sink, follower, log, rpc };
}
const hashes = (sink: ChainSink) => sink.chain.map((b) => bytesToHex(b.burnHeaderHash));

describe('BurnchainFollower', () => {
  it('hands over every block once, in order, from the first burn height', async () => {
    const { bitcoin, sink, follower } = setup(6);
    expect(await follower.poll()).toBe(false);
    expect(sink.log).toEqual(['first 3', 'block 4', 'tip 4', 'block 5', 'tip 5']);
    expect(await follower.poll()).toBe(false);
    expect(sink.log).toHaveLength(5);
    bitcoin.mine();
    await follower.poll();
    expect(hashes(sink)).toEqual(bitcoin.blocks.slice(3).map((b) => b.hash));
  });

  it('waits while Bitcoin is below the first burn height', async () => {
    const { sink, follower } = setup(2);
    expect(await follower.poll()).toBe(false);
    expect(sink.log).toEqual([]);
  });

  it('follows a reorganization six deep in one step of the tip', async () => {
    const { bitcoin, sink, follower, log } = setup(12);
    await follower.poll();
    sink.log.length = 0;
    bitcoin.rewind(6);
    for (let i = 0; i < 7; i++) bitcoin.mine();
    await follower.poll();
    const handed = [6, 7, 8, 9, 10, 11, 12].map((height) => `block ${height}`);
    expect(sink.log).toEqual([...handed, 'tip 12']);
    expect(hashes(sink)).toEqual(bitcoin.blocks.slice(3).map((b) => b.hash));
    expect(log.messages('warn')).toEqual(['Bitcoin reorganized']);
  });

  it('waits for a bitcoind that lost its newest blocks, and follows a shorter fork', async () => {
    const { bitcoin, sink, follower, log } = setup(9);
    await follower.poll();
    sink.log.length = 0;
    const lost = bitcoin.blocks.slice(5);
    bitcoin.rewind(4);
    expect(await follower.poll()).toBe(false);
    bitcoin.restore(...lost.slice(0, 2));
    await follower.poll();
    expect(sink.log).toEqual([]);
    expect(log.messages('warn')).toHaveLength(1);
    bitcoin.restore(...lost.slice(2));
    bitcoin.mine();
    await follower.poll();
    expect(sink.log).toEqual(['block 9', 'tip 9']);
    bitcoin.rewind(3);
    bitcoin.mine();
    await follower.poll();
    expect(sink.burnTip()!.burnHeight).toBe(7);
    expect(hashes(sink)).toEqual(bitcoin.blocks.slice(3).map((b) => b.hash));
  });

  it('polls in virtual time, keeps going over an outage, and stops', async () => {
    const { bitcoin, sim, sink, follower, log } = setup(5);
    follower.start();
    await sim.run(500);
    expect(sink.burnTip()!.burnHeight).toBe(4);
    bitcoin.down = true;
    bitcoin.mine();
    await sim.run(20_000);
    expect(log.messages('warn')).toEqual(['cannot follow Bitcoin, will try again']);
    bitcoin.down = false;
    await sim.run(5_000);
    expect(sink.burnTip()!.burnHeight).toBe(5);
    await follower.stop();
    bitcoin.mine();
    await sim.run(5_000);
    expect(sink.burnTip()!.burnHeight).toBe(5);
  });
});

describe('BitcoinRpc errors', () => {
  it('says what an operator can do', async () => {
    const answer = (status: number, text: string) => ({
      serve: () => Promise.reject(new Error('not served')),
      fetch: async () => ({ status, headers: {}, body: new TextEncoder().encode(text) }),
    });
    const { timers } = new SimNetwork({ seed: 1 }).world('node');
    const code = async (status: number, text: string) => {
      const rpc = new BitcoinRpc({ net: answer(status, text), timers }, { url: 'http://b' });
      return rpc.call('getblockcount').then(
        () => 'no error',
        (error) => (error instanceof BurnchainError ? error.code : String(error)),
      );
    };
    expect(await code(401, '')).toBe('burnchain/unauthorized');
    expect(await code(200, '<html>')).toBe('burnchain/bad-answer');
    expect(await code(500, '{"error":{"code":-8,"message":"no"}}')).toBe('burnchain/rpc-error');
    expect(await code(200, '{"result":7,"error":null}')).toBe('no error');
  });

  it('repeats what a starting or busy bitcoind does not answer', async () => {
    const starting = '{"result":null,"error":{"code":-28,"message":"Loading block index…"}}';
    const answers = [
      { status: 500, text: starting },
      { status: 503, text: 'Work queue depth exceeded' },
      { status: 200, text: '{"result":7,"error":null}' },
      { status: 500, text: starting },
    ];
    const urls: string[] = [];
    const net = {
      serve: () => Promise.reject(new Error('not served')),
      fetch: async (url: string) => {
        urls.push(url);
        const { status, text } = answers.shift()!;
        return { status, headers: {}, body: new TextEncoder().encode(text) };
      },
    };
    const sim = new SimNetwork({ seed: 1 });
    const { timers } = sim.world('node');
    const options = { url: 'http://b/', wallet: 'the miner' };
    const height = new BitcoinRpc({ net, timers }, options).call('getblockcount');
    await sim.run(5_000);
    expect(await height).toBe(7);
    // A slash behind the name would be part of the name.
    expect(urls).toEqual(Array(3).fill('http://b/wallet/the%20miner'));
    const once = new BitcoinRpc({ net, timers }, { ...options, retries: 0 });
    await expect(once.call('getblockcount')).rejects.toMatchObject({
      code: 'burnchain/unreachable',
      message: 'the Bitcoin node at http://b is starting: Loading block index…',
    });
  });
});
