/** Gateways, hosts and a chain in one process, over real sockets on loopback. */
import { bytesFromUtf8 } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { describeModel, type Engine } from '@assay/engine';
import { SessionBook, SessionDoor } from '@assay/host';
import { modelIdHex } from '@assay/jobs';
import { memoryLogger } from '@assay/observe';
import { MemoryStore, type Store } from '@assay/store';
import type { HttpServer, World } from '@assay/world';
import { nodeWorld } from '@assay/world/node';
import OpenAI from 'openai';
import {
  Gateway,
  type GatewayOptions,
  type KeyWish,
  keyOf,
  type Ledger,
  MemoryLedger,
} from '../src/index.ts';
import { FakeChain } from './fake-chain.ts';
import { Killable } from './killable.ts';
import { type Script, ScriptedEngine } from './scripted-engine.ts';

export const CHAIN_ID = 0x80000000;
export const MODEL = 'fake/1';
export const KEY = `sk-assay-${'7'.repeat(64)}`;
export const ADMIN = 'admin-token-of-the-test';
const ADDRESSES = [
  'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG',
  'ST2JHG361ZXG51QTKY2NQCVBPPRRE2KZB1HR05NNC',
  'ST3NBRSFKX28FQ2ZJ1MAKX58HKHSDGNV5N7R21XCP',
];

export interface SceneHost {
  readonly address: string;
  readonly door: SessionDoor;
  readonly engine: ScriptedEngine;
  readonly endpoint: string;
  readonly store: Store;
  stop(): Promise<void>;
}

export class Scene {
  readonly world: World = nodeWorld();
  readonly log = memoryLogger();
  readonly chain = new FakeChain();
  readonly hosts: SceneHost[] = [];
  readonly gateways: Gateway[] = [];
  readonly #servers: HttpServer[] = [];
  ledger: Ledger = new MemoryLedger(this.world.clock);
  script: Script = () => null;
  pause: () => Promise<void> = async () => undefined;
  /** The next stream that comes to this line breaks off there, once. */
  breakOnceAfter: number | null = null;
  breaksAlways = false;
  /** Awaited after each line that a host sends. */
  pace: () => Promise<void> = async () => undefined;

  static async start(
    options: {
      readonly hosts?: number;
      readonly ledger?: Ledger;
      readonly key?: Partial<KeyWish>;
    } = {},
  ): Promise<Scene> {
    const scene = new Scene();
    if (options.ledger !== undefined) scene.ledger = options.ledger;
    for (let i = 0; i < (options.hosts ?? 1); i++) await scene.addHost(i);
    await scene.ledger.createKey(keyOf(KEY, 'key_test', { name: 'test', ...options.key }));
    await scene.addGateway();
    return scene;
  }

  async addHost(number: number): Promise<SceneHost> {
    const engine = new ScriptedEngine(
      (prompt) => this.script(prompt),
      () => this.pause(),
    );
    const manifest = describeModel(engine as Engine, {
      name: MODEL,
      evidenceSha256: '00'.repeat(32),
    });
    const operatingKey = sha256(bytesFromUtf8(`host ${number}`));
    const address = ADDRESSES[number]!;
    const store = new MemoryStore();
    const models = new Map([[modelIdHex(manifest), { manifest, engine }]]);
    const door = new SessionDoor(
      {
        world: this.world,
        chain: this.chain,
        book: new SessionBook(store),
        log: this.log,
        models,
        isSigner: async () => false,
      },
      { chainId: CHAIN_ID, address, operatingKey },
    );
    const server = await this.world.net.serve(
      { host: '127.0.0.1', port: 0, bodyBytesMax: 4_194_304 },
      async (request) => {
        const answer = (await door.handle(request)) ?? { status: 404, headers: {}, body: EMPTY };
        const { stream } = answer;
        return stream === undefined ? answer : { ...answer, stream: this.#paced(stream) };
      },
    );
    this.#servers.push(server);
    const endpoint = `http://127.0.0.1:${server.port}`;
    const offer = {
      host: address,
      endpoint,
      operatingKey: publicKeyFromPrivate(operatingKey),
      prices: { inputMicro: 10n, cachedMicro: 2n, outputMicro: 50n },
      assurance: 'A' as const,
      capacity: 1,
    };
    const id = modelIdHex(manifest);
    const known = this.chain.offers.find((one) => one.id === id)?.hosts ?? [];
    const contextTokens = manifest.contextTokens;
    this.chain.offers = [{ id, name: MODEL, contextTokens, hosts: [...known, offer] }];
    const host = { address, door, engine, endpoint, store, stop: () => server.close() };
    this.hosts.push(host);
    return host;
  }

  /** Lines of hosts, as fast as `pace` lets them. */
  async *#paced(lines: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let count = 0;
    for await (const line of lines) {
      if (this.breakOnceAfter === count++) {
        if (!this.breaksAlways) this.breakOnceAfter = null;
        throw new Error('the connection breaks');
      }
      yield line;
      await this.pace();
    }
  }

  /** A gateway that can be killed; it is not stopped with the scene. */
  async addKillable(): Promise<{ readonly gateway: Gateway; readonly killable: Killable }> {
    const killable = new Killable();
    const ledger = killable.ledger(this.ledger);
    const gateway = this.#gateway(killable.world(this.world), ledger, {});
    await gateway.start();
    return { gateway, killable };
  }

  async addGateway(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
    const gateway = this.#gateway(this.world, this.ledger, options);
    await gateway.start();
    this.gateways.push(gateway);
    return gateway;
  }

  #gateway(world: World, ledger: Ledger, options: Partial<GatewayOptions>): Gateway {
    const deps = { chain: this.chain, ledger, log: this.log };
    return new Gateway(world, deps, {
      listen: { host: '127.0.0.1', port: 0 },
      chainId: CHAIN_ID,
      voucherKey: sha256(bytesFromUtf8('gateway voucher')),
      adminToken: ADMIN,
      depositMicro: 10_000_000n,
      sessionDuration: 100,
      ...options,
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.gateways[0]!.port}`;
  }

  client(apiKey: string = KEY): OpenAI {
    return new OpenAI({ baseURL: `${this.url}/v1`, apiKey, maxRetries: 0 });
  }

  async get(path: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${this.url}${path}`, { headers });
    return { status: answer.status, headers: answer.headers, json: await answer.json() };
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}) {
    const answer = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, headers: answer.headers, json: await answer.json() };
  }

  async stop(): Promise<void> {
    for (const gateway of this.gateways) await gateway.stop();
    for (const server of this.#servers) await server.close();
    await this.ledger.close();
  }
}

const EMPTY = new Uint8Array(0);
