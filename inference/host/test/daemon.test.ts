import { bytesFromHex, bytesFromUtf8, bytesToHex, concatBytes, utf8FromBytes } from '@assay/bytes';
import { parsePrincipal } from '@assay/clarity-value';
import { publicKeyFromPrivate, sha256, signRecoverable } from '@assay/crypto';
import { describeModel, FakeEngine } from '@assay/engine';
import {
  decodeTranscript,
  encodePrompt,
  type InferenceRequest,
  modelId,
  modelIdHex,
  promptHash,
  requestHash,
  samplingSeed,
  verifyCommitment,
} from '@assay/jobs';
import { memoryLogger } from '@assay/observe';
import { MemoryStore, type Store } from '@assay/store';
import { GENERIC_EVIDENCE_SHA256, judge } from '@assay/verify';
import { addressOfPublicKey, DEVNET_IDS } from '@assay/wallet';
import { SimNetwork, type SimWorld } from '@assay/world/sim';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AssignedRequest, HostDaemon, type HostOptions } from '../src/index.ts';
import { CHAIN_ID, FakeChain } from './fake-chain.ts';

const OPERATING = sha256(bytesFromUtf8('operating'));
const OPERATING_PUBLIC = publicKeyFromPrivate(OPERATING);
const ACCOUNT = { privateKey: sha256(bytesFromUtf8('account')), compressed: true };
const ADDRESS = addressOfPublicKey(publicKeyFromPrivate(ACCOUNT.privateKey), DEVNET_IDS);
const MANIFEST = describeModel(new FakeEngine(), {
  name: 'fake',
  evidenceSha256: GENERIC_EVIDENCE_SHA256,
});
const BLOB = encodePrompt({ context: '', prompt: 'Is the Earth round?' });

function request(id: bigint, change: Partial<AssignedRequest> = {}): AssignedRequest {
  const user = parsePrincipal('ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM');
  if (!user.ok) throw new Error('unreachable');
  const inner: InferenceRequest = {
    id,
    user: user.value,
    model: modelId(MANIFEST),
    promptHash: promptHash(BLOB),
    params: { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: 40 },
    maxFeeMicro: 1_000_000n,
    expiresAt: 110,
    privacy: 0,
    clientNonce: new Uint8Array(16),
  };
  return {
    request: inner,
    executor: ADDRESS,
    hostKey: OPERATING_PUBLIC,
    rank: 0,
    turnAtSecs: 0,
    isAnswered: false,
    beaconBurnHash: new Uint8Array(32).fill(8),
    promptBlob: BLOB,
    status: 'open',
    ...change,
  };
}

interface Stage {
  readonly net: SimNetwork;
  readonly chain: FakeChain;
  readonly store: Store;
  readonly log: ReturnType<typeof memoryLogger>;
  readonly hosts: HostDaemon[];
  start(options?: Partial<HostOptions>): void;
}

function createStage(paceMs = 0, answerMs = 0): Stage {
  const net = new SimNetwork({ seed: 1 });
  const chain = new FakeChain(OPERATING_PUBLIC);
  const store = new MemoryStore();
  const log = memoryLogger();
  const hosts: HostDaemon[] = [];
  const start = (options: Partial<HostOptions> = {}): void => {
    net.start('host', async (world: SimWorld) => {
      chain.idle = () => world.timers.sleep(100);
      chain.pace = () => world.timers.sleep(paceMs);
      const engine = new FakeEngine();
      const generate = engine.generate.bind(engine);
      engine.generate = async (...task) => {
        if (answerMs > 0) await world.timers.sleep(answerMs);
        return generate(...task);
      };
      const models = [{ manifest: MANIFEST, engine }];
      const host = new HostDaemon(
        world,
        { chain, store, log, models },
        {
          network: DEVNET_IDS,
          contract: 'ST000000000000000000002AMW42H.inference',
          operatingKey: OPERATING,
          accountKey: ACCOUNT,
          listen: { host: '127.0.0.1', port: 8000 },
          ...options,
        },
      );
      hosts.push(host);
      await host.start();
    });
  };
  return { net, chain, store, log, hosts, start };
}

let stage: Stage;
beforeEach(() => {
  stage = createStage();
});

const statusOf = (id: bigint) => stage.chain.requests.get(id)?.status;
const receiptOf = (id: bigint) => stage.chain.receipts().find((one) => one.requestId === id);

