/**
 * An inference as user, host and judge see it over HTTP, through the typed client: request, long
 * poll, receipt, content, verdicts, settlement, result.
 */
import { bytesToHex } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import type { NodeClient } from '@assay/client';
import { hash160, sha256 } from '@assay/crypto';
import {
  type Commitment,
  commitmentHash,
  commitmentTuple,
  commitTranscript,
  encodePrompt,
  encodeReceiptChunk,
  encodeTranscript,
  encodeVerdictChunk,
  type Judgement,
  signCall,
  signCommitment,
  signVerdict,
  type Transcript,
} from '@assay/jobs';
import { encodeTransaction, type InferPayload, signChunk, transactionId } from '@assay/wire';
import { SimNetwork } from '@assay/world/sim';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ALICE,
  BOB,
  BOOT,
  call,
  HOST,
  hashOf,
  MODEL,
  OPERATOR,
  SIGNERS,
  transfer,
} from '../../../rules/chainstate/test/network.ts';
import { TestNode } from './test-node.ts';

const PROMPT = encodePrompt({ context: 'Answer briefly.', prompt: 'Is the Earth round?' });

const PAYLOAD: InferPayload = {
  kind: 'infer',
  privacy: 'public',
  modelId: MODEL,
  host: null,
  prompt: { kind: 'inline', blob: PROMPT },
  temperatureMicro: 700_000,
  topPMicro: 1_000_000,
  topK: 20,
  maxTokens: 128,
  maxFeeMicro: 50_000n,
  deadlineBurnBlocks: 2,
  clientNonce: hashOf('nonce').slice(0, 16),
};

let network: SimNetwork;
let node: TestNode;
let client: NodeClient;

beforeEach(async () => {
  network = new SimNetwork({ seed: 1 });
  node = new TestNode(network.world('node'));
  node.chain.tenure();
  node.stackerdb.configure(`${BOOT}.inference-receipts`, {
    signers: [hash160(OPERATOR.publicKey)],
  });
  node.stackerdb.configure(`${BOOT}.inference-verdicts-0`, {
    signers: SIGNERS.map(({ publicKey }) => hash160(publicKey)),
  });
  const baseUrl = await node.serve();
  client = node.client(baseUrl);
});

/** Runs virtual time until the promise settles. */
async function settled<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const finish = () => {
    isDone = true;
  };
  work.then(finish, finish);
  await network.runUntil(() => isDone);
  return work;
}

async function send(payload: InferPayload): Promise<string> {
  const tx = node.chain.sign(ALICE, payload);
  const outcome = await settled(client.chain.broadcast(encodeTransaction(tx)));
  if (!outcome.ok) throw new Error(outcome.error.message);
  expect(outcome.value).toBe(bytesToHex(transactionId(tx)));
  return outcome.value;
}

async function answer(id: bigint): Promise<{ transcript: Transcript; commitment: Commitment }> {
  const request = (await settled(client.inference.request(id)))!;
  const transcript: Transcript = {
    requestHash: request.requestHash,
    model: MODEL,
    seed: sha256(
      new Uint8Array([
        ...new TextEncoder().encode('gm-seed-v1'),
        ...request.requestHash,
        ...request.hostKey,
        ...request.beacon,
      ]),
    ),
    finish: 'stop',
    promptIds: [1, 2, 3],
    outputIds: [4, 5],
    sketch: new Uint8Array(10),
    salts: [new Uint8Array(16)],
    text: 'Yes, nearly.',
  };
  return { transcript, commitment: commitTranscript(transcript, 1_700_000_500) };
}

function publishReceipt(
  id: bigint,
  commitment: Commitment,
  slotVersion = 1,
  sketchHash: Uint8Array | null = null,
): void {
  const { chainId } = node.chain.network;
  const hostSignature = signCommitment(commitment, chainId, OPERATOR.privateKey);
  const data = encodeReceiptChunk([{ requestId: id, commitment, hostSignature, sketchHash }]);
  const chunk = signChunk({ slotId: 0, slotVersion, data }, OPERATOR.privateKey);
  expect(node.stackerdb.put(`${BOOT}.inference-receipts`, chunk)).toMatchObject({ accepted: true });
}

function publishVerdict(
  slotId: number,
  id: bigint,
  commitment: Commitment,
  verdict: Judgement,
): Uint8Array {
  const signer = SIGNERS[slotId]!;
  const hash = commitmentHash(commitment);
  const base = { requestId: id, commitmentHash: hash };
  const signature =
    verdict === 'abstain'
      ? new Uint8Array(65)
      : signVerdict({ ...base, verdict }, node.chain.network.chainId, signer.privateKey);
  const entry =
    verdict === 'abstain'
      ? ({ ...base, verdict, reason: 'no such model' } as const)
      : ({ ...base, verdict, signature, blind: null } as const);
  const chunk = signChunk(
    {
      slotId,
      slotVersion: 1,
      data: encodeVerdictChunk({ sealKey: null, entries: [entry], claims: [], disputes: [] }),
    },
    signer.privateKey,
  );
  node.stackerdb.put(`${BOOT}.inference-verdicts-0`, chunk);
  return signature;
}

