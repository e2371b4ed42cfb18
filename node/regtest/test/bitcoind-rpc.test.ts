/** bitcoind's JSON-RPC, as clients use it. The same suite runs against a real bitcoind on PATH. */

import { decodeBitcoinBlock, hasProofOfWork } from '@assay/bitcoin';
import { bytesFromHex, bytesToHex } from '@assay/bytes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bitcoin, bitcoindVersion, CallError, openBitcoind, openOurs } from './harness.ts';
import { type Funding, made, matureCoins, spend, spendWithBtcSigner, testKey } from './spender.ts';

const version = bitcoindVersion();
const alice = testKey(1);
const bob = testKey(2);

/** Since 31 bitcoind bounds clusters (64), not chains (25), and lets replacements bring unconfirmed inputs. */
async function hasClusters(bitcoin: Bitcoin): Promise<boolean> {
  const { version: number } = await bitcoin.call('getnetworkinfo');
  return !bitcoin.isOurs && number >= 310_000;
}

async function failure(action: Promise<unknown>): Promise<[number, string]> {
  try {
    await action;
  } catch (error) {
    if (error instanceof CallError) return [error.code, error.message];
    throw error;
  }
  throw new Error('the call succeeded');
}

const systems: [string, boolean, () => Promise<Bitcoin>][] = [
  ['the embedded regtest', true, async () => openOurs()],
  [version ?? 'bitcoind (not on PATH: skipped)', version !== null, openBitcoind],
];

