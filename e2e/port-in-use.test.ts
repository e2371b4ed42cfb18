/**
 * A service whose port is taken says so in one sentence and ends, whatever it had begun in the
 * background.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devnetKey, layOut } from '../apps/cli/src/devnet/layout.ts';

const bin = join(import.meta.dirname, '..', 'bin');
let folder = '';
let listener: Server;
let busy = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-busy-'));
  listener = createServer();
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  busy = (listener.address() as { port: number }).port;
});
afterAll(async () => {
  await new Promise((done) => listener.close(done));
  rmSync(folder, { recursive: true, force: true });
});

function run(program: string, ...args: string[]): Promise<{ code: number; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(bin, `${program}.mjs`), ...args],
      (_error, _out, err) => resolve({ code: child.exitCode ?? -1, err }),
    );
  });
}

describe('a port in use', () => {
  const { privateKey } = devnetKey('somebody');
  const SERVICES: [name: string, program: string, args: () => string[]][] = [
    ['regtest', 'assay', () => ['regtest', '--rpc', `127.0.0.1:${busy}`]],
    [
      'node',
      'infer-node',
      () => {
        const ports = { bitcoin: 1, rpc: busy, api: busy, signer: 2, host: 10, gateway: 20 };
        const place = join(folder, 'devnet');
        layOut({ folder: place, ports, signers: 3, hosts: 1, bitcoinIntervalMs: 10_000 }, false);
        return ['start', '--config', join(place, 'miner.toml')];
      },
    ],
    [
      'signer',
      'infer-signer',
      () => {
        const path = join(folder, 'signer.toml');
        writeFileSync(
          path,
          `node_host = "127.0.0.1:1"
endpoint = "127.0.0.1:${busy}"
db_path = "${join(folder, 'signer')}"
auth_password = "12345"
stacks_private_key = "${privateKey}"
`,
        );
        return ['run', '--config', path];
      },
    ],
  ];

  it.each(SERVICES)('%s', async (_name, program, args) => {
    const { code, err } = await run(program, ...args());
    expect(code).toBe(1);
    expect(err).toMatch(/error: [^\n]+ cannot listen: port \d+ on 127\.0\.0\.1 is in use\.\n {7}/);
    expect(err).not.toMatch(/^\s+at /m);
  });
});
