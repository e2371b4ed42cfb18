/** `assay host`: from a configuration file to a registered, running `HostDaemon`. */
import { join } from 'node:path';
import { bytesToHex } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import { createHttpChain, createSessionChain, HostDaemon } from '@assay/host';
import { modelIdHex, sealKeyPair, sealSecretOf } from '@assay/jobs';
import { openLmdbStore } from '@assay/store/lmdb';
import { addressOfPublicKey, DEVNET_IDS, parsePrivateKey, publicKeyOf } from '@assay/wallet';
import type { SigningKey } from '@assay/wire';
import { nodeWorld } from '@assay/world/node';
import { readHostToml } from '../config/host-toml.ts';
import { lockFolder } from '../folder-lock.ts';
import { bootAddressOf } from '../inference.ts';
import { type OpenModel, openModelSource } from '../model-file.ts';
import { describeSource, type ModelSettings, modelSource } from '../model-source.ts';
import { NodeApi } from '../node-api.ts';
import { registerHost } from '../register-host.ts';
import { runService, type Service } from '../service.ts';
import { UserError } from '../user-error.ts';
import { waitForNode } from '../wait-for-node.ts';
import { must } from '../wallet-result.ts';
import { announce, commandLogger, secretKey, starting } from './common.ts';

/** @param flags of the command line; they win over the configuration */
export function runHost(configPath: string, flags: ModelSettings = {}): Promise<void> {
  return runService(() => startHost(configPath, flags));
}

async function startHost(configPath: string, flags: ModelSettings): Promise<Service> {
  const config = readHostToml(configPath);
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  const source = modelSource({ ...config.model, ...Object.fromEntries(given) });
  secretKey('account_key', config.accountKey);
  const accountKey = must(parsePrivateKey(config.accountKey));
  const operatingKey = secretKey('operating_key', config.operatingKey);
  const sealSecret =
    config.sealKey === undefined
      ? sealSecretOf(operatingKey)
      : secretKey('seal_key', config.sealKey);
  const address = addressOfPublicKey(publicKeyOf(accountKey), DEVNET_IDS);
  const plantKey = readPlantKey(config.plantKey, address);
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
    ...describeSource(source),
    capacity: config.capacity,
    inputPriceMicro: config.inputPriceMicro,
    outputPriceMicro: config.outputPriceMicro,
    bondMicro: config.bondMicro,
  });
  const unlock = lockFolder(config.dbPath, 'host');
  const node = new NodeApi(config.nodeUrl);
  const [model, chainId] = await Promise.all([openModelSource(source), waitForNode(node, log)]);
  log.info('model loaded', {
    model: model.manifest.name,
    id: modelIdHex(model.manifest),
    assurance: model.assurance,
    ...model.engine.info.capabilities,
  });
  mustProve(model, source.engine);
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
      assurance: model.assurance,
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
      ...(plantKey === null
        ? {}
        : { planting: { accountKey: plantKey, everyMs: config.plantEverySecs * 1000 } }),
    },
  );
  await starting('The host', () => daemon.start());
  log.info('host ready', { endpoint: config.publicEndpoint, address });
  return {
    stop: async () => {
      await daemon.stop();
      await model.engine.close();
      await store.close();
      unlock();
      log.info('host stopped', { operator: bytesToHex(publicKeyFromPrivate(operatingKey)) });
    },
  };
}

/** @throws UserError when it is the host's own: judges would know a plant by who asks */
function readPlantKey(text: string | undefined, hostAddress: string): SigningKey | null {
  if (text === undefined) return null;
  secretKey('plant_key', text);
  const key = must(parsePrivateKey(text));
  if (addressOfPublicKey(publicKeyOf(key), DEVNET_IDS) !== hostAddress) return key;
  throw new UserError(
    'cli/plant-key',
    'plant_key is the account of the host itself.',
    'Use another account with some STX: judges could tell plants by who asks for them.',
  );
}

/** Requests on chain are judged by the draw of every token: an engine that hides it would lose its bond. */
function mustProve({ assurance, engine }: OpenModel, name: string): void {
  if (assurance === 'A') return;
  const { topCandidatesMax, ownSampler } = engine.info.capabilities;
  const why = ownSampler
    ? `reports ${topCandidatesMax} candidates per token where 20 are needed`
    : 'does not let this host choose tokens';
  throw new UserError(
    'cli/engine-proves-too-little',
    `The engine ${name} ${why}: its answers are of class ${assurance}, and only class A can be settled.`,
    'Open the model file with the embedded engine or llama-server, or serve it with vLLM.',
  );
}
