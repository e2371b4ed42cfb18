/**
 * The UTXO set against a naive model: after any run of blocks, forks, reorganizations, invalidations
 * and restarts, the set equals a replay of the active chain from genesis into a plain Map.
 */
import { bitcoinBlockHashHex, hashToDisplayHex, isCoinbase, isUnspendable } from '@assay/bitcoin';
import { bytesToHex } from '@assay/bytes';
import { MemoryStore, type Store } from '@assay/store';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { subsidySats } from '../src/chain/params.ts';
import type { RegtestNode } from '../src/regtest-node.ts';
import { openOurs } from './harness.ts';
import { type Funding, spend, testKey } from './spender.ts';

const alice = testKey(1);
const bob = testKey(2);

/** Replays the active chain by the book. */
function naiveUtxos({ chain }: RegtestNode): Map<string, string> {
  const coins = new Map<string, string>();
  for (let height = 1; height <= chain.burnHeight; height++) {
    for (const { tx, id } of chain.block(chain.at(height)!).transactions) {
      const isFirst = isCoinbase(tx);
      for (const { prevTxid, prevIndex } of isFirst ? [] : tx.inputs) {
        const key = `${hashToDisplayHex(prevTxid)}:${prevIndex}`;
        expect(coins.delete(key), `${key} spent once, after it was made`).toBe(true);
      }
      for (const [index, { script, valueSats }] of tx.outputs.entries()) {
        if (isUnspendable(script)) continue;
        coins.set(`${id}:${index}`, `${valueSats} ${bytesToHex(script)} ${height} ${isFirst}`);
      }
    }
  }
  return coins;
}

function realUtxos({ chain }: RegtestNode): Map<string, string> {
  return new Map(
    chain.coins
      .all()
      .map(([at, coin]) => [
        `${hashToDisplayHex(at.txid)}:${at.index}`,
        `${coin.valueSats} ${bytesToHex(coin.script)} ${coin.burnHeight} ${coin.isCoinbase}`,
      ]),
  );
}

function sorted(map: Map<string, string>): [string, string][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** All invariants that hold between two calls. */
function checkNode(node: RegtestNode): void {
  expect(sorted(realUtxos(node))).toEqual(sorted(naiveUtxos(node)));
  // The index by script names the same outputs.
  for (const key of [alice, bob]) {
    const byScript = node.chain.coins.ofScript(key.p2wpkh).length;
    const text = bytesToHex(key.p2wpkh);
    const counted = [...realUtxos(node).values()].filter((coin) => coin.includes(text)).length;
    expect(byScript).toBe(counted);
  }
  // No coins out of thin air.
  const total = node.chain.coins.all().reduce((sum, [, coin]) => sum + coin.valueSats, 0n);
  let minted = 0n;
  for (let height = 1; height <= node.chain.burnHeight; height++) minted += subsidySats(height);
  expect(total <= minted).toBe(true);
  // What waits can still be mined: its coins exist, and nobody spends them twice.
  const spent = new Set<string>();
  for (const { known } of node.mempool.pool.all()) {
    for (const { prevTxid, prevIndex } of known.tx.inputs) {
      const key = `${hashToDisplayHex(prevTxid)}:${prevIndex}`;
      expect(spent.has(key)).toBe(false);
      spent.add(key);
      expect(node.mempool.coin(prevTxid, prevIndex)).not.toBeNull();
    }
    expect(node.chain.blockOf(known.txid)).toBeNull();
  }
}

/** A spendable coin of either key, chosen by `pick`; also of the mempool. */
function chooseCoin(
  node: RegtestNode,
  pick: number,
): { coin: Funding; owner: typeof alice } | null {
  const found: { coin: Funding; owner: typeof alice }[] = [];
  for (const owner of [alice, bob]) {
    for (const [at, coin] of node.chain.coins.ofScript(owner.p2wpkh)) {
      if (coin.isCoinbase && node.chain.burnHeight + 1 - coin.burnHeight < 100) continue;
      const txid = hashToDisplayHex(at.txid);
      if (pick % 3 !== 0 && node.mempool.pool.spender(txid, at.index) !== null) continue;
      const { valueSats: sats, script } = coin;
      found.push({ coin: { txid, vout: at.index, sats, script }, owner });
    }
    for (const { known } of node.mempool.pool.all()) {
      for (const [vout, { script, valueSats: sats }] of known.tx.outputs.entries()) {
        if (bytesToHex(script) !== bytesToHex(owner.p2wpkh)) continue;
        if (node.mempool.pool.spender(known.id, vout) !== null) continue;
        found.push({ coin: { txid: known.id, vout, sats, script }, owner });
      }
    }
  }
  return found[pick % Math.max(found.length, 1)] ?? null;
}

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('pay' as const), n: fc.nat(1000) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('mine' as const), n: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('reorg' as const), n: fc.nat(7) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reconsider' as const), n: fc.nat(50) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), n: fc.nat(1) }) },
  ),
  { minLength: 5, maxLength: 40 },
);

it('equals a replay after random payments, blocks, reorganizations and restarts', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const store: Store = new MemoryStore();
      let node = openOurs(store).service.node;
      node.mine(alice.p2wpkh, 104);
      for (const step of list) {
        if (step.do === 'pay') {
          const chosen = chooseCoin(node, step.n);
          if (chosen === null) continue;
          const { coin, owner } = chosen;
          const fee = BigInt(1_000 + step.n * 7);
          const half = coin.sats / 2n;
          if (half < 10_000n) continue;
          const tx = spend(
            owner,
            [coin],
            [
              { script: (step.n % 2 === 0 ? alice : bob).p2wpkh, sats: half },
              { script: alice.p2wpkh, sats: coin.sats - half - fee },
            ],
          );
          // May be refused (a replacement that pays too little): that is part of the game.
          const { knownTransaction } = await import('../src/chain/known-transaction.ts');
          node.mempool.accept(knownTransaction(tx.tx), node.nowSecs());
          node.commit();
        } else if (step.do === 'mine') {
          node.mine(bob.p2wpkh, step.n + 1);
        } else if (step.do === 'reorg') {
          const depth = Math.min(step.n + 1, node.chain.burnHeight);
          node.chain.invalidate(node.chain.at(node.chain.burnHeight - depth + 1)!);
          node.mine(alice.p2wpkh, step.n % 3);
          node.commit();
        } else if (step.do === 'reconsider') {
          const entries = [...node.chain.index.all()];
          node.chain.reconsider(entries[entries.length - 1 - (step.n % entries.length)]!);
          node.commit();
        } else {
          const before = { tip: node.chain.tip.id, pool: poolIds(node) };
          // Nothing is closed: a new process finds what a killed one left.
          node = openOurs(store).service.node;
          expect({ tip: node.chain.tip.id, pool: poolIds(node) }).toEqual(before);
        }
        expect(node.chain.tip.isInvalid).toBe(false);
        expect(node.chain.tip.chainWork).toBe(node.chain.index.best().chainWork);
      }
      checkNode(node);
      for (let height = 1; height <= node.chain.burnHeight; height++) {
        const entry = node.chain.at(height)!;
        expect(bitcoinBlockHashHex(entry.header)).toBe(entry.id);
        expect(entry.parent).toBe(node.chain.at(height - 1));
      }
    }),
    { numRuns: 20 },
  );
});

function poolIds(node: RegtestNode): string[] {
  return [...node.mempool.pool.all()].map(({ known }) => known.id).sort();
}
