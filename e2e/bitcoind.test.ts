/**
 * The network beside real Bitcoin Core: two bitcoinds in regtest, one ours and one that stands for the
 * rest of Bitcoin and mines. What `npm start` proves with the embedded Bitcoin, proved with bitcoind:
 * an answer that verifies, a reorganisation six deep, `kill -9` of the bitcoind our node follows.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { minerKey } from '@assay/burnchain';
import { bytesFromHex } from '@assay/bytes';
import { broadcastTransaction, fetchNonce, makeSTXTokenTransfer } from '@stacks/transactions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devnetAccount } from '../apps/cli/src/devnet/accounts.ts';
import {
  devnetKey,
  EAGER_BELOW_HEIGHT,
  INITIAL_BITCOIN_BLOCKS,
} from '../apps/cli/src/devnet/layout.ts';
import { Bitcoind, BitcoindClock, bitcoindVersion } from './bitcoind.ts';
import { assay, TestNetwork } from './network.ts';

const version = bitcoindVersion();
const DEPTH = 6;

interface Info {
  readonly burn_block_height: number;
  readonly stacks_tip_height: number;
}

function addressOf(name: string): string {
  return minerKey(bytesFromHex(devnetKey(name).privateKey).subarray(0, 32), 'regtest').address;
}

describe.skipIf(version === null)(version ?? 'bitcoind is neither on PATH nor in BITCOIND', () => {
  let folder: string;
  let world: Bitcoind;
  let ours: Bitcoind;
  let clock: BitcoindClock;
  let network: TestNetwork;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'assay-bitcoind-'));
    world = await Bitcoind.start(join(folder, 'world'));
    ours = await Bitcoind.start(join(folder, 'ours'), world);
    const address = addressOf('miner');
    await world.mine(INITIAL_BITCOIN_BLOCKS, address);
    const eagerBelowHeight = EAGER_BELOW_HEIGHT;
    clock = new BitcoindClock(world, { address, intervalMs: 4_000, eagerBelowHeight });
    clock.start();
    network = await TestNetwork.start({ bitcoinUrl: ours.url });
    await network.until('the first block', async () => (await info()).stacks_tip_height > 0);
    await network.hostServes();
  }, 180_000);

  afterAll(async () => {
    await clock?.stop();
    await network?.stop();
    await ours?.stop();
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function info(): Promise<Info> {
    return network.until('the node', () => network.getJson<Info>('/v2/info'));
  }

  async function burnHeightReaches(height: number): Promise<void> {
    const isThere = async () => (await info()).burn_block_height >= height;
    await network.until(`Bitcoin block ${height}`, isThere);
  }

  /** Whether the node's sortition at a height is of the block that Bitcoin has there. */
  async function isOnBitcoin(height: number): Promise<boolean> {
    const hash = await world.call<string>('getblockhash', [height]);
    const path = `/v3/sortitions/burn_height/${height}`;
    const found = await network.getJson<readonly { burn_block_hash: string }[]>(path);
    return found?.[0]?.burn_block_hash === `0x${hash}`;
  }

  async function transfers(count: number): Promise<string[]> {
    const options = { network: 'devnet' as const, client: { baseUrl: network.nodeUrl } };
    const sender = devnetAccount('wallet_4');
    const nonce = await fetchNonce({ ...options, address: sender.address });
    const txids: string[] = [];
    for (let i = 0n; i < BigInt(count); i++) {
      const transaction = await makeSTXTokenTransfer({
        ...options,
        recipient: devnetAccount('wallet_5').address,
        amount: 100n + i,
        nonce: nonce + i,
        fee: 1_000n,
        senderKey: sender.privateKey,
      });
      const sent = await broadcastTransaction({ transaction, ...options });
      expect(sent).not.toHaveProperty('error');
      txids.push(sent.txid);
    }
    return txids;
  }

  /** The transaction of an answered request. */
  async function answered(question: string): Promise<string> {
    const asked = await assay('infer', question, '--json', '-I', network.nodeUrl);
    expect(asked.stderr).toBe('');
    const answer = JSON.parse(asked.stdout) as { status: string; txid: string };
    expect(answer.status).toBe('Success');
    return answer.txid;
  }

  async function expectVerified(txid: string): Promise<void> {
    const { burn_block_height } = await info();
    // A later Bitcoin block must carry the commit to the answer's tenure.
    await burnHeightReaches(burn_block_height + 2);
    const where = ['-I', network.nodeUrl, '--genesis', join(network.folder, 'genesis.json')];
    const verified = await assay('verify', txid, ...where, '--bitcoin', world.url, '--json');
    expect(verified.stderr).toBe('');
    const { ok, checks } = JSON.parse(verified.stdout) as {
      ok: boolean;
      checks: readonly { what: string; ok: boolean | null; detail: string }[];
    };
    expect(checks.filter((check) => check.ok === false)).toEqual([]);
    const onBitcoin = checks.filter(({ what }) => what.includes('Bitcoin block'));
    expect(onBitcoin.length).toBeGreaterThanOrEqual(3);
    expect(onBitcoin.filter((check) => check.ok === null)).toEqual([]);
    expect(ok).toBe(true);
  }

  it('an inference is asked, answered, judged, paid, and verified down to bitcoind', async () => {
    await expectVerified(await answered('Is the Earth round?'));
  }, 120_000);

  it('a reorganisation six deep: the chain replays, what users were told is mined again', async () => {
    const [kept] = await transfers(1);
    await network.mined(kept!);
    const from = (await info()).burn_block_height;
    const again: string[] = [];
    let asked: string | null = null;
    for (let height = from + 1; height <= from + DEPTH; height++) {
      await burnHeightReaches(height);
      const [txid] = await transfers(1);
      await network.mined(txid!);
      again.push(txid!);
      asked ??= await answered('Which fork?');
    }
    await clock.stop();
    const height = await world.call<number>('getblockcount');
    await burnHeightReaches(height);
    const oldTip = await info();
    expect(oldTip.stacks_tip_height).toBeGreaterThan(DEPTH);

    const oldest = height - DEPTH + 1;
    await world.call('invalidateblock', [await world.call('getblockhash', [oldest])]);
    // To another key: with the same one, in the same second, bitcoind would mine the same blocks again.
    await world.mine(DEPTH + 1, addressOf('somebody'));
    clock.start();
    await burnHeightReaches(height + 1);
    for (let at = oldest - 1; at <= height + 1; at++) expect(await isOnBitcoin(at)).toBe(true);
    for (const txid of [kept!, ...again]) expect(await network.mined(txid)).toBe('success');
    await network.until('the answer again', async () => {
      const path = `/v2/infer_result/${asked!}`;
      return (await network.getJson<{ status: string }>(path))?.status === 'Success';
    });
    await expectVerified(asked!);
    expect(network.exits).toEqual([]);
  }, 240_000);

  it('kill -9 of the bitcoind our node follows: it waits, catches up, loses nothing', async () => {
    const before = await info();
    const asking = answered('What is gold?');
    const txids = await transfers(5);
    await ours.kill();
    // The rest of Bitcoin goes on without it.
    const height = await world.call<number>('getblockcount');
    await network.until('two blocks elsewhere', async () => {
      return (await world.call<number>('getblockcount')) >= height + 2;
    });
    await ours.restart();
    await burnHeightReaches(height + 2);
    for (const txid of txids) expect(await network.mined(txid)).toBe('success');
    await asking;
    expect((await info()).stacks_tip_height).toBeGreaterThan(before.stacks_tip_height);
    for (let at = height; at <= height + 2; at++) expect(await isOnBitcoin(at)).toBe(true);
    await expectVerified(await answered('And silver?'));
    expect(network.exits).toEqual([]);
  }, 240_000);
});
