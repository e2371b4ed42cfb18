/**
 * The client against scripted nodes: what a stock Stacks node answers, what a broken one does.
 * The whole surface against our own node is proven in node/rpc/test.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { Cv } from '@assay/clarity-value';
import { signChunk, slotMetadata } from '@assay/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { createNodeClient, type FetchPort, fromBrowserFetch } from '../src/index.ts';

type Answer = {
  status?: number;
  json?: unknown;
  text?: string;
  bytes?: Uint8Array;
  headers?: Record<string, string>;
};

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A node that answers from a table: path (without query) -> answers in turn, the last repeats. */
function scripted(table: Readonly<Record<string, readonly Answer[]>>) {
  const asked: Asked[] = [];
  const turns = new Map<string, number>();
  const fetch: FetchPort = async (url, options = {}) => {
    const { pathname, search } = new URL(url);
    const method = options.method ?? 'GET';
    const body = options.body ?? new Uint8Array(0);
    asked.push({ method, path: pathname + search, headers: options.headers ?? {}, body });
    const list = table[pathname] ?? [{ status: 404, text: 'no' }];
    const turn = turns.get(pathname) ?? 0;
    turns.set(pathname, turn + 1);
    const answer = list[Math.min(turn, list.length - 1)]!;
    const text = answer.json === undefined ? (answer.text ?? '') : JSON.stringify(answer.json);
    return {
      status: answer.status ?? 200,
      headers: answer.headers ?? {},
      body: answer.bytes ?? bytesFromUtf8(text),
    };
  };
  const client = createNodeClient({ baseUrl: 'http://node:1/', fetch, authToken: 'secret' });
  return { client, asked };
}

const CONTRACT = 'ST000000000000000000002AMW42H.signers-0-1';
const SLOT_PATH = '/v2/stackerdb/ST000000000000000000002AMW42H/signers-0-1';

describe('chain', () => {
  it('account in hex, nonce with the mempool, fallback to the account', async () => {
    const account = { balance: '0x0a', locked: '0x00', unlock_height: 0, nonce: 4 };
    const { client } = scripted({
      '/v2/accounts/ST1': [{ json: account }],
      '/extended/v1/address/ST2/nonces': [{ json: { possible_next_nonce: 9 } }],
    });
    expect(await client.chain.account('ST1')).toEqual({
      balanceMicro: 10n,
      lockedMicro: 0n,
      unlockHeight: 0,
      nonce: 4n,
    });
    expect(await client.chain.nextNonce('ST1')).toBe(4n);
    expect(await client.chain.nextNonce('ST2')).toBe(9n);
  });

  it('a refused transaction is a value, everything unexpected is an error with a code', async () => {
    const rejection = {
      error: 'transaction rejected',
      reason: 'BadNonce',
      reason_data: { expected: 1, actual: 0 },
      txid: 'ab',
    };
    const { client } = scripted({
      '/v2/transactions': [
        { json: 'cd'.repeat(32) },
        { status: 400, json: rejection },
        { status: 503, text: 'busy' },
        { json: { not: 'a txid' } },
        { status: 400, text: 'plain' },
      ],
    });
    const send = () => client.chain.broadcast(new Uint8Array([1]));
    expect(await send()).toEqual({ ok: true, value: 'cd'.repeat(32) });
    expect(await send()).toMatchObject({
      ok: false,
      error: { code: 'client/rejected', reason: 'BadNonce', reasonData: { expected: 1 } },
    });
    await expect(send()).rejects.toMatchObject({ code: 'client/status', status: 503 });
    await expect(send()).rejects.toMatchObject({ code: 'client/malformed' });
    await expect(send()).rejects.toMatchObject({ code: 'client/malformed' });
  });

  it('reads Clarity, escapes names, says null for what is not there', async () => {
    const call = '/v2/contracts/call-read/ST1/c/is-ok%3F';
    const { client, asked } = scripted({
      [call]: [{ json: { okay: true, result: '0x03' } }, { json: { okay: false, cause: 'no' } }],
      '/v2/map_entry/ST1/c/m': [{ json: { data: '0x09' } }],
      '/v2/data_var/ST1/c/v': [{ json: { data: 'zz' } }],
    });
    const read = () =>
      client.chain.callReadOnly({
        contractId: 'ST1.c',
        functionName: 'is-ok?',
        args: [Cv.uint(1n)],
      });
    expect(await read()).toEqual({ ok: true, value: Cv.bool(true) });
    expect(await read()).toMatchObject({ ok: false, error: { message: 'no' } });
    expect(JSON.parse(new TextDecoder().decode(asked[0]!.body))).toEqual({
      sender: 'ST1',
      arguments: [`0x01${'0'.repeat(31)}1`],
    });
    expect(await client.chain.mapEntry('ST1.c', 'm', Cv.uint(1n))).toEqual(Cv.none());
    await expect(client.chain.dataVar('ST1.c', 'v')).rejects.toThrow(/data/);
    expect(await client.chain.dataVar('ST1.c', 'other')).toBeNull();
    expect(await client.chain.contractSource('ST1.c')).toBeNull();
    expect(await client.chain.transaction('00')).toBeNull();
    expect(await client.chain.block(new Uint8Array(32))).toBeNull();
  });
});

