/** The configuration of a host (`assay host --config host.toml`). */
import type { ModelSettings } from '../model-source.ts';
import { type KeyTable, parseEndpoint, readToml } from './toml.ts';

const KEYS: KeyTable = {
  node_host: { type: 'string' },
  endpoint: { type: 'string' },
  public_endpoint: { type: 'string' },
  network: { type: 'string' },
  db_path: { type: 'string' },
  account_key: { type: 'string' },
  operating_key: { type: 'string' },
  seal_key: { type: 'string' },
  model_file: { type: 'string' },
  engine: { type: 'string' },
  base_url: { type: 'string' },
  engine_model: { type: 'string' },
  api_key_file: { type: 'string' },
  threads: { type: 'integer', min: 1 },
  capacity: { type: 'integer', min: 1 },
  input_price_micro: { type: 'integer' },
  output_price_micro: { type: 'integer' },
  bond_micro: { type: 'integer' },
  claim_every_secs: { type: 'integer', min: 1 },
  plant_key: { type: 'string' },
  plant_every_secs: { type: 'integer', min: 60 },
};

/** A few a day. */
const PLANT_EVERY_SECS = 6 * 60 * 60;

export interface HostToml {
  readonly warnings: readonly string[];
  readonly nodeUrl: string;
  readonly bind: { readonly host: string; readonly port: number };
  /** URL others reach this host at; goes on chain. */
  readonly publicEndpoint: string;
  readonly network: string;
  readonly dbPath: string;
  readonly accountKey: string;
  readonly operatingKey: string;
  /** Opens sealed prompts, 64 hex digits; undefined: derived from the operating key. */
  readonly sealKey: string | undefined;
  readonly model: ModelSettings;
  readonly capacity: number;
  readonly inputPriceMicro: bigint;
  readonly outputPriceMicro: bigint;
  readonly bondMicro: bigint;
  /** Seconds between claims of what sessions owe; undefined: ten minutes. */
  readonly claimEverySecs: number | undefined;
  /** Account that asks for planted answers; undefined: nothing is planted. */
  readonly plantKey: string | undefined;
  readonly plantEverySecs: number;
}

export function readHostToml(path: string): HostToml {
  const toml = readToml(path, KEYS);
  const node = parseEndpoint('node_host', toml.required('node_host'));
  const bind = parseEndpoint('endpoint', toml.required('endpoint'));
  return {
    warnings: toml.warnings,
    nodeUrl: `http://${node.host}:${node.port}`,
    bind,
    publicEndpoint: toml.string('public_endpoint') ?? `http://${bind.host}:${bind.port}`,
    network: toml.string('network') ?? 'testnet',
    dbPath: toml.required('db_path'),
    accountKey: toml.required('account_key'),
    operatingKey: toml.required('operating_key'),
    sealKey: toml.string('seal_key'),
    model: {
      path: toml.string('model_file'),
      engine: toml.string('engine'),
      baseUrl: toml.string('base_url'),
      modelName: toml.string('engine_model'),
      apiKeyFile: toml.string('api_key_file'),
      threads: toml.integer('threads'),
      parallel: toml.integer('capacity'),
    },
    capacity: toml.integer('capacity') ?? 1,
    inputPriceMicro: BigInt(toml.integer('input_price_micro') ?? 10),
    outputPriceMicro: BigInt(toml.integer('output_price_micro') ?? 50),
    bondMicro: BigInt(toml.integer('bond_micro') ?? 1_000_000_000),
    claimEverySecs: toml.integer('claim_every_secs'),
    plantKey: toml.string('plant_key'),
    plantEverySecs: toml.integer('plant_every_secs') ?? PLANT_EVERY_SECS,
  };
}
