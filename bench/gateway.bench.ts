/**
 * What the gateway costs: a question through gateway, session and host against the same question put to
 * the engine, in one process and without sockets, so that the difference is our work alone (parsing,
 * signatures by payer and host, vouchers, the ledger). The engine is the fake one, far faster than any
 * model: what is a large share here is a small one in front of a real engine. The limit of a request is
 * the signatures it needs: request, commitment and vouchers signed and checked.
 */
import { bytesFromUtf8, utf8FromBytes } from '@assay/bytes';
import { publicKeyFromPrivate, recoverPublicKey, sha256, signRecoverable } from '@assay/crypto';
import { describeModel, drawGmV1, FakeEngine } from '@assay/engine';
import { Gateway, keyOf, MemoryLedger } from '@assay/gateway';
import { SessionBook, SessionDoor } from '@assay/host';
import { modelIdHex } from '@assay/jobs';
import { silentLogger } from '@assay/observe';
import { MemoryStore } from '@assay/store';
import type { HttpRequest, HttpResponse, World } from '@assay/world';
import { nodeWorld } from '@assay/world/node';
import { FakeChain } from '../inference/gateway/test/fake-chain.ts';
import type { Row } from './row.ts';

const BENCH = 'gateway';
const CHAIN_ID = 0x80000000;
const KEY = `sk-assay-${'1'.repeat(64)}`;
const HOST = 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG';
const QUESTION = [{ role: 'user' as const, content: 'Tell me about the river.' }];
const EMPTY = new Uint8Array(0);

interface Stage {
  readonly gateway: Gateway;
  readonly engine: FakeEngine;
  readonly chain: FakeChain;
}

