/**
 * What a devnet consists of, as files: one folder with a genesis, a configuration per process and a
 * database per process. Written once; a restart finds everything as it was left.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { formatPrincipal } from '@assay/clarity-value';
import { hash160, publicKeyFromPrivate, sha256 } from '@assay/crypto';
import { DEVNET } from '@assay/params';
import { DEVNET_ACCOUNTS, DEVNET_BALANCE_MICRO } from './accounts.ts';

export interface DevnetPorts {
  readonly bitcoin: number;
  readonly rpc: number;
  readonly api: number;
  /** First signer; the others follow. */
  readonly signer: number;
  /** First host; the others follow. */
  readonly host: number;
  readonly gateway: number;
}

export const DEFAULT_PORTS: DevnetPorts = {
  bitcoin: 18443,
  rpc: 20443,
  api: 3999,
  signer: 30000,
  host: 8000,
  gateway: 8080,
};

export interface DevnetOptions {
  readonly folder: string;
  readonly ports: DevnetPorts;
  readonly signers: number;
  readonly hosts: number;
  /** Time between Bitcoin blocks. */
  readonly bitcoinIntervalMs: number;
  /** A GGUF file of the user's; undefined means the small model of this project. */
  readonly modelFile?: string | undefined;
  /** What hosts run the model with; judges always run it in their process. */
  readonly engine?: string | undefined;
  readonly baseUrl?: string | undefined;
  /**
   * `http://user:password@host:port` of a Bitcoin node that runs already, such as bitcoind in regtest;
   * undefined means the embedded one, a process of the devnet at `ports.bitcoin`.
   */
  readonly bitcoinUrl?: string | undefined;
  /** A PostgreSQL server for the gateway; undefined means the embedded database. */
  readonly databaseUrl?: string | undefined;
}

export interface DevnetKey {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly address: string;
}

export interface DevnetProcess {
  readonly name: string;
  /** Arguments of `assay`. */
  readonly args: readonly string[];
}

export interface DevnetLayout {
  readonly options: DevnetOptions;
  readonly processes: readonly DevnetProcess[];
  /** Started last, when the network answers already. */
  readonly gateway: DevnetProcess;
  readonly nodeUrl: string;
  /** Without user and password. */
  readonly bitcoinUrl: string;
}

/** Devnet keys are derived from their names: the same on every machine, worthless everywhere else. */
export function devnetKey(name: string): DevnetKey {
  const secret = sha256(bytesFromUtf8(`assay devnet ${name}`));
  const publicKey = publicKeyFromPrivate(secret);
  const address = formatPrincipal({
    version: DEVNET.addressVersions.singleSig,
    hash: hash160(publicKey),
    contractName: null,
  });
  return { privateKey: `${bytesToHex(secret)}01`, publicKey: bytesToHex(publicKey), address };
}

/** Every devnet funds this many hosts, so that a later start may have more of them. */
export const HOSTS_MAX = 8;

const AUTH_TOKEN = '12345';

