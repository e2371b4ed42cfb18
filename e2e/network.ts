/**
 * A devnet of real processes for tests: own folder, own ports, loopback only. Everything is started
 * through the same layout and supervisor as `assay devnet`; with `bitcoinUrl`, beside a Bitcoin node
 * that runs already.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DevnetLayout, type DevnetOptions, layOut } from '../apps/cli/src/devnet/layout.ts';
import { Supervisor } from '../apps/cli/src/devnet/supervisor.ts';

export const PROGRAM = join(import.meta.dirname, '..', 'bin', 'assay.mjs');

const run = promisify(execFile);

const COMMAND_TIMEOUT_MS = 120_000;

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `assay ...`; never throws, so that tests can look at failures too. */
export async function assay(...args: string[]): Promise<CommandOutcome> {
  try {
    const { stdout, stderr } = await run(process.execPath, [PROGRAM, ...args], {
      timeout: COMMAND_TIMEOUT_MS,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const failed = error as { code?: number; stdout?: string; stderr?: string };
    return { code: failed.code ?? 1, stdout: failed.stdout ?? '', stderr: failed.stderr ?? '' };
  }
}

/** `count` free ports; held open together so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** The first of `count` consecutive free ports. */
async function freeRange(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const [first] = await freePorts(1);
    const isFree = await Promise.all(
      Array.from(
        { length: count },
        (_, i) =>
          new Promise<boolean>((resolve) => {
            const server = createServer();
            server.once('error', () => resolve(false));
            server.listen(first! + i, '127.0.0.1', () => server.close(() => resolve(true)));
          }),
      ),
    );
    if (isFree.every(Boolean)) return first!;
  }
  throw new Error(`no ${count} consecutive free ports`);
}

export class TestNetwork {
  readonly layout: DevnetLayout;
  readonly supervisor: Supervisor;
  readonly folder: string;
  /** Processes that ended without being asked to. */
  readonly exits: string[] = [];

  private constructor(folder: string, layout: DevnetLayout) {
    this.folder = folder;
    this.layout = layout;
    this.supervisor = new Supervisor(PROGRAM, join(folder, 'logs'), {
      onExit: (name, reason) => this.exits.push(`${name}: ${reason}`),
    });
  }

  static async start(options: Partial<DevnetOptions> = {}): Promise<TestNetwork> {
    const folder = mkdtempSync(join(tmpdir(), 'assay-e2e-'));
    const [bitcoin, rpc, api, gateway] = await freePorts(4);
    const layout = layOut(
      {
        folder,
        ports: {
          bitcoin: bitcoin!,
          rpc: rpc!,
          api: api!,
          signer: await freeRange(3),
          host: await freeRange(2),
          gateway: gateway!,
        },
        signers: 3,
        hosts: 1,
        bitcoinIntervalMs: 4_000,
        ...options,
      },
      false,
    );
    const network = new TestNetwork(folder, layout);
    for (const process of layout.processes) network.supervisor.start(process);
    return network;
  }

  get nodeUrl(): string {
    return this.layout.nodeUrl;
  }

  /** The parsed answer of a GET, or null while the node does not answer or says 404. */
  async getJson<T>(path: string): Promise<T | null> {
    try {
      const response = await fetch(`${this.nodeUrl}${path}`);
      return response.ok ? ((await response.json()) as T) : null;
    } catch {
      return null;
    }
  }

  /** Polls until `probe` gives something; the processes' last words are in the error otherwise. */
  async until<T>(
    what: string,
    probe: () => Promise<T | null | false>,
    timeoutMs = 60_000,
  ): Promise<T> {
    const endMs = Date.now() + timeoutMs;
    while (Date.now() < endMs) {
      const found = await probe();
      if (found !== null && found !== false) return found;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`timed out waiting for ${what}\n${this.lastWords()}`);
  }

  /** The mined transaction's status once a canonical block contains it. */
  async mined(txid: string, timeoutMs?: number): Promise<string> {
    const path = `/extended/v1/tx/0x${txid.replace(/^0x/, '')}`;
    const look = async () => {
      const tx = await this.getJson<{ tx_status: string }>(path);
      return tx !== null && tx.tx_status !== 'pending' ? tx : null;
    };
    return (await this.until(`transaction ${txid}`, look, timeoutMs)).tx_status;
  }

  async hostServes(): Promise<void> {
    await this.until('a host that serves a model', async () => {
      const { code, stdout } = await assay('models', '-I', this.nodeUrl);
      return code === 0 && stdout.trim() !== '';
    });
  }

  /** The end of every log. */
  lastWords(): string {
    return this.layout.processes
      .map(({ name }) => {
        const log = readFileSync(join(this.folder, 'logs', `${name}.log`), 'utf8');
        return `--- ${name}\n${log.split('\n').slice(-15).join('\n')}`;
      })
      .join('\n');
  }

  /** As the kernel kills: nothing is flushed. The supervisor starts the process again. */
  kill(name: string): void {
    const pid = this.supervisor.pidOf(name);
    if (pid === undefined) throw new Error(`${name} is not running`);
    process.kill(pid, 'SIGKILL');
  }

  async stop(): Promise<void> {
    await this.supervisor.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
