/** The configuration of a gateway (`assay gateway --config gateway.toml`). */
import type { TokenOffer } from '@assay/gateway';
import { UserError } from '../user-error.ts';
import { type KeyTable, parseEndpoint, readToml } from './toml.ts';

const KEYS: KeyTable = {
  node_host: { type: 'string' },
  endpoint: { type: 'string' },
  db_path: { type: 'string' },
  database_url: { type: 'string' },
  account_key: { type: 'string' },
  voucher_key: { type: 'string' },
  admin_token: { type: 'string' },
  demo_key: { type: 'string' },
  deposit_micro: { type: 'integer', min: 1 },
  session_blocks: { type: 'integer', min: 1, max: 4_320 },
  fee_micro: { type: 'integer' },
  x402: { type: 'boolean' },
  x402_tokens: {
    type: 'tables',
    keys: {
      contract: { type: 'string' },
      micro_stx_per_million: { type: 'integer', min: 1 },
    },
  },
};

export interface GatewayToml {
  readonly warnings: readonly string[];
  readonly nodeUrl: string;
  readonly bind: { readonly host: string; readonly port: number };
  /** Folder of the embedded database; unused with `databaseUrl`. */
  readonly dbPath: string;
  /** A PostgreSQL server; DATABASE_URL of the environment wins. Secret. */
  readonly databaseUrl: string | undefined;
  readonly accountKey: string;
  readonly voucherKey: string;
  /** Opens the admin API; without it that stays closed. */
  readonly adminToken: string | undefined;
  /** A key that exists from the start; for devnets. */
  readonly demoKey: string | undefined;
  readonly depositMicro: bigint;
  readonly sessionBlocks: number;
  readonly feeMicro: bigint;
  /** Callers without a key may pay per request, to the gateway's account. */
  readonly takesPayments: boolean;
  /** SIP-010 tokens that are taken beside STX. */
  readonly tokens: readonly TokenOffer[];
}

export function readGatewayToml(path: string): GatewayToml {
  const toml = readToml(path, KEYS);
  const node = parseEndpoint('node_host', toml.required('node_host'));
  return {
    warnings: toml.warnings,
    nodeUrl: `http://${node.host}:${node.port}`,
    bind: parseEndpoint('endpoint', toml.required('endpoint')),
    dbPath: toml.required('db_path'),
    databaseUrl: process.env.DATABASE_URL ?? toml.string('database_url'),
    accountKey: toml.required('account_key'),
    voucherKey: toml.required('voucher_key'),
    adminToken: readAdminToken(toml.string('admin_token')),
    demoKey: toml.string('demo_key'),
    depositMicro: BigInt(toml.integer('deposit_micro') ?? 100_000_000),
    sessionBlocks: toml.integer('session_blocks') ?? 1_008,
    feeMicro: BigInt(toml.integer('fee_micro') ?? 3_000),
    takesPayments: toml.boolean('x402') ?? false,
    tokens: toml.tables('x402_tokens').map((table) => readToken(path, table)),
  };
}

/** As an HTTP header can carry it. */
function readAdminToken(token: string | undefined): string | undefined {
  if (token === undefined || /^[\x21-\x7e]{1,256}$/.test(token)) return token;
  throw new UserError(
    'cli/config-bad-value',
    'admin_token is not 1 to 256 visible characters without spaces.',
    'Make one with `openssl rand -hex 32`.',
  );
}

/** An `[[x402_tokens]]` table; its types are checked. */
function readToken(path: string, table: Readonly<Record<string, unknown>>): TokenOffer {
  const { contract, micro_stx_per_million: rate } = table;
  if (!/^S[0-9A-Z]{27,40}\.[a-zA-Z]/.test(String(contract)) || rate === undefined) {
    throw new UserError(
      'cli/config-token',
      `${path} has an [[x402_tokens]] table that does not name a token and its worth.`,
      'Write contract = "SP….name" and micro_stx_per_million = 1000000.',
    );
  }
  return { contract: String(contract), microStxPerMillion: BigInt(rate as number) };
}
