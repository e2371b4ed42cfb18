import { bytesFromHex, bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { type ClarityValue, Cv, encodeClarityValue } from '@assay/clarity-value';
import { hash160, publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { encodeVerdictChunk } from '@assay/jobs';
import { signChunk } from '@assay/wire';
import type { HttpResponse, Net } from '@assay/world';
import { describe, expect, it } from 'vitest';
import { createHttpChain } from '../src/index.ts';

const BOOT = 'ST000000000000000000002AMW42H';
const US = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const HASH = '11'.repeat(32);

/** A request as `node/rpc` prints it. */
const REQUEST = {
  id: 7,
  status: 'open',
  user: US,
  model: HASH,
  prompt_hash: '22'.repeat(32),
  prompt_length: 3,
  prompt: '000041',
  params: { temperature: 700000, top_p: 900000, top_k: 20, max_tokens: 64 },
  max_fee: '340282366920938463463374607431768211455',
  opened_at: 100,
  expires_at: 110,
  privacy: 0,
  client_nonce: '33'.repeat(16),
  executor: US,
  executor_endpoint: 'http://127.0.0.1:8000',
  host_key: `02${'44'.repeat(32)}`,
  input_price: '1',
  output_price: '2',
  fallbacks: [],
  opened_time: 1_000,
  fallback_window: 30,
  beacon: '55'.repeat(32),
  request_hash: '66'.repeat(32),
  opened: null,
  closed: null,
  result: null,
};

interface Stub {
  readonly net: Pick<Net, 'fetch'>;
  readonly asked: string[];
}

/** A node that gives these answers by `METHOD path`; the longest matching beginning counts. */
function node(answers: Readonly<Record<string, unknown>>): Stub {
  const asked: string[] = [];
  const fetch: Net['fetch'] = async (url, options) => {
    const line = `${options?.method ?? 'GET'} ${url.replace('http://node', '')}`;
    asked.push(line);
    const key = Object.keys(answers)
      .filter((one) => line.startsWith(one))
      .sort((a, b) => b.length - a.length)[0];
    return key === undefined ? answer(404, 'not here') : answer(200, answers[key]);
  };
  return { net: { fetch }, asked };
}

function answer(status: number, value: unknown): HttpResponse {
  if (value instanceof Error) return answer(400, { reason: value.message });
  const body = value instanceof Uint8Array ? value : bytesFromUtf8(JSON.stringify(value));
  return { status, headers: {}, body };
}

const clarity = (value: ClarityValue) => ({
  okay: true,
  result: `0x${bytesToHex(encodeClarityValue(value))}`,
});

const chainOf = ({ net }: Stub) =>
  createHttpChain(net, { nodeUrl: 'http://node/', bootAddress: BOOT, address: US });

describe('the chain over RPC', () => {
  it('asks for our open requests with a long poll and reads every field', async () => {
    const page = { requests: [REQUEST], last_request_id: 9, next_after: 9, burn_block_height: 1 };
    const stub = node({ 'GET /v2/inference/requests': page });
    const { signal } = new AbortController();
    const found = await chainOf(stub).openRequests(3n, { waitMs: 500, signal });
    expect(stub.asked).toEqual([
      `GET /v2/inference/requests?after=3&executor=${US}&status=open&wait=500`,
    ]);
    expect([found.nextAfter, found.lastRequestId]).toEqual([9n, 9n]);
    const [assigned] = found.requests;
    expect(assigned).toMatchObject({ executor: US, status: 'open' });
    expect(assigned).toMatchObject({ rank: 0, turnAtSecs: 1_000 });
    expect(assigned!.promptBlob).toEqual(bytesFromHex('000041'));
    expect(assigned!.request).toMatchObject({
      id: 7n,
      expiresAt: 110,
      maxFeeMicro: 2n ** 128n - 1n,
    });
    expect(assigned!.request.params).toEqual({
      temperatureMicro: 700_000,
      topPMicro: 900_000,
      topK: 20,
      maxTokens: 64,
    });
  });

  it('finds our slot through our registration', async () => {
    const host = Cv.some(Cv.tuple({ index: Cv.uint(4) }));
    const slot = (slot_id: number, slot_version: number) => ({
      slot_id,
      slot_version,
      data_hash: HASH,
      signature: '00'.repeat(65),
    });
    const stub = node({
      [`POST /v2/contracts/call-read/${BOOT}/hosts/get-host`]: clarity(host),
      [`GET /v2/stackerdb/${BOOT}/inference-receipts`]: [slot(3, 1), slot(4, 12)],
    });
    expect(await chainOf(stub).receiptSlot()).toEqual({ slotId: 4, version: 12 });
    const stranger = node({
      [`POST /v2/contracts/call-read/${BOOT}/hosts/get-host`]: clarity(Cv.none()),
    });
    expect(await chainOf(stranger).receiptSlot()).toBeNull();
  });

  it('reads the signers of the newest cycle, and their verdicts once per version', async () => {
    const current = Cv.tuple({ cycle: Cv.uint(5), 'total-weight': Cv.uint(10) });
    const signer = Cv.tuple({ signer: Cv.principal(US), weight: Cv.uint(10) });
    const key = sha256(bytesFromUtf8('signer'));
    const hash = hash160(publicKeyFromPrivate(key));
    const other = Cv.tuple({
      signer: Cv.principal({ version: 26, hash, contractName: null }),
      weight: Cv.uint(1),
    });
    const entry = {
      verdict: 'abstain',
      requestId: 7n,
      commitmentHash: new Uint8Array(32),
      reason: 'no model',
    } as const;
    const database = `GET /v2/stackerdb/${BOOT}/inference-verdicts-1`;
    const stub = node({
      [`POST /v2/contracts/call-read/${BOOT}/signers/get-current`]: clarity(current),
      [`POST /v2/contracts/call-read/${BOOT}/signers/get-signers`]: clarity(
        Cv.some(Cv.list([signer, other])),
      ),
      [database]: [
        { slot_id: 0, slot_version: 0, data_hash: HASH, signature: '00'.repeat(65) },
        {
          slot_id: 1,
          slot_version: 2,
          data_hash: HASH,
          signature: '00'.repeat(65),
        },
      ],
    });
    const chain = chainOf(stub);
    const cycle = await chain.signers();
    expect(cycle).toMatchObject({ cycle: 5, totalWeight: 10n });
    expect(cycle.signers[0]!.weight).toBe(10n);
    const said = {
      sealKey: new Uint8Array(32).fill(7),
      entries: [entry],
      claims: [],
      disputes: [],
    };
    const data = encodeVerdictChunk(said);
    const signed = signChunk({ slotId: 1, slotVersion: 2, data }, key);
    let signature = bytesToHex(signed.signature);
    const withChunk: Stub = {
      ...stub,
      net: {
        ...stub.net,
        fetch: (url, options) => {
          if (!url.endsWith('inference-verdicts-1/1')) return stub.net.fetch(url, options);
          stub.asked.push('chunk');
          const headers = { 'x-slot-version': '2', 'x-slot-signature': signature };
          return Promise.resolve({ status: 200, headers, body: data });
        },
      },
    };
    const reader = chainOf(withChunk);
    for (let look = 0; look < 3; look++) {
      expect([...(await reader.verdicts(cycle))]).toEqual([[1, said]]);
    }
    expect(stub.asked.filter((line) => line === 'chunk').length).toBe(1);
    // What another key signed is nobody's word.
    signature = bytesToHex(signChunk({ slotId: 1, slotVersion: 2, data }, sha256(key)).signature);
    const silence = { sealKey: null, entries: [], claims: [], disputes: [] };
    expect([...(await chainOf(withChunk).verdicts(cycle))]).toEqual([[1, silence]]);
  });

  it('tells a refusal from a failure when it sends', async () => {
    const refused = chainOf(node({ 'POST /v2/transactions': new Error('BadNonce') }));
    expect(await refused.broadcast(new Uint8Array(1))).toBe('BadNonce');
    const accepted = chainOf(node({ 'POST /v2/transactions': HASH }));
    expect(await accepted.broadcast(new Uint8Array(1))).toBeNull();
    await expect(chainOf(node({})).broadcast(new Uint8Array(1))).rejects.toThrow();
  });

  it('trusts no content but its hash', async () => {
    const stub = node({ [`GET /v2/content/${HASH}`]: new Uint8Array([1, 2, 3]) });
    expect(await chainOf(stub).content(bytesFromHex(HASH))).toBeNull();
  });
});
