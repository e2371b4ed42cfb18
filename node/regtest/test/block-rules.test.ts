/** Blocks that break one rule each, by bitcoind's names for them; and what mining makes. */
import {
  type BitcoinBlock,
  bitcoinMerkleRoot,
  bitcoinTxid,
  decodeBitcoinBlock,
  encodeBitcoinBlock,
  hasProofOfWork,
  opReturnScript,
  witnessCommitmentScript,
  witnessMerkleRoot,
} from '@assay/bitcoin';
import { bytesFromHex, bytesToHex, concatBytes } from '@assay/bytes';
import { MemoryStore } from '@assay/store';
import { beforeAll, describe, expect, it } from 'vitest';
import { medianTimeSecs } from '../src/chain/block-index.ts';
import { subsidySats } from '../src/chain/params.ts';
import { openOurs } from './harness.ts';
import { type Funding, made, matureCoins, spend, testKey } from './spender.ts';

const alice = testKey(1);
const bob = testKey(2);
const bitcoin = openOurs();
let coins: Funding[];

beforeAll(async () => {
  coins = await matureCoins(bitcoin, alice.address, 4);
});

/** An unsubmitted valid block on the tip. */
async function draft(transactions: readonly string[] = []): Promise<BitcoinBlock> {
  const { hex } = await bitcoin.call('generateblock', [bob.address, transactions, false]);
  const block = decodeBitcoinBlock(bytesFromHex(hex));
  if (!block.ok) throw new Error(block.error.message);
  return block.value;
}

/** Recomputes Merkle root and work after a change; the witness commitment where asked. */
function seal(block: BitcoinBlock, withCommitment = true): BitcoinBlock {
  let transactions = [...block.transactions];
  const [coinbase] = transactions;
  if (withCommitment && coinbase?.outputs.length === 2) {
    const script = witnessCommitmentScript(witnessMerkleRoot(transactions), new Uint8Array(32));
    const outputs = [coinbase.outputs[0]!, { valueSats: 0n, script }];
    transactions = [{ ...coinbase, outputs }, ...transactions.slice(1)];
  }
  const merkleRoot = bitcoinMerkleRoot(transactions.map(bitcoinTxid));
  return grind({ transactions, header: { ...block.header, merkleRoot } });
}

function grind(block: BitcoinBlock): BitcoinBlock {
  let { header } = block;
  while (!hasProofOfWork(header)) header = { ...header, nonce: (header.nonce + 1) >>> 0 };
  return { ...block, header };
}

function submit(block: BitcoinBlock): Promise<string | null> {
  return bitcoin.call('submitblock', [bytesToHex(encodeBitcoinBlock(block))]);
}

type Change = (block: BitcoinBlock) => BitcoinBlock;

function withCoinbase(
  change: (coinbase: BitcoinBlock['transactions'][0]) => typeof coinbase,
): Change {
  return (block) =>
    seal({
      ...block,
      transactions: [change(block.transactions[0]!), ...block.transactions.slice(1)],
    });
}