function genesisJson(options: DevnetOptions): string {
  const funded = DEVNET_ACCOUNTS.map((account) => account.address);
  for (let i = 1; i <= HOSTS_MAX; i++) funded.push(devnetKey(`host ${i}`).address);
  funded.push(devnetKey('gateway').address);
  // Signers pay for the convictions that they bring to the chain.
  for (let i = 1; i <= options.signers; i++) funded.push(devnetKey(`signer ${i}`).address);
  const genesis = {
    network: 'devnet',
    timestampSecs: 1_760_000_000,
    balances: funded.map((address) => ({ address, amountMicro: DEVNET_BALANCE_MICRO.toString() })),
    signers: Array.from({ length: options.signers }, (_, i) => ({
      publicKey: devnetKey(`signer ${i + 1}`).publicKey,
      weight: 1,
    })),
  };
  return `${JSON.stringify(genesis, null, 2)}\n`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** Where Bitcoin's RPC is, and who may call it. */
function bitcoinOf({ ports, bitcoinUrl }: DevnetOptions): URL {
  return new URL(bitcoinUrl ?? `http://devnet:devnet@127.0.0.1:${ports.bitcoin}`);
}

function minerToml(options: DevnetOptions): string {
  const { folder, ports } = options;
  const bitcoin = bitcoinOf(options);
  const observers = Array.from(
    { length: options.signers },
    (_, i) => `
[[events_observer]]
endpoint = "127.0.0.1:${ports.signer + i}"
events_keys = ["stackerdb", "block_proposal", "burn_blocks"]
`,
  ).join('');
  return `[node]
working_dir = ${quote(join(folder, 'node'))}
genesis = ${quote(join(folder, 'genesis.json'))}
rpc_bind = "127.0.0.1:${ports.rpc}"
extra_rpc_binds = ["127.0.0.1:${ports.api}"]
seed = "${devnetKey('miner').privateKey}"
miner = true
devnet = true

[burnchain]
chain = "bitcoin"
mode = "devnet"
peer_host = ${quote(bitcoin.hostname)}
rpc_port = ${bitcoin.port}
username = ${quote(decodeURIComponent(bitcoin.username))}
password = ${quote(decodeURIComponent(bitcoin.password))}
wallet_name = "miner"
poll_ms = 100

[connection_options]
auth_token = "${AUTH_TOKEN}"

[miner]
segwit = true
mining_key = "${devnetKey('miner').privateKey}"
min_time_between_blocks_ms = 50
${observers}`;
}

function signerToml(options: DevnetOptions, index: number): string {
  const { folder, ports } = options;
  const models =
    options.modelFile === undefined ? '' : `model_files = [${quote(options.modelFile)}]\n`;
  return `node_host = "127.0.0.1:${ports.rpc}"
endpoint = "127.0.0.1:${ports.signer + index}"
network = "testnet"
db_path = ${quote(join(folder, `signer-${index + 1}`))}
auth_password = "${AUTH_TOKEN}"
stacks_private_key = "${devnetKey(`signer ${index + 1}`).privateKey}"
${models}`;
}

function hostToml(options: DevnetOptions, index: number): string {
  const { folder, ports } = options;
  const model = Object.entries({
    model_file: options.modelFile,
    engine: options.engine,
    base_url: options.baseUrl,
  })
    .map(([key, value]) => (value === undefined ? '' : `${key} = ${quote(value)}\n`))
    .join('');
  return `node_host = "127.0.0.1:${ports.rpc}"
endpoint = "127.0.0.1:${ports.host + index}"
network = "testnet"
db_path = ${quote(join(folder, `host-${index + 1}`))}
account_key = "${devnetKey(`host ${index + 1}`).privateKey}"
operating_key = "${devnetKey(`host ${index + 1} operating`).privateKey}"
claim_every_secs = 30
${model}`;
}

/** The API key of every devnet's gateway: public, as all keys here. */
export const DEMO_API_KEY = `sk-assay-${bytesToHex(sha256(bytesFromUtf8('assay devnet demo key')))}`;
export const DEMO_ADMIN_TOKEN = 'devnet-admin';

function gatewayToml(options: DevnetOptions): string {
  const { folder, ports, databaseUrl } = options;
  const database = databaseUrl === undefined ? '' : `database_url = ${quote(databaseUrl)}\n`;
  return `node_host = "127.0.0.1:${ports.rpc}"
endpoint = "127.0.0.1:${ports.gateway}"
db_path = ${quote(join(folder, 'gateway'))}
account_key = "${devnetKey('gateway').privateKey}"
voucher_key = "${devnetKey('gateway voucher').privateKey}"
admin_token = "${DEMO_ADMIN_TOKEN}"
demo_key = "${DEMO_API_KEY}"
x402 = true
${database}`;
}

/** Bitcoin blocks mined at once on a new devnet: the miner's first coinbase matures at 101. */
export const INITIAL_BITCOIN_BLOCKS = 102;

/**
 * One block for the miner's key and three for its first commits (a commit counts from the third in a
 * row), and two to spare. These are mined as soon as Bitcoin has the transaction, the rest by the clock.
 */
export const EAGER_BELOW_HEIGHT = INITIAL_BITCOIN_BLOCKS + 6;

function bitcoinProcess({ folder, ports, bitcoinIntervalMs }: DevnetOptions): DevnetProcess {
  return {
    name: 'bitcoin',
    args: [
      'regtest',
      '--rpc',
      `127.0.0.1:${ports.bitcoin}`,
      '--data',
      join(folder, 'bitcoin'),
      '--user',
      'devnet',
      '--password',
      'devnet',
      '--mine-to-key',
      devnetKey('miner').publicKey,
      '--initial-blocks',
      String(INITIAL_BITCOIN_BLOCKS),
      '--interval-ms',
      String(bitcoinIntervalMs),
      '--eager-below',
      String(EAGER_BELOW_HEIGHT),
    ],
  };
}

/** Writes what is missing. With `reset`, forgets everything first. */
export function layOut(options: DevnetOptions, reset: boolean): DevnetLayout {
  const { folder, ports } = options;
  const { protocol, host } = bitcoinOf(options);
  if (reset) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string) =>
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  // The genesis defines the chain: once written it stays, whatever the options say later.
  if (!existsSync(join(folder, 'genesis.json'))) write('genesis.json', genesisJson(options));
  write('miner.toml', minerToml(options));
  const processes: DevnetProcess[] = [
    ...(options.bitcoinUrl === undefined ? [bitcoinProcess(options)] : []),
    { name: 'node', args: ['node', '--config', join(folder, 'miner.toml')] },
  ];
  for (let i = 0; i < options.signers; i++) {
    const file = `signer-${i + 1}.toml`;
    write(file, signerToml(options, i));
    processes.push({ name: `signer-${i + 1}`, args: ['signer', '--config', join(folder, file)] });
  }
  for (let i = 0; i < options.hosts; i++) {
    const file = `host-${i + 1}.toml`;
    write(file, hostToml(options, i));
    processes.push({ name: `host-${i + 1}`, args: ['host', '--config', join(folder, file)] });
  }
  write('gateway.toml', gatewayToml(options));
  const args = ['gateway', '--config', join(folder, 'gateway.toml')];
  return {
    options,
    processes,
    gateway: { name: 'gateway', args },
    nodeUrl: `http://127.0.0.1:${ports.rpc}`,
    bitcoinUrl: `${protocol}//${host}`,
  };
}
