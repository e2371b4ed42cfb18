/** JSON-RPC 1 and 2.0 over HTTP: statuses, batches, authentication, browsers. */
import { bytesFromUtf8, utf8FromBytes } from '@assay/bytes';
import { MemoryStore } from '@assay/store';
import type { HttpResponse } from '@assay/world';
import { SimNetwork } from '@assay/world/sim';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RegtestService } from '../src/index.ts';
import { CallError, openOurs } from './harness.ts';

const world = new SimNetwork({ seed: 'http' }).world('bitcoin');
const credentials = { username: 'devnet', password: 'päss' };
const open = new RegtestService({ world, store: new MemoryStore() });
const locked = new RegtestService({ world, store: new MemoryStore() }, { credentials });

function send(
  service: RegtestService,
  body: string,
  extra: { method?: string; path?: string; headers?: Record<string, string> } = {},
): Promise<HttpResponse> {
  return service.handler({
    method: extra.method ?? 'POST',
    path: extra.path ?? '/',
    query: new Map(),
    headers: new Map(Object.entries(extra.headers ?? {})),
    body: bytesFromUtf8(body),
  });
}

async function answer(body: unknown, service = open): Promise<[number, unknown]> {
  const response = await send(service, typeof body === 'string' ? body : JSON.stringify(body));
  const text = utf8FromBytes(response.body)!;
  return [response.status, text === '' ? null : JSON.parse(text)];
}

it('version 1: result, error and id, with the status of the error', async () => {
  expect(await answer({ id: 7, method: 'getblockcount' })).toEqual([
    200,
    { result: 0, error: null, id: 7 },
  ]);
  expect(await answer({ id: 'x', method: 'getblockhash', params: [5] })).toEqual([
    500,
    { result: null, error: { code: -8, message: 'Block height out of range' }, id: 'x' },
  ]);
  expect((await answer({ id: 1, method: 'nosuch' }))[0]).toBe(404);
  expect(await answer({ id: 1 })).toEqual([
    400,
    { result: null, error: { code: -32600, message: 'Method must be a string' }, id: 1 },
  ]);
  expect(await answer('{')).toEqual([
    500,
    { result: null, error: { code: -32700, message: 'Parse error' }, id: null },
  ]);
  expect((await answer('7'))[0]).toBe(400);
});

it('version 2.0: status 200, and silence for notifications', async () => {
  expect(await answer({ jsonrpc: '2.0', id: 1, method: 'getblockcount' })).toEqual([
    200,
    { jsonrpc: '2.0', result: 0, id: 1 },
  ]);
  expect(await answer({ jsonrpc: '2.0', id: 1, method: 'nosuch' })).toEqual([
    200,
    { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: 1 },
  ]);
  expect(await answer({ jsonrpc: '2.0', method: 'getblockcount' })).toEqual([204, null]);
});

it('batches answer in order and go on after an error', async () => {
  const [status, body] = await answer([
    { id: 1, method: 'getblockcount' },
    { id: 2, method: 'nosuch' },
    3,
    { id: 4, method: 'getblockhash', params: { height: 0 } },
  ]);
  expect(status).toBe(200);
  expect(body).toMatchObject([
    { id: 1, result: 0 },
    { id: 2, error: { code: -32601 } },
    { id: null, error: { code: -32600 } },
    { id: 4, result: expect.stringMatching(/^0f9188f1/) },
  ]);
  expect(await answer([])).toEqual([200, []]);
});

it('asks for the user name and password where there are any', async () => {
  const body = JSON.stringify({ id: 1, method: 'getblockcount' });
  const refused = await send(locked, body);
  expect(refused.status).toBe(401);
  expect(refused.headers['www-authenticate']).toBe('Basic realm="jsonrpc"');
  const token = Buffer.from('devnet:päss').toString('base64');
  const good = await send(locked, body, { headers: { authorization: `Basic ${token}` } });
  expect(good.status).toBe(200);
  const bad = await send(locked, body, { headers: { authorization: `Basic ${token}x` } });
  expect(bad.status).toBe(401);
});

it('lets browsers in', async () => {
  const preflight = await send(locked, '', {
    method: 'OPTIONS',
    headers: { 'access-control-request-private-network': 'true' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'authorization, content-type',
    'access-control-allow-private-network': 'true',
  });
  const response = await send(open, JSON.stringify({ id: 1, method: 'getblockcount' }));
  expect(response.headers['access-control-allow-origin']).toBe('*');
});

it('answers other methods and paths as bitcoind does', async () => {
  expect((await send(open, '', { method: 'GET' })).status).toBe(405);
  expect((await send(open, '{}', { path: '/rest' })).status).toBe(404);
  const call = { path: '/wallet/no%20such' };
  const body = JSON.stringify({ id: 1, method: 'getbalance' });
  const response = await send(open, body, call);
  expect(JSON.parse(utf8FromBytes(response.body)!).error.code).toBe(-18);
});

it('stop stops, after its answer', async () => {
  const network = new SimNetwork({ seed: 'stop' });
  let isStopped = false;
  const service = new RegtestService(
    { world: network.world('bitcoin'), store: new MemoryStore() },
    { host: 'bitcoin', port: 18443, onStop: () => (isStopped = true) },
  );
  network.start('bitcoin', () => service.start());
  await network.run(10);
  expect(await service.call('stop')).toContain('stopping');
  expect(isStopped).toBe(false);
  await network.run(1_000);
  expect(isStopped).toBe(true);
});

it('setmocktime moves the clock of blocks', async () => {
  const bitcoin = openOurs();
  await bitcoin.call('setmocktime', [2_000_000_000]);
  const address = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
  const [hash] = await bitcoin.call('generatetoaddress', [1, address]);
  expect((await bitcoin.call('getblockheader', [hash])).time).toBe(2_000_000_000);
});

it('no parameters of any shape do worse than an RPC error', async () => {
  const bitcoin = openOurs();
  await bitcoin.call('createwallet', ['w']);
  const help: string = await bitcoin.call('help');
  const names = help.split('\n').map((line) => line.split(' ')[0]!);
  expect(names.length).toBeGreaterThan(60);
  const isSlow = (name: string) => name.startsWith('waitfor') || name === 'stop';
  const methods = names.filter((name) => !isSlow(name) && !name.startsWith('generateto'));
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      '11'.repeat(32),
      'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
      'addr(x)',
      '51',
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...methods),
      fc.oneof(fc.array(value, { maxLength: 4 }), fc.dictionary(fc.string(), value)),
      async (method, params) => {
        try {
          await bitcoin.call(method, params, 'w');
        } catch (error) {
          expect(error).toBeInstanceOf(CallError);
          expect((error as CallError).code).toBeLessThan(0);
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(bitcoin.service.node.chain.burnHeight).toBeLessThan(50);
});
