/**
 * Several gateways on one PostgreSQL behave as one: caps and vouchers are never spent twice, and what a
 * killed gateway left is ended by another.
 */
import { commitmentHash, decodeCommitment } from '@assay/jobs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ledger, openSqlLedger } from '../src/index.ts';
import { openPostgres } from '../src/ledger/postgres.ts';
import { ledgerSuite } from './ledger-suite.ts';
import { startPostgres } from './postgres.ts';
import { KEY, MODEL, Scene } from './scene.ts';

const server = await startPostgres();
if (server === null) console.warn('no PostgreSQL on this machine: its tests are skipped');

describe.skipIf(server === null)('on a PostgreSQL server', () => {
  let ledger: Ledger;
  beforeAll(async () => {
    const open = () => openSqlLedger(openPostgres(server!.url));
    // Two that start at once: one migrates, both are up to date.
    const [first, second] = await Promise.all([open(), open()]);
    ledger = first;
    await second.close();
  });
  afterAll(async () => {
    await ledger?.close();
    await server?.stop();
  });

  ledgerSuite(() => ledger);

  it('two gateways share caps, keys and receipts', async () => {
    const scene = await Scene.start({ ledger: shared(ledger) });
    const other = await scene.addGateway();
    try {
      const ask = async (port: number) => {
        const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: MODEL, messages: QUESTION, max_tokens: 20 }),
        });
        expect(answer.status).toBe(200);
        return answer.headers.get('x-assay-receipt')!;
      };
      const ports = [scene.gateways[0]!.port, other.port];
      const receipts = await Promise.all([0, 1, 0, 1, 0, 1].map((i) => ask(ports[i]!)));
      for (const id of receipts) {
        const { status, json } = await scene.get(`/v1/receipts/${id}`);
        expect(status).toBe(200);
        expect(json.status).toBe('done');
      }
      const rows = await Promise.all(receipts.map((id) => ledger.request(id)));
      const spent = rows.reduce((sum, row) => sum + row!.spentMicro, 0n);
      const key = (await ledger.keys()).find(({ id }) => id === 'key_test')!;
      expect(key).toMatchObject({ spentMicro: spent, reservedMicro: 0n });
      // Each gateway holds sessions of its own.
      const indexes = rows.flatMap((row) => row!.parts.map((p) => `${p.sessionId}/${p.index}`));
      expect(new Set(indexes).size).toBe(indexes.length);
    } finally {
      await scene.stop();
    }
  });

  it('kill -9 of one in the middle of a stream: nothing acknowledged is lost or paid twice', async () => {
    const scene = await Scene.start({ ledger: shared(ledger), hosts: 1 });
    scene.pace = () => new Promise((done) => setTimeout(done, 20));
    scene.script = () => 'The river follows the old bridge and the river. '.repeat(12);
    const { gateway: doomed, killable } = await scene.addKillable();
    const controller = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${doomed.port}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, messages: QUESTION, stream: true, max_tokens: 400 }),
      signal: controller.signal,
    });
    const id = answer.headers.get('x-assay-receipt')!;
    const reader = answer.body!.getReader();
    await reader.read();
    await killable.kill();
    controller.abort();
    await reader.cancel().catch(() => undefined);
    const before = await ledger.request(id);
    expect(before).toMatchObject({ state: 'open' });
    const [heir] = scene.gateways;
    await expireLeases(server!.url);
    await until(async () => (await ledger.request(id))!.state === 'done', 30_000);
    const row = (await ledger.request(id))!;
    const [part] = row.parts;
    const record = await hostRecord(scene, part!.sessionId, part!.index);
    // The receipt is the one the host signed, and the key pays exactly what the host was promised.
    expect(part!.end!.commitment).toBe(record.end.commitment);
    expect(row.spentMicro).toBe(BigInt(record.end.costMicro));
    const commitment = decodeCommitment(Buffer.from(record.end.commitment, 'hex'));
    if (!commitment.ok) throw new Error('no commitment');
    expect(commitmentHash(commitment.value)).toHaveLength(32);
    const key = (await ledger.keys()).find((one) => one.id === 'key_test')!;
    expect(key.reservedMicro).toBe(0n);
    // The heir takes the session over and goes on where it stands.
    const next = await fetch(`http://127.0.0.1:${heir!.port}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, messages: QUESTION, max_tokens: 5 }),
    });
    expect(next.status).toBe(200);
    const nextId = next.headers.get('x-assay-receipt')!;
    await until(async () => (await ledger.request(nextId))!.state === 'done', 10_000);
    const after = (await ledger.request(nextId))!;
    expect(after.parts[0]!.sessionId).toBe(part!.sessionId);
    expect(after.parts[0]!.index).toBe(part!.index + 1n);
    await until(async () => {
      const view = await sessionView(scene, part!.sessionId);
      return (
        view.voucher !== null && JSON.parse(view.voucher).cumulativeMicro === view.deliveredMicro
      );
    }, 10_000);
    const view = await sessionView(scene, part!.sessionId);
    expect(BigInt(view.deliveredMicro)).toBe(row.spentMicro + after.spentMicro);
    await scene.stop();
  });
});

const QUESTION = [{ role: 'user', content: 'Tell me about the river.' }];

/** A ledger whose `close` leaves the shared one open. */
function shared(ledger: Ledger): Ledger {
  return new Proxy(ledger, {
    get: (target, name: keyof Ledger) => {
      if (name === 'close') return async () => undefined;
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function until(probe: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!(await probe())) {
    if (Date.now() > endMs) throw new Error('timed out');
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function hostJson(scene: Scene, path: string) {
  const answer = await fetch(`${scene.hosts[0]!.endpoint}${path}`);
  return answer.json();
}

const hostRecord = (scene: Scene, session: bigint, index: bigint) =>
  hostJson(scene, `/sessions/${session}/requests/${index}`);
const sessionView = (scene: Scene, session: bigint) => hostJson(scene, `/sessions/${session}`);

async function expireLeases(url: string): Promise<void> {
  const db = openPostgres(url);
  await db.query(`update leases set until = clock_timestamp() - interval '1 second'
    where name like 'session:%' or name like 'gateway:%'`);
  await db.close();
}