describe('the host daemon', () => {
  it('answers, publishes before it uploads, settles with 70 % of weight, and is paid', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    stage.start();
    await net.run(2_000);
    const receipt = receiptOf(1n)!;
    const signed = { signature: receipt.hostSignature, publicKey: OPERATING_PUBLIC };
    expect(verifyCommitment(receipt.commitment, CHAIN_ID, signed)).toBe(true);
    const transcript = chain.store.get(bytesToHex(receipt.commitment.transcriptHash)) ?? null;
    expect(decodeTranscript(transcript!).ok).toBe(true);
    expect(receipt.sketchHash).toBeNull();
    chain.commit(1n, [0, 1]);
    await net.run(2_000);
    expect(receiptOf(1n)!.sketchHash).toBeNull();
    chain.commit(1n, [2]);
    await net.run(2_000);
    const sketch = chain.store.get(bytesToHex(receiptOf(1n)!.sketchHash!)) ?? null;
    const assigned = chain.requests.get(1n)!;
    const judged = await judge(
      {
        chainId: CHAIN_ID,
        request: assigned.request,
        hostPublicKey: OPERATING_PUBLIC,
        beaconBurnHash: assigned.beaconBurnHash,
        commitment: receipt.commitment,
        hostSignature: receipt.hostSignature,
        transcript,
        sketch,
        promptBlob: BLOB,
        manifest: MANIFEST,
      },
      new FakeEngine({ noise: 0.001 }),
    );
    expect(judged.verdict).toBe('valid');
    chain.vote(1n, 'valid', [0, 2]);
    await net.run(2_000);
    expect(chain.calls).toEqual([]);
    chain.vote(1n, 'valid', [3]);
    await net.run(2_000);
    expect(chain.calls).toEqual([{ functionName: 'settle', id: 1n, nonce: 0n }]);
    expect(statusOf(1n)).toBe('settled');
    expect(chain.receipts()).toEqual([]);
  });

  it('brings a rejection to the chain as honestly as a payment', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    stage.start();
    await net.run(2_000);
    chain.vote(1n, 'invalid', [0, 1, 2]);
    await net.run(2_000);
    expect(chain.calls.map((call) => call.functionName)).toEqual(['reject']);
    expect(statusOf(1n)).toBe('rejected');
  });

  it('counts no forged, foreign or mixed verdicts', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    stage.start();
    await net.run(2_000);
    chain.vote(1n, 'valid', [0, 1]);
    chain.vote(1n, 'invalid', [2]);
    const stolen = chain.published.get(0)!;
    chain.published.set(3, stolen);
    await net.run(3_000);
    expect(chain.calls).toEqual([]);
  });

  it('funai-8.21 as a substitute answers when its turn has come, and not when somebody else did', async () => {
    const { net, chain } = stage;
    const turnAtSecs = Math.floor(net.nowMs / 1000) + 30;
    chain.requests.set(1n, request(1n, { rank: 1, turnAtSecs }));
    chain.requests.set(2n, request(2n, { rank: 1, turnAtSecs }));
    chain.requests.set(3n, request(3n, { rank: 1, turnAtSecs, isAnswered: true }));
    stage.start();
    await net.run(25_000);
    expect(chain.receipts()).toEqual([]);
    chain.requests.set(2n, request(2n, { rank: 1, turnAtSecs, status: 'settled' }));
    await net.run(10_000);
    expect(chain.receipts().map(({ requestId }) => requestId)).toEqual([1n]);
    // The answer to the third was being judged; it was left to its host for a while.
    await net.run(32_000);
    expect(chain.receipts().map(({ requestId }) => requestId)).toEqual([1n, 3n]);
  });

  it('funai-8.21 gives the money back after the deadline', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    stage.start();
    await net.run(2_000);
    chain.height = 111;
    await net.run(2_000);
    expect(chain.calls.map((call) => call.functionName)).toEqual(['expire']);
    expect(statusOf(1n)).toBe('expired');
  });

  it('leaves alone what is not its own', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n, { executor: 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG' }));
    chain.requests.set(2n, request(2n, { hostKey: publicKeyFromPrivate(sha256(OPERATING)) }));
    const other = request(3n);
    const model = new Uint8Array(32).fill(1);
    chain.requests.set(3n, { ...other, request: { ...other.request, model } });
    stage.start();
    await net.run(3_000);
    expect(chain.receipts()).toEqual([]);
    expect(stage.log.messages('warn').length).toBe(2);
  });

  it('answers many at once, each with its own nonce', async () => {
    const { net, chain } = stage;
    for (let id = 1n; id <= 12n; id++) chain.requests.set(id, request(id));
    chain.isMining = false;
    stage.start();
    await net.run(4_000);
    expect(chain.receipts().length).toBe(12);
    for (let id = 1n; id <= 12n; id++) chain.vote(id, 'valid', [1, 2, 3]);
    await net.run(3_000);
    expect(chain.pending.map((call) => call.nonce)).toEqual(
      Array.from({ length: 12 }, (_, i) => BigInt(i)),
    );
    for (const call of chain.pending) chain.apply(call);
    await net.run(2_000);
    expect(stage.hosts[0]!.port).toBe(8000);
    expect(chain.receipts()).toEqual([]);
  });

  it('takes the next nonce when another transaction holds it, and waits when it is refused', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    chain.refusals = ['ConflictingNonceInMempool', 'NotEnoughFunds'];
    stage.start();
    await net.run(2_000);
    chain.vote(1n, 'valid', [0, 1, 2]);
    await net.run(2_000);
    expect(chain.calls).toEqual([]);
    await net.run(6_000);
    expect(chain.calls.map((call) => call.functionName)).toEqual(['settle']);
  });

  it('sends an unmined settlement again, the same bytes under the same nonce', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    chain.isMining = false;
    stage.start();
    await net.run(2_000);
    chain.vote(1n, 'valid', [0, 1, 2]);
    await net.run(40_000);
    expect(chain.calls.length).toBeGreaterThan(1);
    expect(new Set(chain.calls.map((call) => call.nonce)).size).toBe(1);
  });

  it('starts over when its transaction was mined without effect', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    chain.isMining = false;
    stage.start();
    await net.run(2_000);
    chain.vote(1n, 'valid', [0, 1, 2]);
    await net.run(2_000);
    chain.confirmedNonce = 1n;
    chain.pending = [];
    chain.isMining = true;
    await net.run(20_000);
    expect(chain.calls.map((call) => call.nonce)).toEqual([0n, 1n]);
    expect(statusOf(1n)).toBe('settled');
  });

  it('answers again when a Bitcoin reorg gave the request another beacon', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    stage.start();
    await net.run(2_000);
    const before = receiptOf(1n)!;
    chain.requests.set(1n, request(1n, { beaconBurnHash: new Uint8Array(32).fill(9) }));
    await net.run(2_000);
    expect(receiptOf(1n)!.commitment.seed).not.toEqual(before.commitment.seed);
  });

  it('never lets an answer out that a Bitcoin reorg overtook while the model ran', async () => {
    const { net, chain, start } = createStage(0, 1_000);
    chain.requests.set(1n, request(1n));
    start();
    await net.run(500);
    const beaconBurnHash = new Uint8Array(32).fill(9);
    chain.requests.set(1n, request(1n, { beaconBurnHash }));
    const seeds = new Set<string>();
    for (let i = 0; i < 50; i++) {
      await net.run(100);
      for (const { commitment } of chain.receipts()) seeds.add(bytesToHex(commitment.seed));
    }
    const hash = requestHash(request(1n).request);
    const seed = samplingSeed(hash, OPERATING_PUBLIC, beaconBurnHash);
    expect([...seeds]).toEqual([bytesToHex(seed)]);
  });

  it('settles the answer to another request that a Bitcoin reorg gave the same id', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    stage.start();
    await net.run(2_000);
    chain.requests.delete(1n);
    await net.run(1_000);
    chain.requests.set(1n, request(1n, { beaconBurnHash: new Uint8Array(32).fill(9) }));
    await net.run(40_000);
    chain.vote(1n, 'valid', [0, 1, 2]);
    await net.run(3_000);
    expect(statusOf(1n)).toBe('settled');
  });

  it('closes a request once more when a Bitcoin reorg took the block that closed it', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    stage.start();
    await net.run(2_000);
    chain.vote(1n, 'valid', [0, 1, 2]);
    await net.run(3_000);
    expect(statusOf(1n)).toBe('settled');
    chain.requests.set(1n, request(1n));
    chain.confirmedNonce = 0n;
    await net.run(60_000);
    expect(statusOf(1n)).toBe('settled');
    expect([...new Set(chain.calls.map(({ nonce }) => nonce))]).toEqual([0n]);
  });

  it('waits for a node that is down and for its registration', async () => {
    const { net, chain } = stage;
    chain.requests.set(1n, request(1n));
    chain.isDown = true;
    stage.start();
    await net.run(5_000);
    chain.isDown = false;
    chain.isRegistered = false;
    await net.run(5_000);
    expect(chain.receipts()).toEqual([]);
    chain.isRegistered = true;
    await net.run(2_000);
    expect(chain.receipts().length).toBe(1);
  });

  it('funai-8.25 gives up what no honest host can answer', async () => {
    const { net, chain } = stage;
    const sealed = request(1n);
    chain.requests.set(1n, { ...sealed, request: { ...sealed.request, privacy: 2 } });
    const blob = bytesFromUtf8('\xff\xff');
    const bad = request(2n, { promptBlob: blob });
    chain.requests.set(2n, { ...bad, request: { ...bad.request, promptHash: promptHash(blob) } });
    stage.start();
    await net.run(3_000);
    expect(chain.receipts()).toEqual([]);
    expect(stage.log.messages('warn')).toEqual(['request given up', 'request given up']);
  });

  it('refuses to start with an engine that is not what the manifest says', async () => {
    const models = [{ manifest: MANIFEST, engine: new FakeEngine({ weights: 2 }) }];
    const { chain, store, log } = stage;
    const options = {
      network: DEVNET_IDS,
      contract: 'ST000000000000000000002AMW42H.inference',
      operatingKey: OPERATING,
      accountKey: ACCOUNT,
      listen: null,
    };
    const world = stage.net.world('x');
    const host = new HostDaemon(world, { chain, store, log, models }, options);
    await expect(host.start()).rejects.toMatchObject({ code: 'host/wrong-model' });
  });
});

