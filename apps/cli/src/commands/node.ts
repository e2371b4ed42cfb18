/** `assay node` and `infer-node start`: from a configuration file to a running `FullNode`. */
import { join } from 'node:path';
import { FullNode } from '@assay/full-node';
import { openLmdbStore } from '@assay/store/lmdb';
import { nodeWorld } from '@assay/world/node';
import { type NodeToml, readNodeToml } from '../config/node-toml.ts';
import { devnetAccount } from '../devnet/accounts.ts';
import { lockFolder } from '../folder-lock.ts';
import { loadGenesis } from '../genesis-file.ts';
import { builtPages } from '../pages.ts';
import { runService, type Service } from '../service.ts';
import { UserError } from '../user-error.ts';
import { version } from '../version.ts';
import { announce, commandLogger, secretKey, starting } from './common.ts';

/** How long a commit waits for the tenure just won to begin: less than the signers' patience. */
const COMMIT_DELAY_MS = 5_000;
const DEVNET_COMMIT_DELAY_MS = 500;

function minerOf(config: NodeToml) {
  if (!config.miner) return null;
  if (config.miningKey === undefined) {
    throw new UserError(
      'cli/no-mining-key',
      'The configuration says miner = true but names no key.',
      'Add mining_key to [miner] (make one with `stx make_keychain -t`), or set miner = false.',
    );
  }
  return {
    privateKey: secretKey('miner.mining_key', config.miningKey),
    addressKind: config.segwit ? ('p2wpkh' as const) : ('p2pkh' as const),
    burnFeeCapSats: BigInt(config.bitcoin.burnFeeCapSats),
    satsPerVbyte: config.bitcoin.satsPerVbyte,
    minTimeBetweenBlocksMs: config.minTimeBetweenBlocksMs,
    extendWaitMs: config.extendWaitMs,
    renewBudget: config.renewBudget,
    commitDelayMs: config.devnet ? DEVNET_COMMIT_DELAY_MS : COMMIT_DELAY_MS,
  };
}

function bitcoinOf({ bitcoin }: NodeToml) {
  const { url, username, password, walletName, pollMs } = bitcoin;
  return {
    url,
    wallet: walletName,
    pollMs,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

export function runNode(configPath: string): Promise<void> {
  return runService(() => startNode(configPath));
}

/** Everything that can be wrong before the node starts. @throws UserError */
export function checkNodeConfig(configPath: string) {
  const config = readNodeToml(configPath);
  const miner = minerOf(config);
  const genesis = loadGenesis(config.genesisPath);
  return { config, genesis, miner, warnings: config.warnings };
}

async function startNode(configPath: string): Promise<Service> {
  const { config, genesis, miner } = checkNodeConfig(configPath);
  const log = commandLogger('node');
  const addresses = config.rpcBinds.map(({ host, port }) => `${host}:${port}`);
  announce(log, config.warnings, {
    config: configPath,
    workingDir: config.workingDir,
    network: genesis.network,
    chainId: genesis.chainId,
    rpc: addresses,
    bitcoin: config.bitcoin.url,
    miner: config.miner,
    devnet: config.devnet,
    observers: config.observers.map((observer) => observer.endpoint),
  });
  const unlock = lockFolder(config.workingDir, 'node');
  // A devnet forgives a power cut; what was acknowledged survives the end of the process either way.
  const chainStore = openLmdbStore({
    path: join(config.workingDir, 'chain.mdb'),
    durable: !config.devnet,
  });
  const serviceStore = openLmdbStore({
    path: join(config.workingDir, 'services.mdb'),
    durable: !config.devnet,
  });
  const node = new FullNode(
    { world: nodeWorld(), chainStore, serviceStore, log },
    {
      genesis,
      bitcoin: bitcoinOf(config),
      rpcBinds: config.rpcBinds,
      authToken: config.authToken ?? null,
      observers: config.observers,
      miner,
      faucetKey: config.devnet ? secretKey('faucet', devnetAccount('faucet').privateKey) : null,
      serverVersion: `assay ${version()}`,
      pages: builtPages(),
    },
  );
  await starting('The node', () => node.start());
  log.info('node started', { rpc: addresses });
  return {
    stop: async () => {
      await node.stop();
      await Promise.all([chainStore.close(), serviceStore.close()]);
      unlock();
      log.info('node stopped');
    },
  };
}
