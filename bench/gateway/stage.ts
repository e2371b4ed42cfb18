/** A gateway, a host and an engine in one process, and ways to ask them: with and without the protocol. */
import { bytesFromUtf8, utf8FromBytes } from '@assay/bytes';
import { publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { describeModel, drawGmV1, type Engine } from '@assay/engine';
import { Gateway, keyOf, type Ledger } from '@assay/gateway';
import { SessionBook, SessionDoor } from '@assay/host';
import { modelIdHex } from '@assay/jobs';
import { silentLogger } from '@assay/observe';
import { MemoryStore } from '@assay/store';
import type { HttpRequest, HttpResponse, World } from '@assay/world';
import { nodeWorld } from '@assay/world/node';
import { FakeChain } from '../../inference/gateway/test/fake-chain.ts';

const CHAIN_ID = 0x80000000;
const HOST = 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG';
const EMPTY = new Uint8Array(0);

export const KEY = `sk-assay-${'1'.repeat(64)}`;
export const MODEL = 'bench/1';
export const QUESTION = [{ role: 'user' as const, content: 'Is the Earth round?' }];

export interface Stage {
  readonly gateway: Gateway;
  readonly engine: Engine;
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

/** @param overSockets the host is reached over loopback, as by a gateway of its own process */
export async function openStage(
  engine: Engine,
  ledger: Ledger,
  overSockets = false,
): Promise<Stage> {
  const chain = new FakeChain();
  const manifest = describeModel(engine, { name: MODEL, evidenceSha256: '00'.repeat(32) });
  const operatingKey = sha256(bytesFromUtf8('bench host'));
  const id = modelIdHex(manifest);
  let door: SessionDoor | null = null;
  const real = nodeWorld();
  const world = overSockets ? real : directWorld(() => door!);
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
  const server = await real.net.serve(
    { host: '127.0.0.1', port: 0, bodyBytesMax: 1 << 20 },
    async (request) => (await door!.handle(request)) ?? { status: 404, headers: {}, body: EMPTY },
  );
  const offer = {
    host: HOST,
    endpoint: `http://127.0.0.1:${server.port}`,
    operatingKey: publicKeyFromPrivate(operatingKey),
    prices: { inputMicro: 10n, cachedMicro: 2n, outputMicro: 50n },
    capacity: 1,
    assurance: 'A' as const,
  };
  const { contextTokens } = manifest;
  chain.offers = [{ id, name: MODEL, contextTokens, hosts: [offer] }];
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

export function questionBody(maxTokens: number) {
  return { model: MODEL, messages: QUESTION, max_tokens: maxTokens, temperature: 2 };
}

/** @returns tokens of the answer */
export async function throughGateway({ gateway }: Stage, maxTokens: number): Promise<number> {
  const answer = await gateway.handle({
    method: 'POST',
    path: '/v1/chat/completions',
    query: new Map(),
    headers: new Map([['authorization', `Bearer ${KEY}`]]),
    body: bytesFromUtf8(JSON.stringify(questionBody(maxTokens))),
  });
  const json = JSON.parse(utf8FromBytes(answer.body) ?? '');
  if (answer.status !== 200) throw new Error(JSON.stringify(json));
  return json.usage.completion_tokens;
}

let asked = 0;

/** The same sampling without any protocol around it. @returns tokens of the answer */
export async function engineAlone({ engine }: Stage, maxTokens: number): Promise<number> {
  const seed = sha256(bytesFromUtf8(`bench ${asked++}`));
  const params = { temperatureMicro: 2_000_000, topPMicro: 1_000_000, topK: 20, maxTokens };
  const { tokens } = await engine.generate(engine.promptIds(QUESTION), {
    topK: 20,
    maxTokens,
    pick: (position, top) => drawGmV1(seed, position, top, params).id,
  });
  return tokens.length;
}

export type Asker = (maxTokens: number) => Promise<number>;

export interface Timing {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the median request: what a wait would be on a machine with nothing else to do. */
  readonly cpuMs: number;
  readonly tokensPerSec: number;
  readonly requestsPerSec: number;
}

const ROUNDS = 3;

/**
 * Two ways to ask, in turn, so that both meet the same machine; of each the quietest round counts, as of
 * any measurement that others on the machine can only make worse.
 */
export async function timeBoth(
  [ours, peer]: readonly [Asker, Asker],
  maxTokens: number,
  count: number,
): Promise<readonly [Timing, Timing]> {
  const rounds: [Timing[], Timing[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    rounds[1].push(await timeRound(peer, maxTokens, count));
    rounds[0].push(await timeRound(ours, maxTokens, count));
  }
  return [quietest(rounds[0]), quietest(rounds[1])];
}

function quietest(rounds: readonly Timing[]): Timing {
  const least = (of: (one: Timing) => number) => Math.min(...rounds.map(of));
  const most = (of: (one: Timing) => number) => Math.max(...rounds.map(of));
  return {
    p50Ms: least((one) => one.p50Ms),
    p99Ms: least((one) => one.p99Ms),
    cpuMs: least((one) => one.cpuMs),
    tokensPerSec: most((one) => one.tokensPerSec),
    requestsPerSec: most((one) => one.requestsPerSec),
  };
}

async function timeRound(ask: Asker, maxTokens: number, count: number): Promise<Timing> {
  for (let i = 0; i < count / 5; i++) await ask(maxTokens); // Warms up.
  const all: number[] = [];
  const cpu: number[] = [];
  let tokens = 0;
  for (let i = 0; i < count; i++) {
    // Nothing here waits for a socket: without a pause timers would never run.
    await new Promise((done) => setImmediate(done));
    const before = process.cpuUsage();
    const startMs = performance.now();
    tokens += await ask(maxTokens);
    all.push(performance.now() - startMs);
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1_000);
  }
  const totalMs = all.reduce((sum, one) => sum + one, 0);
  all.sort((a, b) => a - b);
  cpu.sort((a, b) => a - b);
  return {
    p50Ms: all[Math.floor(count / 2)]!,
    p99Ms: all[Math.floor(count * 0.99)]!,
    cpuMs: cpu[Math.floor(count / 2)]!,
    tokensPerSec: (tokens * 1000) / totalMs,
    requestsPerSec: (count * 1000) / totalMs,
  };
}