describe('kill -9 at any instant', () => {
  it('funai-8.25 never answers a request twice and loses none', async () => {
    for (let killAtMs = 0; killAtMs < 60; killAtMs += 3) {
      stage = createStage(2);
      const { net, chain } = stage;
      for (let id = 1n; id <= 4n; id++) chain.requests.set(id, request(id));
      stage.start();
      await net.run(killAtMs);
      for (let again = 0; again < 3; again++) {
        net.restart('host');
        await net.run(1 + ((killAtMs * 7 + again * 13) % 40));
      }
      await net.run(3_000);
      for (let id = 1n; id <= 4n; id++) chain.vote(id, 'valid', [0, 1, 2]);
      await net.run(killAtMs);
      net.restart('host');
      await net.run(30_000);
      for (let id = 1n; id <= 4n; id++)
        expect(statusOf(id), `${id} at ${killAtMs}`).toBe('settled');
      for (const [hash, answers] of chain.seenReceipts) {
        expect(answers.size, `answers to ${hash} at ${killAtMs}`).toBe(1);
      }
    }
  });
});

describe('POST /generate and GET /health, FunAI guide 4.3 to 4.5', () => {
  const BODY = JSON.stringify({ prompt: 'Is the Earth round?' });

  async function call(
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<{ status: number; json: Record<string, unknown> }> {
    const { net } = stage;
    const client = net.world('client');
    const { body, ...rest } = options;
    let answer: { status: number; json: Record<string, unknown> } | null = null;
    client.net
      .fetch(`http://127.0.0.1:8000${path}`, {
        ...rest,
        ...(body === undefined ? {} : { body: bytesFromUtf8(body) }),
      })
      .then((response) => {
        const json = JSON.parse(utf8FromBytes(response.body) ?? '') as Record<string, unknown>;
        answer = { status: response.status, json };
      });
    await net.runUntil(() => answer !== null, 20_000);
    return answer!;
  }

  function sign(body: string, timestamp: string, path = '/generate'): Record<string, string> {
    const key = sha256(bytesFromUtf8('caller'));
    const digest = sha256(bytesFromUtf8(`${timestamp}:${path}:${body}`));
    return {
      'x-address': bytesToHex(publicKeyFromPrivate(key)),
      'x-signature': bytesToHex(signRecoverable(digest, key).subarray(1)),
      'x-timestamp': timestamp,
    };
  }

  const now = () => String(Math.floor(stage.net.nowMs / 1000));

  beforeEach(async () => {
    stage.start();
    await stage.net.run(100);
  });

  it('answers with text and the first tokens considered', async () => {
    const { status, json } = await call('/generate', { method: 'POST', body: BODY });
    expect(status).toBe(200);
    expect(json.text).toMatch(/^[A-Z].*\.$/);
    expect((json.first_top_logprobs as string[]).length).toBe(5);
  });

  it('is healthy, and says who it is', async () => {
    const { status, json } = await call('/health');
    expect([status, json.status, json.address]).toEqual([200, 'ok', ADDRESS]);
  });

  it('checks a signature when there is one', async () => {
    const post = (headers: Record<string, string>, body = BODY) =>
      call('/generate', { method: 'POST', headers, body });
    expect((await post(sign(BODY, now()))).status).toBe(200);
    const cases: readonly (readonly [string, Record<string, string>, string])[] = [
      ['host/bad-signature', sign('{"prompt":"other"}', now()), BODY],
      ['host/bad-signature', sign(BODY, now(), '/health'), BODY],
      ['host/timestamp', sign(BODY, String(Number(now()) - 301)), BODY],
      ['host/timestamp', sign(BODY, String(Number(now()) + 301)), BODY],
      ['host/header', { 'x-address': 'zz' }, BODY],
      ['host/header', { ...sign(BODY, now()), 'x-timestamp': '1e9' }, BODY],
    ];
    for (const [code, headers, body] of cases) {
      const { status, json } = await post(headers, body);
      expect([status, json.code], code).toEqual([401, code]);
    }
  });

  it('funai-8.18 takes a signed call once, also after a restart and with a rewritten signature', async () => {
    const headers = sign(BODY, now());
    const post = (h: Record<string, string>) =>
      call('/generate', { method: 'POST', headers: h, body: BODY });
    expect((await post(headers)).status).toBe(200);
    expect((await post(headers)).json.code).toBe('host/replay');
    stage.net.restart('host');
    await stage.net.run(100);
    expect((await post(headers)).json.code).toBe('host/replay');
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const signature = bytesFromHex(headers['x-signature']!);
    const s = BigInt(`0x${bytesToHex(signature.subarray(32))}`);
    const twin = bytesFromHex((order - s).toString(16).padStart(64, '0'));
    const rewritten = bytesToHex(concatBytes(signature.subarray(0, 32), twin));
    const { status } = await post({ ...headers, 'x-signature': rewritten });
    expect(status).toBe(401);
  });

  it('serves transcripts and manifests by hash, and nothing else', async () => {
    stage.chain.requests.set(1n, request(1n));
    await stage.net.run(2_000);
    const hash = bytesToHex(receiptOf(1n)!.commitment.transcriptHash);
    const client = stage.net.world('client');
    let bytes: Uint8Array | null = null;
    client.net.fetch(`http://127.0.0.1:8000/transcripts/${hash}`).then((response) => {
      bytes = response.body;
    });
    await stage.net.runUntil(() => bytes !== null, 5_000);
    expect(bytesToHex(sha256(bytes!))).toBe(hash);
    expect((await call(`/transcripts/${'00'.repeat(32)}`)).status).toBe(404);
    expect((await call('/transcripts/zz')).status).toBe(400);
    const id = modelIdHex(MANIFEST);
    expect((await call('/manifest')).json).toEqual(MANIFEST);
    expect((await call(`/manifests/${id}`)).json).toEqual(MANIFEST);
    expect((await call(`/manifests/${hash}`)).status).toBe(404);
    expect((await call('/nothing')).status).toBe(404);
    expect((await call('/generate')).status).toBe(405);
    expect((await call('/generate', { method: 'POST', body: '{}' })).status).toBe(400);
  });

  it('a policy closes the door to those who do not sign, or to all', async () => {
    for (const [policy, plain, signed] of [
      ['signed', 401, 200],
      ['off', 403, 403],
    ] as const) {
      stage = createStage();
      stage.start({ generate: policy });
      await stage.net.run(100);
      expect((await call('/generate', { method: 'POST', body: BODY })).status).toBe(plain);
      const headers = sign(BODY, now());
      expect((await call('/generate', { method: 'POST', headers, body: BODY })).status).toBe(
        signed,
      );
    }
  });
});
