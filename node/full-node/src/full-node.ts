/**
 * The composition root of a node: builds the services, connects them, starts and stops them in
 * order. Nothing is decided here.
 *
 * Bitcoin -> follower -> coordinator -> (slot tables, mempool, observers, miner) ; HTTP -> rpc.
 */

import { BitcoinRpc, BurnchainFollower } from '@assay/burnchain';
import { bytesFromUtf8, err, ok } from '@assay/bytes';
import { Chainstate, genesisNetwork, type SignerSet, type StoredHeader } from '@assay/chainstate';
import { burnStateOf, Coordinator, type TipMove } from '@assay/coordinator';
import { Mempool } from '@assay/mempool';
import type { Logger } from '@assay/observe';
import type { ExecutionCost } from '@assay/params';
import { createRpc, EventDispatcher, RPC_LIMITS, type Rpc } from '@assay/rpc';
import { StackerDb } from '@assay/stackerdb';
import type { Store } from '@assay/store';
import { decodeBlock, encodeTransaction, type Transaction } from '@assay/wire';
import type { HttpServer, TimerHandle, World } from '@assay/world';
import { createFaucet } from './faucet.ts';
import { Mining } from './mining.ts';
import type { FullNodeOptions } from './options.ts';
import { SlotTables } from './slot-tables.ts';

export interface FullNodeDeps {
  readonly world: World;
  /** Blocks, states, sortitions: what must survive a power cut. */
  readonly chainStore: Store;
  /** Mempool, StackerDB, indexes, queues: what must survive the end of the process. */
  readonly serviceStore: Store;
  readonly log: Logger;
}

const EXPIRE_MS = 60_000;
/** How far below the tip a start looks for blocks that a reorganisation took away. */
const ORPHAN_HEIGHTS_MAX = 1_000;
/** `timeout_ms` of stacks-core: what is lost on the way must not hold up what comes behind it. */
const OBSERVER_TIMEOUT_MS = 1_000;

const prefix = (name: string): Uint8Array => bytesFromUtf8(`${name}/`);

/** Costs are numbers where they are counted and bigints where they are shown. */
function exactCost(cost: StoredHeader['blockCost']): ExecutionCost {
  return {
    writeLength: BigInt(cost.writeLength),
    writeCount: BigInt(cost.writeCount),
    readLength: BigInt(cost.readLength),
    readCount: BigInt(cost.readCount),
    runtime: BigInt(cost.runtime),
  };
}

export class FullNode {
  readonly chainstate: Chainstate;
  readonly coordinator: Coordinator;
  readonly mempool: Mempool;
  readonly stackerdb: StackerDb;
  readonly rpc: Rpc;
  readonly #deps: FullNodeDeps;
  readonly #options: FullNodeOptions;
  readonly #tables: SlotTables;
  readonly #events: EventDispatcher;
  readonly #follower: BurnchainFollower;
  readonly #mining: Mining | null;
  readonly #servers: HttpServer[] = [];
  #expiry: TimerHandle | null = null;

