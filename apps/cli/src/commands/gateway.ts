/** `assay gateway`: from a configuration file to a running `Gateway`. */
import { join } from 'node:path';
import { createGatewayChain, Gateway, keyOf, type Ledger, openSqlLedger } from '@assay/gateway';
import { addressOfPublicKey, DEVNET_IDS, parsePrivateKey, publicKeyOf } from '@assay/wallet';
import { nodeWorld } from '@assay/world/node';
import { type GatewayToml, readGatewayToml } from '../config/gateway-toml.ts';
import { bootAddressOf } from '../inference.ts';
import { NodeApi } from '../node-api.ts';
import { runService, type Service } from '../service.ts';
import { UserError } from '../user-error.ts';
import { waitForNode } from '../wait-for-node.ts';
import { must } from '../wallet-result.ts';
import { announce, commandLogger, secretKey, starting } from './common.ts';

export function runGateway(configPath: string): Promise<void> {
  return runService(() => startGateway(configPath));
}

/** The embedded database, or the server that several gateways share. */
async function openLedger({ databaseUrl, dbPath }: GatewayToml): Promise<Ledger> {
  try {
    if (databaseUrl !== undefined) {
      const { openPostgres } = await import('@assay/gateway/postgres');
      return await openSqlLedger(openPostgres(databaseUrl));
    }
    const { openPglite } = await import('@assay/gateway/pglite');
    return await openSqlLedger(await openPglite(join(dbPath, 'ledger')));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      'cli/database',
      `The gateway's database cannot be opened: ${reason}.`,
      databaseUrl === undefined
        ? 'Another gateway may use the same db_path; several gateways need DATABASE_URL.'
        : 'Check that the PostgreSQL server of DATABASE_URL runs and lets this user in.',
    );
  }
}

async function startGateway(configPath: string): Promise<Service> {
  const config = readGatewayToml(configPath);
  secretKey('account_key', config.accountKey);
  const accountKey = must(parsePrivateKey(config.accountKey));
  const voucherKey = secretKey('voucher_key', config.voucherKey);
  const address = addressOfPublicKey(publicKeyOf(accountKey), DEVNET_IDS);
  const log = commandLogger('gateway');
  const { host, port } = config.bind;
  announce(log, config.warnings, {
    config: configPath,
    node: config.nodeUrl,
    endpoint: `${host}:${port}`,
    database: config.databaseUrl === undefined ? `embedded, in ${config.dbPath}` : 'a server',
    address,
    x402: config.takesPayments,
    admin: config.adminToken === undefined ? 'closed' : 'open to its token',
    depositMicro: config.depositMicro,
    sessionBlocks: config.sessionBlocks,
  });
  const world = nodeWorld();
  const [chainId, ledger] = await Promise.all([
    waitForNode(new NodeApi(config.nodeUrl), log),
    openLedger(config),
  ]);
  if (config.demoKey !== undefined) {
    await ledger.createKey(keyOf(config.demoKey, 'key_demo', { name: 'demo' }));
  }
  const network = { ...DEVNET_IDS, chainId };
  const chain = createGatewayChain(world.net, {
    nodeUrl: config.nodeUrl,
    bootAddress: bootAddressOf(chainId),
    network,
    accountKey,
    feeMicro: config.feeMicro,
  });
  const gateway = new Gateway(
    world,
    { chain, ledger, log },
    {
      listen: { host, port },
      chainId,
      voucherKey,
      adminToken: config.adminToken ?? null,
      depositMicro: config.depositMicro,
      sessionDuration: config.sessionBlocks,
      payTo: config.takesPayments ? address : null,
      tokens: config.tokens,
    },
  );
  await starting('The gateway', () => gateway.start());
  log.info('gateway ready', { endpoint: `http://${host}:${gateway.port}/v1` });
  return {
    stop: async () => {
      await gateway.stop();
      await ledger.close();
      log.info('gateway stopped');
    },
  };
}