describe('stackerdb', () => {
  const key = new Uint8Array(32).fill(7);
  const chunk = signChunk({ slotId: 0, slotVersion: 3, data: new Uint8Array([1, 2]) }, key);
  const metadata = {
    slot_id: 0,
    slot_version: 3,
    data_hash: bytesToHex(slotMetadata(chunk).dataHash),
    signature: bytesToHex(chunk.signature),
  };

  it('reads a chunk in one call from our node, in two from a stock one', async () => {
    const headers = { 'x-slot-version': '3', 'x-slot-signature': bytesToHex(chunk.signature) };
    const ours = scripted({ [`${SLOT_PATH}/0`]: [{ bytes: chunk.data, headers }] });
    expect(await ours.client.stackerdb.chunk(CONTRACT, 0)).toEqual(chunk);
    expect(ours.asked.length).toBe(1);
    const stock = scripted({
      [`${SLOT_PATH}/0`]: [{ bytes: new Uint8Array([9]) }, { bytes: chunk.data }],
      [SLOT_PATH]: [{ json: [metadata] }],
    });
    expect(await stock.client.stackerdb.chunk(CONTRACT, 0)).toEqual(chunk);
    expect(stock.asked.length).toBe(4); // the slot changed between the first two reads
    expect(await stock.client.stackerdb.chunk(CONTRACT, 1)).toBeNull();
  });

  it('writes; a refusal carries what the slot holds', async () => {
    const { client } = scripted({
      [`${SLOT_PATH}/chunks`]: [
        { json: { accepted: true, metadata } },
        { json: { accepted: false, code: 0, reason: 'old', metadata } },
      ],
    });
    expect(await client.stackerdb.putChunk(CONTRACT, chunk)).toMatchObject({ accepted: true });
    expect(await client.stackerdb.putChunk(CONTRACT, chunk)).toMatchObject({
      accepted: false,
      code: 0,
      metadata: { slotVersion: 3 },
    });
    await expect(client.stackerdb.putChunk('ST1.none', chunk)).rejects.toMatchObject({
      status: 404,
    });
  });

  it('the signer set is null until known; proposals carry the token, and only they', async () => {
    const set = { stacker_set: { signers: [{ signing_key: '02'.repeat(33), weight: 4 }] } };
    const { client, asked } = scripted({
      '/v3/stacker_set/0': [{ json: set }],
      '/v3/stacker_set/1': [{ status: 400, json: { response: 'error' } }],
      '/v3/block_proposal': [
        { status: 202, json: {} },
        { status: 429, json: {} },
      ],
    });
    expect(await client.stackerdb.signerSet(0)).toMatchObject([{ weight: 4n }]);
    expect(await client.stackerdb.signerSet(1)).toBeNull();
    expect(await client.stackerdb.proposeBlock(new Uint8Array(1), 1)).toBe(true);
    expect(await client.stackerdb.proposeBlock(new Uint8Array(1), 1)).toBe(false);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      undefined,
      'secret',
      'secret',
    ]);
  });
});

describe('in a browser', () => {
  let server: Server | null = null;
  afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(null))));

  it('works over the page`s own fetch', async () => {
    server = createServer((_, answer) => {
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ balance: '0x01', locked: '0x00', unlock_height: 0, nonce: 0 }));
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const fetch = fromBrowserFetch((url, init) => globalThis.fetch(url, init as RequestInit));
    const client = createNodeClient({ baseUrl: `http://127.0.0.1:${port}`, fetch });
    expect((await client.chain.account('ST1')).balanceMicro).toBe(1n);
  });
});
