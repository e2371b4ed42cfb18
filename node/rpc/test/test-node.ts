/**
 * A node without Bitcoin and without signers: real chainstate, mempool, StackerDB and RPC; blocks
 * are mined when the test says so. Served on loopback for real clients, or called as a function.
 */
import { bytesFromUtf8, ok, type Result } from '@assay/bytes';
import { createNodeClient, type NodeClient } from '@assay/client';
import { Mempool } from '@assay/mempool';
import { memoryLogger } from '@assay/observe';
import { firstSnapshot, type Snapshot, SnapshotDb } from '@assay/sortition';
import { StackerDb } from '@assay/stackerdb';
import { MemoryStore } from '@assay/store';
import type { Transaction } from '@assay/wire';
import type { HttpResponse, HttpServer, World } from '@assay/world';
import { nodeWorld } from '@assay/world/node';
import { BOB, TestChain } from '../../../rules/chainstate/test/network.ts';
import {
  createFaucet,
  createRpc,
  type ProposalOk,
  type ProposalRejection,
  RPC_LIMITS,
  type Rpc,
  type RpcDeps,
} from '../src/index.ts';

export const AUTH_TOKEN = '12345';

/** A Bitcoin block hash that tells its height. */
function hashAt(height: number): Uint8Array {
  return new Uint8Array(32).fill(height, 31);
}

export class TestNode {
  /** What the Bitcoin node holds: 90 bytes per height. */
  readonly bitcoinBlocks = [0, 1, 2].map((height) => new Uint8Array(90).fill(height));
  readonly world: World;
  readonly chain: TestChain;
  readonly log = memoryLogger();
  readonly stackerdb = new StackerDb({ store: new MemoryStore() });
  readonly burn = new SnapshotDb(new MemoryStore());
  readonly mempool: Mempool;
  readonly deps: RpcDeps;
  readonly rpc: Rpc;
  readonly #tipListeners = new Set<() => void>();
  #server: HttpServer | null = null;
  /** What the next proposal gets. */
  proposalVerdict: Result<ProposalOk, ProposalRejection> = ok({
    cost: { writeLength: 1n, writeCount: 2n, readLength: 3n, readCount: 4n, runtime: 5n },
    sizeBytes: 6,
  });
  proposalsSeen = 0;

  constructor(
    world: World = nodeWorld(),
    {
      authToken = AUTH_TOKEN,
      genesis = {},
    }: {
      readonly authToken?: string | null;
      /** Fields of the genesis file that differ. */
      readonly genesis?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    this.world = world;
    this.chain = new TestChain({ genesis });
    const chainstate = this.chain.chain;
    this.mempool = new Mempool({
      world,
      store: new MemoryStore(),
      admission: {
        view: () => chainstate.view(this.chain.tip.blockId),
        check: (bytes) => chainstate.checkTransaction(bytes),
        admit: (checked, view) =>
          chainstate.admitTransaction(checked, chainstate.view(view.header.blockId)),
      },
    });
    this.#openBurn();
    this.deps = {
      world,
      network: this.chain.network,
      chain: chainstate,
      burn: this.burn,
      coordinator: {
        tip: () => this.chain.tip,
        submitBlock: async (block) => {
          const applied = chainstate.applyBlock(block, this.chain.context(this.chain.tip.burnView));
          return applied.ok ? ok(undefined) : applied;
        },
        signerSet: (cycle) => (cycle < 2 ? this.chain.signers(cycle) : null),
        isSynced: () => true,
        onTip: (listener) => {
          this.#tipListeners.add(listener);
          return () => this.#tipListeners.delete(listener);
        },
      },
      mempool: this.mempool,
      stackerdb: this.stackerdb,
      proposals: {
        validate: async () => {
          this.proposalsSeen += 1;
          return this.proposalVerdict;
        },
      },
      bitcoin: {
        tipHeight: async () => this.bitcoinBlocks.length - 1,
        blockHashAt: async (height) => (height < this.bitcoinBlocks.length ? hashAt(height) : null),
        rawBlock: async (hash) => this.bitcoinBlocks[hash[31]!] ?? null,
        rawHeader: async (hash) => this.bitcoinBlocks[hash[31]!]?.slice(0, 80) ?? null,
      },
      log: this.log,
    };
    this.deps = { ...this.deps, faucet: createFaucet(this.deps, BOB.privateKey) };
    this.rpc = createRpc(
      { ...this.deps, store: new MemoryStore() },
      {
        authToken,
        serverVersion: 'assay test',
        pages: [{ path: '/verify', html: bytesFromUtf8('<!doctype html>') }],
      },
    );
  }

  /** A first snapshot and one sortition, won. */
  #openBurn(): void {
    const { firstBurnHeight } = this.chain.network.pox;
    const view = this.chain.burnView(firstBurnHeight);
    const first = firstSnapshot({
      burnHeight: firstBurnHeight,
      burnHeaderHash: view.burnHeaderHash,
      parentBurnHeaderHash: new Uint8Array(32),
      timestampSecs: view.burnTimestampSecs,
    });
    this.burn.initialize(first);
    this.addSnapshot(first, true);
  }

