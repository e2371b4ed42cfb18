/** `assay host`: from a configuration file to a registered, running `HostDaemon`. */
import { join } from 'node:path';
import { bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import { createHttpChain, createSessionChain, HostDaemon } from '@assay/host';
import { modelIdHex, sealKeyPair, sealSecretOf } from '@assay/jobs';
import { openLmdbStore } from '@assay/store/lmdb';
import { addressOfPublicKey, DEVNET_IDS, parsePrivateKey, publicKeyOf } from '@assay/wallet';
import { nodeWorld } from '@assay/world/node';
import { readHostToml } from '../config/host-toml.ts';
import { bootAddressOf } from '../inference.ts';
import { openModel } from '../model-file.ts';
import { NodeApi } from '../node-api.ts';
import { registerHost } from '../register-host.ts';
import { runService, type Service } from '../service.ts';
import { waitForNode } from '../wait-for-node.ts';
import { must } from '../wallet-result.ts';
import { announce, commandLogger, secretKey, starting } from './common.ts';

export function runHost(configPath: string): Promise<void> {
  return runService(() => startHost(configPath));
}

async function startHost(configPath: string): Promise<Service> {
  const config = readHostToml(configPath);
  secretKey('account_key', config.accountKey);
  const accountKey = must(parsePrivateKey(config.accountKey));
  const operatingKey = secretKey('operating_key', config.operatingKey);
  const sealSecret =
    config.sealKey === undefined
      ? sealSecretOf(operatingKey)
      : secretKey('seal_key', config.sealKey);
  const address = addressOfPublicKey(publicKeyOf(accountKey), DEVNET_IDS);
  const log = commandLogger('host');
  const { host, port } = config.bind;
  announce(log, config.warnings, {
    config: configPath,
    node: config.nodeUrl,
    endpoint: `${host}:${port}`,
    publicEndpoint: config.publicEndpoint,
    dbPath: config.dbPath,
    address,
    operatingPublicKey: publicKeyFromPrivate(operatingKey),
    model: config.modelFile ?? 'the small model of this project',
    capacity: config.capacity,
    inputPriceMicro: config.inputPriceMicro,
    outputPriceMicro: config.outputPriceMicro,
    bondMicro: config.bondMicro,
  });
  const node = new NodeApi(config.nodeUrl);
  const [model, chainId] = await Promise.all([openModel(config.modelFile), waitForNode(node, log)]);
  log.info('model loaded', { model: model.manifest.name, id: modelIdHex(model.manifest) });
  const boot = bootAddressOf(chainId);
  await registerHost(node, log, {
    boot,
    address,
    accountKey,
    model: model.manifest,
    offer: {
      endpoint: config.publicEndpoint,
      operatingPublicKey: publicKeyFromPrivate(operatingKey),
      sealPublicKey: sealKeyPair(sealSecret).publicKey,
      capacity: config.capacity,
      inputPriceMicro: config.inputPriceMicro,
      outputPriceMicro: config.outputPriceMicro,
      bondMicro: config.bondMicro,
    },
  });
  const world = nodeWorld();
  const store = openLmdbStore({ path: join(config.dbPath, 'host.mdb') });
  const daemon = new HostDaemon(
    world,
    {
      chain: createHttpChain(world.net, {
        nodeUrl: config.nodeUrl,
        bootAddress: boot,
        address,
        caller: {
          privateKey: operatingKey,
          nowSecs: () => Math.floor(world.clock.nowMs() / 1000),
        },
      }),
      sessions: createSessionChain(world, { nodeUrl: config.nodeUrl, bootAddress: boot }),
      store,
      log,
      models: [model],
    },
    {
      network: { ...DEVNET_IDS, chainId },
      contract: `${boot}.inference`,
      operatingKey,
      sealSecret,
      accountKey,
      listen: { host, port },
      ...(config.claimEverySecs === undefined
        ? {}
        : { claimEveryMs: config.claimEverySecs * 1000 }),
    },
  );
  await starting('The host', () => daemon.start());
  log.info('host ready', { endpoint: config.publicEndpoint, address });
  return {
    stop: async () => {
      await daemon.stop();
      await model.engine.close();
      await store.close();
      log.info('host stopped', { operator: bytesToHex(publicKeyFromPrivate(operatingKey)) });
    },
  };
}
