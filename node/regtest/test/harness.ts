/**
 * One suite, two Bitcoins: ours over its HTTP handler in a simulated world, and a real bitcoind
 * where one is on PATH (or named by BITCOIND). Tests see only `call`, and the error codes and numbers of the RPC.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromUtf8, utf8FromBytes } from '@assay/bytes';
import { MemoryStore, type Store } from '@assay/store';
import { SimNetwork } from '@assay/world/sim';
import { type RegtestOptions, RegtestService } from '../src/index.ts';

const PROGRAM = process.env.BITCOIND ?? 'bitcoind';

export class CallError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of an RPC are looked into, not trusted.
export type Answer = any;

export interface Bitcoin {
  readonly isOurs: boolean;
  call(method: string, params?: unknown, wallet?: string): Promise<Answer>;
  /** The answer's text, for number formats. */
  text(method: string, params?: unknown, wallet?: string): Promise<string>;
  close(): Promise<void>;
}

function resultOf(text: string): Answer {
  const answer = JSON.parse(text);
  if (answer.error) throw new CallError(answer.error.code, answer.error.message);
  return answer.result;
}

function requestBody(method: string, params: unknown = []): string {
  return JSON.stringify({ jsonrpc: '1.0', id: 'test', method, params });
}

/** Opens (or reopens, over the same store) the embedded node, without sockets. */
export function openOurs(
  store: Store = new MemoryStore(),
  options: RegtestOptions = {},
): Bitcoin & { service: RegtestService; network: SimNetwork } {
  const network = new SimNetwork({ seed: 'regtest' });
  const service = new RegtestService({ world: network.world('bitcoin'), store }, options);
  const text = async (method: string, params?: unknown, wallet?: string) => {
    const response = await service.handler({
      method: 'POST',
      path: wallet === undefined ? '/' : `/wallet/${wallet}`,
      query: new Map(),
      headers: new Map(),
      body: bytesFromUtf8(requestBody(method, params)),
    });
    return utf8FromBytes(response.body)!;
  };
  return {
    isOurs: true,
    service,
    network,
    text,
    call: async (method, params, wallet) => resultOf(await text(method, params, wallet)),
    close: () => service.stop(),
  };
}

/** Null when there is no bitcoind. */
export function bitcoindVersion(): string | null {
  const found = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.split('\n')[0]! : null;
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address!.port : 0));
    });
  });
}

export async function openBitcoind(): Promise<Bitcoin> {
  const folder = mkdtempSync(join(tmpdir(), 'bitcoind-'));
  const port = await freePort();
  const args = ['-regtest', `-datadir=${folder}`, `-rpcport=${port}`, '-listen=0', '-txindex=1'];
  args.push('-rpcuser=u', '-rpcpassword=p', '-fallbackfee=0.0001', '-server=1');
  // As all versions before 30 had them, and ours has.
  args.push('-minrelaytxfee=0.00001', '-incrementalrelayfee=0.00001');
  const child = spawn(PROGRAM, args, { stdio: 'ignore' });
  const text = async (method: string, params?: unknown, wallet?: string) => {
    const path = wallet === undefined ? '/' : `/wallet/${wallet}`;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('u:p')}` },
      body: requestBody(method, params),
    });
    return response.text();
  };
  for (let i = 0; i < 100; i++) {
    try {
      resultOf(await text('getblockcount'));
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    isOurs: false,
    text,
    call: async (method, params, wallet) => resultOf(await text(method, params, wallet)),
    close: async () => {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.on('exit', resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
