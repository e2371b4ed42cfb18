/** `assay regtest`: the embedded Bitcoin as a process of its own. */
import { join } from 'node:path';
import { p2wpkhScript, parseAddress } from '@assay/bitcoin';
import { bytesFromHex, isHex } from '@assay/bytes';
import { hash160, isValidPublicKey } from '@assay/crypto';
import { RegtestService } from '@assay/regtest';
import { MemoryStore, type Store } from '@assay/store';
import { openLmdbStore } from '@assay/store/lmdb';
import { nodeWorld } from '@assay/world/node';
import { parseEndpoint } from '../config/toml.ts';
import { runService, type Service } from '../service.ts';
import { UserError } from '../user-error.ts';
import { commandLogger, starting } from './common.ts';

export interface RegtestFlags {
  readonly rpc: string;
  readonly data?: string;
  readonly user?: string;
  readonly password?: string;
  readonly mineToKey?: string;
  readonly mineTo?: string;
  readonly initialBlocks: string;
  readonly intervalMs: string;
  readonly eagerBelow: string;
}

export function runRegtest(flags: RegtestFlags): Promise<void> {
  return runService(() => startRegtest(flags));
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text)) return value;
  throw new UserError('cli/not-a-number', `${name} is not a whole number: ${text}.`, 'Use digits.');
}

/** Where blocks pay; undefined without --mine-to and --mine-to-key. */
function mineToScript({ mineTo, mineToKey }: RegtestFlags): Uint8Array | undefined {
  if (mineToKey !== undefined) {
    const key = isHex(mineToKey) ? bytesFromHex(mineToKey) : new Uint8Array(0);
    if (key.length === 33 && isValidPublicKey(key)) return p2wpkhScript(hash160(key));
    throw new UserError(
      'cli/bad-key',
      '--mine-to-key is not a compressed public key.',
      'Give the 66 hex digits of publicKey in the output of `stx make_keychain -t`.',
    );
  }
  if (mineTo === undefined) return undefined;
  const script = parseAddress(mineTo, 'regtest');
  if (script.ok) return script.value;
  throw new UserError(
    'cli/bad-address',
    `--mine-to ${mineTo} is no Bitcoin regtest address.`,
    'Regtest addresses begin with bcrt1, m, n or 2.',
  );
}

async function startRegtest(flags: RegtestFlags): Promise<Service> {
  const { host, port } = parseEndpoint('--rpc', flags.rpc);
  const script = mineToScript(flags);
  const initialBlocks = whole('--initial-blocks', flags.initialBlocks);
  const intervalMs = whole('--interval-ms', flags.intervalMs);
  if (script === undefined && (initialBlocks > 0 || intervalMs > 0)) {
    throw new UserError(
      'cli/nobody-to-pay',
      'Blocks are to be mined, but nobody is named whom they pay.',
      'Add --mine-to <address> or --mine-to-key <public key>.',
    );
  }
  const log = commandLogger('bitcoin');
  const store: Store =
    flags.data === undefined
      ? new MemoryStore()
      : openLmdbStore({ path: join(flags.data, 'bitcoin.mdb'), durable: false });
  const { user: username, password } = flags;
  const service = new RegtestService(
    { world: nodeWorld(), store, log },
    {
      host,
      port,
      initialBlocks,
      intervalMs,
      eagerBelowHeight: whole('--eager-below', flags.eagerBelow),
      // Bitcoin's own `stop` call ends the process as a signal would.
      onStop: () => process.kill(process.pid, 'SIGTERM'),
      ...(script === undefined ? {} : { mineToScript: script }),
      ...(username === undefined || password === undefined
        ? {}
        : { credentials: { username, password } }),
    },
  );
  await starting('The Bitcoin regtest', () => service.start());
  return {
    stop: async () => {
      await service.stop();
      await store.close();
      log.info('bitcoin regtest stopped');
    },
  };
}
