/**
 * Event observers: exact payloads (fields that Hiro's API dies without, reference
 * stacks-clients.md 1.8), order, at-least-once delivery across refusals, outages and crashes.
 */
import { bytesToHex, utf8FromBytes } from '@assay/bytes';
import { MemoryStore } from '@assay/store';
import { encodeTransaction } from '@assay/wire';
import { SimNetwork } from '@assay/world/sim';
import { describe, expect, it } from 'vitest';
import { ALICE, BOB, BOOT, transfer } from '../../../rules/chainstate/test/network.ts';
import { EventDispatcher, type ObserverConfig } from '../src/index.ts';
import { TestNode } from './test-node.ts';

interface Received {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

class Arena {
  readonly network = new SimNetwork({ seed: 1 });
  readonly node = new TestNode(this.network.world('node'));
  readonly store = new MemoryStore();
  readonly received: Received[] = [];
  status = 200;
  dispatcher: EventDispatcher | null = null;

  constructor() {
    this.network.start('observer', (world) =>
      world.net.serve({ host: '127.0.0.1', port: 3700, bodyBytesMax: 1 << 24 }, async (request) => {
        if (this.status === 200) {
          const body = JSON.parse(utf8FromBytes(request.body)!) as Record<string, unknown>;
          this.received.push({ path: request.path, body });
        }
        return { status: this.status, headers: {}, body: new Uint8Array(0) };
      }),
    );
  }

  start(config: Partial<ObserverConfig> = {}): EventDispatcher {
    const { burn, coordinator, network } = this.node.deps;
    this.dispatcher = new EventDispatcher(
      {
        world: this.network.world('node'),
        store: this.store,
        source: { chain: this.node.chain.chain, burn, coordinator, network },
        log: this.node.log,
      },
      [{ endpoint: '127.0.0.1:3700', keys: ['*'], ...config }],
    );
    this.dispatcher.start();
    return this.dispatcher;
  }

  pay(): void {
    this.node.chain.mine(this.node.chain.sign(ALICE, transfer(BOB.address, 1n, 'hi')));
    this.dispatcher?.blockApplied(this.node.chain.tip.blockId);
  }

  tenure(): void {
    this.node.chain.tenure();
    this.dispatcher?.blockApplied(this.node.chain.tip.blockId);
  }

