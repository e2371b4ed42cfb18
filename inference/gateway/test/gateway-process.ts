/** A gateway as a process of its own: run by `killed-process.test.ts`, which is the chain it asks. */
import { sha256 } from '@assay/crypto';
import { silentLogger } from '@assay/observe';
import { nodeWorld } from '@assay/world/node';
import { Gateway, type GatewayChain, keyOf, openSqlLedger } from '../src/index.ts';
import { openPglite } from '../src/ledger/pglite.ts';
import { remoteChain } from './remote-chain.ts';

interface Task {
  readonly chainUrl: string;
  readonly folder: string;
  readonly chainId: number;
  readonly key: string;
}

const { chainUrl, folder, chainId, key }: Task = JSON.parse(process.argv[2]!);
const ledger = await openSqlLedger(await openPglite(folder));
await ledger.createKey(keyOf(key, 'key_test', { name: 'test' }));
const chain: GatewayChain = remoteChain(chainUrl);
const gateway = new Gateway(
  nodeWorld(),
  { chain, ledger, log: silentLogger },
  {
    listen: { host: '127.0.0.1', port: 0 },
    chainId,
    voucherKey: sha256(new TextEncoder().encode('gateway voucher')),
    adminToken: 'admin',
    depositMicro: 10_000_000n,
    sessionDuration: 100,
  },
);
await gateway.start();
process.stdout.write(`${gateway.port}\n`);