const cases: [string, Change][] = [
  [
    'high-hash',
    (block) => {
      let { header } = block;
      while (hasProofOfWork(header)) header = { ...header, nonce: header.nonce + 1 };
      return { ...block, header };
    },
  ],
  ['bad-diffbits', (block) => grind({ ...block, header: { ...block.header, bits: 0x207ffffe } })],
  [
    'time-too-old',
    (block) => {
      const timeSecs = medianTimeSecs(bitcoin.service.node.chain.tip);
      return grind({ ...block, header: { ...block.header, timeSecs } });
    },
  ],
  [
    'time-too-new',
    (block) => {
      const timeSecs = block.header.timeSecs + 7_300;
      return grind({ ...block, header: { ...block.header, timeSecs } });
    },
  ],
  [
    'bad-version(0x00000001)',
    (block) => grind({ ...block, header: { ...block.header, version: 1 } }),
  ],
  [
    'prev-blk-not-found',
    (block) => {
      const prevHash = new Uint8Array(32).fill(9);
      return grind({ ...block, header: { ...block.header, prevHash } });
    },
  ],
  [
    'bad-txnmrklroot',
    (block) => {
      const merkleRoot = new Uint8Array(32);
      return grind({ ...block, header: { ...block.header, merkleRoot } });
    },
  ],
  [
    'bad-cb-height',
    withCoinbase((tx) => ({
      ...tx,
      inputs: [{ ...tx.inputs[0]!, scriptSig: bytesFromHex('02ffff00') }],
    })),
  ],
  [
    'bad-cb-length',
    withCoinbase((tx) => ({
      ...tx,
      inputs: [{ ...tx.inputs[0]!, scriptSig: new Uint8Array(101) }],
    })),
  ],
  [
    'bad-cb-amount',
    withCoinbase((tx) => ({
      ...tx,
      outputs: [{ ...tx.outputs[0]!, valueSats: tx.outputs[0]!.valueSats + 1n }, tx.outputs[1]!],
    })),
  ],
  [
    'bad-cb-multiple',
    (block) => {
      const [coinbase] = block.transactions;
      return seal({
        ...block,
        transactions: [coinbase!, { ...coinbase!, lockTime: 0, version: 1 }],
      });
    },
  ],
  [
    'bad-txns-duplicate',
    (block) => {
      const [coinbase, first] = block.transactions;
      return seal({ ...block, transactions: [coinbase!, first!, first!, first!] }, false);
    },
  ],
  [
    'bad-witness-merkle-match',
    (block) => {
      const [coinbase, first] = block.transactions;
      const script = witnessCommitmentScript(new Uint8Array(32), new Uint8Array(32));
      const outputs = [coinbase!.outputs[0]!, { valueSats: 0n, script }];
      return seal({ ...block, transactions: [{ ...coinbase!, outputs }, first!] }, false);
    },
  ],
  [
    'unexpected-witness',
    (block) => {
      const [coinbase, first] = block.transactions;
      const outputs = [coinbase!.outputs[0]!];
      return seal({ ...block, transactions: [{ ...coinbase!, outputs }, first!] }, false);
    },
  ],
  [
    'bad-witness-nonce-size',
    withCoinbase((tx) => ({
      ...tx,
      inputs: [{ ...tx.inputs[0]!, witness: [new Uint8Array(31)] }],
    })),
  ],
  [
    'bad-txns-vout-negative',
    withCoinbase((tx) => ({
      ...tx,
      outputs: [{ ...tx.outputs[0]!, valueSats: 1n << 63n }, tx.outputs[1]!],
    })),
  ],
];

describe('submitblock', () => {
  it.each(cases)('%s', async (reason, change) => {
    const [coin] = coins;
    const tx = spend(alice, [coin!], [{ script: bob.p2wpkh, sats: coin!.sats - 5_000n }]);
    const block = await draft([tx.hex]);
    const height = await bitcoin.call('getblockcount');
    expect(await submit(change(block))).toBe(reason);
    expect(await bitcoin.call('getblockcount')).toBe(height);
    expect(bitcoin.service.node.chain.tip.isInvalid).toBe(false);
  });

  it('takes the untouched block, once', async () => {
    const block = await draft();
    expect(await submit(block)).toBeNull();
    expect(await submit(block)).toBe('duplicate');
  });

  it('refuses spending twice, unsigned spending, and thin air, leaving no trace', async () => {
    const [coin] = coins;
    const to = (script: Uint8Array, sats: bigint) => [{ script, sats }];
    const one = spend(alice, [coin!], to(bob.p2wpkh, coin!.sats - 1_000n));
    const two = spend(alice, [coin!], to(alice.p2wpkh, coin!.sats - 2_000n));
    const stolen = made({ ...one.tx, outputs: [{ ...one.tx.outputs[0]!, script: alice.p2pkh }] });
    const more = spend(alice, [coin!], to(bob.p2wpkh, coin!.sats + 1n));
    const before = bitcoin.service.node.chain.coins.all().length;
    const reasons: [string, string[]][] = [
      ['bad-txns-inputs-missingorspent', [one.hex, two.hex]],
      ['mandatory-script-verify-flag-failed (Signature must be zero', [stolen.hex]],
      ['bad-txns-in-belowout', [more.hex]],
    ];
    for (const [reason, transactions] of reasons) {
      const block = seal(await draft(transactions));
      expect(await submit(block)).toContain(reason);
      expect(await submit(block)).toBe('duplicate-invalid');
      expect(bitcoin.service.node.chain.coins.all().length).toBe(before);
    }
  });
});

