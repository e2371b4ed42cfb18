import { bytesToHex } from '@assay/bytes';
import {
  type BurnStateDb,
  Chainstate,
  genesisNetwork,
  parseGenesis,
  type StoredHeader,
} from '@assay/chainstate';
import { formatPrincipal, parsePrincipal } from '@assay/clarity-value';
import { hash160, publicKeyFromPrivate, vrfProve } from '@assay/crypto';
import { DEVNET } from '@assay/params';
import type { Snapshot } from '@assay/sortition';
import { MemoryStore, type Store } from '@assay/store';
import { encodeTransaction, type NakamotoBlock, type Transaction } from '@assay/wire';
import { describe, expect, it } from 'vitest';
import { burnStateOf } from '../src/index.ts';
import { digest, TestMiner, TestNetwork, testSigners } from './network.ts';

const addressOf = (privateKey: Uint8Array): string =>
  formatPrincipal({
    version: DEVNET.addressVersions.singleSig,
    hash: hash160(publicKeyFromPrivate(privateKey)),
    contractName: null,
  });
const payer = new TestMiner('payer');
const PAYER = addressOf(payer.privateKey);
const PAYEE = addressOf(digest('payee'));

function open(store: Store): TestNetwork<Chainstate> {
  const genesis = parseGenesis(
    JSON.stringify({
      network: 'devnet',
      timestampSecs: 1_600_000_000,
      balances: [{ address: PAYER, amountMicro: '1000000000' }],
      signers: testSigners(3).map(({ publicKey }) => ({
        publicKey: bytesToHex(publicKey),
        weight: 1,
      })),
      models: [],
      hosts: [],
    }),
  );
  if (!genesis.ok) throw new Error(genesis.error.message);
  const network = genesisNetwork(genesis.value);
  const prefix = (name: string) => store.prefixed(new TextEncoder().encode(name));
  const burnState: BurnStateDb = {
    burnBlock: (view, height) => burnStateOf(net.coordinator.snapshots).burnBlock(view, height),
  };
  const options = { store: prefix('chain/'), network, genesis: genesis.value, burnState };
  const net: TestNetwork<Chainstate> = new TestNetwork(
    prefix('coordinator/'),
    Chainstate.open(options),
    3,
  );
  return net;
}

/** Builds with the real builder on the real context, and signs. */
function build(
  net: TestNetwork<Chainstate>,
  miner: TestMiner,
  parent: StoredHeader,
  view: Snapshot,
  transactions: readonly Transaction[],
): NakamotoBlock {
  const context = net.coordinator.blockContext(
    view.consensusHash,
    Math.max(1_700_000_000, parent.header.timestampSecs + 1),
  );
  const builder = net.chainstate.build(parent.blockId, context!);
  for (const tx of transactions) {
    const checked = net.chainstate.checkTransaction(encodeTransaction(tx));
    if (!checked.ok) throw new Error(checked.error.message);
    const outcome = builder.tryTransaction(checked.value);
    if (outcome.kind === 'skipped') throw new Error(outcome.message);
  }
  return net.sign(builder.seal().block, miner);
}

const nonceOf = (net: TestNetwork<Chainstate>, who: TestMiner, at: StoredHeader) =>
  net.chainstate.view(at.blockId).account(addressOf(who.privateKey)).nonce;

function startBlock(net: TestNetwork<Chainstate>, miner: TestMiner): NakamotoBlock {
  const tenure = net.coordinator.burnTip()!;
  const parent = net.coordinator.tip();
  const nonce = nonceOf(net, miner, parent);
  const change = net.tenureChange(parent, 'block-found', tenure, tenure, miner);
  const vrfProof = vrfProve(miner.vrf.privateKey, tenure.sortitionHash);
  return build(net, miner, parent, tenure, [
    net.tx(miner, change, nonce),
    net.tx(
      miner,
      { kind: 'nakamoto-coinbase', payload: new Uint8Array(32), recipient: null, vrfProof },
      nonce + 1n,
    ),
  ]);
}

