/**
 * The embedded Bitcoin: bitcoind's JSON-RPC over a regtest chain, with an optional clock that mines.
 * Built by the devnet and by tests; burnchain and wallets speak to it as they would to bitcoind.
 */
import type { HttpHandler, HttpServer, TimerHandle } from '@assay/world';
import { LIMITS } from './limits.ts';
import { type NodeDeps, RegtestNode } from './regtest-node.ts';
import { RpcDispatcher } from './rpc/dispatch.ts';
import { type Credentials, rpcHandler } from './rpc/http.ts';
import { writeJson } from './rpc/json.ts';

export interface RegtestOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 18443; 0 picks a free one. */
  readonly port?: number;
  /** Absent: anybody may call. */
  readonly credentials?: Credentials;
  /** Output script of automatic and initial blocks. Needed for either. */
  readonly mineToScript?: Uint8Array;
  /** Height a new chain is brought to at start. Default 0. */
  readonly initialBlocks?: number;
  /** Time between automatic blocks; 0 (default) mines only when asked. */
  readonly intervalMs?: number;
  /**
   * Below this height a block is mined as soon as a transaction waits, so that a new network need
   * not wait for its first confirmations. Default 0: never.
   */
  readonly eagerBelowHeight?: number;
  /** Default true, as bitcoind since 28: transactions are replaceable even without signalling. */
  readonly fullRbf?: boolean;
  /** Told when somebody called `stop`; the service has stopped by then. */
  readonly onStop?: () => void;
}

export class RegtestService {
  readonly node: RegtestNode;
  /** The RPC door, for worlds without sockets and for tests. */
  readonly handler: HttpHandler;
  readonly #dispatcher: RpcDispatcher;
  readonly #options: RegtestOptions;
  #server: HttpServer | null = null;
  #timer: TimerHandle | null = null;
  #eager: TimerHandle | null = null;

  /** Opens the store; serves and mines from `start` on. */
  constructor(deps: NodeDeps, options: RegtestOptions = {}) {
    this.#options = options;
    this.node = new RegtestNode(deps, { fullRbf: options.fullRbf ?? true });
    const onStop = () => this.#stopSoon();
    this.#dispatcher = new RpcDispatcher({ node: this.node, onStop });
    this.handler = rpcHandler(this.#dispatcher, options.credentials ?? null);
  }

  /** The bound port; null before `start`. */
  get port(): number | null {
    return this.#server?.port ?? null;
  }

  /** @throws WorldError world/port-in-use */
  async start(): Promise<void> {
    const { host = '127.0.0.1', port = 18443, mineToScript, intervalMs = 0 } = this.#options;
    const missing = (this.#options.initialBlocks ?? 0) - this.node.chain.burnHeight;
    if (mineToScript !== undefined && missing > 0) this.node.mine(mineToScript, missing);
    const bodyBytesMax = LIMITS.requestBytesMax;
    const { net, timers } = this.node.world;
    this.#server = await net.serve({ host, port, bodyBytesMax }, this.handler);
    if (mineToScript !== undefined && intervalMs > 0) {
      this.#timer = timers.every(intervalMs, () => this.node.mine(mineToScript, 1));
    }
    if (mineToScript !== undefined) this.#mineEagerly(mineToScript);
    this.node.log.info('bitcoin regtest is up', {
      port: this.#server.port,
      burnHeight: this.node.chain.burnHeight,
    });
  }

  #mineEagerly(script: Uint8Array): void {
    const untilHeight = this.#options.eagerBelowHeight ?? 0;
    if (this.node.chain.burnHeight >= untilHeight) return;
    const { clock, timers } = this.node.world;
    let minedMs = clock.nowMs();
    this.#eager = timers.every(LIMITS.eagerPollMs, () => {
      if (this.node.chain.burnHeight >= untilHeight) this.#eager?.cancel();
      if (this.node.mempool.pool.size === 0) return;
      // Whoever waits for the block must see it and answer before the next one.
      if (clock.nowMs() - minedMs < LIMITS.eagerPauseMs) return;
      this.node.mine(script, 1);
      minedMs = clock.nowMs();
    });
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#eager?.cancel();
    this.#eager = null;
    const server = this.#server;
    this.#server = null;
    await server?.close();
  }

  /** Lets the answer to `stop` leave first. */
  #stopSoon(): void {
    this.node.world.timers.after(LIMITS.stopDelayMs, () => {
      void this.stop().then(() => this.#options.onStop?.());
    });
  }

  /** One call from inside the process, its result parsed as a client would. @throws RpcError */
  async call(
    method: string,
    params: readonly unknown[] | Readonly<Record<string, unknown>> = [],
    walletName: string | null = null,
  ): Promise<unknown> {
    return JSON.parse(writeJson(await this.#dispatcher.call(method, params, walletName)));
  }
}
