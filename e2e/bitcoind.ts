/**
 * A real bitcoind in regtest for tests: own folder, own ports, loopback only, user and password. It is
 * the program named by BITCOIND, or the one on PATH; tests skip without one.
 *
 * After `kill -9` bitcoind has lost every block since it last wrote its index (that can be all of a
 * test) and gets them back from a peer, as it would from the rest of Bitcoin. So tests run two.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { freePorts } from './network.ts';

const PROGRAM = process.env.BITCOIND ?? 'bitcoind';
const START_MS_MAX = 20_000;
const CALL_MS_MAX = 20_000;
/** Between looks of the clock at the mempool. */
const LOOK_MS = 100;
/** A block for a waiting transaction comes no sooner after the last one: others must see that first. */
const EAGER_PAUSE_MS = 1_000;

/** First line of `--version`; null without a bitcoind. */
export function bitcoindVersion(): string | null {
  const found = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.split('\n')[0]! : null;
}

export class Bitcoind {
  readonly #args: readonly string[];
  readonly #rpcPort: number;
  readonly #p2pPort: number;
  #process: ChildProcess | null = null;

  private constructor(args: readonly string[], rpcPort: number, p2pPort: number) {
    this.#args = args;
    this.#rpcPort = rpcPort;
    this.#p2pPort = p2pPort;
  }

  /** @param peer whom to get blocks from */
  static async start(folder: string, peer?: Bitcoind): Promise<Bitcoind> {
    mkdirSync(folder, { recursive: true });
    const [rpcPort, p2pPort] = await freePorts(2);
    const connect = peer === undefined ? '-connect=0' : `-connect=127.0.0.1:${peer.#p2pPort}`;
    const args = ['-regtest', `-datadir=${folder}`, '-server', '-txindex', '-fallbackfee=0.0001'];
    args.push('-rpcuser=devnet', '-rpcpassword=devnet', `-rpcport=${rpcPort}`);
    args.push('-listen', `-bind=127.0.0.1:${p2pPort}`, '-listenonion=0', connect);
    // Transactions and blocks pass at once, without the delays that hide their origin.
    args.push('-whitelist=noban,in,out@127.0.0.1');
    const bitcoind = new Bitcoind(args, rpcPort!, p2pPort!);
    await bitcoind.restart();
    return bitcoind;
  }

  /** With user and password. */
  get url(): string {
    return `http://devnet:devnet@127.0.0.1:${this.#rpcPort}`;
  }

  /** Starts the process over its folder; resolves when it answers. */
  async restart(): Promise<void> {
    const child = spawn(PROGRAM, this.#args, { stdio: 'ignore' });
    this.#process = child;
    const killWithUs = () => child.kill('SIGKILL');
    process.once('exit', killWithUs);
    child.once('exit', () => process.removeListener('exit', killWithUs));
    const endMs = Date.now() + START_MS_MAX;
    while ((await this.heightOrNull()) === null) {
      if (child.exitCode !== null || Date.now() > endMs) throw new Error('bitcoind did not start');
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.#rpcPort}/`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('devnet:devnet')}` },
      body: JSON.stringify({ jsonrpc: '1.0', id: 1, method, params }),
      signal: AbortSignal.timeout(CALL_MS_MAX),
    });
    const answer = (await response.json()) as { result: T; error: { message: string } | null };
    if (answer.error !== null) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  /** Null while it does not answer. */
  heightOrNull(): Promise<number | null> {
    return this.call<number>('getblockcount').catch(() => null);
  }

  mine(blocks: number, address: string): Promise<string[]> {
    return this.call('generatetoaddress', [blocks, address]);
  }

  /** As the kernel kills. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await gone;
  }
}

export interface ClockOptions {
  readonly address: string;
  readonly intervalMs: number;
  /** Below this height a block comes as soon as a transaction waits. */
  readonly eagerBelowHeight: number;
}

/** Bitcoin's miners: a block every `intervalMs`. */
export class BitcoindClock {
  readonly #bitcoind: Bitcoind;
  readonly #options: ClockOptions;
  #isRunning = false;
  #done: Promise<void> = Promise.resolve();

  constructor(bitcoind: Bitcoind, options: ClockOptions) {
    this.#bitcoind = bitcoind;
    this.#options = options;
  }

  start(): void {
    this.#isRunning = true;
    this.#done = this.#run();
  }

  /** Resolves when no block comes any more. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#done;
  }

  async #run(): Promise<void> {
    let minedMs = Date.now();
    while (this.#isRunning) {
      if (await this.#isTime(Date.now() - minedMs)) {
        minedMs = Date.now();
        await this.#bitcoind.mine(1, this.#options.address);
      }
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  async #isTime(passedMs: number): Promise<boolean> {
    const { intervalMs, eagerBelowHeight } = this.#options;
    if (passedMs >= intervalMs) return true;
    if (passedMs < EAGER_PAUSE_MS) return false;
    if ((await this.#bitcoind.call<number>('getblockcount')) >= eagerBelowHeight) return false;
    return (await this.#bitcoind.call<string[]>('getrawmempool')).length > 0;
  }
}
