import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSecretName, Metrics, memoryLogger, textLogger } from '../src/index.ts';
import { pinoLogger } from '../src/node.ts';

describe('logger', () => {
  it('keeps constant messages and structured, JSON-safe fields', () => {
    const log = memoryLogger();
    log.child({ room: 'mempool' }).warn('dropped', {
      txid: new Uint8Array([1, 255]),
      feeMicro: 5n,
      cause: Object.assign(new Error('x'), { code: 'world/timeout' }),
    });
    const { fields, level, message } = log.entries[0]!;
    expect([level, message, fields.room, fields.txid, fields.feeMicro]).toEqual([
      'warn',
      'dropped',
      'mempool',
      '01ff',
      '5',
    ]);
    expect(fields.cause).toMatchObject({ message: 'x', code: 'world/timeout' });
    expect(() => JSON.stringify(fields)).not.toThrow();
  });

  it('redacts secret-named fields at any depth and leaves counts alone', () => {
    for (const name of [
      'privateKey',
      'private_key',
      'seed',
      'mnemonic',
      'authToken',
      'auth_token',
      'password',
      'apiKey',
      'payment_key',
      'signerPrivateKey',
      'authorization',
    ]) {
      expect(isSecretName(name), name).toBe(true);
    }
    for (const name of ['promptTokens', 'publicKey', 'seedHash', 'txid', 'key']) {
      expect(isSecretName(name), name).toBe(false);
    }
    const log = memoryLogger();
    log.info('started', { config: { miner: { seed: 'abc', port: 1 }, list: [{ password: 'p' }] } });
    expect(JSON.stringify(log.entries[0])).not.toMatch(/abc|"p"/);
    expect(JSON.stringify(log.entries[0])).toMatch(/"port":1/);
  });

  it('a level below the least is silent', () => {
    const lines: string[] = [];
    const log = textLogger({ nowMs: () => 0, least: 'warn' }, (line) => lines.push(line));
    log.info('no');
    log.error('yes', { n: 1 });
    expect(lines).toEqual(['00:00:00 error yes n=1']);
  });

  it('pino writes JSON lines, redacted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-observe-'));
    const path = join(folder, 'log', 'node.log');
    const log = pinoLogger({ destination: path, name: 'node', level: 'info' });
    log.debug('not shown');
    log.child({ room: 'rpc' }).info('listening', { port: 20443, authToken: 'hush' });
    const line = JSON.parse(await readFile(path, 'utf8'));
    expect(line).toMatchObject({
      level: 30,
      name: 'node',
      room: 'rpc',
      msg: 'listening',
      port: 20443,
      authToken: '[redacted]',
    });
    await rm(folder, { recursive: true });
  });
});

describe('metrics in the Prometheus text format 0.0.4', () => {
  it('prints counters, gauges and cumulative histogram buckets', () => {
    const metrics = new Metrics();
    const requests = metrics.counter('rpc_requests_total', 'Requests by status');
    requests.add(1, { status: '200' });
    requests.add(2, { status: '200' });
    requests.add(1, { status: 'a"\\\n' });
    metrics.gauge('mempool_transactions', 'Now').set(4);
    metrics.gaugeFrom('node_height', 'Tip', () => 7);
    metrics.counter('node_restarts_total', 'None yet');
    const seconds = metrics.histogram('block_apply_seconds', 'Time', [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 3]) seconds.observe(value);
    expect(metrics.render()).toBe(
      [
        '# HELP block_apply_seconds Time',
        '# TYPE block_apply_seconds histogram',
        'block_apply_seconds_bucket{le="0.1"} 2',
        'block_apply_seconds_bucket{le="1"} 3',
        'block_apply_seconds_bucket{le="+Inf"} 4',
        'block_apply_seconds_sum 3.65',
        'block_apply_seconds_count 4',
        '# HELP mempool_transactions Now',
        '# TYPE mempool_transactions gauge',
        'mempool_transactions 4',
        '# HELP node_height Tip',
        '# TYPE node_height gauge',
        'node_height 7',
        '# HELP node_restarts_total None yet',
        '# TYPE node_restarts_total counter',
        'node_restarts_total 0',
        '# HELP rpc_requests_total Requests by status',
        '# TYPE rpc_requests_total counter',
        'rpc_requests_total{status="200"} 3',
        'rpc_requests_total{status="a\\"\\\\\\n"} 1',
        '',
      ].join('\n'),
    );
  });

  it('bounds label sets and refuses a name twice', () => {
    const metrics = new Metrics();
    const counter = metrics.counter('x_total', 'X');
    for (let i = 0; i < 5_000; i++) counter.add(1, { id: String(i) });
    expect(metrics.render().split('\n').length).toBeLessThan(1_100);
    expect(() => metrics.counter('x_total', 'again')).toThrow(/twice/);
  });
});