  addSnapshot(parent: Snapshot, isWon: boolean): Snapshot {
    const view = this.chain.burnView(parent.burnHeight + 1);
    const snapshot: Snapshot = {
      ...parent,
      burnHeight: view.burnHeight,
      burnHeaderHash: view.burnHeaderHash,
      parentBurnHeaderHash: parent.burnHeaderHash,
      timestampSecs: view.burnTimestampSecs,
      consensusHash: view.consensusHash,
      sortitionId: view.sortitionHash,
      parentSortitionId: parent.sortitionId,
      sortitionCount: parent.sortitionCount + (isWon ? 1 : 0),
      winner: isWon
        ? {
            txid: new Uint8Array(32).fill(0xaa),
            vtxindex: 1,
            burnFeeSats: 1_000n,
            blockBurnSats: 2_000n,
            parentTenureId: new Uint8Array(32).fill(0xbb),
            parentBlockHeight: 0,
            parentVtxindex: 0,
            vrfSeed: new Uint8Array(32).fill(0xcc),
            vrfPublicKey: new Uint8Array(32),
            minerPubkeyHash: new Uint8Array(20).fill(0xdd),
            keyBlockHeight: 0,
            keyVtxindex: 0,
            senderScript: new Uint8Array(0),
          }
        : null,
    };
    this.burn.append({ snapshot, ops: { accepted: [], missed: [], preStx: [] } });
    this.burn.setTip(snapshot.sortitionId);
    return snapshot;
  }

  /** Puts everything the mempool offers into a block. */
  mine(): Transaction[] {
    const parentBlockId = this.chain.tip.blockId;
    const walk = this.mempool.walk(this.chain.chain.view(parentBlockId));
    const mined: Transaction[] = [];
    for (let next = walk.next(); next !== null; next = walk.next()) {
      mined.push(next.tx);
      walk.included(next);
    }
    this.chain.mine(...mined);
    this.tipMoved(parentBlockId, mined);
    return mined;
  }

  tipMoved(parentBlockId: Uint8Array, mined: readonly Transaction[]): void {
    const view = this.chain.chain.view(this.chain.tip.blockId);
    this.mempool.advance(view, { parentBlockId, mined });
    for (const listener of [...this.#tipListeners]) listener();
  }

  async serve(): Promise<string> {
    const options = { host: '127.0.0.1', port: 0, bodyBytesMax: RPC_LIMITS.bodyBytesMax };
    this.#server = await this.world.net.serve(options, this.rpc.handler);
    return `http://127.0.0.1:${this.#server.port}`;
  }

  client(baseUrl: string): NodeClient {
    return createNodeClient({ baseUrl, fetch: this.world.net.fetch, authToken: AUTH_TOKEN });
  }

  async stop(): Promise<void> {
    this.rpc.stop();
    await this.#server?.close();
  }

  /** Calls the handler without sockets. */
  request(
    method: string,
    target: string,
    options: { body?: Uint8Array | string; headers?: Record<string, string> } = {},
  ): Promise<HttpResponse> {
    const url = new URL(`http://node${target}`);
    const body = typeof options.body === 'string' ? bytesFromUtf8(options.body) : options.body;
    return this.rpc.handler({
      method,
      path: url.pathname,
      query: new Map(url.searchParams),
      headers: new Map(Object.entries(options.headers ?? {})),
      body: body ?? new Uint8Array(0),
    });
  }

  async json(
    method: string,
    target: string,
    options: { body?: Uint8Array | string; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; body: unknown }> {
    const answer = await this.request(method, target, options);
    return { status: answer.status, body: JSON.parse(new TextDecoder().decode(answer.body)) };
  }
}