function transferBlock(net: TestNetwork<Chainstate>, miner: TestMiner, amount: bigint) {
  const parent = net.coordinator.tip();
  const recipient = parsePrincipal(PAYEE);
  if (!recipient.ok) throw new Error(PAYEE);
  const payload = {
    kind: 'token-transfer' as const,
    recipient: recipient.value,
    amountMicro: amount,
    memo: new Uint8Array(34),
  };
  const view = net.coordinator.snapshots.byConsensusHash(parent.burnView.consensusHash)!;
  const tx = net.tx(payer, payload, nonceOf(net, payer, parent));
  return build(net, miner, parent, view, [tx]);
}

const balance = (net: TestNetwork<Chainstate>) =>
  net.chainstate.view(net.coordinator.tip().blockId).account(PAYEE).balanceMicro;

describe('the coordinator over the real chainstate', () => {
  it('mines tenures, rewinds six Bitcoin blocks, replays, and survives a restart', async () => {
    const store = new MemoryStore();
    const net = open(store);
    const miner = new TestMiner('a');
    net.elect(miner);
    for (let i = 0; i < 8; i++) {
      expect(await net.submit(startBlock(net, miner))).toBe('applied');
      expect(await net.submit(transferBlock(net, miner, 10n))).toBe('applied');
      if (i < 7) net.burn([net.commit(miner, net.coordinator.burnTip()!)]);
    }
    const { coordinator } = net;
    const oldTip = coordinator.tip();
    const oldBurnTip = coordinator.burnTip()!;
    expect([oldTip.height, oldTip.tenureHeight, balance(net)]).toEqual([16, 8, 80n]);

    let parent = coordinator.snapshots.atHeight(oldBurnTip.burnHeight - 6)!;
    for (let i = 0; i < 7; i++) {
      const block = net.burnBlock([], parent, 'fork');
      coordinator.onBurnBlock(block);
      parent = coordinator.snapshots.byBurnHash(block.burnHeaderHash)!;
    }
    coordinator.onBurnTip(parent.burnHeaderHash);
    expect([coordinator.tip().height, balance(net)]).toEqual([4, 20n]);

    const tip = coordinator.tip();
    const nonce = nonceOf(net, miner, tip);
    const tenure = coordinator.snapshots.byConsensusHash(tip.header.consensusHash)!;
    const extend = net.tenureChange(tip, 'extended', tenure, parent, miner);
    const extended = build(net, miner, tip, parent, [net.tx(miner, extend, nonce)]);
    expect(coordinator.checkProposal(extended).ok).toBe(true);
    expect(await net.submit(extended)).toBe('applied');
    expect(await net.submit(transferBlock(net, miner, 5n))).toBe('applied');
    expect(balance(net)).toBe(25n);
    const forkTip = coordinator.tip();

    const again = open(store);
    expect(bytesToHex(again.coordinator.tip().blockId)).toBe(bytesToHex(forkTip.blockId));
    again.coordinator.onBurnTip(oldBurnTip.burnHeaderHash);
    expect(bytesToHex(again.coordinator.tip().blockId)).toBe(bytesToHex(oldTip.blockId));
    expect(balance(again)).toBe(80n);
  });

  it('gives the same block ids to the same history', async () => {
    const run = async () => {
      const net = open(new MemoryStore());
      const miner = new TestMiner('a');
      net.elect(miner);
      await net.submit(startBlock(net, miner));
      await net.submit(transferBlock(net, miner, 7n));
      return bytesToHex(net.coordinator.tip().blockId);
    };
    expect(await run()).toBe(await run());
  });

  it('takes a block although somebody relayed it with other transactions first', async () => {
    const net = open(new MemoryStore());
    const miner = new TestMiner('a');
    net.elect(miner);
    const start = startBlock(net, miner);
    expect(await net.submit(start)).toBe('applied');
    const block = transferBlock(net, miner, 10n);
    const { transactions } = block;
    for (const mutated of [[], [...transactions, ...transactions], start.transactions]) {
      expect(await net.submit({ ...block, transactions: mutated })).toBe(
        'coordinator/not-its-body',
      );
    }
    expect(await net.submit(block)).toBe('applied');
    expect(balance(net)).toBe(10n);
  });
});
