/** `assay signer` and `infer-signer run`: from a configuration file to a running `Signer`. */
import { join } from 'node:path';
import { publicKeyFromPrivate } from '@assay/crypto';
import { DEVNET, MAINNET } from '@assay/params';
import { engineJudge, httpNode, Signer } from '@assay/signer';
import { openLmdbStore } from '@assay/store/lmdb';
import { nodeWorld } from '@assay/world/node';
import { readSignerToml, type SignerToml } from '../config/signer-toml.ts';
import { openModel } from '../model-file.ts';
import { NodeApi } from '../node-api.ts';
import { runService, type Service } from '../service.ts';
import { UserError } from '../user-error.ts';
import { version } from '../version.ts';
import { waitForNode } from '../wait-for-node.ts';
import { announce, commandLogger, secretKey, starting } from './common.ts';

/** The small model is always there: without it a signer could judge nothing on a fresh network. */
async function openModels(config: SignerToml) {
  const models = [await openModel()];
  for (const path of config.modelFiles) models.push(await openModel(path));
  return models;
}

function bootAddressOf(network: string): string {
  if (network === 'mainnet') return MAINNET.bootAddress;
  if (network === 'testnet' || network === 'devnet') return DEVNET.bootAddress;
  throw new UserError(
    'cli/unknown-network',
    `network is ${network}, which is none.`,
    'Write mainnet, testnet or devnet.',
  );
}

export function runSigner(configPath: string): Promise<void> {
  return runService(() => startSigner(configPath));
}

async function startSigner(configPath: string): Promise<Service> {
  const config = readSignerToml(configPath);
  const privateKey = secretKey('stacks_private_key', config.privateKey);
  const bootAddress = bootAddressOf(config.network);
  const log = commandLogger('signer');
  const { host, port } = config.bind;
  announce(log, config.warnings, {
    config: configPath,
    node: config.nodeUrl,
    endpoint: `${host}:${port}`,
    network: config.network,
    dbPath: config.dbPath,
    publicKey: publicKeyFromPrivate(privateKey),
    supportModels: config.supportModels,
    modelFiles: config.modelFiles,
  });
  const world = nodeWorld();
  const models = await openModels(config);
  log.info('models loaded', { models: models.map(({ manifest }) => manifest.name) });
  // The chain's id is asked of the node: signatures over answers are bound to it.
  const chainId = await waitForNode(new NodeApi(config.nodeUrl), log);
  const store = openLmdbStore({ path: join(config.dbPath, 'signer.mdb') });
  const signer = new Signer(
    {
      world,
      store,
      node: httpNode(world, {
        url: config.nodeUrl,
        authToken: config.authPassword,
        chainId,
      }),
      judge: engineJudge({ chainId, models, supportModels: config.supportModels }),
      log,
    },
    {
      privateKey,
      chainId,
      bootAddress,
      bind: config.bind,
      serverVersion: `assay ${version()}`,
    },
  );
  await starting('The signer', () => signer.start());
  log.info('signer started', { endpoint: `${host}:${port}` });
  return {
    stop: async () => {
      await signer.stop();
      await Promise.all(models.map(({ engine }) => engine.close()));
      await store.close();
      log.info('signer stopped');
    },
  };
}