  /** @throws Error when the store belongs to another genesis */
  constructor(deps: FullNodeDeps, options: FullNodeOptions) {
    const { world, chainStore, serviceStore, log } = deps;
    const { genesis } = options;
    const network = genesisNetwork(genesis);
    this.#deps = deps;
    this.#options = options;
    this.chainstate = Chainstate.open({
      store: chainStore.prefixed(prefix('chainstate')),
      network,
      genesis,
      // The coordinator, which stands on the chainstate, knows the Bitcoin blocks; nobody asks before it is there.
      burnState: {
        burnBlock: (view, height) =>
          burnStateOf(this.coordinator.snapshots).burnBlock(view, height),
      },
    });
    this.coordinator = new Coordinator(
      {
        world,
        store: chainStore.prefixed(prefix('coordinator')),
        chainstate: this.chainstate,
        // The stacking contract is not there yet: every cycle has the signers of the genesis.
        signersOf: (cycle): SignerSet => ({ cycle, signers: genesis.signers }),
        log,
      },
      { network },
    );
    const tipView = () => this.chainstate.view(this.coordinator.tip().blockId);
    this.mempool = new Mempool({
      world,
      store: serviceStore.prefixed(prefix('mempool')),
      admission: {
        view: tipView,
        check: (bytes) => this.chainstate.checkTransaction(bytes),
        admit: (checked, view) => this.chainstate.admitTransaction(checked, view),
      },
      log,
    });
    this.stackerdb = new StackerDb({ store: serviceStore.prefixed(prefix('stackerdb')), log });
    this.#tables = new SlotTables(this);
    const shared = {
      world,
      network,
      chain: this.chainstate,
      burn: this.coordinator.snapshots,
      coordinator: this.coordinator,
      log,
    };
    const { url, username, password, pollMs } = options.bitcoin;
    const credentials = {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    };
    const bitcoin = new BitcoinRpc(world, { url, ...credentials });
    this.rpc = createRpc(
      {
        ...shared,
        mempool: this.mempool,
        stackerdb: this.stackerdb,
        proposals: {
          validate: async (block) => {
            const verdict = this.coordinator.checkProposal(block);
            if (verdict.ok) {
              const { blockCost, sizeBytes } = verdict.value.header;
              return ok({ cost: exactCost(blockCost), sizeBytes });
            }
            const { reject, message, txid } = verdict.error;
            return err({
              code: reject,
              message,
              ...(txid === undefined ? {} : { failedTxid: txid }),
            });
          },
        },
        ...(options.faucetKey === null ? {} : { faucet: createFaucet(this, options.faucetKey) }),
        bitcoin,
        store: serviceStore.prefixed(prefix('rpc')),
      },
      {
        authToken: options.authToken,
        serverVersion: options.serverVersion,
        pages: options.pages ?? [],
      },
    );
    this.#events = new EventDispatcher(
      { world, store: serviceStore.prefixed(prefix('events')), source: shared, log },
      options.observers.map(({ endpoint, eventsKeys, timeoutMs = OBSERVER_TIMEOUT_MS }) => ({
        endpoint,
        keys: eventsKeys,
        timeoutMs,
      })),
    );
    this.#mining =
      options.miner === null
        ? null
        : new Mining(
            {
              world,
              store: chainStore.prefixed(prefix('operator')),
              rpc: bitcoin,
              chainstate: this.chainstate,
              coordinator: this.coordinator,
              mempool: this.mempool,
              stackerdb: this.stackerdb,
              log,
            },
            options.miner,
          );
    const operator = this.#mining?.operator;
    this.#follower = new BurnchainFollower(
      {
        world,
        rpc: bitcoin,
        sink: this.coordinator,
        log,
        ...(operator === undefined ? {} : { onBlock: (block) => operator.onBurnBlock(block) }),
      },
      { network, pollMs },
    );
    this.#connect();
  }

  /** News flows one way: coordinator, mempool and StackerDB tell, the others listen. */
  #connect(): void {
    const { coordinator, mempool, stackerdb } = this;
    const events = this.#events;
    coordinator.on('tip', (move) => this.#advanceMempool(move));
    coordinator.on('block', ({ applied }) => events.blockApplied(applied.header.blockId));
    coordinator.on('burn-block', ({ snapshot }) => events.burnBlock(snapshot.sortitionId));
    mempool.onAdmitted((checked) => events.mempoolAdmitted(checked.bytes));
    mempool.onDropped((event) => events.mempoolDropped(event));
    stackerdb.onChunks((event) => events.stackerDbChunks(event));
    this.rpc.onProposalResponse((response) => events.proposalResponse(response));
  }

  /** Mined transactions leave the pool; those of orphaned blocks come back. */
  #advanceMempool({ oldTip, newTip, orphaned }: TipMove): void {
    const isChild = orphaned.length === 0 && newTip.height === oldTip.height + 1;
    this.mempool.advance(this.chainstate.view(newTip.blockId), {
      parentBlockId: isChild ? oldTip.blockId : newTip.parentBlockId,
      mined: this.#transactionsOf(newTip.blockId),
      returned: orphaned.toReversed().flatMap(({ blockId }) => this.#bytesOf(blockId)),
    });
  }

  /** A crash between a reorganisation and the mempool's next write must not lose what came back. */
  #returnOrphans(): void {
    const { chainstate, coordinator, mempool } = this;
    const tip = coordinator.tip();
    const returned: Uint8Array[] = [];
    for (let height = Math.max(1, tip.height - ORPHAN_HEIGHTS_MAX); ; height++) {
      const blockIds = chainstate.blocksAtHeight(height);
      if (blockIds.length === 0) break;
      for (const blockId of blockIds) {
        const header = chainstate.header(blockId);
        if (header !== null && !coordinator.isCanonical(header)) {
          returned.push(...this.#bytesOf(blockId));
        }
      }
    }
    const view = chainstate.view(tip.blockId);
    mempool.advance(view, { parentBlockId: tip.blockId, mined: [], returned });
  }

  #transactionsOf(blockId: Uint8Array): readonly Transaction[] {
    const block = decodeBlock(this.chainstate.blockBytes(blockId)!);
    return block.ok ? block.value.transactions : [];
  }

  #bytesOf(blockId: Uint8Array): Uint8Array[] {
    return this.#transactionsOf(blockId).map((tx) => encodeTransaction(tx));
  }

  /** @throws WorldError `world/port-in-use` */
  async start(): Promise<void> {
    const { world } = this.#deps;
    for (const { host, port } of this.#options.rpcBinds) {
      const options = { host, port, bodyBytesMax: RPC_LIMITS.bodyBytesMax };
      this.#servers.push(await world.net.serve(options, this.rpc.handler));
    }
    this.coordinator.start();
    this.#returnOrphans();
    this.#tables.start();
    this.#events.start();
    this.#follower.start();
    this.#expiry = world.timers.every(EXPIRE_MS, () => this.mempool.expire());
    this.#mining?.start();
  }

  /** Ports really bound, in the order of `rpcBinds`. */
  get ports(): readonly number[] {
    return this.#servers.map((server) => server.port);
  }

  async stop(): Promise<void> {
    this.#expiry?.cancel();
    this.rpc.stop();
    await Promise.all(this.#servers.map((server) => server.close()));
    await this.#mining?.stop();
    await this.#follower.stop();
    await this.#events.stop();
    this.#tables.stop();
    this.coordinator.stop();
    await this.mempool.stop();
  }
}
