/**
 * The configuration of a signer (`infer-signer run --config signer.toml`): the keys of the guide and of
 * stacks-signer, plus ours (marked).
 */
import { DEFAULT_BOUNDS } from '@assay/verify';
import type { ModelSettings } from '../model-source.ts';
import { type KeyTable, parseEndpoint, readToml } from './toml.ts';

const KEYS: KeyTable = {
  node_host: { type: 'string' },
  endpoint: { type: 'string' },
  network: { type: 'string' },
  db_path: { type: 'string' },
  auth_password: { type: 'string' },
  stacks_private_key: { type: 'string' },
  /** FunAI's later name for the same. */
  funai_private_key: { type: 'string' },
  support_models: { type: 'strings' },
  block_proposal_timeout_ms: { type: 'integer', min: 1 },
  tenure_last_block_proposal_timeout_secs: { type: 'integer' },
  tenure_idle_timeout_secs: { type: 'integer' },
  read_count_idle_timeout_secs: { type: 'integer' },
  tenure_idle_timeout_buffer_secs: { type: 'integer' },
  /** Ours: folders or files with the models this signer can judge. */
  model_files: { type: 'strings' },
  /** Ours: the same behind servers, one table each. */
  model_servers: {
    type: 'tables',
    keys: {
      engine: { type: 'string' },
      base_url: { type: 'string' },
      model_file: { type: 'string' },
      engine_model: { type: 'string' },
      api_key_file: { type: 'string' },
    },
  },
  /** Ours: answers of a model that are judged before its evidence table may accuse anybody. */
  shadow_audits: { type: 'integer' },
  event_timeout_ms: { ignored: 'events are handled as they come' },
  metrics_endpoint: { ignored: 'metrics are served at /metrics of the endpoint' },
};

export interface SignerToml {
  readonly warnings: readonly string[];
  /** Base URL of the node's RPC. */
  readonly nodeUrl: string;
  readonly bind: { readonly host: string; readonly port: number };
  readonly network: string;
  readonly dbPath: string;
  readonly authPassword: string;
  readonly privateKey: string;
  readonly supportModels: readonly string[];
  /** How long a sortition's winner may take until its first block. */
  readonly proposalTimeoutMs: number;
  /** How long the last block made before an election may still be signed, and keeps rivals out. */
  readonly lastBlockTimeoutMs: number;
  /** When the budget of a tenure may be renewed before Bitcoin moves on. */
  readonly budget: {
    readonly fullIdleMs: number;
    readonly readCountIdleMs: number;
    readonly bufferMs: number;
  };
  readonly modelFiles: readonly string[];
  readonly modelServers: readonly ModelSettings[];
  readonly shadowAudits: number;
}

export function readSignerToml(path: string): SignerToml {
  const toml = readToml(path, KEYS);
  const node = parseEndpoint('node_host', toml.required('node_host'));
  return {
    warnings: toml.warnings,
    nodeUrl: `http://${node.host}:${node.port}`,
    bind: parseEndpoint('endpoint', toml.required('endpoint')),
    network: toml.string('network') ?? 'testnet',
    dbPath: toml.required('db_path'),
    authPassword: toml.required('auth_password'),
    privateKey: toml.string('funai_private_key') ?? toml.required('stacks_private_key'),
    supportModels: toml.strings('support_models') ?? [],
    proposalTimeoutMs: toml.integer('block_proposal_timeout_ms') ?? 120_000,
    lastBlockTimeoutMs: 1_000 * (toml.integer('tenure_last_block_proposal_timeout_secs') ?? 10),
    budget: {
      fullIdleMs: 1_000 * (toml.integer('tenure_idle_timeout_secs') ?? 30),
      readCountIdleMs: 1_000 * (toml.integer('read_count_idle_timeout_secs') ?? 15),
      bufferMs: 1_000 * (toml.integer('tenure_idle_timeout_buffer_secs') ?? 2),
    },
    modelFiles: toml.strings('model_files') ?? [],
    modelServers: toml.tables('model_servers').map(readServer),
    shadowAudits: toml.integer('shadow_audits') ?? DEFAULT_BOUNDS.auditsMin,
  };
}

/** A `[[model_servers]]` table, with the keys of host.toml; its types are checked. */
function readServer(table: Readonly<Record<string, unknown>>): ModelSettings {
  const text = (key: string) => table[key] as string | undefined;
  return {
    engine: text('engine'),
    baseUrl: text('base_url'),
    path: text('model_file'),
    modelName: text('engine_model'),
    apiKeyFile: text('api_key_file'),
  };
}
