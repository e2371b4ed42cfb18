import { bytesToHex } from '@assay/bytes';
import { hash160, sha256, vrfKeyFromSeed } from '@assay/crypto';
import { silentLogger } from '@assay/observe';
import { DEVNET, withPox } from '@assay/params';
import { type BlockCommitOp, type ParsedOp, parseBurnOp } from '@assay/sortition';
import type { Store } from '@assay/store';
import { SimNetwork } from '@assay/world/sim';
import { describe, expect, it } from 'vitest';
import { BitcoinRpc, BurnchainError, BurnchainOperator, toBurnBlock } from '../src/index.ts';
import { FakeBitcoin } from './fake-bitcoin.ts';

/** Just enough of a store: one key. */
function oneKeyStore(): Store {
  let kept: Uint8Array | null = null;
  return {
    get: () => kept,
    batch: (write: Parameters<Store['batch']>[0]) =>
      write({
        put: (_key, value) => {
          kept = value;
        },
        remove: () => {
          kept = null;
        },
      }),
  } as unknown as Store;
}

const network = withPox(DEVNET, { firstBurnHeight: 2, rewardCycleLength: 20 });
const privateKey = sha256(new TextEncoder().encode('miner'));

function setup(coins = 3, burnFeeCapSats = 20_000n) {
  const bitcoin = new FakeBitcoin();
  const { timers } = new SimNetwork({ seed: 1 }).world('node');
  const url = 'http://127.0.0.1:18443';
  const rpc = new BitcoinRpc({ net: bitcoin.net(), timers }, { url, retries: 0 });
  const store = oneKeyStore();
  const deps = { rpc, store, log: silentLogger };
  const options = { network, privateKey, burnFeeCapSats };
  const operator = new BurnchainOperator(deps, options);
  for (let i = 0; i < Math.max(3, coins); i++) {
    bitcoin.mine(i < coins ? operator.key.script : undefined);
  }
  const mine = (only?: readonly string[]) => {
    const mined = bitcoin.mine(undefined, only);
    const hash = Uint8Array.from(mined.hash.match(/../g)!.map((b) => Number.parseInt(b, 16)));
    const block = toBurnBlock(mined.block, hash, mined.height, network);
    operator.onBurnBlock(block);
    return block;
  };
  const request = (change: object = {}) => ({
    parentTenureId: sha256(Uint8Array.of(1)),
    newSeed: sha256(Uint8Array.of(2)),
    parentBlockHeight: 0,
    parentVtxindex: 0,
    keyBlockHeight: 1,
    keyVtxindex: 1,
    burnHeight: bitcoin.height + 1,
    ...change,
  });
  return { bitcoin, operator, mine, request, deps, options };
}
const commitIn = (ops: readonly ParsedOp[]) => ops[0] as BlockCommitOp;

