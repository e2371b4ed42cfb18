/** `assay signer` and `infer-signer run`: from a configuration file to a running `Signer`. */
import { join } from 'node:path';
import { bytesFromUtf8 } from '@assay/bytes';
import { publicKeyFromPrivate } from '@assay/crypto';
import type { Logger } from '@assay/observe';
import { DEVNET, MAINNET, type NetworkParams } from '@assay/params';
import {
  engineJudge,
  httpCalls,
  httpClaims,
  httpDisputes,
  httpNode,
  type JudgeModel,
  type JudgePort,
  Signer,
  SuspectEngines,
} from '@assay/signer';
import { openLmdbStore } from '@assay/store/lmdb';
import { DEFAULT_BOUNDS, JudgeBook } from '@assay/verify';
import { nodeWorld } from '@assay/world/node';
import { readSignerToml, type SignerToml } from '../config/signer-toml.ts';
import { lockFolder } from '../folder-lock.ts';
import { type OpenModel, openModel, openModelSource } from '../model-file.ts';
import { modelSource } from '../model-source.ts';
import { NodeApi } from '../node-api.ts';
import { runService, type Service } from '../service.ts';
import { type SuspectOptions, suspectOpener } from '../suspect-model.ts';
import { UserError } from '../user-error.ts';
import { version } from '../version.ts';
import { waitForHeight, waitForNode } from '../wait-for-node.ts';
import { announce, commandLogger, secretKey, starting } from './common.ts';

/** The small model is always there: without it a signer could judge nothing on a fresh network. */
async function openModels(config: SignerToml, suspects: SuspectOptions): Promise<JudgeModel[]> {
  const models: JudgeModel[] = [];
  for (const path of [undefined, ...config.modelFiles]) {
    models.push({ ...(await openModel(path)), openSuspect: suspectOpener(path, suspects) });
  }
  for (const settings of config.modelServers) {
    const source = modelSource(settings);
    const model = await openModelSource(source);
    mustScore(model, source.engine);
    // Suspects are made of a model's own file, and run in this process.
    const openSuspect =
      source.engine === 'llama-server' ? suspectOpener(source.path, suspects) : async () => null;
    models.push({ ...model, openSuspect });
  }
  return models;
}

function mustScore({ engine }: OpenModel, name: string): void {
  if (engine.info.capabilities.teacherForcing) return;
  throw new UserError(
    'cli/engine-cannot-judge',
    `The engine ${name} does not tell the logprobs of given tokens: it cannot judge.`,
    'Use llama-server or vLLM, or name the model file in model_files.',
  );
}

const NETWORKS: Readonly<Record<string, NetworkParams>> = {
  mainnet: MAINNET,
  testnet: DEVNET,
  devnet: DEVNET,
};

function networkOf(name: string): NetworkParams {
  const network = Object.hasOwn(NETWORKS, name) ? NETWORKS[name] : undefined;
  if (network !== undefined) return network;
  throw new UserError(
    'cli/unknown-network',
    `network is ${name}, which is none.`,
    'Write mainnet, testnet or devnet.',
  );
}

/**
 * A judge whose models load in the background: blocks are signed meanwhile, and answers wait. Nothing is
 * loaded before the chain has begun, since loading would only slow its first block down. Models that
 * cannot be loaded end the process.
 */
function backgroundJudge(
  config: SignerToml,
  network: NetworkParams,
  { log, book }: { readonly log: Logger; readonly book: JudgeBook },
) {
  let loaded: readonly JudgeModel[] = [];
  const suspects = new SuspectEngines();
  const { chainId } = network;
  const { supportModels } = config;
  const load = async (): Promise<JudgePort> => {
    await waitForFirstBlock(new NodeApi(config.nodeUrl), network, log);
    const cache = join(config.dbPath, 'suspects');
    loaded = await openModels(config, { cache, engines: suspects, log });
    log.info('models loaded', { models: loaded.map(({ manifest }) => manifest.name) });
    return engineJudge({ chainId, models: loaded, supportModels, book });
  };
  const ready = load();
  ready.catch((error: unknown) => {
    const isOurs = error instanceof UserError;
    const message = isOurs ? `${error.message} ${error.next}` : 'the models cannot be loaded';
    log.error(message, isOurs ? {} : { cause: error });
    process.exit(1);
  });
  const judge: JudgePort = {
    score: async (...task) => (await ready).score(...task),
    judgeSession: async (answer) => (await ready).judgeSession(answer),
    confirm: (hash) => book.confirm(hash),
  };
  // What is still loading has judged nothing; nobody waits for it.
  const close = async () => {
    await Promise.all(loaded.map(({ engine }) => engine.close()));
    await suspects.close();
  };
  return { judge, close };
}

/** @throws UserError when the node is of another network: signatures would be worth nothing there */
async function waitForFirstBlock(
  node: NodeApi,
  { chainId }: NetworkParams,
  log: Logger,
): Promise<void> {
  const found = await waitForNode(node, log);
  if (found !== chainId) {
    throw new UserError(
      'cli/wrong-network',
      `The node at ${node.url} is of another network (chain id ${found}, not ${chainId}).`,
      'Correct node_host or network in signer.toml.',
    );
  }
  await waitForHeight(node, 1);
}

export function runSigner(configPath: string): Promise<void> {
  return runService(() => startSigner(configPath));
}

/** Everything that can be wrong before the signer starts. @throws UserError */
export function checkSignerConfig(configPath: string) {
  const config = readSignerToml(configPath);
  const privateKey = secretKey('stacks_private_key', config.privateKey);
  const network = networkOf(config.network);
  return { config, privateKey, network, warnings: config.warnings };
}

async function startSigner(configPath: string): Promise<Service> {
  const { config, privateKey, network } = checkSignerConfig(configPath);
  const { chainId, bootAddress } = network;
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
    modelServers: config.modelServers.map(({ engine, baseUrl }) => `${engine} at ${baseUrl}`),
  });
  const unlock = lockFolder(config.dbPath, 'signer');
  const world = nodeWorld();
  const store = openLmdbStore({ path: join(config.dbPath, 'signer.mdb') });
  const bounds = { ...DEFAULT_BOUNDS, auditsMin: config.shadowAudits };
  const book = new JudgeBook(store.prefixed(bytesFromUtf8('judge-book/')), bounds);
  const { judge, close } = backgroundJudge(config, network, { log, book });
  const { nodeUrl: url, authPassword: authToken } = config;
  const node = httpNode(world, { url, authToken, chainId, privateKey });
  const claims = httpClaims(world, { url, bootAddress, privateKey });
  const disputes = httpDisputes(world, { url, bootAddress });
  const calls = httpCalls(world, { url, bootAddress, network, privateKey });
  const signer = new Signer(
    { world, store, node, claims, disputes, calls, judge, log },
    {
      privateKey,
      chainId,
      bootAddress,
      bind: config.bind,
      serverVersion: `assay ${version()}`,
      proposalTimeoutMs: config.proposalTimeoutMs,
      lastBlockTimeoutMs: config.lastBlockTimeoutMs,
      budget: config.budget,
    },
  );
  await starting('The signer', () => signer.start());
  log.info('signer started', { endpoint: `${host}:${port}` });
  return {
    stop: async () => {
      await signer.stop();
      await close();
      await store.close();
      unlock();
      log.info('signer stopped');
    },
  };
}
