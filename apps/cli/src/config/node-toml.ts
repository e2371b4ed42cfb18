/**
 * The configuration of a node (`infer-node start --config miner.toml`): the keys of FunAI's guide and
 * of stacks-core, plus ours (marked). Guide keys that mean nothing on a Nakamoto-only chain warn by name.
 */
import { type KeyTable, parseEndpoint, readToml, type TomlConfig } from './toml.ts';

const MICROBLOCKS = 'microblocks do not exist since Nakamoto (SIP-021)';
const ATTEMPT = 'blocks are mined as fast as signers allow';
const ESTIMATOR = 'the fee estimator has no variants';

const KEYS: KeyTable = {
  'node.working_dir': { type: 'string' },
  'node.rpc_bind': { type: 'string' },
  /** Ours: more addresses for the same router (wallets expect 3999). */
  'node.extra_rpc_binds': { type: 'strings' },
  'node.p2p_bind': { ignored: 'this node has no peer-to-peer listener yet' },
  'node.bootstrap_node': { ignored: 'this node has no peer-to-peer network yet' },
  'node.local_peer_seed': { ignored: 'this node has no peer-to-peer network yet' },
  'node.seed': { type: 'string' },
  'node.miner': { type: 'boolean' },
  'node.mine_microblocks': { ignored: MICROBLOCKS },
  'node.wait_time_for_microblocks': { ignored: MICROBLOCKS },
  'node.miner_endpoint': {
    ignored: 'signers learn of answers through StackerDB, not from a miner',
  },
  'node.name': { ignored: 'nodes have no names' },
  'node.stacker': { ignored: 'StackerDB is always on' },
  /** Ours: the genesis file of the network. */
  'node.genesis': { type: 'string' },
  /** Ours: enables the faucet and always-available fee estimates. */
  'node.devnet': { type: 'boolean' },
  'burnchain.chain': { type: 'string' },
  'burnchain.mode': { type: 'string' },
  'burnchain.peer_host': { type: 'string' },
  'burnchain.username': { type: 'string' },
  'burnchain.password': { type: 'string' },
  'burnchain.rpc_port': { type: 'integer', min: 1, max: 65_535 },
  'burnchain.peer_port': { ignored: 'Bitcoin is followed by JSON-RPC alone' },
  'burnchain.wallet_name': { type: 'string' },
  'burnchain.burn_fee_cap': { type: 'integer' },
  'burnchain.satoshis_per_byte': { type: 'integer', min: 1 },
  /** Ours: how often Bitcoin's tip is polled. */
  'burnchain.poll_ms': { type: 'integer', min: 10 },
  'connection_options.block_proposal_token': { type: 'string' },
  'connection_options.auth_token': { type: 'string' },
  'miner.mining_key': { type: 'string' },
  /** As in stacks-core: whether the key's P2WPKH address pays instead of its P2PKH address. */
  'miner.segwit': { type: 'boolean' },
  'miner.first_attempt_time_ms': { ignored: ATTEMPT },
  'miner.subsequent_attempt_time_ms': { ignored: ATTEMPT },
  'miner.microblock_attempt_time_ms': { ignored: MICROBLOCKS },
  'miner.min_time_between_blocks_ms': { type: 'integer' },
  'miner.tenure_extend_wait_timeout_ms': { type: 'integer' },
  'miner.tenure_extend_cost_threshold': { type: 'integer' },
  'miner.read_count_extend_cost_threshold': { type: 'integer' },
  'fee_estimation.cost_estimator': { ignored: ESTIMATOR },
  'fee_estimation.fee_estimator': { ignored: ESTIMATOR },
  'fee_estimation.cost_metric': { ignored: ESTIMATOR },
  'fee_estimation.log_error': { ignored: ESTIMATOR },
  'fee_estimation.enabled': { ignored: 'fee estimation is always on' },
  events_observer: {
    type: 'tables',
    keys: {
      endpoint: { type: 'string' },
      events_keys: { type: 'strings' },
      retry_count: { ignored: 'blocks are delivered until the observer has them' },
      include_data_events: { ignored: 'an observer gets the events that events_keys names' },
      timeout_ms: { ignored: 'each delivery has five seconds' },
    },
  },
};

