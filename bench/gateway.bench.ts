/**
 * What the gateway costs. Ours is a question through gateway, session and host; the peer is the same
 * question put to the engine, in the same process and without sockets, so that the difference is our
 * work alone (parsing, signatures by payer and host, vouchers, the ledger). The fake engine is far faster
 * than any model: what is a large share of it is a small one of a real engine. The limit of a request is
 * the signatures it needs. LiteLLM, where it is installed, stands in front of a server that answers at
 * once; both proxies are asked over loopback.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesFromUtf8 } from '@assay/bytes';
import { recoverPublicKey, sha256, signRecoverable } from '@assay/crypto';
import { FakeEngine } from '@assay/engine';
import { openLlamaEngine } from '@assay/engine/llama';
import { type Ledger, MemoryLedger, openSqlLedger } from '@assay/gateway';
import { openPglite } from '@assay/gateway/pglite';
import { nodeWorld } from '@assay/world/node';
import { sessionOnChain } from './gateway/chain-cost.ts';
import { findLiteLlm, serveAtOnce, startLiteLlm } from './gateway/litellm.ts';
import {
  type Asker,
  engineAlone,
  KEY,
  MODEL,
  openStage,
  QUESTION,
  type Timing,
  throughGateway,
  timeBoth,
} from './gateway/stage.ts';
import type { Row } from './row.ts';

const SMALL_MODEL = fileURLToPath(new URL('../../models/assay-small.gguf', import.meta.url));

function row(name: string, unit: string, of: Partial<Row> & { readonly ours: number }): Row {
  const round = (value: number) => Math.round(value * 1_000) / 1_000;
  const { ours, peer = null, limit = null } = of;
  return {
    bench: 'gateway',
    case: name,
    ours: round(ours),
    peer: peer === null ? null : round(peer),
    ratio: peer === null ? null : round(ours / peer),
    limit: limit === null ? null : round(limit),
    unit,
  };
}

/** Milliseconds of `count` signatures made and checked. */
function signaturesMs(count: number): number {
  const key = sha256(bytesFromUtf8('limit'));
  const times: number[] = [];
  for (let i = 0; i < 300; i++) {
    const startMs = performance.now();
    for (let n = 0; n < count; n++) {
      const digest = sha256(bytesFromUtf8(`digest ${i} ${n}`));
      recoverPublicKey(digest, signRecoverable(digest, key));
    }
    times.push(performance.now() - startMs);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

function latency(name: string, [ours, peer]: readonly [Timing, Timing]): readonly Row[] {
  // Request and commitment; vouchers go out beside, a few for many requests.
  const limit = signaturesMs(2);
  return [
    row(`${name}: added p50 (limit: four signatures)`, 'ms', {
      ours: ours.p50Ms - peer.p50Ms,
      limit,
    }),
    row(`${name}: added p99`, 'ms', { ours: ours.p99Ms - peer.p99Ms }),
    row(`${name}: added processor time`, 'ms', { ours: ours.cpuMs - peer.cpuMs, limit }),
  ];
}

async function withFakeEngine(): Promise<Row[]> {
  const on = await openStage(new FakeEngine(), new MemoryLedger(nodeWorld().clock));
  const pair = [(n: number) => throughGateway(on, n), (n: number) => engineAlone(on, n)] as const;
  const short = await timeBoth(pair, 16, 200);
  const long = await timeBoth(pair, 256, 40);
  const requests = 1_000;
  const before = on.chain.sent.length;
  for (let i = 0; i < requests; i++) {
    await new Promise((done) => setImmediate(done));
    await throughGateway(on, 1);
  }
  const raised = on.chain.sent.length - before;
  await on.gateway.stop();
  const rate = { ours: short[0].requestsPerSec, peer: short[1].requestsPerSec };
  const tokens = { ours: long[0].tokensPerSec, peer: long[1].tokensPerSec };
  return [
    ...latency('fake engine, 16 tokens', short),
    row('fake engine, 16 tokens', 'requests/s', rate),
    row('fake engine, up to 256 tokens', 'tokens/s', tokens),
    ...onChain(raised, requests),
  ];
}

/** Requests that a busy host claims together: `claimAtRequests` of the host room. */
const REQUESTS_PER_CLAIM = 4_000;

/**
 * A session that lives as long as one claim: opened, claimed, released; and what it had to be topped up.
 * @param raised transactions that an open session needed for `requests`
 */
function onChain(raised: number, requests: number): readonly Row[] {
  const { transactions, bytes } = sessionOnChain();
  const perThousand = (count: number) =>
    (1_000 * count) / REQUESTS_PER_CLAIM + ((1_000 * raised) / requests) * (count / transactions);
  return [
    row('transactions per 1,000 requests: opened, raised, claimed, released', 'transactions', {
      ours: perThousand(transactions),
    }),
    row('on-chain bytes per 1,000 requests', 'bytes', { ours: perThousand(bytes) }),
  ];
}

async function withDatabase(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const ledger: Ledger = await openSqlLedger(await openPglite(join(folder, 'ledger')));
  try {
    const on = await openStage(new FakeEngine(), ledger);
    const pair = [(n: number) => throughGateway(on, n), (n: number) => engineAlone(on, n)] as const;
    const short = await timeBoth(pair, 16, 100);
    await on.gateway.stop();
    return latency('fake engine, embedded database, 16 tokens', short);
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withRealEngine(): Promise<readonly Row[]> {
  const engine = await openLlamaEngine({ modelPath: SMALL_MODEL });
  const on = await openStage(engine, new MemoryLedger(nodeWorld().clock));
  const pair = [(n: number) => throughGateway(on, n), (n: number) => engineAlone(on, n)] as const;
  const times = await timeBoth(pair, 256, 40);
  await on.gateway.stop();
  await engine.close();
  const tokens = { ours: times[0].tokensPerSec, peer: times[1].tokensPerSec };
  return [
    ...latency('small model, embedded', times),
    row('small model, embedded', 'tokens/s', tokens),
  ];
}

/** Over loopback, one token: our gateway with its host, and LiteLLM, each against a direct call. */
async function againstLiteLlm(): Promise<readonly Row[]> {
  const program = findLiteLlm();
  if (program === null) {
    console.error("LiteLLM is not installed: pip install 'litellm[proxy]'");
    return [];
  }
  const upstream = await serveAtOnce();
  const ledger = new MemoryLedger(nodeWorld().clock);
  const on = await openStage(new FakeEngine(), ledger, true);
  const proxy = await startLiteLlm(program, upstream.url);
  try {
    const direct = askerOf(upstream.url, 'none', 'stand-in');
    const ours = askerOf(`http://127.0.0.1:${on.gateway.port}/v1`, KEY, MODEL);
    const theirs = askerOf(proxy.url, proxy.key, 'stand-in');
    const [gateway, base] = await timeBoth([ours, direct], 1, 50);
    const [peer] = await timeBoth([theirs, direct], 1, 50);
    const rate = { ours: gateway.requestsPerSec, peer: peer.requestsPerSec };
    return [
      row('over loopback, one token: added p50; peer: LiteLLM', 'ms', {
        ours: gateway.p50Ms - base.p50Ms,
        peer: peer.p50Ms - base.p50Ms,
      }),
      row('over loopback, one at a time; peer: LiteLLM', 'requests/s', rate),
    ];
  } finally {
    proxy.close();
    upstream.close();
    await on.gateway.stop();
  }
}

function askerOf(url: string, key: string, model: string): Asker {
  return async (maxTokens) => {
    const answer = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: QUESTION, max_tokens: maxTokens }),
    });
    const json = (await answer.json()) as { usage: { completion_tokens: number } };
    if (answer.status !== 200) throw new Error(JSON.stringify(json));
    return json.usage.completion_tokens;
  };
}

/** One measurement per case; called by scripts/bench.mjs. */
export async function run(): Promise<Row[]> {
  return [
    ...(await withFakeEngine()),
    ...(await withDatabase()),
    ...(await withRealEngine()),
    ...(await againstLiteLlm()),
  ];
}