describe('SIP-001 operations of a miner', () => {
  it('registers its keys so that the parser finds them', async () => {
    const { operator, mine } = setup();
    const { publicKey } = vrfKeyFromSeed(privateKey);
    const minerPubkeyHash = hash160(Uint8Array.of(7));
    const registration = { vrfPublicKey: publicKey, minerPubkeyHash };
    await operator.registerKey({ ...registration, consensusHash: new Uint8Array(20) });
    const later = { ...registration, consensusHash: new Uint8Array(20).fill(1) };
    expect((await operator.registerKey(later)).how).toBe('unchanged');
    const [op] = mine().ops;
    if (op?.kind !== 'key-register') throw new Error('no key registration was mined');
    expect(bytesToHex(op.vrfPublicKey)).toBe(bytesToHex(publicKey));
    expect(bytesToHex(op.memo)).toBe(bytesToHex(minerPubkeyHash));
    expect(operator.pendingTxid).toBeNull();
  });

  it('chains each commit to the change of the one before, in both phases', async () => {
    const { operator, mine, request } = setup();
    let previous: BlockCommitOp | null = null;
    const shapes: string[] = [];
    for (let i = 0; i < 24; i++) {
      await operator.commit(request());
      const block = mine();
      const commit = commitIn(block.ops);
      expect(commit.kind).toBe('block-commit');
      expect(commit.burnParentModulus).toBe((block.burnHeight - 1) % 5);
      expect(commit.burnFeeSats).toBe(20_000n);
      if (previous !== null) {
        expect(bytesToHex(commit.input.txid)).toBe(bytesToHex(previous.txid));
        expect(commit.input.index).toBe(previous.commitOutputs.length + 1);
      }
      previous = commit;
      shapes.push(`${commit.commitOutputs.length}`);
    }
    expect(shapes.join('')).toBe('222222222222222111112222');
  });

  it('replaces an unconfirmed commit with a higher fee, and only when it says something new', async () => {
    const { bitcoin, operator, mine, request } = setup();
    const first = await operator.commit(request());
    expect((await operator.commit(request())).how).toBe('unchanged');
    const second = await operator.commit(request({ newSeed: sha256(Uint8Array.of(3)) }));
    expect(second.how).toBe('replaced');
    expect(second.feeSats).toBeGreaterThan(first.feeSats);
    expect([...bitcoin.mempool.keys()]).toEqual([bytesToHex(second.txid)]);
    expect(mine().ops).toHaveLength(1);
    expect(operator.pendingTxid).toBeNull();
  });

  it('goes on from the older version when that one was mined', async () => {
    const { bitcoin, operator, mine, request } = setup();
    const first = await operator.commit(request());
    const raw = bitcoin.mempool.get(bytesToHex(first.txid))!;
    await operator.commit(request({ newSeed: sha256(Uint8Array.of(3)) }));
    bitcoin.mempool.clear();
    bitcoin.mempool.set(bytesToHex(first.txid), raw);
    mine();
    await operator.commit(request());
    expect(bytesToHex(commitIn(mine().ops).input.txid)).toBe(bytesToHex(first.txid));
  });

  it('retargets a commit that missed its block', async () => {
    const { operator, mine, request } = setup();
    await operator.commit(request());
    mine([]);
    await operator.commit(request());
    const block = mine();
    expect(commitIn(block.ops).burnParentModulus).toBe((block.burnHeight - 1) % 5);
  });

  it('remembers the chain over a restart', async () => {
    const { operator, mine, request, deps, options } = setup();
    await operator.commit(request());
    const before = commitIn(mine().ops);
    const again = new BurnchainOperator(deps, options);
    await again.commit(request());
    expect(bytesToHex(commitIn(mine().ops).input.txid)).toBe(bytesToHex(before.txid));
  });

  it('finds its chain again when it was not told of a block', async () => {
    const { bitcoin, operator, mine, request } = setup();
    const first = await operator.commit(request());
    bitcoin.mine();
    await operator.commit(request());
    expect(bytesToHex(commitIn(mine().ops).input.txid)).toBe(bytesToHex(first.txid));
  });

  it('starts from fresh coins when a reorganization took its chain', async () => {
    const { bitcoin, operator, mine, request } = setup();
    await operator.commit(request());
    mine();
    bitcoin.rewind(1);
    mine([]);
    expect((await operator.commit(request())).how).toBe('sent');
    expect(mine().ops).toHaveLength(1);
  });

  it('keeps its chain while a restarted bitcoind is behind', async () => {
    const { bitcoin, operator, mine, request } = setup();
    await operator.commit(request());
    const before = commitIn(mine().ops);
    const next = request();
    const [lost] = bitcoin.blocks.slice(-1);
    bitcoin.rewind(1);
    await expect(operator.commit(next)).rejects.toMatchObject({ code: 'burnchain/behind' });
    expect([...bitcoin.mempool.keys()]).toEqual([]);
    bitcoin.restore(lost!);
    await operator.commit(next);
    expect(bytesToHex(commitIn(mine().ops).input.txid)).toBe(bytesToHex(before.txid));
  });

  it('does not bid against the bound that bitcoind sets on fees', async () => {
    const { bitcoin, operator, request } = setup();
    bitcoin.refusal = 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)';
    const sending = operator.commit(request());
    await expect(sending).rejects.toMatchObject({ code: 'burnchain/not-sent' });
    expect(bitcoin.calls.filter((name) => name === 'sendrawtransaction')).toHaveLength(1);
  });

  it('says where to send bitcoin when there is none', async () => {
    const { operator, request } = setup(0);
    const error = await operator.commit(request()).catch((cause) => cause);
    expect(error).toBeInstanceOf(BurnchainError);
    expect(error.code).toBe('burnchain/no-funds');
    expect(error.message).toContain(operator.address);
  });

  it('signals replaceability and pays the fee rate', async () => {
    const { bitcoin, operator, request } = setup();
    const { txid, feeSats } = await operator.commit(request());
    const tx = bitcoin.mempool.get(bytesToHex(txid))!;
    expect(tx.inputs.every((input) => input.sequence < 0xfffffffe)).toBe(true);
    expect(bitcoin.feeOf(tx)).toBe(feeSats);
    expect(Number(feeSats)).toBeGreaterThan(2_000);
    expect(Number(feeSats)).toBeLessThan(4_000);
    const context = { pox: network.pox, magic: network.bitcoin.magic };
    const op = parseBurnOp(tx, { ...context, burnHeight: bitcoin.height + 1, vtxindex: 1 });
    expect(op?.kind).toBe('block-commit');
  });
});
