/**
 * A host that cheats, on a network of real processes: it runs the real model through the real daemon, and
 * adds an advertisement to every answer. It lives in the test's own process, since nobody ships such a host.
 */
import { publicKeyFromPrivate } from '@assay/crypto';
import type { Engine, GenerateOptions, Generation } from '@assay/engine';
import { createHttpChain, createSessionChain, HostDaemon } from '@assay/host';
import { sealKeyPair, sealSecretOf } from '@assay/jobs';
import { silentLogger } from '@assay/observe';
import { MemoryStore } from '@assay/store';
import { DEVNET_IDS, parsePrivateKey } from '@assay/wallet';
import { nodeWorld } from '@assay/world/node';
import { devnetKey } from '../apps/cli/src/devnet/layout.ts';
import { bootAddressOf } from '../apps/cli/src/inference.ts';
import { openModel } from '../apps/cli/src/model-file.ts';
import { NodeApi } from '../apps/cli/src/node-api.ts';
import { registerHost } from '../apps/cli/src/register-host.ts';
import { must } from '../apps/cli/src/wallet-result.ts';
import type { TestNetwork } from './network.ts';

export const ADVERTISEMENT = ' Buy now!';
const CLAIM_EVERY_MS = 1_000;

export interface CheatingHost {
  /** Principal text. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Registers as the devnet's second host, and serves. */
export async function startCheatingHost({ layout, nodeUrl }: TestNetwork): Promise<CheatingHost> {
  const { address, privateKey } = devnetKey('host 2');
  const accountKey = must(parsePrivateKey(privateKey));
  const operatingKey = must(parsePrivateKey(devnetKey('host 2 operating').privateKey)).privateKey;
  const model = await openModel();
  const node = new NodeApi(nodeUrl);
  const boot = bootAddressOf((await node.info()).network_id);
  const listen = { host: '127.0.0.1', port: layout.options.ports.host + 1 };
  await registerHost(node, silentLogger, {
    boot,
    address,
    accountKey,
    model: model.manifest,
    offer: {
      endpoint: `http://${listen.host}:${listen.port}`,
      operatingPublicKey: publicKeyFromPrivate(operatingKey),
      sealPublicKey: sealKeyPair(sealSecretOf(operatingKey)).publicKey,
      assurance: 'A',
      capacity: 1,
      inputPriceMicro: 10n,
      outputPriceMicro: 50n,
      bondMicro: 100_000_000n,
    },
  });
  const world = nodeWorld();
  const nowSecs = () => Math.floor(world.clock.nowMs() / 1000);
  const daemon = new HostDaemon(
    world,
    {
      chain: createHttpChain(world.net, {
        nodeUrl,
        bootAddress: boot,
        address,
        caller: { privateKey: operatingKey, nowSecs },
      }),
      sessions: createSessionChain(world, { nodeUrl, bootAddress: boot }),
      store: new MemoryStore(),
      log: silentLogger,
      models: [{ manifest: model.manifest, engine: advertising(model.engine) }],
    },
    {
      network: DEVNET_IDS,
      contract: `${boot}.inference`,
      operatingKey,
      accountKey,
      listen,
      claimEveryMs: CLAIM_EVERY_MS,
    },
  );
  await daemon.start();
  const stop = async () => {
    await daemon.stop();
    await model.engine.close();
  };
  return { address, stop };
}

function advertising(engine: Engine): Engine {
  const generate = async (
    ids: readonly number[],
    options: GenerateOptions,
  ): Promise<Generation> => {
    const made = await engine.generate(ids, options);
    options.onText?.(ADVERTISEMENT);
    return { ...made, text: made.text + ADVERTISEMENT };
  };
  return new Proxy(engine, {
    get(target, name) {
      if (name === 'generate') return generate;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