  heights(): unknown[] {
    return this.received
      .filter(({ path }) => path === '/new_block')
      .map(({ body }) => body.block_height);
  }
}

const FATAL_IF_MISSING = [
  'block_hash',
  'block_height',
  'index_block_hash',
  'parent_block_hash',
  'parent_index_block_hash',
  'burn_block_hash',
  'burn_block_height',
  'burn_block_time',
  'miner_txid',
  'parent_microblock',
  'parent_microblock_sequence',
  'parent_burn_block_timestamp',
  'matured_miner_rewards',
  'events',
  'transactions',
  'anchored_cost',
  'confirmed_microblocks_cost',
  'parent_burn_block_hash',
  'parent_burn_block_height',
  'pox_v1_unlock_height',
  'pox_v2_unlock_height',
  'pox_v3_unlock_height',
  'signer_bitvec',
  'signer_signature',
  'signer_signature_hash',
  'miner_signature',
  'tenure_height',
  'consensus_hash',
  'block_time',
  'reward_set',
  'cycle_number',
];

describe('payloads', () => {
  it('/new_block has every field that Hiro`s API and Clarinet need', async () => {
    const arena = new Arena();
    arena.start({ replay: false });
    await arena.network.run(10);
    arena.tenure();
    arena.pay();
    await arena.network.run(100);
    const [start, payment] = arena.received.map(({ body }) => body);
    for (const name of FATAL_IF_MISSING) expect(payment, name).toHaveProperty(name);
    const { tip } = arena.node.chain;
    expect(payment).toMatchObject({
      block_height: 2,
      index_block_hash: `0x${bytesToHex(tip.blockId)}`,
      parent_index_block_hash: start!.index_block_hash,
      parent_block_hash: start!.block_hash,
      miner_txid: `0x${'aa'.repeat(32)}`,
      burn_block_height: 101,
      parent_microblock_sequence: 0,
      tenure_height: 1,
    });
    const [tx] = payment!.transactions as Record<string, unknown>[];
    expect(tx).toEqual({
      txid: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      tx_index: 0,
      status: 'success',
      raw_result: '0x0703',
      raw_tx: expect.stringMatching(/^0x80800000000[04]/),
      contract_interface: null,
      burnchain_op: null,
      execution_cost: {
        write_length: expect.any(Number),
        write_count: expect.any(Number),
        read_length: expect.any(Number),
        read_count: expect.any(Number),
        runtime: expect.any(Number),
      },
      microblock_sequence: null,
      microblock_hash: null,
      microblock_parent_hash: null,
      vm_error: null,
    });
    const [event] = payment!.events as Record<string, unknown>[];
    expect(event).toEqual({
      txid: tx!.txid,
      event_index: 0,
      committed: true,
      type: 'stx_transfer_event',
      stx_transfer_event: {
        sender: ALICE.address,
        recipient: BOB.address,
        amount: '1',
        memo: `6869${'00'.repeat(32)}`,
      },
    });
  });

  it('/new_burn_block, mempool, StackerDB and proposal messages', async () => {
    const arena = new Arena();
    const keys = ['*', 'stackerdb', 'block_proposal'];
    const dispatcher = arena.start({ keys, replay: false });
    await arena.network.run(10);
    const snapshot = arena.node.addSnapshot(arena.node.burn.tip, true);
    dispatcher.burnBlock(snapshot.sortitionId);
    const tx = encodeTransaction(arena.node.chain.sign(ALICE, transfer(BOB.address, 1n)));
    dispatcher.mempoolAdmitted(tx);
    const txid = new Uint8Array(32).fill(1);
    dispatcher.mempoolDropped({ txids: [txid], reason: 'ReplaceByFee', replacedBy: txid });
    const chunk = { slotId: 4, slotVersion: 1, signature: new Uint8Array(65), data: txid };
    dispatcher.stackerDbChunks({ contractId: `${BOOT}.miners`, chunks: [chunk] });
    dispatcher.proposalResponse({ result: 'Ok', size: 3n });
    await arena.network.run(200);
    expect(arena.received).toEqual([
      {
        path: '/new_burn_block',
        body: {
          burn_block_hash: `0x${bytesToHex(snapshot.burnHeaderHash)}`,
          burn_block_height: 102,
          reward_recipients: [],
          reward_slot_holders: [],
          burn_amount: 2000,
          consensus_hash: `0x${bytesToHex(snapshot.consensusHash)}`,
          parent_burn_block_hash: `0x${bytesToHex(snapshot.parentBurnHeaderHash)}`,
          pox_transactions: [],
        },
      },
      { path: '/new_mempool_tx', body: [`0x${bytesToHex(tx)}`] },
      {
        path: '/drop_mempool_tx',
        body: {
          dropped_txids: [`0x${bytesToHex(txid)}`],
          reason: 'ReplaceByFee',
          new_txid: `0x${bytesToHex(txid)}`,
        },
      },
      {
        path: '/stackerdb_chunks',
        body: {
          contract_id: `${BOOT}.miners`,
          modified_slots: [
            {
              slot_id: 4,
              slot_version: 1,
              signature: '00'.repeat(65),
              sig: '00'.repeat(65),
              data: '01'.repeat(32),
            },
          ],
        },
      },
      { path: '/proposal_response', body: { result: 'Ok', size: 3 } },
    ]);
  });

  it('keys choose: `*` has no chunks, a signer has no mempool, stx sees only stx', async () => {
    const arena = new Arena();
    const dispatcher = arena.start({
      keys: ['stackerdb', 'burn_blocks', `${BOOT}.inference::print`],
    });
    await arena.network.run(10);
    arena.tenure();
    arena.pay();
    dispatcher.mempoolAdmitted(new Uint8Array(1));
    dispatcher.proposalResponse({ result: 'Ok' });
    await arena.network.run(200);
    expect(arena.received.map(({ path }) => path)).toEqual(['/new_block', '/new_block']);
    expect(arena.received[1]!.body.events).toEqual([]);
    expect((arena.received[1]!.body.transactions as unknown[]).length).toBe(1);
  });
});

describe('at least once, in order, without blocking the node', () => {
  it('a new `*` observer hears the chain from genesis, burn blocks before their blocks', async () => {
    const arena = new Arena();
    arena.tenure();
    arena.pay();
    arena.start();
    await arena.network.run(200);
    expect(
      arena.received.map(({ path, body }) => [path, body.block_height ?? body.burn_block_height]),
    ).toEqual([
      ['/new_block', 0],
      ['/new_burn_block', 101],
      ['/new_block', 1],
      ['/new_block', 2],
    ]);
  });

  it('an observer that is away or answers 500 gets everything when it is back', async () => {
    const arena = new Arena();
    arena.start({ replay: false });
    await arena.network.run(10);
    arena.network.crash('observer');
    for (let i = 0; i < 3; i++) arena.tenure();
    await arena.network.run(3_000);
    expect(arena.heights()).toEqual([]);
    expect(arena.node.log.messages('warn')).toEqual(['observer does not answer']);
    arena.status = 500;
    arena.network.restart('observer');
    arena.pay();
    await arena.network.run(10_000);
    expect(arena.heights()).toEqual([]);
    arena.status = 200;
    await arena.network.run(10_000);
    expect(arena.heights()).toEqual([1, 2, 3, 4]);
  });

  it('the cursor survives a crash of the node: nothing lost, little repeated', async () => {
    const arena = new Arena();
    arena.start({ replay: false });
    await arena.network.run(10);
    arena.tenure();
    await arena.network.run(1_000);
    arena.network.crash('node');
    arena.dispatcher = null;
    arena.pay();
    arena.pay();
    arena.network.restart('node');
    arena.start({ replay: false });
    arena.pay();
    await arena.network.run(1_000);
    const heights = arena.heights() as number[];
    expect([...new Set(heights)]).toEqual([1, 2, 3, 4]);
    expect(heights.length).toBeLessThanOrEqual(5);
  });

  it('messages of the moment expire, blocks do not', async () => {
    const arena = new Arena();
    const dispatcher = arena.start({ keys: ['*', 'stackerdb'], replay: false });
    await arena.network.run(10);
    arena.network.crash('observer');
    dispatcher.stackerDbChunks({ contractId: `${BOOT}.miners`, chunks: [] });
    arena.tenure();
    await arena.network.run(300_000);
    arena.network.restart('observer');
    await arena.network.run(30_000);
    expect(arena.received.map(({ path }) => path)).toEqual(['/new_block']);
  });

  it('what a slot says later replaces what still waits to be told', async () => {
    const arena = new Arena();
    const dispatcher = arena.start({ keys: ['*', 'stackerdb'], replay: false });
    await arena.network.run(10);
    arena.network.crash('observer');
    const say = (slotId: number, slotVersion: number) => {
      const data = Uint8Array.of(slotVersion);
      const chunk = { slotId, slotVersion, signature: new Uint8Array(65), data };
      dispatcher.stackerDbChunks({ contractId: `${BOOT}.miners`, chunks: [chunk] });
    };
    for (let version = 1; version <= 20; version++) for (const slot of [0, 1]) say(slot, version);
    expect(dispatcher.backlogs).toEqual([3]);
    arena.network.restart('observer');
    await arena.network.run(10_000);
    const told = arena.received.map(({ body }) => {
      const [slot] = body.modified_slots as { slot_id: number; slot_version: number }[];
      return [slot!.slot_id, slot!.slot_version];
    });
    // The first was on its way already.
    expect(told).toEqual([
      [0, 1],
      [1, 20],
      [0, 20],
    ]);
  });

  it('one observer that hangs does not hold up another', async () => {
    const arena = new Arena();
    arena.network.start('slow', (world) =>
      world.net.serve(
        { host: '127.0.0.1', port: 3800, bodyBytesMax: 1 << 24 },
        () => new Promise(() => {}),
      ),
    );
    const { burn, coordinator, network } = arena.node.deps;
    const dispatcher = new EventDispatcher(
      {
        world: arena.network.world('node'),
        store: arena.store,
        source: { chain: arena.node.chain.chain, burn, coordinator, network },
        log: arena.node.log,
      },
      [
        { endpoint: '127.0.0.1:3800', keys: ['*'], replay: false },
        { endpoint: '127.0.0.1:3700', keys: ['*'], replay: false },
      ],
    );
    arena.dispatcher = dispatcher;
    dispatcher.start();
    await arena.network.run(10);
    arena.tenure();
    await arena.network.run(100);
    expect(arena.heights()).toEqual([1]);
    expect(dispatcher.backlogs).toEqual([1, 0]);
  });

  it('stops cleanly', async () => {
    const arena = new Arena();
    const dispatcher = arena.start();
    arena.network.crash('observer');
    arena.tenure();
    await arena.network.run(1_000);
    let isStopped = false;
    dispatcher.stop().then(() => {
      isStopped = true;
    });
    await arena.network.run(100);
    expect(isStopped).toBe(true);
  });
});