describe('mining', () => {
  it('halves every 150 blocks', async () => {
    expect([1, 149, 150, 299, 300, 9_599].map(subsidySats)).toEqual([
      5_000_000_000n,
      5_000_000_000n,
      2_500_000_000n,
      2_500_000_000n,
      1_250_000_000n,
      0n,
    ]);
    const node = openOurs().service.node;
    node.mine(alice.p2wpkh, 301);
    const paid = (height: number) =>
      node.chain.block(node.chain.at(height)!).block.transactions[0]!.outputs[0]!.valueSats;
    expect([1, 149, 150, 300].map(paid)).toEqual([1, 149, 150, 300].map(subsidySats));
  });

  it('takes the transactions that pay best, and never a child without its parent', async () => {
    const own = openOurs();
    const funds = await matureCoins(own, alice.address, 3);
    const pay = (coin: Funding, fee: bigint) =>
      spend(alice, [coin], [{ script: alice.p2wpkh, sats: coin.sats - fee }]);
    const cheap = pay(funds[0]!, 300n);
    const dear = pay(funds[1]!, 90_000n);
    const parent = pay(funds[2]!, 200n);
    const child = pay(parent.output(0), 60_000n);
    for (const tx of [cheap, parent, dear, child]) {
      await own.call('sendrawtransaction', [tx.hex]);
    }
    const [hash] = await own.call('generatetoaddress', [1, bob.address]);
    const { tx } = await own.call('getblock', [hash]);
    expect(tx.slice(1)).toEqual([dear.txid, parent.txid, child.txid, cheap.txid]);
  });

  it('mines 200 blocks in one call, across the first halving', () => {
    const node = openOurs().service.node;
    expect(node.mine(alice.p2wpkh, 200)).toHaveLength(200);
    expect(node.chain.burnHeight).toBe(200);
  });
});

describe('policy', () => {
  it('without full replacement, only signalling transactions can be replaced (BIP125 rule 1)', async () => {
    const own = openOurs(new MemoryStore(), { fullRbf: false });
    const [first, second] = await matureCoins(own, alice.address, 2);
    const pay = (coin: Funding, fee: bigint, sequence: number) =>
      spend(alice, [coin], [{ script: bob.p2wpkh, sats: coin.sats - fee }], { sequence }).hex;
    await own.call('sendrawtransaction', [pay(first!, 1_000n, 0xfffffffe)]);
    await expect(
      own.call('sendrawtransaction', [pay(first!, 90_000n, 0xfffffffe)]),
    ).rejects.toMatchObject({ code: -26, message: 'txn-mempool-conflict' });
    await own.call('sendrawtransaction', [pay(second!, 1_000n, 0xfffffffd)]);
    await own.call('sendrawtransaction', [pay(second!, 90_000n, 0xfffffffe)]);
  });

  it('relays one OP_RETURN of 80 bytes, with nothing burned', async () => {
    const coin = coins[1]!;
    const pay = (...scripts: { script: Uint8Array; sats: bigint }[]) =>
      spend(alice, [coin], [...scripts, { script: bob.p2wpkh, sats: coin.sats - 9_000n }]).hex;
    const data = (size: number, sats = 0n) => ({
      script: opReturnScript(new Uint8Array(size)),
      sats,
    });
    const refusal = async (hex: string) => {
      const [verdict] = await bitcoin.call('testmempoolaccept', [[hex]]);
      return verdict['reject-reason'] ?? null;
    };
    expect(await refusal(pay(data(80)))).toBeNull();
    expect(await refusal(pay(data(81)))).toBe('scriptpubkey');
    expect(await refusal(pay(data(1), data(2)))).toBe('multi-op-return');
    await expect(bitcoin.call('sendrawtransaction', [pay(data(5, 1n))])).rejects.toMatchObject({
      code: -25,
    });
    const strange = { script: concatBytes(Uint8Array.of(0x51, 0x75)), sats: 1_000n };
    expect(await refusal(pay(strange))).toBe('scriptpubkey');
  });
});