function settle(id: bigint, commitment: Commitment, signatures: ReadonlyMap<number, Uint8Array>) {
  const { chainId } = node.chain.network;
  return node.chain.sign(
    BOB,
    call(`${BOOT}.inference`, 'settle', [
      Cv.uint(id),
      commitmentTuple(commitment),
      Cv.buffer(signCommitment(commitment, chainId, OPERATOR.privateKey)),
      Cv.list(
        [...signatures].map(([index, signature]) =>
          Cv.tuple({ index: Cv.uint(BigInt(index)), signature: Cv.buffer(signature) }),
        ),
      ),
    ]),
  );
}

describe('from request to verified answer', () => {
  it('Created, InProgress with the answer to read already, Success with verdicts', async () => {
    const txid = await send(PAYLOAD);
    expect(await settled(client.inference.result(txid))).toMatchObject({
      txid,
      status: 'Created',
      input: 'Is the Earth round?',
      output: '',
    });
    node.mine();
    const open = await settled(client.inference.result(txid));
    expect(open).toMatchObject({ status: 'InProgress', requestId: 1n, executor: HOST.address });
    expect(open.request).toMatchObject({
      status: 'open',
      user: ALICE.address,
      maxFeeMicro: 50_000n,
      executorEndpoint: 'http://127.0.0.1:8000',
      prompt: PROMPT,
      params: { temperatureMicro: 700_000, topPMicro: 1_000_000, topK: 20, maxTokens: 128 },
      opened: { txid, blockHeight: 2 },
      closed: null,
    });

    const { transcript, commitment } = await answer(1n);
    const bytes = encodeTranscript(transcript);
    expect(await settled(client.inference.putContent(bytes))).toBe(false);
    publishReceipt(1n, commitment);
    expect(await settled(client.inference.putContent(bytes))).toBe(true);
    expect(await settled(client.inference.putContent(bytes))).toBe(true);
    expect(await settled(client.inference.content(sha256(bytes)))).toEqual(bytes);
    const signatures = new Map<number, Uint8Array>();
    for (const slot of [1, 2]) signatures.set(slot, publishVerdict(slot, 1n, commitment, 'valid'));
    publishVerdict(0, 1n, commitment, 'abstain');
    const judged = await settled(client.inference.result(txid));
    expect(judged).toMatchObject({ status: 'InProgress', output: 'Yes, nearly.' });
    expect(judged.verdicts).toEqual([
      { signerIndex: 0, verdict: 'abstain', reason: 'no such model' },
      { signerIndex: 1, verdict: 'valid', reason: null },
      { signerIndex: 2, verdict: 'valid', reason: null },
    ]);

    const [receipt] = node.chain.mine(settle(1n, commitment, signatures));
    expect(receipt!.vmError).toBeNull();
    const done = await settled(client.inference.result(txid));
    expect(done).toMatchObject({
      status: 'Success',
      output: 'Yes, nearly.',
      outputHash: bytesToHex(commitment.outputHash),
      error: null,
      request: { status: 'settled', closed: { blockHeight: 3 } },
    });
    expect(done.receipt).toMatchObject({ finish: 'stop', paid: '230', verdict: 'valid' });
    expect(done.request!.result).toMatchObject({ weight: '7', total_weight: '10', paid: '230' });
    const guide = await node.json('GET', `/v2/infer_result/${txid}`);
    const fork = await node.json('GET', `/v2/infer_res/${txid}`);
    expect(guide).toEqual(fork);
  });

  it('unknown transactions are NotFound with 200, as FunAI`s clients expect', async () => {
    const label = 'ab'.repeat(32);
    expect(await node.json('GET', `/v2/infer_res/${label}`)).toMatchObject({
      status: 200,
      body: { txid: label, status: 'NotFound', input: '', output: '', output_hash: '' },
    });
    expect((await node.request('GET', '/v2/infer_res/xyz')).status).toBe(400);
  });

  it('a request that the contract refuses is a Failure with the reason', async () => {
    const txid = await send({ ...PAYLOAD, deadlineBurnBlocks: 60_000 });
    node.mine();
    const result = await settled(client.inference.result(txid));
    expect(result.status).toBe('Failure');
    expect(result.error).toMatch(/u308/);
  });

  it('an expired request is a Failure and names the refund', async () => {
    const txid = await send(PAYLOAD);
    node.mine();
    for (let i = 0; i < 3; i++) node.chain.tenure();
    node.chain.mine(node.chain.sign(BOB, call(`${BOOT}.inference`, 'expire', [Cv.uint(1n)])));
    expect(await settled(client.inference.result(txid))).toMatchObject({
      status: 'Failure',
      error: expect.stringMatching(/deadline.*back to the user/),
    });
  });
});

