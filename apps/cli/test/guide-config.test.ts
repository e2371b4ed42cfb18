/**
 * FunAI's guide, steps 1.3.8, 1.3.9 and 2.3.3: its TOML files are accepted as they stand; keys without
 * meaning here warn by name; mistakes get one sentence and the next step.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { minerKey } from '@assay/burnchain';
import { bytesFromHex } from '@assay/bytes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGatewayToml } from '../src/config/gateway-toml.ts';
import { readNodeToml } from '../src/config/node-toml.ts';
import { readSignerToml } from '../src/config/signer-toml.ts';
import { UserError } from '../src/user-error.ts';
import { runCli } from './run-cli.ts';

const KEY = 'a1c7d36e014ef2e3e7c7f63adcd373bf289f352371b9cf8daee8a6fa9f2d4f5601';

const MINER_TOML = `[node]
working_dir = "/infer-chain"
rpc_bind = "0.0.0.0:20443"
p2p_bind = "0.0.0.0:20444"
bootstrap_node = ""
seed = "${KEY}"
local_peer_seed = "${KEY}"
miner = true
mine_microblocks = true
wait_time_for_microblocks = 10000
miner_endpoint = "http://127.0.0.1:20443"

[burnchain]
chain = "bitcoin"
mode = "mainnet"
peer_host = "127.0.0.1"
username = "mainchainuser"
password = "mainchainpass"
rpc_port = 8332
peer_port = 8333
wallet_name = "miner"

[connection_options]
block_proposal_token = "123456"

[miner]
first_attempt_time_ms = 5000
subsequent_attempt_time_ms = 180000
microblock_attempt_time_ms = 30000
mining_key = "${KEY}"

[fee_estimation]
cost_estimator = "naive_pessimistic"
fee_estimator = "scalar_fee_rate"
cost_metric = "proportion_dot_product"
log_error = true
enabled = true
[[events_observer]]
endpoint = "127.0.0.1:30000"
retry_count = 255
include_data_events = false
events_keys = ["*","stackerdb","block_proposal"]
`;

const SIGNER_TOML = `# Stacks node address
node_host = "127.0.0.1:20443"
endpoint = "0.0.0.0:30000"
network = "mainnet"
db_path = "/etc/infer-chain/signer.db"
auth_password = "123456"
stacks_private_key = "${KEY}"
support_models = ["deepseek", "llama"]
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-toml-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, 'config.toml');
  writeFileSync(path, text);
  return path;
}

function problem(text: string, read: (path: string) => unknown = readNodeToml): UserError {
  try {
    read(file(text));
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe("funai-8.27 the guide's miner.toml", () => {
  it('is accepted, and what it says is used', () => {
    const config = readNodeToml(file(MINER_TOML));
    expect(config).toMatchObject({
      workingDir: '/infer-chain',
      rpcBinds: [{ host: '0.0.0.0', port: 20443 }],
      miner: true,
      miningKey: KEY,
      mode: 'mainnet',
      authToken: '123456',
      bitcoin: { url: 'http://127.0.0.1:8332', username: 'mainchainuser', walletName: 'miner' },
      observers: [
        { endpoint: '127.0.0.1:30000', eventsKeys: ['*', 'stackerdb', 'block_proposal'] },
      ],
    });
  });

  it('mines with the btcAddress of make_keychain, which the guide says to fund', async () => {
    expect(readNodeToml(file(MINER_TOML)).segwit).toBe(false);
    const { out } = await runCli('stx', 'make_keychain', '-t');
    const { privateKey, btcAddress } = JSON.parse(out).keyInfo;
    const key = minerKey(bytesFromHex(privateKey.slice(0, 64)), 'regtest', 'p2pkh');
    expect(key.address).toBe(btcAddress);
  });

  it('warns of every key without meaning, by name', () => {
    const named = readNodeToml(file(MINER_TOML)).warnings.map((line) => line.split(' ')[0]);
    expect(named).toEqual([
      'node.p2p_bind',
      'node.bootstrap_node',
      'node.local_peer_seed',
      'node.mine_microblocks',
      'node.wait_time_for_microblocks',
      'node.miner_endpoint',
      'burnchain.peer_port',
      'miner.first_attempt_time_ms',
      'miner.subsequent_attempt_time_ms',
      'miner.microblock_attempt_time_ms',
      'fee_estimation.cost_estimator',
      'fee_estimation.fee_estimator',
      'fee_estimation.cost_metric',
      'fee_estimation.log_error',
      'fee_estimation.enabled',
      'events_observer.retry_count',
      'events_observer.include_data_events',
    ]);
  });

  it('listens on loopback when it names no address', () => {
    const config = readNodeToml(file('[node]\nworking_dir = "x"\n'));
    expect(config.rpcBinds).toEqual([{ host: '127.0.0.1', port: 20443 }]);
  });
});

describe("the guide's signer.toml", () => {
  it('is accepted', () => {
    expect(readSignerToml(file(SIGNER_TOML))).toMatchObject({
      warnings: [],
      nodeUrl: 'http://127.0.0.1:20443',
      bind: { host: '0.0.0.0', port: 30000 },
      authPassword: '123456',
      privateKey: KEY,
      supportModels: ['deepseek', 'llama'],
    });
  });
});

describe('models behind servers', () => {
  it('are tables of signer.toml, with the keys of host.toml', () => {
    const servers = `
[[model_servers]]
engine = "llama-server"
base_url = "http://127.0.0.1:8081"
model_file = "/models/a.gguf"

[[model_servers]]
engine = "vllm"
base_url = "http://127.0.0.1:8000"
model_file = "/models/b"
api_key_file = "/run/key"
`;
    expect(readSignerToml(file(SIGNER_TOML + servers)).modelServers).toEqual([
      { engine: 'llama-server', baseUrl: 'http://127.0.0.1:8081', path: '/models/a.gguf' },
      {
        engine: 'vllm',
        baseUrl: 'http://127.0.0.1:8000',
        path: '/models/b',
        apiKeyFile: '/run/key',
      },
    ]);
    const wrong = `${SIGNER_TOML}\n[[model_servers]]\nbase_urll = "x"`;
    expect(readSignerToml(file(wrong)).warnings).toEqual([
      'model_servers.base_urll has no effect: nobody knows this key; did you mean base_url?',
    ]);
    const number = `${SIGNER_TOML}\n[[model_servers]]\nbase_url = 7`;
    expect(problem(number, readSignerToml)).toMatchObject({ code: 'cli/config-wrong-type' });
  });
});

describe('tokens of gateway.toml', () => {
  const GATEWAY = `
node_host = "127.0.0.1:20443"
endpoint = "127.0.0.1:8080"
db_path = "x"
account_key = "a"
voucher_key = "b"
`;
  it('have a contract and a worth', () => {
    const contract = 'ST3AM1A56AK2C1XAFJ4115ZSV26EB49BVQ10MGCS0.some-token';
    const table = `[[x402_tokens]]\ncontract = "${contract}"\nmicro_stx_per_million = 2000000`;
    expect(readGatewayToml(file(GATEWAY + table)).tokens).toEqual([
      { contract, microStxPerMillion: 2_000_000n },
    ]);
    const nameless = `${GATEWAY}[[x402_tokens]]\nmicro_stx_per_million = 1`;
    expect(problem(nameless, readGatewayToml).code).toBe('cli/config-token');
    const worthless = `${GATEWAY}[[x402_tokens]]\ncontract = "${contract}"`;
    expect(problem(worthless, readGatewayToml).code).toBe('cli/config-token');
  });
});

describe('mistakes', () => {
  it.each([
    ['a line that is not TOML', '[node\nworking_dir = "x"', 'cli/config-malformed', /line 1/],
    [
      'a number below',
      '[node]\nworking_dir = "x"\n[burnchain]\nrpc_port = 0',
      'cli/config-out-of-range',
      /rpc_port is 0, which is too small/,
    ],
    [
      'a number above',
      '[node]\nworking_dir = "x"\n[burnchain]\nrpc_port = 70000',
      'cli/config-out-of-range',
      /too large/,
    ],
    [
      'a wrong type in a table',
      '[node]\nworking_dir = "x"\n[[events_observer]]\nendpoint = "127.0.0.1:1"\nevents_keys = "*"',
      'cli/config-wrong-type',
      /events_observer.events_keys must be a list/,
    ],
    ['a wrong type', '[node]\nworking_dir = 7', 'cli/config-wrong-type', /working_dir/],
    ['a missing key', '[node]\nminer = true', 'cli/config-missing-key', /working_dir/],
    [
      'a bad address',
      '[node]\nworking_dir = "x"\nrpc_bind = "20443"',
      'cli/config-bad-endpoint',
      /20443/,
    ],
    [
      'an address that asks for TLS',
      '[node]\nworking_dir = "x"\nrpc_bind = "https://127.0.0.1:20443"',
      'cli/config-bad-endpoint',
      /https, which is not spoken here/,
    ],
  ])('%s', (_what, text, code, message) => {
    const error = problem(text);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.next).not.toBe('');
  });

  it('suggests the key that was meant', () => {
    expect(problem('[node]\nworking_dirr = "x"').next).toBe(
      'Rename node.working_dirr: the key is called node.working_dir.',
    );
  });

  it('warns of keys that nobody knows, by name, with the one that was meant', () => {
    const text = `[node]
working_dir = "x"
minerr = true
[__proto__]
a = 1
[[events_observer]]
endpoint = "127.0.0.1:30000"
event_keys = ["*"]
`;
    expect(readNodeToml(file(text)).warnings).toEqual([
      'node.minerr has no effect: nobody knows this key; did you mean node.miner?',
      expect.stringContaining('__proto__.a has no effect'),
      'events_observer.event_keys has no effect: nobody knows this key; did you mean events_keys?',
    ]);
  });

  it('names a file that is not there', () => {
    expect(() => readSignerToml(join(folder, 'none.toml'))).toThrow(/does not exist/);
  });

  it('never prints the value of a secret', () => {
    const typed = SIGNER_TOML.replace('stacks_private_key', 'stacks_private_keyy');
    const error = problem(typed, readSignerToml);
    expect(error.next).toBe('Rename stacks_private_keyy: the key is called stacks_private_key.');
    expect(`${error.message} ${error.next}`).not.toContain(KEY);
    const { warnings } = readSignerToml(file(`${SIGNER_TOML}\nsecret_keyy = "${KEY}"`));
    expect(warnings.join(' ')).not.toContain(KEY);
  });
});