describe.each(systems)('%s', (_name, isPresent, open) => {
  if (!isPresent) {
    it.skip('needs bitcoind on PATH', () => {});
    return;
  }
  let bitcoin: Bitcoin;
  beforeAll(async () => {
    bitcoin = await open();
  });
  afterAll(() => bitcoin.close());

  it('starts at the regtest genesis', async () => {
    const info = await bitcoin.call('getblockchaininfo');
    expect(info).toMatchObject({ chain: 'regtest', blocks: 0, headers: 0, pruned: false });
    expect(info.bestblockhash).toBe(
      '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    );
    const genesis = await bitcoin.call('getblock', [info.bestblockhash, 2]);
    expect(genesis).toMatchObject({
      height: 0,
      nTx: 1,
      bits: '207fffff',
      nonce: 2,
      time: 1296688602,
      mediantime: 1296688602,
      versionHex: '00000001',
      merkleroot: '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
      chainwork: '0000000000000000000000000000000000000000000000000000000000000002',
      size: 285,
      strippedsize: 285,
      weight: 1140,
    });
    expect(await bitcoin.text('getdifficulty')).toContain('4.656542373906925e-10');
  });

  it('mines blocks with work, heights, commitments and a halving subsidy', async () => {
    const hashes = await bitcoin.call('generatetoaddress', [3, alice.address]);
    expect(await bitcoin.call('getblockcount')).toBe(3);
    expect(await bitcoin.call('getbestblockhash')).toBe(hashes[2]);
    expect(await bitcoin.call('getblockhash', [2])).toBe(hashes[1]);
    const raw = decodeBitcoinBlock(bytesFromHex(await bitcoin.call('getblock', [hashes[2], 0])));
    expect(raw.ok && hasProofOfWork(raw.value.header)).toBe(true);
    const block = await bitcoin.call('getblock', [hashes[1], 2]);
    expect(block.previousblockhash).toBe(hashes[0]);
    expect(block.nextblockhash).toBe(hashes[2]);
    expect(block.confirmations).toBe(2);
    const [coinbase] = block.tx;
    expect(coinbase.vin[0].coinbase.startsWith('52')).toBe(true);
    expect(coinbase.vin[0].txinwitness).toEqual(['00'.repeat(32)]);
    expect(coinbase.vout[0].scriptPubKey).toMatchObject({
      address: alice.address,
      type: 'witness_v0_keyhash',
      hex: bytesToHex(alice.p2wpkh),
      asm: `0 ${bytesToHex(alice.p2wpkh).slice(4)}`,
    });
    expect(coinbase.vout[0].scriptPubKey.desc).toMatch(/^addr\(bcrt1.*\)#[a-z0-9]{8}$/);
    expect(coinbase.vout[1].scriptPubKey.hex.startsWith('6a24aa21a9ed')).toBe(true);
    expect(await bitcoin.text('getblock', [hashes[1], 2])).toContain('"value":50.00000000');
    const header = await bitcoin.call('getblockheader', [hashes[1], false]);
    expect(header).toBe((await bitcoin.call('getblock', [hashes[1], 0])).slice(0, 160));
    const fields = await bitcoin.call('getblockheader', [hashes[1]]);
    expect(fields).toMatchObject({ hash: hashes[1], height: 2, nTx: 1, bits: '207fffff' });
  });

  it('answers errors with the numbers clients expect', async () => {
    const unknown = '11'.repeat(32);
    expect(await failure(bitcoin.call('nosuchmethod'))).toEqual([-32601, 'Method not found']);
    expect(await failure(bitcoin.call('getblockhash', [99999]))).toEqual([
      -8,
      'Block height out of range',
    ]);
    expect((await failure(bitcoin.call('getblockhash')))[0]).toBe(-1);
    expect((await failure(bitcoin.call('getblockhash', ['x'])))[0]).toBe(-3);
    expect(await failure(bitcoin.call('getblock', [unknown]))).toEqual([-5, 'Block not found']);
    expect(await failure(bitcoin.call('getblock', ['abc']))).toEqual([
      -8,
      expect.stringContaining('blockhash must be'),
    ]);
    expect((await failure(bitcoin.call('getrawtransaction', [unknown])))[0]).toBe(-5);
    expect(await failure(bitcoin.call('getmempoolentry', [unknown]))).toEqual([
      -5,
      'Transaction not in mempool',
    ]);
    expect((await failure(bitcoin.call('sendrawtransaction', ['00'])))[0]).toBe(-22);
    expect(await failure(bitcoin.call('generatetoaddress', [1, 'nonsense']))).toEqual([
      -5,
      'Error: Invalid address',
    ]);
    expect(await failure(bitcoin.call('getblockhash', { nosuch: 1 }))).toEqual([
      -8,
      'Unknown named parameter nosuch',
    ]);
    expect(await bitcoin.call('getblockhash', { height: 0 })).toMatch(/^0f9188f1/);
    expect(await bitcoin.call('gettxout', [unknown, 0])).toBeNull();
  });

  describe('spending', () => {
    let coins: Funding[];
    const take = () => coins.shift()!;
    beforeAll(async () => {
      coins = [
        ...(await matureCoins(bitcoin, alice.address, 12)),
        ...(await matureCoins(bitcoin, alice.legacyAddress, 3)),
      ];
    });

    it('takes what btc-signer signs, p2wpkh with OP_RETURN, and confirms it', async () => {
      const coin = take();
      const previous = await bitcoin.call('getrawtransaction', [coin.txid]);
      const data = new Uint8Array(80).fill(7);
      const tx = spendWithBtcSigner(
        alice,
        coin,
        previous,
        [{ script: bob.p2wpkh, sats: coin.sats - 20_000n }],
        data,
      );
      const [verdict] = await bitcoin.call('testmempoolaccept', [[tx.hex]]);
      expect(verdict).toMatchObject({ txid: tx.txid, allowed: true, fees: { base: 0.0002 } });
      expect(await bitcoin.call('sendrawtransaction', [tx.hex])).toBe(tx.txid);
      expect(await bitcoin.call('sendrawtransaction', [tx.hex])).toBe(tx.txid);
      expect(await bitcoin.call('getrawmempool')).toEqual([tx.txid]);
      const entry = await bitcoin.call('getmempoolentry', [tx.txid]);
      expect(entry).toMatchObject({ fees: { base: 0.0002 }, depends: [], ancestorcount: 1 });
      expect(await bitcoin.call('gettxout', [coin.txid, 0])).toBeNull();
      expect(await bitcoin.call('gettxout', [coin.txid, 0, false])).not.toBeNull();
      expect(await bitcoin.call('gettxout', [tx.txid, 1])).toMatchObject({ confirmations: 0 });
      const pooled = await bitcoin.call('getrawtransaction', [tx.txid, true]);
      expect(pooled.confirmations).toBeUndefined();
      expect(pooled.vout[0].scriptPubKey).toMatchObject({
        type: 'nulldata',
        asm: `OP_RETURN ${'07'.repeat(80)}`,
      });
      const [hash] = await bitcoin.call('generatetoaddress', [1, bob.address]);
      const found = await bitcoin.call('getrawtransaction', [tx.txid, 1]);
      expect(found).toMatchObject({ blockhash: hash, confirmations: 1, hex: tx.hex });
      const block = await bitcoin.call('getblock', [hash, 2]);
      expect(block.tx[1]).toMatchObject({ txid: tx.txid, fee: 0.0002 });
      expect(Math.round(block.tx[0].vout[0].value * 1e8) % 1e8).toBe(20_000);
      expect(await bitcoin.call('getrawmempool')).toEqual([]);
      expect(await failure(bitcoin.call('sendrawtransaction', [tx.hex]))).toEqual([
        -27,
        expect.any(String),
      ]);
    });

    it('takes p2pkh from btc-signer (previous transaction without its witness)', async () => {
      const coin = coins.pop()!;
      const previous = await bitcoin.call('getrawtransaction', [coin.txid]);
      const tx = spendWithBtcSigner(alice, coin, previous, [
        { script: bob.p2pkh, sats: coin.sats - 5_000n },
      ]);
      expect(await bitcoin.call('sendrawtransaction', [tx.hex])).toBe(tx.txid);
      const decoded = await bitcoin.call('decoderawtransaction', [tx.hex]);
      expect(decoded.vin[0].scriptSig.asm).toMatch(/^30[0-9a-f]+\[ALL\] 0[23][0-9a-f]{64}$/);
      expect(decoded.vout[0].scriptPubKey.type).toBe('pubkeyhash');
    });

    it('refuses what is not signed, not funded, too cheap, too dear, or dust', async () => {
      const coin = take();
      const out = { script: bob.p2wpkh, sats: coin.sats - 10_000n };
      const good = spend(alice, [coin], [out]);
      const broken = { ...good.tx, outputs: [{ ...good.tx.outputs[0]!, valueSats: 1_000_000n }] };
      const [code, message] = await failure(
        bitcoin.call('sendrawtransaction', [made(broken).hex, 0]),
      );
      expect([code, message]).toEqual([-26, expect.stringContaining('script-verify-flag-failed')]);
      const unfunded = spend(alice, [{ ...coin, txid: '22'.repeat(32) }], [out]);
      expect(await failure(bitcoin.call('sendrawtransaction', [unfunded.hex]))).toEqual([
        -25,
        'bad-txns-inputs-missingorspent',
      ]);
      const [missing] = await bitcoin.call('testmempoolaccept', [[unfunded.hex]]);
      expect(missing).toMatchObject({ allowed: false, 'reject-reason': 'missing-inputs' });
      const free = spend(alice, [coin], [{ ...out, sats: coin.sats }]);
      expect(await failure(bitcoin.call('sendrawtransaction', [free.hex]))).toEqual([
        -26,
        expect.stringMatching(/^min relay fee not met, 0 < \d+/),
      ]);
      const above = spend(alice, [coin], [{ ...out, sats: coin.sats + 1n }]);
      expect((await failure(bitcoin.call('sendrawtransaction', [above.hex])))[1]).toMatch(
        /^bad-txns-in-belowout/,
      );
      const dear = spend(alice, [coin], [{ ...out, sats: coin.sats / 2n }]);
      expect(await failure(bitcoin.call('sendrawtransaction', [dear.hex]))).toEqual([
        -25,
        expect.stringContaining('Fee exceeds maximum configured by user'),
      ]);
      const dust = spend(alice, [coin], [out, { script: bob.p2wpkh, sats: 293n }]);
      expect((await failure(bitcoin.call('sendrawtransaction', [dust.hex])))[1]).toMatch(/^dust/);
      const enough = spend(alice, [coin], [out, { script: bob.p2wpkh, sats: 294n }]);
      const [verdict] = await bitcoin.call('testmempoolaccept', [[enough.hex]]);
      expect(verdict.allowed).toBe(true);
    });

    it('refuses immature coinbases and locked transactions', async () => {
      const [hash] = await bitcoin.call('generatetoaddress', [1, alice.address]);
      const block = await bitcoin.call('getblock', [hash, 2]);
      const young: Funding = {
        txid: block.tx[0].txid,
        vout: 0,
        sats: BigInt(Math.round(block.tx[0].vout[0].value * 1e8)),
        script: alice.p2wpkh,
      };
      const early = spend(alice, [young], [{ script: bob.p2wpkh, sats: young.sats - 1_000n }]);
      expect(await failure(bitcoin.call('sendrawtransaction', [early.hex]))).toEqual([
        -26,
        'bad-txns-premature-spend-of-coinbase, tried to spend coinbase at depth 1',
      ]);
      const coin = take();
      const to = [{ script: bob.p2wpkh, sats: coin.sats - 1_000n }];
      const tip = await bitcoin.call('getblockcount');
      const locked = spend(alice, [coin], to, { lockTime: tip + 1 });
      expect((await failure(bitcoin.call('sendrawtransaction', [locked.hex])))[1]).toBe(
        'non-final',
      );
      const relative = spend(alice, [coin], to, { sequence: 5_000 });
      expect((await failure(bitcoin.call('sendrawtransaction', [relative.hex])))[1]).toBe(
        'non-BIP68-final',
      );
      const fine = spend(alice, [coin], to, { lockTime: tip, sequence: 50 });
      expect(await bitcoin.call('sendrawtransaction', [fine.hex])).toBe(fine.txid);
    });

    it('BIP125: replaces for more, not for less, and never for too little more', async () => {
      const coin = take();
      const pay = (fee: bigint, extra: { sequence?: number } = {}) =>
        spend(alice, [coin], [{ script: bob.p2wpkh, sats: coin.sats - fee }], extra);
      const first = pay(1_000n);
      await bitcoin.call('sendrawtransaction', [first.hex]);
      const child = spend(
        bob,
        [first.output(0)],
        [{ script: bob.p2wpkh, sats: first.output(0).sats - 3_000n }],
      );
      await bitcoin.call('sendrawtransaction', [child.hex]);
      expect(await failure(bitcoin.call('sendrawtransaction', [pay(1_001n).hex]))).toEqual([
        -26,
        expect.stringContaining('insufficient fee, rejecting replacement'),
      ]);
      // 4,000 are lost with the child; the replacement must pay for its own relay on top.
      for (const fee of [999n, 3_999n, 4_010n]) {
        expect((await failure(bitcoin.call('sendrawtransaction', [pay(fee).hex])))[1]).toMatch(
          /^insufficient fee/,
        );
      }
      const better = pay(4_200n);
      expect(await bitcoin.call('sendrawtransaction', [better.hex])).toBe(better.txid);
      const pool = await bitcoin.call('getrawmempool');
      expect(pool).toContain(better.txid);
      expect(pool).not.toContain(first.txid);
      expect(pool).not.toContain(child.txid);
      const other = take();
      const parent = spend(alice, [other], [{ script: alice.p2wpkh, sats: other.sats - 1_000n }]);
      await bitcoin.call('sendrawtransaction', [parent.hex]);
      const mixed = spend(
        alice,
        [coin, parent.output(0)],
        [{ script: bob.p2wpkh, sats: coin.sats + other.sats - 50_000n }],
      );
      if (await hasClusters(bitcoin)) return;
      expect((await failure(bitcoin.call('sendrawtransaction', [mixed.hex])))[1]).toMatch(
        /^replacement-adds-unconfirmed/,
      );
    });

    it('carries a chain of unconfirmed transactions into one block, 25 long at most', async () => {
      const coin = take();
      const chain: string[] = [];
      let from = coin;
      for (let i = 0; i < 25; i++) {
        const next = spend(alice, [from], [{ script: alice.p2wpkh, sats: from.sats - 500n }]);
        await bitcoin.call('sendrawtransaction', [next.hex]);
        chain.push(next.txid);
        from = next.output(0);
      }
      if (!(await hasClusters(bitcoin))) {
        const more = spend(alice, [from], [{ script: alice.p2wpkh, sats: from.sats - 500n }]);
        expect((await failure(bitcoin.call('sendrawtransaction', [more.hex])))[1]).toMatch(
          /^too-long-mempool-chain/,
        );
      }
      const ancestors = await bitcoin.call('getmempoolancestors', [chain[24]]);
      expect([...ancestors].sort()).toEqual(chain.slice(0, 24).sort());
      const [hash] = await bitcoin.call('generatetoaddress', [1, bob.address]);
      const { tx } = await bitcoin.call('getblock', [hash, 1]);
      expect(tx.filter((txid: string) => chain.includes(txid))).toEqual(chain);
    });

    it('generateblock holds exactly what it is given', async () => {
      const coin = take();
      const first = spend(alice, [coin], [{ script: alice.p2wpkh, sats: coin.sats - 1_000n }]);
      const second = spend(
        alice,
        [first.output(0)],
        [{ script: bob.p2wpkh, sats: coin.sats - 2_000n }],
      );
      const { hash } = await bitcoin.call('generateblock', [bob.address, [first.hex, second.hex]]);
      const block = await bitcoin.call('getblock', [hash, 1]);
      expect(block.tx.slice(1)).toEqual([first.txid, second.txid]);
      const [code] = await failure(bitcoin.call('generateblock', [bob.address, [first.hex]]));
      expect(code).toBe(-25);
    });

    it('reorganizes on invalidateblock and back on reconsiderblock', async () => {
      const coin = take();
      const tx = spend(alice, [coin], [{ script: bob.p2wpkh, sats: coin.sats - 1_000n }]);
      await bitcoin.call('sendrawtransaction', [tx.hex]);
      const [hash] = await bitcoin.call('generatetoaddress', [1, bob.address]);
      const tip = await bitcoin.call('getblockcount');
      await bitcoin.call('invalidateblock', [hash]);
      expect(await bitcoin.call('getblockcount')).toBe(tip - 1);
      expect(await bitcoin.call('getrawmempool')).toContain(tx.txid);
      expect((await bitcoin.call('getblockheader', [hash])).confirmations).toBe(-1);
      expect((await bitcoin.call('gettxout', [coin.txid, coin.vout, false]))?.value).toBe(
        Number(coin.sats) / 1e8,
      );
      await bitcoin.call('reconsiderblock', [hash]);
      expect(await bitcoin.call('getbestblockhash')).toBe(hash);
      expect(await bitcoin.call('getrawmempool')).not.toContain(tx.txid);
    });

    it('the branch with more work wins, and the loser keeps its blocks', async () => {
      const before = await bitcoin.call('getbestblockhash');
      const losing = await bitcoin.call('generatetoaddress', [2, alice.address]);
      await bitcoin.call('invalidateblock', [losing[0]]);
      const winning = await bitcoin.call('generatetoaddress', [3, bob.address]);
      await bitcoin.call('reconsiderblock', [losing[0]]);
      expect(await bitcoin.call('getbestblockhash')).toBe(winning[2]);
      expect((await bitcoin.call('getblock', [losing[1]])).previousblockhash).toBe(losing[0]);
      const tips = await bitcoin.call('getchaintips');
      const fork = tips.find((tip: { hash: string }) => tip.hash === losing[1]);
      expect(fork).toMatchObject({ branchlen: 2, status: 'valid-fork' });
      expect((await bitcoin.call('getblockheader', [before])).nextblockhash).toBe(winning[0]);
    });
  });

  describe('wallets', () => {
    it('watches an address by descriptor and lists its coins', async () => {
      await bitcoin.call('createwallet', ['watch', true]);
      expect(await bitcoin.call('listwallets')).toContain('watch');
      expect((await failure(bitcoin.call('createwallet', ['watch', true])))[0]).toBe(-4);
      expect((await failure(bitcoin.call('loadwallet', ['watch'])))[0]).toBe(-35);
      expect((await failure(bitcoin.call('loadwallet', ['nosuch'])))[0]).toBe(-18);
      expect((await failure(bitcoin.call('listunspent', [], 'nosuch')))[0]).toBe(-18);
      expect((await failure(bitcoin.call('listunspent', [], 'watch/')))[0]).toBe(-18);
      expect(await bitcoin.call('getblockcount', [], 'nosuch')).toBeGreaterThan(0);
      const carol = testKey(3);
      const { descriptor } = await bitcoin.call('getdescriptorinfo', [`addr(${carol.address})`]);
      const [result] = await bitcoin.call(
        'importdescriptors',
        [[{ desc: descriptor, timestamp: 0 }]],
        'watch',
      );
      expect(result).toMatchObject({ success: true });
      const [refused] = await bitcoin.call(
        'importdescriptors',
        [[{ desc: `addr(${carol.address})`, timestamp: 0 }]],
        'watch',
      );
      expect(refused).toMatchObject({ success: false, error: { code: -5 } });
      const [coin] = await matureCoins(bitcoin, carol.address, 1);
      const unspent = await bitcoin.call('listunspent', [1, 9999999, [carol.address]], 'watch');
      expect(unspent).toMatchObject([
        {
          txid: coin!.txid,
          vout: 0,
          address: carol.address,
          amount: Number(coin!.sats) / 1e8,
          confirmations: 101,
          scriptPubKey: bytesToHex(carol.p2wpkh),
          solvable: false,
          safe: true,
        },
      ]);
      expect(await bitcoin.call('listunspent', [1, 9999999, [bob.address]], 'watch')).toEqual([]);
      const info = await bitcoin.call('getaddressinfo', [carol.address], 'watch');
      expect(info).toMatchObject({ address: carol.address, solvable: false, iswitness: true });
      const scan = await bitcoin.call('scantxoutset', ['start', [`addr(${carol.address})`]]);
      expect(scan).toMatchObject({
        success: true,
        unspents: [{ txid: coin!.txid, vout: 0, coinbase: true }],
      });
      expect((await failure(bitcoin.call('sendtoaddress', [bob.address, 1], 'watch')))[0]).toBe(-4);
    });

    it('pays from its own keys', async () => {
      await bitcoin.call('createwallet', ['purse']);
      const address = await bitcoin.call('getnewaddress', [], 'purse');
      expect(await bitcoin.call('validateaddress', [address])).toMatchObject({ isvalid: true });
      expect((await failure(bitcoin.call('sendtoaddress', [bob.address, 1], 'purse')))[0]).toBe(-6);
      await matureCoins(bitcoin, address, 2);
      const before = await bitcoin.call('getbalance', [], 'purse');
      expect(before).toBeGreaterThan(0);
      const txid = await bitcoin.call('sendtoaddress', [testKey(4).address, '0.5'], 'purse');
      const entry = await bitcoin.call('getmempoolentry', [txid]);
      const after = await bitcoin.call('getbalance', [], 'purse');
      expect(after).toBeCloseTo(before - 0.5 - entry.fees.base, 8);
      await bitcoin.call('generatetoaddress', [1, bob.address]);
      const seen = await bitcoin.call('gettransaction', [txid], 'purse');
      expect(seen).toMatchObject({ confirmations: 1, txid });
      expect(seen.amount).toBeCloseTo(-0.5, 8);
      expect(seen.fee).toBeCloseTo(-entry.fees.base, 8);
      const raw = await bitcoin.call('createrawtransaction', [
        (await bitcoin.call('listunspent', [], 'purse')).slice(0, 1),
        [{ [bob.address]: 0.001 }],
      ]);
      const signed = await bitcoin.call('signrawtransactionwithwallet', [raw], 'purse');
      expect(signed.complete).toBe(true);
    });
  });

  it('says what it is', async () => {
    const network = await bitcoin.call('getnetworkinfo');
    expect(network.relayfee).toBe(0.00001);
    expect(network.version).toBeGreaterThan(240000);
    expect(await bitcoin.text('getnetworkinfo')).toContain('"relayfee":0.00001000');
    expect(await bitcoin.call('uptime')).toBeGreaterThanOrEqual(0);
    expect(await bitcoin.call('help')).toContain('getblockcount');
    expect(await bitcoin.call('validateaddress', ['nonsense'])).toMatchObject({ isvalid: false });
    const estimate = await bitcoin.call('estimatesmartfee', [6]);
    expect(estimate.blocks).toBeGreaterThan(0);
  });
});