describe('hosts listen', () => {
  it('pages by id, filters by executor and status', async () => {
    for (let i = 0; i < 3; i++) {
      await send({ ...PAYLOAD, clientNonce: hashOf(`n${i}`).slice(0, 16) });
      node.mine();
    }
    const mine = await settled(client.inference.requests({ executor: HOST.address, limit: 2 }));
    expect(mine.requests.map((request) => request.id)).toEqual([1n, 2n]);
    expect(mine).toMatchObject({ lastRequestId: 3n, nextAfter: 2n, burnBlockHeight: 101 });
    const rest = await settled(client.inference.requests({ after: 2n, status: 'open' }));
    expect(rest.requests.map((request) => request.id)).toEqual([3n]);
    const other = await settled(client.inference.requests({ executor: BOB.address }));
    expect(other.requests).toEqual([]);
    expect(other.nextAfter).toBe(3n);
    expect((await settled(client.inference.requests({ status: 'settled' }))).requests).toEqual([]);
    expect((await node.request('GET', '/v2/inference/requests?status=nope')).status).toBe(400);
    expect((await node.request('GET', '/v2/inference/requests/99')).status).toBe(404);
  });

  it('long poll: answered when the block comes, or empty when the time is up', async () => {
    const txid = await send(PAYLOAD);
    const startMs = network.nowMs;
    const waiting = client.inference.requests({ waitMs: 20_000 });
    network.schedule(5_000, () => node.mine());
    const page = await settled(waiting);
    expect(page.requests[0]!.opened!.txid).toBe(txid);
    expect(network.nowMs - startMs).toBeLessThan(5_100);
    const empty = await settled(client.inference.requests({ after: 1n, waitMs: 3_000 }));
    expect(empty.requests).toEqual([]);
    expect(network.nowMs - startMs).toBeGreaterThan(8_000);
  });

  it('a block without a request does not end the wait', async () => {
    const waiting = client.inference.requests({ waitMs: 10_000 });
    const startMs = network.nowMs;
    network.schedule(1_000, () => {
      const parent = node.chain.tip.blockId;
      const tx = node.chain.sign(BOB, transfer(ALICE.address, 1n));
      node.chain.mine(tx);
      node.tipMoved(parent, [tx]);
    });
    expect((await settled(waiting)).requests).toEqual([]);
    expect(network.nowMs - startMs).toBeGreaterThan(9_000);
  });
});

describe('content', () => {
  it('a prompt by hash is taken as soon as its request is pending, and served to judges', async () => {
    const blob = encodePrompt({ context: '', prompt: 'secret' });
    expect(await settled(client.inference.putContent(blob))).toBe(false);
    await send({
      ...PAYLOAD,
      privacy: 'hash-only',
      prompt: { kind: 'hash', hash: sha256(blob), length: blob.length },
    });
    expect(await settled(client.inference.putContent(blob))).toBe(true);
    node.mine();
    const request = await settled(client.inference.request(1n));
    expect(request!.privacy).toBe(1);
    // The prompt is for those who sign as user, executor or signer.
    expect(request!.prompt).toBeNull();
    const path = `/v2/content/${bytesToHex(sha256(blob))}`;
    const nowSecs = Math.floor(network.nowMs / 1000);
    const as = (privateKey: Uint8Array) =>
      node.request('GET', path, {
        headers: signCall({ path, body: new Uint8Array(0) }, nowSecs, privateKey),
      });
    expect((await node.request('GET', path)).status).toBe(401);
    expect((await as(BOB.privateKey)).status).toBe(403);
    for (const party of [ALICE, OPERATOR, SIGNERS[0]!]) {
      expect(await as(party.privateKey)).toMatchObject({ status: 200, body: blob });
    }
  });

  it('a prompt by hash is taken while its request is open, not after', async () => {
    const blob = encodePrompt({ context: '', prompt: 'late' });
    await send({
      ...PAYLOAD,
      privacy: 'hash-only',
      prompt: { kind: 'hash', hash: sha256(blob), length: blob.length },
    });
    node.mine();
    for (let i = 0; i < 3; i++) node.chain.tenure();
    node.chain.mine(node.chain.sign(BOB, call(`${BOOT}.inference`, 'expire', [Cv.uint(1n)])));
    expect(await settled(client.inference.putContent(blob))).toBe(false);
  });

  it('funai-8.23 refuses what is too large', async () => {
    const answer = await node.request('POST', '/v2/content', {
      body: new Uint8Array(1024 * 1024 + 1),
    });
    expect(answer.status).toBe(413);
    expect((await node.request('GET', `/v2/content/${'00'.repeat(32)}`)).status).toBe(404);
  });
});