export interface ObserverConfig {
  readonly endpoint: string;
  readonly eventsKeys: readonly string[];
}

export interface NodeToml {
  readonly warnings: readonly string[];
  readonly workingDir: string;
  readonly genesisPath: string | undefined;
  readonly mode: string;
  readonly devnet: boolean;
  readonly rpcBinds: readonly { readonly host: string; readonly port: number }[];
  readonly miner: boolean;
  /** Hex; `miner.mining_key`, else `node.seed`. */
  readonly miningKey: string | undefined;
  readonly segwit: boolean;
  readonly bitcoin: {
    readonly url: string;
    readonly username: string | undefined;
    readonly password: string | undefined;
    readonly walletName: string;
    readonly pollMs: number;
    readonly burnFeeCapSats: number;
    readonly satsPerVbyte: number;
  };
  readonly authToken: string | undefined;
  readonly minTimeBetweenBlocksMs: number;
  /** How long another winner may take to begin before our tenure is extended. */
  readonly extendWaitMs: number;
  /** Per cent of its budget that a tenure has spent before it is renewed: all of it, reads alone. */
  readonly renewBudget: { readonly fullPercent: number; readonly readCountPercent: number };
  readonly observers: readonly ObserverConfig[];
}

function readObservers(toml: TomlConfig): ObserverConfig[] {
  return toml.tables('events_observer').map((table) => {
    const { host, port } = parseEndpoint('events_observer.endpoint', String(table.endpoint ?? ''));
    const keys = (table.events_keys as string[] | undefined) ?? ['*'];
    return { endpoint: `${host}:${port}`, eventsKeys: keys };
  });
}

/** Defaults are those of stacks-core where it has one; every listener defaults to loopback. */
export function readNodeToml(path: string): NodeToml {
  const toml = readToml(path, KEYS);
  const binds = [toml.string('node.rpc_bind') ?? '127.0.0.1:20443'];
  binds.push(...(toml.strings('node.extra_rpc_binds') ?? []));
  const host = toml.string('burnchain.peer_host') ?? '127.0.0.1';
  return {
    warnings: toml.warnings,
    workingDir: toml.required('node.working_dir'),
    genesisPath: toml.string('node.genesis'),
    mode: toml.string('burnchain.mode') ?? 'devnet',
    devnet: toml.boolean('node.devnet') ?? false,
    rpcBinds: binds.map((bind) => parseEndpoint('node.rpc_bind', bind)),
    miner: toml.boolean('node.miner') ?? false,
    miningKey: toml.string('miner.mining_key') ?? toml.string('node.seed'),
    segwit: toml.boolean('miner.segwit') ?? false,
    bitcoin: {
      url: `http://${host}:${toml.integer('burnchain.rpc_port') ?? 18443}`,
      username: toml.string('burnchain.username'),
      password: toml.string('burnchain.password'),
      walletName: toml.string('burnchain.wallet_name') ?? 'miner',
      pollMs: toml.integer('burnchain.poll_ms') ?? 1_000,
      burnFeeCapSats: toml.integer('burnchain.burn_fee_cap') ?? 20_000,
      satsPerVbyte: toml.integer('burnchain.satoshis_per_byte') ?? 50,
    },
    authToken:
      toml.string('connection_options.auth_token') ??
      toml.string('connection_options.block_proposal_token'),
    minTimeBetweenBlocksMs: toml.integer('miner.min_time_between_blocks_ms') ?? 1_000,
    extendWaitMs: toml.integer('miner.tenure_extend_wait_timeout_ms') ?? 120_000,
    renewBudget: {
      fullPercent: toml.integer('miner.tenure_extend_cost_threshold') ?? 50,
      readCountPercent: toml.integer('miner.read_count_extend_cost_threshold') ?? 25,
    },
    observers: readObservers(toml),
  };
}
