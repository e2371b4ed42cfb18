/**
 * The main functions of simulated processes: each builds its service in a fresh world on its old
 * disk, as the commands of apps/cli do on a real machine, and runs again after every restart.
 */
import { minerKey } from '@assay/burnchain';
import { FullNode, type ObserverSettings } from '@assay/full-node';
import { createGatewayChain, Gateway } from '@assay/gateway';
import { type ChainPort, createHttpChain, createSessionChain, HostDaemon } from '@assay/host';
import { RegtestService } from '@assay/regtest';
import { httpCalls, httpClaims, httpDisputes, httpNode, Signer } from '@assay/signer';
import { DEVNET_IDS } from '@assay/wallet';
import type { SimMain, SimWorld } from '@assay/world/sim';
import { type HostKind, hostEngine } from './engines.ts';
import { judgeOf } from './judges.ts';
import { type SimKey, simKey } from './keys.ts';
import type { SimAssay } from './network.ts';
import {
  BITCOIN_PORT,
  BITCOIN_URL,
  gatewayPort,
  hostPort,
  NODE_PORT,
  NODE_URL,
  signerPort,
} from './places.ts';
import { deafToJudges, hidingSketches, withholding } from './withholding.ts';

/** The miner's first coinbase matures at 101; with a rival, whose is the first, the second. */
export const INITIAL_BLOCKS = 102;
const LOOPBACK = '127.0.0.1';
const AUTH_TOKEN = 'simulation';
/** How long a winner may take until its first block, for miners and signers alike. */
export const BEGIN_MS_MAX = 20_000;
/** How long the last block made before an election may still be signed, and keeps rivals out. */
export const LAST_BLOCK_MS_MAX = 10_000;
const VERSION = 'assay simulation';
const CLAIM_EVERY_MS = 10_000;
const PLANT_EVERY_MS = 5_000;
const DEPOSIT_MICRO = 10_000_000n;
const SESSION_BLOCKS = 60;

export function bitcoinProcess(sim: SimAssay): SimMain {
  return async (world) => {
    const deps = { world, store: sim.disk.open(world, 'chain'), log: sim.logs.of(world) };
    const mineToScript = minerKey(sim.miner.privateKey, 'regtest').script;
    const options = { host: LOOPBACK, port: BITCOIN_PORT, mineToScript };
    const initialBlocks = sim.options.rival === undefined ? INITIAL_BLOCKS : 0;
    await new RegtestService(deps, { ...options, initialBlocks }).start();
    sim.isBitcoinUp = true;
  };
}

export function buildNode(
  sim: SimAssay,
  world: SimWorld,
  { miner, port, observers }: { miner: SimKey; port: number; observers: ObserverSettings[] },
): FullNode {
  return new FullNode(
    {
      world,
      chainStore: sim.disk.open(world, 'chain'),
      serviceStore: sim.disk.open(world, 'service'),
      log: sim.logs.of(world),
    },
    {
      genesis: sim.genesis,
      bitcoin: { url: BITCOIN_URL, pollMs: 250 },
      rpcBinds: [{ host: LOOPBACK, port }],
      authToken: AUTH_TOKEN,
      observers,
      miner: {
        privateKey: miner.privateKey,
        burnFeeCapSats: 20_000n,
        satsPerVbyte: 10,
        minTimeBetweenBlocksMs: 50,
        commitDelayMs: 1_000,
        extendWaitMs: BEGIN_MS_MAX,
        renewBudget: { fullPercent: 50, readCountPercent: 25 },
      },
      faucetKey: null,
      serverVersion: VERSION,
    },
  );
}

export function nodeProcess(sim: SimAssay): SimMain {
  return async (world) => {
    const observers = sim.signerNames.map((_, i) => ({
      endpoint: `${LOOPBACK}:${signerPort(i)}`,
      eventsKeys: ['stackerdb', 'block_proposal', 'burn_blocks'],
    }));
    const node = buildNode(sim, world, { miner: sim.miner, port: NODE_PORT, observers });
    sim.watch.attach(node);
    sim.node = node;
    sim.nodeWorld = world;
    await node.start();
  };
}

