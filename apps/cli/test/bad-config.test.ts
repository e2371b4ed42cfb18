/**
 * What a person can write wrongly in miner.toml, signer.toml, host.toml and gateway.toml: one sentence
 * that names file and key, the next step, exit code 1, no stack trace, no secret.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devnetKey, layOut } from '../src/devnet/layout.ts';
import { type CliRun, runCli } from './run-cli.ts';

const { privateKey: KEY } = devnetKey('somebody');
const SHORT = KEY.slice(0, 30);

let folder = '';
let genesis = '';

beforeAll(() => {
  // Every service listens to Ctrl-C; here many begin in one process.
  process.setMaxListeners(0);
  folder = mkdtempSync(join(tmpdir(), 'assay-bad-'));
  const ports = { bitcoin: 1, rpc: 2, api: 3, signer: 4, host: 10, gateway: 20 };
  const place = join(folder, 'devnet');
  layOut({ folder: place, ports, signers: 3, hosts: 1, bitcoinIntervalMs: 10_000 }, false);
  genesis = join(place, 'genesis.json');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const miner = (key = KEY) => `[node]
working_dir = "${join(folder, 'node')}"
genesis = "${genesis}"
miner = true
[miner]
mining_key = "${key}"
`;
const signer = (key = KEY, network = 'testnet') => `node_host = "127.0.0.1:20443"
endpoint = "127.0.0.1:30000"
network = "${network}"
db_path = "${join(folder, 'signer')}"
auth_password = "12345"
stacks_private_key = "${key}"
`;
const host = (account = KEY, operating = KEY) => `node_host = "127.0.0.1:20443"
endpoint = "127.0.0.1:8000"
db_path = "${join(folder, 'host')}"
account_key = "${account}"
operating_key = "${operating}"
`;
const gateway = (account = KEY, voucher = KEY) => `node_host = "127.0.0.1:20443"
endpoint = "127.0.0.1:8080"
db_path = "${join(folder, 'gateway')}"
account_key = "${account}"
voucher_key = "${voucher}"
`;

const COMMANDS = {
  miner: ['infer-node', 'start'],
  signer: ['infer-signer', 'run'],
  host: ['assay', 'host'],
  gateway: ['assay', 'gateway'],
} as const;

function run(name: keyof typeof COMMANDS, text: string, command?: string): Promise<CliRun> {
  const path = join(folder, `${name}.toml`);
  writeFileSync(path, text);
  const [program, usual] = COMMANDS[name];
  return runCli(program, command ?? usual, '--config', path);
}

function mustRefuse({ err, code }: CliRun, sentence: string | RegExp): void {
  expect(err).toMatch(/^error: [^\n]+\n {7}[^\n]+$/);
  expect(err).toMatch(sentence);
  expect(err).not.toContain(SHORT.slice(0, 16));
  expect(code).toBe(1);
}

describe.each(['miner', 'signer', 'host', 'gateway'] as const)('%s.toml', (name) => {
  it('malformed: line, column, what is expected', async () => {
    mustRefuse(await run(name, 'node_host = 127.0.0.1\n'), /toml, line 1, column \d+: /);
    mustRefuse(await run(name, '[node\n'), /toml, line 1, column \d+: /);
  });

  it('empty: the first key that is missing', async () => {
    mustRefuse(await run(name, ''), /toml lacks (node\.working_dir|node_host)\./);
  });
});

describe('keys', () => {
  it.each([
    ['miner', () => miner(SHORT), 'miner.mining_key: A private key is 64 hex digits'],
    ['signer', () => signer(SHORT), 'stacks_private_key: A private key is 64 hex digits'],
    ['host', () => host(SHORT), 'account_key: A private key is 64 hex digits'],
    ['host', () => host(KEY, SHORT), 'operating_key: A private key is 64 hex digits'],
    ['gateway', () => gateway(SHORT), 'account_key: A private key is 64 hex digits'],
    ['gateway', () => gateway(KEY, SHORT), 'voucher_key: A private key is 64 hex digits'],
  ] as const)('%s: a wrong key is named, not shown', async (name, text, sentence) => {
    mustRefuse(await run(name, text()), sentence);
  });

  it('a miner without a key', async () => {
    const text = miner().replace(/mining_key.*\n/, '');
    mustRefuse(await run('miner', text), 'miner = true but names no key');
  });
});

describe('the rest', () => {
  it('genesis: none, not there, malformed', async () => {
    const without = miner().replace(/genesis.*\n/, '');
    mustRefuse(await run('miner', without), 'names no genesis file');
    const missing = miner().replace(genesis, '/nowhere/genesis.json');
    mustRefuse(await run('miner', missing), '/nowhere/genesis.json');
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '{');
    mustRefuse(await run('miner', miner().replace(genesis, broken)), broken);
  });

  it('network, endpoint, engine, bounds', async () => {
    mustRefuse(await run('signer', signer(KEY, 'moonnet')), 'network is moonnet, which is none.');
    const endpoint = host().replace('127.0.0.1:8000', 'here');
    mustRefuse(await run('host', endpoint), 'endpoint is not host:port: here.');
    mustRefuse(await run('host', `${host()}capacity = 0\n`), 'capacity is 0, which is too small.');
    mustRefuse(await run('host', `${host()}engine = "abacus"\n`), /abacus/);
    const blocks = `${gateway()}session_blocks = 9999\n`;
    mustRefuse(await run('gateway', blocks), 'session_blocks is 9999, which is too large.');
    const token = `${gateway()}admin_token = "two words"\n`;
    mustRefuse(await run('gateway', token), 'admin_token is not 1 to 256 visible characters');
  });

  it('check-config says what is wrong, and warns by name of what has no effect', async () => {
    const good = await run('miner', `${miner()}[fee_estimation]\nenabled = true\n`, 'check-config');
    expect(good).toMatchObject({ code: 0, err: '' });
    expect(good.out).toContain('warning: fee_estimation.enabled has no effect here');
    expect(good.out).toContain('The configuration is valid.');
    mustRefuse(await run('miner', miner(SHORT), 'check-config'), 'miner.mining_key');
    mustRefuse(await run('signer', signer(SHORT), 'check-config'), 'stacks_private_key');
    const typed = await run('signer', `${signer()}suport_models = []\n`, 'check-config');
    expect(typed.out).toContain('did you mean support_models?');
  });
});
