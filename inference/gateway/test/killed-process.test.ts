/**
 * `kill -9` of a gateway process with its embedded database, in the middle of a stream and right behind
 * an answer: what was acknowledged is there when it is started again, at the price that the host was
 * promised.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpServer } from '@assay/world';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPglite } from '../src/ledger/pglite.ts';
import { answerChainCall } from './remote-chain.ts';
import { CHAIN_ID, KEY, MODEL, Scene } from './scene.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PROGRAM = join(ROOT, 'dist', 'test', `gateway-process-${process.pid}.mjs`);
const LONG = 'The river follows the old bridge and the river. '.repeat(12);

let scene: Scene;
let chain: HttpServer;
let folder: string;
let child: ChildProcess | null = null;
let url = '';

beforeAll(async () => {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [fileURLToPath(new URL('./gateway-process.ts', import.meta.url))],
    outfile: PROGRAM,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['secp256k1', '@electric-sql/pglite', 'pino', 'lmdb'],
    logLevel: 'error',
  });
  scene = await Scene.start();
  const { net } = scene.world;
  chain = await net.serve({ host: '127.0.0.1', port: 0, bodyBytesMax: 65_536 }, (request) =>
    answerChainCall(scene.chain, request.path, request.body),
  );
  folder = mkdtempSync(join(tmpdir(), 'assay-killed-'));
  await start();
}, 60_000);

afterAll(async () => {
  await kill();
  await chain?.close();
  await scene?.stop();
  rmSync(folder, { recursive: true, force: true });
  rmSync(PROGRAM, { force: true });
});

async function start(): Promise<void> {
  const task = { folder: join(folder, 'ledger'), chainId: CHAIN_ID, key: KEY };
  const chainUrl = `http://127.0.0.1:${chain.port}`;
  child = spawn(process.execPath, [PROGRAM, JSON.stringify({ ...task, chainUrl })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((done, failed) => {
    child!.stdout!.once('data', (said: Buffer) => done(Number(String(said))));
    child!.once('exit', (code) => failed(new Error(`the gateway ended with ${code}`)));
  });
  url = `http://127.0.0.1:${port}`;
}

async function kill(): Promise<void> {
  const dead = child;
  if (dead === null) return;
  child = null;
  await new Promise((done) => {
    dead.removeAllListeners('exit').once('exit', done);
    dead.kill('SIGKILL');
  });
}

/** The next life need not wait until the leases of the last one end. */
async function restart(): Promise<void> {
  const db = await openPglite(join(folder, 'ledger'));
  await db.query(`update leases set until = clock_timestamp() - interval '1 second'`);
  await db.close();
  await start();
}

function ask(body: object): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, messages: QUESTION, ...body }),
  });
}

const QUESTION = [{ role: 'user', content: 'Tell me about the river.' }];

async function ended(id: string) {
  for (let tries = 0; tries < 200; tries++) {
    const receipt = await (await fetch(`${url}/v1/receipts/${id}`)).json();
    if (receipt.status === 'done') return receipt;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('the request was never ended');
}

async function recordOf({ session, index }: { session: string; index: string }) {
  const { endpoint } = scene.hosts[0]!;
  return (await fetch(`${endpoint}/sessions/${session}/requests/${index}`)).json();
}

it('everything that was acknowledged is there after kill -9, and paid once', async () => {
  scene.script = () => LONG;
  const whole = await ask({ max_tokens: 20 });
  const answer = await whole.json();
  expect(whole.status).toBe(200);
  scene.pace = () => new Promise((done) => setTimeout(done, 20));
  const streamed = await ask({ max_tokens: 300, stream: true });
  const reader = streamed.body!.getReader();
  const { value } = await reader.read();
  expect(new TextDecoder().decode(value)).toContain('data:');
  await kill();
  await reader.read().catch(() => undefined);
  scene.pace = async () => undefined;
  await restart();

  const ids = [whole, streamed].map(({ headers }) => headers.get('x-assay-receipt')!);
  const [first, second] = [await ended(ids[0]!), await ended(ids[1]!)];
  expect(first.parts[0].usage.completion_tokens).toBe(answer.usage.completion_tokens);
  expect(first.cost_micro_stx).toBe(answer.usage.cost_micro_stx);
  let costMicro = 0n;
  for (const receipt of [first, second]) {
    const [part] = receipt.parts;
    const record = await recordOf(part);
    expect(part.commitment).toBe(record.end.commitment);
    expect(receipt.cost_micro_stx).toBe(record.end.costMicro);
    costMicro += BigInt(receipt.cost_micro_stx);
  }
  // The session goes on where it stood; everything in it is paid, and nothing twice.
  const next = await ask({ max_tokens: 3 });
  expect(next.status).toBe(200);
  const third = await ended(next.headers.get('x-assay-receipt')!);
  expect(third.parts[0]).toMatchObject({ session: first.parts[0].session, index: '3' });
  const headers = { authorization: 'Bearer admin' };
  const { data } = await (await fetch(`${url}/admin/v1/keys`, { headers })).json();
  const spentMicro = costMicro + BigInt(third.cost_micro_stx);
  expect(data[0]).toMatchObject({
    spent_micro_stx: String(spentMicro),
    reserved_micro_stx: '0',
  });
}, 60_000);