/** The real world, except that hosts are called in this process. */
function directWorld(door: () => SessionDoor): World {
  const world = nodeWorld();
  const call = async (
    url: string,
    options: {
      readonly method?: string;
      readonly body?: Uint8Array;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<HttpResponse> => {
    const { pathname, searchParams } = new URL(url);
    const request: HttpRequest = {
      method: options.method ?? 'GET',
      path: pathname,
      query: new Map(searchParams),
      headers: new Map(),
      body: options.body ?? EMPTY,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    };
    return (await door().handle(request)) ?? { status: 404, headers: {}, body: EMPTY };
  };
  return {
    ...world,
    net: {
      serve: world.net.serve,
      fetch: call,
      stream: async (url, options) => {
        const { status, headers, body, stream } = await call(url, options);
        async function* one() {
          yield body;
        }
        return { status, headers, pieces: stream ?? one() };
      },
    },
  };
}

async function stage(): Promise<Stage> {
  const chain = new FakeChain();
  const engine = new FakeEngine();
  const manifest = describeModel(engine, { name: 'fake/1', evidenceSha256: '00'.repeat(32) });
  const operatingKey = sha256(bytesFromUtf8('bench host'));
  const id = modelIdHex(manifest);
  let door: SessionDoor | null = null;
  const world = directWorld(() => door!);
  door = new SessionDoor(
    {
      world,
      chain,
      book: new SessionBook(new MemoryStore()),
      log: silentLogger,
      models: new Map([[id, { manifest, engine }]]),
      isSigner: async () => false,
    },
    { chainId: CHAIN_ID, address: HOST, operatingKey },
  );
  const offer = {
    host: HOST,
    endpoint: 'http://host',
    operatingKey: publicKeyFromPrivate(operatingKey),
    prices: { inputMicro: 10n, cachedMicro: 2n, outputMicro: 50n },
    assurance: 'A' as const,
    capacity: 1,
  };
  const { contextTokens } = manifest;
  chain.offers = [{ id, name: 'fake/1', contextTokens, hosts: [offer] }];
  const ledger = new MemoryLedger(world.clock);
  await ledger.createKey(keyOf(KEY, 'key_bench', { name: 'bench' }));
  const gateway = new Gateway(
    world,
    { chain, ledger, log: silentLogger },
    {
      listen: { host: '127.0.0.1', port: 0 },
      chainId: CHAIN_ID,
      voucherKey: sha256(bytesFromUtf8('bench voucher')),
      adminToken: null,
      depositMicro: 10_000_000_000n,
      sessionDuration: 1_000,
    },
  );
  await gateway.start();
  return { gateway, engine, chain };
}

/** @returns tokens of the answer */
async function throughGateway({ gateway }: Stage, maxTokens: number): Promise<number> {
  const body = { model: 'fake/1', messages: QUESTION, max_tokens: maxTokens, temperature: 2 };
  const answer = await gateway.handle({
    method: 'POST',
    path: '/v1/chat/completions',
    query: new Map(),
    headers: new Map([['authorization', `Bearer ${KEY}`]]),
    body: bytesFromUtf8(JSON.stringify(body)),
  });
  const json = JSON.parse(utf8FromBytes(answer.body) ?? '');
  if (answer.status !== 200) throw new Error(JSON.stringify(json));
  return json.usage.completion_tokens;
}

let asked = 0;

/** The same sampling without any protocol around it. @returns tokens of the answer */
async function engineAlone({ engine }: Stage, maxTokens: number): Promise<number> {
  const seed = sha256(bytesFromUtf8(`bench ${asked++}`));
  const params = { temperatureMicro: 2_000_000, topPMicro: 1_000_000, topK: 20, maxTokens };
  const { tokens } = await engine.generate(engine.promptIds(QUESTION), {
    topK: 20,
    maxTokens,
    pick: (position, top) => drawGmV1(seed, position, top, params).id,
  });
  return tokens.length;
}

type Asker = (stage: Stage, maxTokens: number) => Promise<number>;

interface Timing {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly tokensPerSec: number;
  readonly requestsPerSec: number;
}

async function time(on: Stage, ask: Asker, maxTokens: number, count: number): Promise<Timing> {
  for (let i = 0; i < 30; i++) await ask(on, maxTokens); // Warms up.
  const all: number[] = [];
  let tokens = 0;
  for (let i = 0; i < count; i++) {
    // Nothing here waits for a socket: without a pause timers would never run.
    await new Promise((done) => setImmediate(done));
    const startMs = performance.now();
    tokens += await ask(on, maxTokens);
    all.push(performance.now() - startMs);
  }
  const totalMs = all.reduce((sum, one) => sum + one, 0);
  all.sort((a, b) => a - b);
  return {
    p50Ms: all[Math.floor(count / 2)]!,
    p99Ms: all[Math.floor(count * 0.99)]!,
    tokensPerSec: (tokens * 1000) / totalMs,
    requestsPerSec: (count * 1000) / totalMs,
  };
}

/** Milliseconds of the signatures that one short answer needs: three made, three checked. */
function signaturesMs(): number {
  const key = sha256(bytesFromUtf8('limit'));
  const rounds = 200;
  const startMs = performance.now();
  for (let i = 0; i < rounds; i++) {
    const digest = sha256(bytesFromUtf8(`digest ${i}`));
    for (let n = 0; n < 3; n++) recoverPublicKey(digest, signRecoverable(digest, key));
  }
  return (performance.now() - startMs) / rounds;
}

const round = (value: number, digits = 2) => Math.round(value * 10 ** digits) / 10 ** digits;

/** One measurement per case; called by scripts/bench.mjs. */
export async function run(): Promise<Row[]> {
  const on = await stage();
  const limitMs = signaturesMs();
  const short = await time(on, throughGateway, 16, 300);
  const shortAlone = await time(on, engineAlone, 16, 300);
  const long = await time(on, throughGateway, 256, 40);
  const longAlone = await time(on, engineAlone, 256, 40);
  const requests = 3_000;
  const before = on.chain.sent.length;
  for (let i = 0; i < requests; i++) {
    await new Promise((done) => setImmediate(done));
    await throughGateway(on, 1);
  }
  const raised = on.chain.sent.length - before;
  await on.gateway.stop();
  const row = (of: Omit<Row, 'bench'>): Row => ({ bench: BENCH, ...of });
  const compare = (name: string, ours: number, peer: number, unit: string, limit: number | null) =>
    row({
      case: name,
      ours: round(ours),
      peer: round(peer),
      ratio: round(ours / peer),
      limit,
      unit,
    });
  // Per claim of any number of requests: one transaction to claim, one to release.
  const perThousand = ((raised + 2) * 1000) / requests;
  return [
    compare(
      '16 tokens against the engine alone',
      short.requestsPerSec,
      shortAlone.requestsPerSec,
      'requests/s',
      round(1000 / limitMs),
    ),
    row({
      case: 'added latency p50 (limit: six signatures)',
      ours: round(short.p50Ms - shortAlone.p50Ms, 3),
      peer: null,
      ratio: null,
      limit: round(limitMs, 3),
      unit: 'ms',
    }),
    row({
      case: 'added latency p99',
      ours: round(short.p99Ms - shortAlone.p99Ms, 3),
      peer: null,
      ratio: null,
      limit: null,
      unit: 'ms',
    }),
    compare(
      'up to 256 tokens against the engine alone',
      long.tokensPerSec,
      longAlone.tokensPerSec,
      'tokens/s',
      null,
    ),
    row({
      case: `transactions per 1,000 requests of an open session (${requests} asked)`,
      ours: round(perThousand),
      peer: null,
      ratio: null,
      limit: null,
      unit: 'transactions',
    }),
  ];
}