export function signerProcess(sim: SimAssay, index: number): SimMain {
  return async (world) => {
    const { chainId, bootAddress } = sim.node.chainstate.network;
    const { privateKey } = simKey(world.name);
    const node = httpNode(world, { url: NODE_URL, authToken: AUTH_TOKEN, chainId, privateKey });
    const signer = new Signer(
      {
        world,
        store: sim.disk.open(world, 'ledger'),
        node,
        claims: httpClaims(world, { url: NODE_URL, bootAddress, privateKey }),
        disputes: httpDisputes(world, { url: NODE_URL, bootAddress }),
        calls: httpCalls(world, { url: NODE_URL, bootAddress, network: DEVNET_IDS, privateKey }),
        judge: judgeOf(sim.judges[index] ?? 'honest', sim, world, node),
        log: sim.logs.of(world),
      },
      {
        privateKey,
        chainId,
        bootAddress,
        bind: { host: LOOPBACK, port: signerPort(index) },
        serverVersion: VERSION,
        proposalTimeoutMs: BEGIN_MS_MAX,
        lastBlockTimeoutMs: LAST_BLOCK_MS_MAX,
        budget: { fullIdleMs: 30_000, readCountIdleMs: 15_000, bufferMs: 2_000 },
      },
    );
    sim.signers.set(world.name, signer);
    await signer.start();
  };
}

export function hostProcess(sim: SimAssay, index: number): SimMain {
  return async (world) => {
    const kind = sim.hostKinds[index]!;
    const account = simKey(world.name);
    const { bootAddress } = sim;
    const operatingKey = simKey(`${world.name} operating`).privateKey;
    const chain = createHttpChain(world.net, {
      nodeUrl: NODE_URL,
      bootAddress,
      address: account.address,
      caller: { privateKey: operatingKey, nowSecs: () => Math.floor(world.clock.nowMs() / 1000) },
    });
    const engine = hostEngine(kind, world, sim.options.answerMs);
    const planting = {
      accountKey: { privateKey: simKey('bob').privateKey, compressed: true },
      everyMs: PLANT_EVERY_MS,
    };
    const takesSessions = sim.gatewayNames.length > 0;
    const sessions = createSessionChain(world, { nodeUrl: NODE_URL, bootAddress });
    const host = new HostDaemon(
      kind === 'withholds' ? deafToJudges(world) : world,
      {
        chain: chainOf(kind, chain, operatingKey),
        store: sim.disk.open(world, 'jobs'),
        log: sim.logs.of(world),
        models: [{ manifest: sim.manifest, engine }],
        ...(takesSessions ? { sessions } : {}),
      },
      {
        network: DEVNET_IDS,
        contract: `${bootAddress}.inference`,
        operatingKey,
        accountKey: { privateKey: account.privateKey, compressed: true },
        listen: { host: LOOPBACK, port: hostPort(index) },
        claimEveryMs: CLAIM_EVERY_MS,
        ...(kind === 'plants' ? { planting } : {}),
      },
    );
    sim.hosts.set(world.name, host);
    await host.start();
  };
}

/** A cheat does not help to convict itself. */
function chainOf(kind: HostKind, chain: ChainPort, operatingKey: Uint8Array): ChainPort {
  if (kind === 'honest' || kind === 'plants') return chain;
  const cheat = withholding(chain, ['reject', 'expire']);
  return kind === 'hides-sketch' ? hidingSketches(cheat, operatingKey) : cheat;
}

export function gatewayProcess(sim: SimAssay, index: number): SimMain {
  return async (world) => {
    const { chainId, bootAddress } = sim.node.chainstate.network;
    const chain = createGatewayChain(world.net, {
      nodeUrl: NODE_URL,
      bootAddress,
      network: DEVNET_IDS,
      accountKey: { privateKey: simKey(world.name).privateKey, compressed: true },
      feeMicro: 3_000n,
    });
    const gateway = new Gateway(
      world,
      { chain, ledger: sim.ledger, log: sim.logs.of(world) },
      {
        listen: { host: LOOPBACK, port: gatewayPort(index) },
        chainId,
        voucherKey: simKey('gateway voucher').privateKey,
        adminToken: null,
        depositMicro: DEPOSIT_MICRO,
        sessionDuration: SESSION_BLOCKS,
      },
    );
    await gateway.start();
    sim.gateways.set(world.name, gateway);
  };
}
